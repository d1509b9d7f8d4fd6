import { BTF_KINDS, type BtfKind } from './types.ts';

/** A type to write: `third` is its size or type id, `extra` the words after the record. */
interface TypeToWrite {
  readonly kind: BtfKind;
  readonly name?: string;
  readonly third?: number;
  readonly vlen?: number;
  readonly flag?: boolean;
  readonly extra?: readonly (number | string)[];
}

/** Writes small BTF blobs, so that tests and functions defined in TypeScript have types. Types get the ids 1, 2, 3, … */
export class BtfBuilder {
  readonly #words: number[] = [];
  #strings = '\0';
  #count = 0;

  /** Adds a type of any kind as raw words and returns its id. Strings among the extra words become name offsets. */
  add(type: TypeToWrite): number {
    const info = (((type.flag ? 1 : 0) << 31) | (BTF_KINDS.indexOf(type.kind) << 24) | (type.vlen ?? 0)) >>> 0;
    const extra = (type.extra ?? []).map((word) => (typeof word === 'string' ? this.#name(word) : word));
    this.#words.push(this.#name(type.name ?? ''), info, type.third ?? 0, ...extra);
    return ++this.#count;
  }

  /** An integer of `size` bytes. */
  int(name: string, size: number, signed = false): number {
    return this.add({ kind: 'int', name, third: size, extra: [((signed ? 1 : 0) << 24) | (size * 8)] });
  }

  /** A struct or union; members are `[name, type, bit offset, bitfield size]`, an empty name is an anonymous one. */
  composite(
    kind: 'struct' | 'union',
    name: string,
    size: number,
    members: readonly (readonly [name: string, type: number, bitOffset: number, bitfieldSize?: number])[],
  ): number {
    const flag = members.some((member) => member[3] !== undefined);
    const extra = members.flatMap(([member, type, bitOffset, bits = 0]) => [member, type, bitOffset + bits * 2 ** 24]);
    return this.add({ kind, name, third: size, vlen: members.length, flag, extra });
  }

  /** A function with its prototype; returns the function's id, the prototype has the one before. */
  func(name: string, returnType: number, params: readonly (readonly [name: string, type: number])[]): number {
    const proto = this.add({ kind: 'func_proto', third: returnType, vlen: params.length, extra: params.flat() });
    return this.add({ kind: 'func', name, third: proto });
  }

  /** The blob: header, types, strings. */
  build(little = true): Uint8Array {
    const strings = new TextEncoder().encode(this.#strings);
    const bytes = new Uint8Array(24 + this.#words.length * 4 + strings.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0xeb9f, little);
    bytes[2] = 1;
    const header = [24, 0, this.#words.length * 4, this.#words.length * 4, strings.length];
    for (const [i, word] of [...header, ...this.#words].entries()) view.setUint32(4 + i * 4, word >>> 0, little);
    bytes.set(strings, 24 + this.#words.length * 4);
    return bytes;
  }

  #name(name: string): number {
    if (name === '') return 0;
    const known = this.#strings.indexOf(`\0${name}\0`);
    if (known >= 0) return known + 1;
    this.#strings += `${name}\0`;
    return this.#strings.length - name.length - 1;
  }
}
