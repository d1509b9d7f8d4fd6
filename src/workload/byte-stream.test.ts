import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from './byte-stream.ts';

test('what is written is read back', () => {
  const wide = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(
      fc.array(fc.maxSafeNat()),
      fc.array(fc.integer()),
      fc.array(fc.tuple(wide, wide)),
      fc.string({ unit: 'binary-ascii' }),
      (naturals, integers, pairs, text) => {
        const writer = new ByteWriter();
        for (const value of naturals) writer.uint(value);
        for (const value of integers) writer.int(value);
        for (const [value, from] of pairs) writer.difference(value, from);
        for (const [value] of pairs) writer.wide(value);
        writer.text(text);
        const reader = new ByteReader(writer.take());
        expect(naturals.map(() => reader.uint())).toEqual(naturals);
        expect(integers.map(() => reader.int())).toEqual(integers.map((value) => value + 0));
        expect(pairs.map(([, from]) => reader.difference(from))).toEqual(pairs.map(([value]) => value));
        expect(pairs.map(() => reader.wide())).toEqual(pairs.map(([value]) => value));
        expect(reader.text()).toBe(text);
        expect([reader.done, reader.overrun]).toEqual([true, false]);
      },
    ),
  );
});

test('near values are short', () => {
  const writer = new ByteWriter();
  writer.difference(0xffff888004c27240n, 0xffff888004c27200n);
  expect(writer.length).toBe(2);
});

test('past the end there are zeros, and a sign of it', () => {
  const reader = new ByteReader(Uint8Array.of(0x80));
  expect(reader.uint()).toBe(0);
  expect(reader.wide()).toBe(0n);
  expect(reader.bytes(4).length).toBe(0);
  expect(reader.overrun).toBe(true);
});
