import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FunctionSet } from './function-set.ts';

fc.configureGlobal({ seed: 616 });

const ids = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 60 });
const sorted = (set: Iterable<number>) => [...set].sort((a, b) => a - b);

test('agrees with a plain set', () => {
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      const [left, right] = [FunctionSet.of(a), FunctionSet.of(b)];
      expect([...left]).toEqual(sorted(a));
      expect([...left.union(right)]).toEqual(sorted(new Set([...a, ...b])));
      expect([...left.intersect(right)]).toEqual(sorted(a.filter((id) => b.includes(id))));
      expect([...left.minus(right)]).toEqual(sorted(a.filter((id) => !b.includes(id))));
      for (const set of [left.union(right), left.intersect(right), left.minus(right)])
        expect(set.count).toBe([...set].length);
      const copy = left.clone();
      for (const id of b) expect(copy.delete(id)).toBe(a.includes(id));
      expect(copy.equals(left.minus(right))).toBe(true);
      for (const id of b) expect(copy.add(id)).toBe(true);
      expect(copy.equals(left.union(right))).toBe(true);
      expect(left.has(201)).toBe(false);
      expect([...left]).toEqual(sorted(a));
      copy.clear();
      expect([copy.isEmpty, copy.count, [...copy]]).toEqual([true, 0, []]);
    }),
  );
});
