import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alignEqual, alignWeighted, type Pairs } from './sequence-align.ts';

const letters = fc.array(fc.constantFrom(...'abc'), { maxLength: 24 });

/** Length of the longest common subsequence, the plain way. */
function longest(a: readonly string[], b: readonly string[]): number {
  const best = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    }
  }
  return best[0][0];
}

function ascends(pairs: Pairs): boolean {
  return pairs.every(([i, j], k) => k === 0 || (i > pairs[k - 1][0] && j > pairs[k - 1][1]));
}

test('equal elements are paired in order, as many as there can be', () => {
  fc.assert(
    fc.property(letters, letters, (a, b) => {
      const pairs = alignEqual(a.length, b.length, (i, j) => a[i] === b[j]);
      expect(ascends(pairs)).toBe(true);
      expect(pairs.every(([i, j]) => a[i] === b[j])).toBe(true);
      expect(pairs.length).toBe(longest(a, b));
    }),
  );
});

test('with weights of one, the weighted alignment pairs as many', () => {
  fc.assert(
    fc.property(letters, letters, (a, b) => {
      const equal = (i: number, j: number) => a[i] === b[j];
      const pairs = alignWeighted(a.length, b.length, (i, j) => (equal(i, j) ? 1 : 0), equal);
      expect(ascends(pairs)).toBe(true);
      expect(pairs.length).toBe(longest(a, b));
    }),
  );
});

test('a heavy pair counts more than several light ones', () => {
  const a = ['x', 'x', 'HEAVY'];
  const b = ['HEAVY', 'x', 'x'];
  const weight = (heavy: number) => (i: number, j: number) => (a[i] !== b[j] ? 0 : a[i] === 'HEAVY' ? heavy : 1);
  expect(alignWeighted(3, 3, weight(1), () => false)).toEqual([
    [0, 1],
    [1, 2],
  ]);
  expect(alignWeighted(3, 3, weight(5), () => false)).toEqual([[2, 0]]);
});
