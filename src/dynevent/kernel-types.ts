import type { FuncProto } from '../btf/index.ts';
import type { Machine } from '../machine/index.ts';
import type { ProbeTypes } from '../probe/probe-scope.ts';

/** The kernel's types, and the prototypes of functions that came at run time: those of modules, and those defined in TypeScript. */
export class KernelTypes implements ProbeTypes {
  readonly #machine: Machine;
  readonly #kernel: { readonly types: ProbeTypes };

  /** The types are asked for when they are needed. */
  constructor(machine: Machine, kernel: { readonly types: ProbeTypes }) {
    this.#machine = machine;
    this.#kernel = kernel;
  }

  get typeCount(): number {
    return this.#kernel.types.typeCount;
  }

  /** The kernel's own functions first, as `kernel/trace/trace_btf.c:btf_find_func_proto()` looks into modules last. */
  funcProto(name: string): FuncProto | undefined {
    const known = this.#kernel.types.funcProto(name);
    if (known) return known;
    const { functions } = this.#machine;
    for (const id of functions.idsByName(name)) {
      const prototype = functions.definition(id)?.prototype;
      if (prototype) return { id: 0, funcId: 0, ...prototype };
    }
    return undefined;
  }

  type(id: number): ReturnType<ProbeTypes['type']> {
    return this.#kernel.types.type(id);
  }

  findByName(...args: Parameters<ProbeTypes['findByName']>): number | undefined {
    return this.#kernel.types.findByName(...args);
  }

  skipModifiers(id: number): ReturnType<ProbeTypes['skipModifiers']> {
    return this.#kernel.types.skipModifiers(id);
  }

  findMember(...args: Parameters<ProbeTypes['findMember']>): ReturnType<ProbeTypes['findMember']> {
    return this.#kernel.types.findMember(...args);
  }

  memberPath(...args: Parameters<ProbeTypes['memberPath']>): ReturnType<ProbeTypes['memberPath']> {
    return this.#kernel.types.memberPath(...args);
  }
}
