import type { Btf } from '../btf/index.ts';

/** Values of the kernel's enumerators by name, gathered from its types when first asked for. */
export class Enumerators {
  readonly #btf: () => Btf;
  #values: Map<string, bigint> | undefined;

  /** @param btf gives the types, which are not read before they are needed */
  constructor(btf: () => Btf) {
    this.#btf = btf;
  }

  /** Value of an enumerator; of several with one name the first. */
  value(name: string): bigint | undefined {
    this.#values ??= this.#gather();
    return this.#values.get(name);
  }

  #gather(): Map<string, bigint> {
    const btf = this.#btf();
    const values = new Map<string, bigint>();
    for (let id = 1; id < btf.typeCount; id++) {
      const type = btf.type(id);
      if (type?.kind !== 'enum' && type?.kind !== 'enum64') continue;
      for (const { name, value } of type.values) if (!values.has(name)) values.set(name, BigInt(value));
    }
    return values;
  }
}
