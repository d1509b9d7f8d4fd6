import { decodeMember, decodeType } from './decode.ts';
import { type BtfSections, readSections } from './layout.ts';
import { type NameKey, nameEquals, nameKey } from './names.ts';
import { infoKind, infoVlen, RECORD_WORDS, recordWords } from './record.ts';
import { TypeIndex } from './type-index.ts';
import {
  BTF_KINDS,
  type BtfError,
  type BtfFuncProto,
  type BtfKind,
  type BtfMember,
  type BtfModifier,
  type BtfType,
} from './types.ts';

/** Anonymous members that one search keeps for later, `kernel/trace/trace_btf.c:BTF_ANON_STACK_MAX`. */
const ANON_STACK_MAX = 16;
/** Members that one search looks at before it gives up on a struct that contains itself. */
const MAX_SEARCHED_MEMBERS = 1 << 17;
/** Longest chain of modifiers or of arrays in arrays that is followed. */
const MAX_CHAIN = 64;
const MAX_SIZE = 0xffff_ffff;

/** A type behind its modifiers. */
export interface ResolvedType {
  readonly id: number;
  readonly type: Exclude<BtfType, BtfModifier>;
}

/** A function's prototype: `id` is that of the prototype, `funcId` that of the function. */
export interface FuncProto extends Pick<BtfFuncProto, 'returnType' | 'params'> {
  readonly id: number;
  readonly funcId: number;
}

/** A member found by name, and the place of the anonymous structs around it. */
export interface FoundMember {
  readonly member: BtfMember;
  /** Bits from the start of the searched struct to the start of the one that declares the member. */
  readonly anonOffset: number;
}

/** What a path of members leads to. */
export interface MemberPlace {
  /** From the start of the outermost struct. */
  readonly bitOffset: number;
  /** Bits of the bitfield or of the type. */
  readonly bitSize: number;
  /** Type id. */
  readonly type: number;
}

/** How to read a blob. */
export interface BtfOptions {
  /** Words of `Btf.storeIndex()` for the same blob: spares the scan. Ignored when they do not belong to the blob. */
  readonly index?: Uint32Array;
  /** Bytes of a pointer; 8 unless told. */
  readonly pointerSize?: number;
}

/** Types of a kernel, read from the bytes of /sys/kernel/btf/vmlinux as they are asked for. */
export class Btf {
  /** The whole blob. */
  readonly bytes: Uint8Array;
  readonly #sections: BtfSections;
  readonly #index: TypeIndex;
  readonly #pointerSize: number;
  readonly #types = new Map<number, BtfType | undefined>([[0, { kind: 'void', name: '' }]]);

  private constructor(bytes: Uint8Array, sections: BtfSections, index: TypeIndex, pointerSize: number) {
    this.bytes = bytes;
    this.#sections = sections;
    this.#index = index;
    this.#pointerSize = pointerSize;
  }

  /** Reads a blob of either byte order. `bytes` must not change afterwards. Never throws: an unusable blob is a `BtfError`. */
  static parse(bytes: Uint8Array, options: BtfOptions = {}): Btf | BtfError {
    const sections = readSections(bytes);
    if ('error' in sections) return sections;
    const index = (options.index && TypeIndex.restore(sections, options.index)) ?? TypeIndex.scan(sections);
    return 'error' in index ? index : new Btf(bytes, sections, index, options.pointerSize ?? 8);
  }

  /** The types of a kernel that was built without: none but void. */
  static none(): Btf {
    const sections = { words: new Uint32Array(0), strings: Uint8Array.of(0) };
    return new Btf(new Uint8Array(0), sections, TypeIndex.scan(sections) as TypeIndex, 8);
  }

  /** Number of types, void (id 0) included. */
  get typeCount(): number {
    return this.#index.count;
  }

  /** Words that make the next `parse()` of the same blob cheap. */
  storeIndex(): Uint32Array {
    return this.#index.store();
  }

