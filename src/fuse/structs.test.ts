import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FieldKind, Struct } from './struct.ts';
import * as structs from './structs.ts';

type AnyStruct = Struct<Readonly<Record<string, FieldKind>>>;
const all = Object.entries(structs) as unknown as [string, AnyStruct][];

const source = readFileSync(new URL('structs.ts', import.meta.url), 'utf8');

/** Fields and offsets of the drawing above a structure; a drawing may go on in a second pair of lines. */
function drawn(name: string): { offsets: Record<string, number>; size: number } {
  const comment = source
    .slice(0, source.indexOf(`export const ${name} =`))
    .split('/**')
    .at(-1)!;
  const lines = [...comment.matchAll(/^ \* {5}(.*)$/gm)].map((m) => m[1]!);
  const offsets: Record<string, number> = {};
  let size = 0;
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const places = [...lines[i]!.matchAll(/\d+/g)].map((m) => ({ column: m.index, offset: Number(m[0]) }));
    const bars = [...lines[i + 1]!.matchAll(/\|/g)].map((m) => m.index);
    expect(places.map(({ column }) => column)).toEqual(bars);
    for (const [n, field] of lines[i + 1]!.split('|').slice(1, -1).entries()) offsets[field.trim()] = places[n]!.offset;
    size = places.at(-1)!.offset;
  }
  return { offsets, size };
}

test.each(all)('%s is as it is drawn', (name, { offsets, size }) => {
  expect(drawn(name)).toEqual({ offsets, size });
});

// Sizes as include/uapi/linux/fuse.h makes them; entry and attr answers have a fuse_attr of 88 bytes behind them.
test.each([
  ['InHeader', 40],
  ['OutHeader', 16],
  ['Attr', 88],
  ['EntryOut', 128 - 88],
  ['AttrOut', 104 - 88],
  ['SetattrIn', 88],
  ['OpenIn', 8],
  ['OpenOut', 16],
  ['ReleaseIn', 24],
  ['ReadIn', 40],
  ['WriteIn', 40],
  ['SizeOut', 8],
  ['StatfsOut', 80],
  ['InitOut', 64],
  ['InterruptIn', 8],
  ['BatchForgetIn', 8],
  ['ForgetOne', 16],
  ['IoctlIn', 32],
  ['IoctlOut', 16],
  ['PollIn', 24],
  ['PollOut', 8],
  ['InvalInodeOut', 24],
  ['StoreOut', 24],
  ['Dirent', 24],
])('%s has %i bytes', (name, size) => {
  expect(all.find(([each]) => each === name)?.[1].size).toBe(size);
});

const LIMITS: Record<FieldKind, { min: number; max: number }> = {
  u16: { min: 0, max: 0xffff },
  u32: { min: 0, max: 0xffff_ffff },
  i32: { min: -0x8000_0000, max: 0x7fff_ffff },
  u64: { min: 0, max: Number.MAX_SAFE_INTEGER },
  i64: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
};

/** Kind of each field, by its width and whether −1 survives. */
function kinds(struct: AnyStruct): Record<string, FieldKind> {
  const view = new DataView(new ArrayBuffer(struct.size));
  const names = Object.keys(struct.offsets);
  return Object.fromEntries(
    names.map((name, i) => {
      const width = (i + 1 < names.length ? struct.offsets[names[i + 1]!]! : struct.size) - struct.offsets[name]!;
      struct.write(view, 0, { [name]: -1 });
      const signed = struct.read(view, 0)[name] === -1;
      return [name, width === 2 ? 'u16' : width === 4 ? (signed ? 'i32' : 'u32') : signed ? 'i64' : 'u64'];
    }),
  );
}

test.each(all)('%s: what is written is read back, and nothing beside it is touched', (_, struct) => {
  const arbitrary = fc.record(
    Object.fromEntries(Object.entries(kinds(struct)).map(([name, kind]) => [name, fc.integer(LIMITS[kind])])),
  );
  fc.assert(
    fc.property(arbitrary, fc.nat(16), (values, at) => {
      const bytes = new Uint8Array(struct.size + 32).fill(0xa5);
      const view = new DataView(bytes.buffer);
      struct.write(view, at, values);
      expect(struct.read(view, at)).toEqual(values);
      const outside = [...bytes.subarray(0, at), ...bytes.subarray(at + struct.size)];
      expect(outside.every((byte) => byte === 0xa5)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('fields are little-endian', () => {
  const bytes = new Uint8Array(structs.OutHeader.size);
  structs.OutHeader.write(new DataView(bytes.buffer), 0, { len: 0x0102, error: -22, unique: 0x01_0000_0002 });
  expect([...bytes]).toEqual([2, 1, 0, 0, 0xea, 0xff, 0xff, 0xff, 2, 0, 0, 0, 1, 0, 0, 0]);
});
