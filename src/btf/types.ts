/** BTF kinds by their number in `btf_type.info`, `include/uapi/linux/btf.h`; 0 is void and has no record. */
export const BTF_KINDS = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
] as const;

/** Name of a BTF kind. */
export type BtfKind = (typeof BTF_KINDS)[number];

/** Member of a struct or union. */
export interface BtfMember {
  /** Empty for an anonymous struct or union, and for unnamed members. */
  readonly name: string;
  /** Type id. */
  readonly type: number;
  /** Bits from the start of the struct that declares it. */
  readonly bitOffset: number;
  /** Bits of a bitfield, 0 for an ordinary member. */
  readonly bitfieldSize: number;
}

/** Parameter of a function prototype. A variadic prototype ends with a parameter without name and of type 0. */
export interface BtfParam {
  readonly name: string;
  /** Type id. */
  readonly type: number;
}

/** A type that only refers to another one and that lookups see through, `kernel/bpf/btf.c:btf_type_is_modifier()`. */
export interface BtfModifier {
  readonly kind: 'typedef' | 'volatile' | 'const' | 'restrict' | 'type_tag';
  /** The typedef's or the tag's name, empty for qualifiers. */
  readonly name: string;
  /** Type id of the type behind it, 0 for void. */
  readonly type: number;
}

/** A struct or a union. */
export interface BtfComposite {
  readonly kind: 'struct' | 'union';
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly members: readonly BtfMember[];
}

/** A function prototype. */
export interface BtfFuncProto {
  readonly kind: 'func_proto';
  readonly name: string;
  /** Type id, 0 for void. */
  readonly returnType: number;
  readonly params: readonly BtfParam[];
}

/** One decoded type. Sizes are in bytes, `type` fields are type ids. */
export type BtfType =
  | { readonly kind: 'void'; readonly name: '' }
  | {
      readonly kind: 'int';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly char: boolean;
      readonly bool: boolean;
      /** Offset and width of the value in bits, as old bitfields have them. */
      readonly bitOffset: number;
      readonly bits: number;
    }
  | { readonly kind: 'ptr'; readonly name: string; readonly type: number }
  | {
      readonly kind: 'array';
      readonly name: string;
      readonly type: number;
      readonly indexType: number;
      readonly count: number;
    }
  | BtfComposite
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      /** Values as the size and the sign have them. */
      readonly values: readonly { readonly name: string; readonly value: number }[];
    }
  | {
      readonly kind: 'enum64';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      /** Values, negative ones only when signed. */
      readonly values: readonly { readonly name: string; readonly value: bigint }[];
    }
  | { readonly kind: 'fwd'; readonly name: string; readonly union: boolean }
  | BtfModifier
  | { readonly kind: 'func'; readonly name: string; readonly type: number; readonly linkage: number }
  | BtfFuncProto
  | { readonly kind: 'var'; readonly name: string; readonly type: number; readonly linkage: number }
  | {
      readonly kind: 'datasec';
      readonly name: string;
      readonly size: number;
      readonly vars: readonly { readonly type: number; readonly offset: number; readonly size: number }[];
    }
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  | {
      readonly kind: 'decl_tag';
      readonly name: string;
      readonly type: number;
      /** 0-based index of the member or parameter it is about, -1 for the whole declaration. */
      readonly component: number;
    };

/** Why a blob is no usable BTF, in one sentence. */
export interface BtfError {
  readonly error: string;
}
