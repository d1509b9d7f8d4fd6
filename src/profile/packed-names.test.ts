import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Glob } from '../abi/glob.ts';
import { PackedNames } from './packed-names.ts';

fc.configureGlobal({ seed: 616 });

const encoder = new TextEncoder();

function packed(names: readonly string[]): { sorted: string[]; table: PackedNames } {
  const encoded = names.map((name) => encoder.encode(name)).sort(Buffer.compare);
  const { bytes, blocks } = PackedNames.pack(
    encoded,
    encoded.length,
    encoded.reduce((sum, name) => sum + name.length, 0),
  );
  return {
    sorted: encoded.map((name) => new TextDecoder().decode(name)),
    table: new PackedNames(names.length, bytes, blocks),
  };
}

const nameArbitrary = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '_', '.'), minLength: 1, maxLength: 5 }),
  fc.string({ unit: fc.constantFrom('ä', 'z', '€'), minLength: 1, maxLength: 3 }),
  fc.nat(300).map((length) => 'x'.repeat(length + 1)),
);

test('names are found where a sorted list has them', () => {
  fc.assert(
    fc.property(fc.array(nameArbitrary, { maxLength: 80 }), nameArbitrary, (names, other) => {
      const { sorted, table } = packed(names);
      expect(sorted.map((_, i) => table.text(i))).toEqual(sorted);
      for (const name of [...names, other, '', 'a\0']) {
        const first = sorted.indexOf(name);
        expect(table.find(name)).toBe(first);
        const { first: from, end } = table.range(name);
        expect(end - from).toBe(sorted.filter((one) => one === name).length);
        if (first >= 0) expect(from).toBe(first);
      }
    }),
    { numRuns: 300 },
  );
});

test('a pattern finds what it finds in a list', () => {
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '_', '*', '?', '[ab]', 'x'), { maxLength: 5 })
    .map((atoms) => atoms.join(''));
  fc.assert(
    fc.property(fc.array(nameArbitrary, { maxLength: 80 }), pattern, (names, text) => {
      const { sorted, table } = packed(names);
      const glob = new Glob(text);
      const found: number[] = [];
      table.match(glob, (number) => found.push(number));
      expect(found).toEqual(sorted.map((_, i) => i).filter((i) => glob.test(sorted[i]!)));
    }),
    { numRuns: 300 },
  );
});

test('what is outside the table has no name', () => {
  const { table } = packed(['a', 'b']);
  expect([table.text(2), table.text(40), packed([]).table.text(0)]).toEqual(['', '', '']);
  expect(packed([]).table.find('a')).toBe(-1);
});

test('damaged bytes give names or none, and every search ends', () => {
  const names = Array.from({ length: 50 }, (_, i) => `name_${i % 7}_${i}`).sort();
  const { bytes, blocks } = PackedNames.pack(
    names.map((name) => encoder.encode(name)),
    names.length,
    names.join('').length,
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.nat(),
      (changes, offset) => {
        const damaged = bytes.slice();
        for (const [at, value] of changes) damaged[at] = value;
        const table = new PackedNames(
          names.length,
          damaged,
          Uint32Array.from(blocks, (block, i) => (i === offset % 4 ? offset : block)),
        );
        for (let i = 0; i < names.length; i++) expect(table.text(i).length).toBeLessThan(1000);
        table.range('name_3_10');
        table.match(new Glob('*'), () => {});
      },
    ),
    { numRuns: 300 },
  );
});
