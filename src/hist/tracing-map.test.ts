import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jhash } from './jhash.ts';
import { TracingMap } from './tracing-map.ts';
import { add, bigOf, compare, divide, lastBit, multiply, negate, setBig, subtract } from './u64.ts';

const text = (value: string) => Uint8Array.from(value, (char) => char.charCodeAt(0));

test('the hash of a text as its author gives it', () => {
  expect(jhash(text('Four score and seven years ago'), 0, 30)).toBe(0x17770551);
  expect(jhash(text(''), 0, 0)).toBe(0xdeadbeef);
});

const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
);

test('arithmetic on halves is arithmetic modulo 2 ** 64', () => {
  fc.assert(
    fc.property(u64, u64, (a, b) => {
      const halves = { lo: 0, hi: 0 };
      const [lo, hi] = [Number(b & 0xffffffffn), Number(b >> 32n)];
      const after = (change: () => void) => {
        setBig(halves, a);
        change();
        return bigOf(halves.lo, halves.hi);
      };
      expect(after(() => add(halves, lo, hi))).toBe(BigInt.asUintN(64, a + b));
      expect(after(() => subtract(halves, lo, hi))).toBe(BigInt.asUintN(64, a - b));
      expect(after(() => multiply(halves, lo, hi))).toBe(BigInt.asUintN(64, a * b));
      expect(after(() => negate(halves))).toBe(BigInt.asUintN(64, -a));
      if (b !== 0n) expect(after(() => divide(halves, lo, hi))).toBe(a / b);
      setBig(halves, a);
      expect(compare(halves.lo, halves.hi, lo, hi)).toBe(a > b ? 1 : a < b ? -1 : 0);
      expect(lastBit(lo, hi)).toBe(b === 0n ? 0 : b.toString(2).length);
    }),
  );
});

test('a map counts like a dictionary with as much room', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 1000 }), (keys) => {
      const map = new TracingMap({ bits: 7, keySize: 8, sums: 2, vars: 0, texts: 0, comm: false });
      const model = new Map<number, number>();
      let drops = 0;
      const key = new Uint8Array(8);
      for (const value of keys) {
        new DataView(key.buffer).setUint32(0, value, true);
        const element = map.insert(key);
        if (element < 0) {
          expect(model.has(value)).toBe(false);
          drops++;
          continue;
        }
        map.sums[map.sumAt(element, 1)]! += 1;
        model.set(value, (model.get(value) ?? 0) + 1);
      }
      expect([map.hits, map.drops, map.count]).toEqual([keys.length - drops, drops, model.size]);
      const keyOf = (element: number) => new DataView(map.keys.buffer).getUint32(8 * element, true);
      const sorted = map.sorted([(a, b) => keyOf(a) - keyOf(b)]);
      expect(sorted.map((element) => [keyOf(element), map.sums[map.sumAt(element, 1)]])).toEqual(
        [...model].sort(([a], [b]) => a - b),
      );
      map.clear();
      expect([map.hits, map.drops, map.count, map.lookup(key)]).toEqual([0, 0, 0, -1]);
    }),
    { numRuns: 50 },
  );
});

test('a second order sorts what the first finds equal', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { maxLength: 60 }), (keys) => {
      const map = new TracingMap({ bits: 7, keySize: 8, sums: 0, vars: 0, texts: 0, comm: false });
      const view = new DataView(new ArrayBuffer(8));
      for (const value of keys) {
        view.setUint32(0, value, true);
        map.insert(new Uint8Array(view.buffer));
      }
      const keyOf = (element: number) => new DataView(map.keys.buffer).getUint32(8 * element, true);
      const ten = (element: number) => Math.floor(keyOf(element) / 10) % 10;
      const sorted = map.sorted([(a, b) => ten(a) - ten(b), (a, b) => keyOf(b) - keyOf(a)]);
      const expected = [...keys].sort((a, b) => (Math.floor(a / 10) % 10) - (Math.floor(b / 10) % 10) || b - a);
      expect(sorted.map(keyOf)).toEqual(expected);
    }),
  );
});
