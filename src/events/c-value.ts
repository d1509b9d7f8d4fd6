import type { Btf } from '../btf/index.ts';
import type { Hit } from './hit.ts';

/** Bytes that a value is loaded with. */
type WordSize = 1 | 2 | 4 | 8;

/** The type of a value, as far as it matters here. */
export type CType =
  | { readonly kind: 'int'; readonly size: WordSize; readonly signed: boolean }
  /** `to` is the type id of what it points to, 0 for void. */
  | { readonly kind: 'pointer'; readonly to: number }
  /** A struct, union or array: its value is its address. `element` is the type id of an array's elements. */
  | {
      readonly kind: 'memory';
      readonly type: number;
      readonly size: number;
      readonly element: number | undefined;
    };

/** A compiled expression: leaves its value in the hit, of an integer widened to 64 bits by its sign. */
export interface CValue {
  readonly type: CType;
  readonly load: (hit: Hit) => void;
  /** Leaves where it is, for what lies in memory. */
  readonly address?: (hit: Hit) => void;
  /** The text of a string constant, which has no place. */
  readonly text?: string;
}

export const INT: CType = { kind: 'int', size: 4, signed: true };
export const LONG: CType = { kind: 'int', size: 8, signed: true };
export const ULONG: CType = { kind: 'int', size: 8, signed: false };

/** What a type id means; undefined for what is no value (void, functions). */
export function cTypeOf(types: Btf, id: number): CType | undefined {
  const resolved = types.skipModifiers(id);
  if (resolved === undefined) return undefined;
  const { type } = resolved;
  switch (type.kind) {
    case 'int':
    case 'enum':
    case 'enum64':
      return isWordSize(type.size) ? { kind: 'int', size: type.size, signed: type.signed } : undefined;
    case 'ptr':
      return { kind: 'pointer', to: type.type };
    case 'struct':
    case 'union':
      return { kind: 'memory', type: resolved.id, size: type.size, element: undefined };
    case 'array':
      return { kind: 'memory', type: resolved.id, size: types.sizeOf(resolved.id) ?? 0, element: type.type };
    default:
      return undefined;
  }
}

function isWordSize(size: number): size is WordSize {
  return size === 1 || size === 2 || size === 4 || size === 8;
}

/** Finds the type id of a struct, union, typedef or integer by the words of a cast, `struct page *` or `u32`. */
export function namedType(types: Btf, words: string): CType | undefined {
  const pointer = words.endsWith('*');
  const name = words.replace(/\*/g, '').trim();
  const tagged = /^(struct|union|enum) (\w+)$/.exec(name);
  const id = tagged
    ? types.findByName(tagged[2]!, tagged[1] as 'struct')
    : (types.findByName(name, 'typedef') ?? types.findByName(name, 'int'));
  if (pointer) return { kind: 'pointer', to: id ?? 0 };
  return id === undefined ? undefined : cTypeOf(types, id);
}

/** What is at the address that `address` leaves: an integer or pointer is loaded, of memory the address is the value. */
export function valueAt(type: CType, address: (hit: Hit) => void): CValue {
  if (type.kind === 'memory') return { type, load: address, address };
  const size = type.kind === 'int' ? type.size : 8;
  const signed = type.kind === 'int' && type.signed;
  return {
    type,
    load: (hit) => {
      address(hit);
      hit.dereference(size, signed);
    },
    address,
  };
}

/** A value cut to a type. */
export function converted(value: CValue, type: CType): CValue {
  if (type.kind !== 'int' || type.size === 8) return { type, load: value.load };
  const { size, signed } = type;
  return {
    type,
    load: (hit) => {
      value.load(hit);
      hit.narrow(size, signed);
    },
  };
}
