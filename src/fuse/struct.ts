/** Kinds of fields: unsigned and signed integers, little-endian, by their size in bits. */
export type FieldKind = 'u16' | 'u32' | 'i32' | 'u64' | 'i64';

const SIZES: Readonly<Record<FieldKind, number>> = { u16: 2, u32: 4, i32: 4, u64: 8, i64: 8 };
const TWO_32 = 0x1_0000_0000;

/** A C structure without gaps: the byte offset of each field, and how all of them are read and written. */
export interface Struct<Fields extends Readonly<Record<string, FieldKind>>> {
  /** Bytes. */
  readonly size: number;
  /** Byte offset of each field. */
  readonly offsets: { readonly [Name in keyof Fields]: number };
  /** The fields at a byte offset of a message. */
  read(view: DataView, at: number): { -readonly [Name in keyof Fields]: number };
  /** Stores fields at a byte offset; those left out become 0. */
  write(view: DataView, at: number, values: { readonly [Name in keyof Fields]?: number }): void;
}

/**
 * Describes a structure by its fields in order. A 64-bit field is a number: ids, handles, sizes and positions in the protocol are
 * counters far below 2^53. What is larger (lock owners) loses low bits, and is used for nothing.
 */
export function struct<const Fields extends Readonly<Record<string, FieldKind>>>(fields: Fields): Struct<Fields> {
  const layout: { name: string; kind: FieldKind; offset: number }[] = [];
  let size = 0;
  for (const [name, kind] of Object.entries(fields)) {
    layout.push({ name, kind, offset: size });
    size += SIZES[kind];
  }
  const offsets = Object.fromEntries(layout.map(({ name, offset }) => [name, offset]));
  return {
    size,
    offsets: offsets as { [Name in keyof Fields]: number },
    read: (view, at) => {
      const values: Record<string, number> = {};
      for (const { name, kind, offset } of layout) values[name] = getField(view, at + offset, kind);
      return values as { [Name in keyof Fields]: number };
    },
    write: (view, at, values) => {
      for (const { name, kind, offset } of layout) setField(view, at + offset, kind, values[name] ?? 0);
    },
  };
}

function getField(view: DataView, at: number, kind: FieldKind): number {
  if (kind === 'u32') return view.getUint32(at, true);
  if (kind === 'i64') return view.getInt32(at + 4, true) * TWO_32 + view.getUint32(at, true);
  if (kind === 'u64') return view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true);
  return kind === 'u16' ? view.getUint16(at, true) : view.getInt32(at, true);
}

function setField(view: DataView, at: number, kind: FieldKind, value: number): void {
  if (kind === 'u64' || kind === 'i64') {
    view.setUint32(at, value % TWO_32, true);
    view.setUint32(at + 4, Math.floor(value / TWO_32), true);
  } else if (kind === 'u16') view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
}
