import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kernelSearch, kernelSort } from './kernel-sort.ts';

fc.configureGlobal({ seed: 616 });

function sorted(values: readonly number[]): number[] {
  const list = [...values];
  kernelSort(
    list.length,
    (a, b) => list[a]! - list[b]!,
    (a, b) => {
      [list[a], list[b]] = [list[b]!, list[a]!];
    },
  );
  return list;
}

test('sorts', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (values) => {
      expect(sorted(values)).toEqual(values.toSorted((a, b) => a - b));
    }),
  );
});

test('finds what is there, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 40 }), fc.nat(30), (values, key) => {
      const list = sorted(values);
      const at = kernelSearch(list.length, (index) => key - list[index]!);
      if (at < 0) expect(list).not.toContain(key);
      else expect(list[at]).toBe(key);
    }),
  );
});