  /** The type with this id; `undefined` when there is none or it is malformed. */
  type(id: number): BtfType | undefined {
    const known = this.#types.get(id);
    if (known !== undefined) return known;
    const at = this.#index.place(id);
    if (at < 0) return undefined;
    const type = decodeType(this.#sections, at);
    this.#types.set(id, type);
    return type;
  }

  /** Id of the first type of this kind and name, `kernel/bpf/btf.c:btf_find_by_name_kind()`. */
  findByName(name: string, kind: BtfKind): number | undefined {
    const key = nameKey(name);
    return key && this.#find(key, BTF_KINDS.indexOf(kind));
  }

  /** Id of the first type of a kind that refers to another type (0 for void) and has no name of its own: a pointer to it, the constant of it. */
  findDerived(kind: 'ptr' | 'const' | 'volatile', target: number): number | undefined {
    const { words } = this.#sections;
    const wanted = BTF_KINDS.indexOf(kind);
    let at = 0;
    for (let id = 1; id < this.typeCount; id++) {
      const info = words[at + 1]!;
      if (infoKind(info) === wanted && words[at + 2] === target) return id;
      at += recordWords(info);
    }
    return undefined;
  }

  /** Prototype of the first function of this name, `kernel/trace/trace_btf.c:btf_find_func_proto()`. */
  funcProto(name: string): FuncProto | undefined {
    const funcId = this.findByName(name, 'func');
    if (funcId === undefined) return undefined;
    const func = this.type(funcId);
    if (func?.kind !== 'func') return undefined;
    const proto = this.type(func.type);
    return proto?.kind === 'func_proto'
      ? { id: func.type, funcId, returnType: proto.returnType, params: proto.params }
      : undefined;
  }

  /** The type behind typedefs, qualifiers and tags, `kernel/bpf/btf.c:btf_type_skip_modifiers()`. `undefined` for a cycle or a bad id. */
  skipModifiers(id: number): ResolvedType | undefined {
    let at = id;
    for (let i = 0; i < MAX_CHAIN; i++) {
      const type = this.type(at);
      if (type === undefined) return undefined;
      if (!isModifier(type)) return { id: at, type };
      at = type.type;
    }
    return undefined;
  }

  /**
   * Member of a struct or union by name, also through anonymous structs and unions. As
   * `kernel/trace/trace_btf.c:btf_find_struct_member()` searches: all named members of a struct before any anonymous one,
   * the last anonymous one first, at most 16 of them waiting.
   */
  findMember(structId: number, name: string): FoundMember | undefined {
    const key = nameKey(name);
    const root = this.skipModifiers(structId);
    if (key === undefined || root === undefined) return undefined;
    const { words, strings } = this.#sections;
    const stack = [{ id: root.id, offset: 0 }];
    let searched = 0;
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const at = this.#index.place(top.id);
      const info = words[at + 1] ?? 0;
      const kind = BTF_KINDS[infoKind(info)];
      if (at < 0 || (kind !== 'struct' && kind !== 'union')) return undefined;
      const end = at + RECORD_WORDS + infoVlen(info) * 3;
      for (let entry = at + RECORD_WORDS; entry < end; entry += 3) {
        if (++searched > MAX_SEARCHED_MEMBERS) return undefined;
        if (words[entry] !== 0) {
          if (!nameEquals(strings, words[entry]!, key.bytes)) continue;
          const member = decodeMember(this.#sections, info, entry);
          return member && { member, anonOffset: top.offset };
        }
        const anonymous = stack.length < ANON_STACK_MAX && decodeMember(this.#sections, info, entry);
        const behind = anonymous && this.skipModifiers(anonymous.type);
        if (anonymous && behind) stack.push({ id: behind.id, offset: top.offset + anonymous.bitOffset });
      }
    }
    return undefined;
  }

  /** Bytes of a type, modifiers and arrays included; `undefined` for what has no size (void, functions) or a malformed type. */
  sizeOf(id: number): number | undefined {
    let count = 1;
    let at = id;
    for (let i = 0; i < MAX_CHAIN; i++) {
      const type = this.skipModifiers(at)?.type;
      if (type === undefined) return undefined;
      if (type.kind === 'array') count *= type.count;
      if (type.kind === 'array' || type.kind === 'var') {
        at = type.type;
        continue;
      }
      const one = type.kind === 'ptr' ? this.#pointerSize : 'size' in type ? type.size : undefined;
      const size = one === undefined ? undefined : one * count;
      return size !== undefined && size <= MAX_SIZE ? size : undefined;
    }
    return undefined;
  }

  /** Place of `path` (member names with dots between them; embedded structs only, no pointers) in a struct or union. */
  memberPath(structId: number, path: string): MemberPlace | undefined {
    let type = structId;
    let bitOffset = 0;
    let bitfieldSize = 0;
    for (const name of path.split('.')) {
      const found = this.findMember(type, name);
      if (found === undefined) return undefined;
      bitOffset += found.anonOffset + found.member.bitOffset;
      bitfieldSize = found.member.bitfieldSize;
      type = found.member.type;
    }
    const size = this.sizeOf(type);
    if (size === undefined && bitfieldSize === 0) return undefined;
    return { bitOffset, bitSize: bitfieldSize || (size ?? 0) * 8, type };
  }

  #find(key: NameKey, kind: number): number | undefined {
    const { words, strings } = this.#sections;
    for (let id = this.#index.candidate(key.hash, 0); id !== 0; id = this.#index.candidate(key.hash, id)) {
      const at = this.#index.place(id);
      if (at >= 0 && infoKind(words[at + 1]!) === kind && nameEquals(strings, words[at]!, key.bytes)) return id;
    }
    return undefined;
  }
}

function isModifier(type: BtfType): type is BtfModifier {
  return (
    type.kind === 'typedef' ||
    type.kind === 'const' ||
    type.kind === 'volatile' ||
    type.kind === 'restrict' ||
    type.kind === 'type_tag'
  );
}
