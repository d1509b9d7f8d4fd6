import { expect, test } from 'vitest';
import { isKernelAddress, isUserAddress, ValueMap, valueKind } from './value-map.ts';

test.each([
  [0n, 'number'],
  [0xffffffffn, 'number'],
  [0x7f4e519cf0b1n, 'user'],
  [0xffff888004c27240n, 'heap'],
  [0xffffc9000063bf58n, 'stack'],
  [0xffffea0000171b40n, 'page'],
  [0xffffffff82d71180n, 'text'],
  [2n ** 64n - 2n, 'number'],
])('%s is a %s', (value, kind) => {
  expect(valueKind(value)).toBe(kind);
});

test('which values may be addresses', () => {
  expect([0n, 0x400000n, 0x7ffff000n].map(isUserAddress)).toEqual([false, true, true]);
  expect([0n, 0x400000n, 0xffff888000000000n, 2n ** 64n - 1n].map(isKernelAddress)).toEqual([
    false,
    false,
    true,
    false,
  ]);
});

test('known addresses map, near ones move with them, numbers stay', () => {
  const map = new ValueMap();
  map.pair(1, 0xffff888100000000n, 0xffff888004000000n);
  map.pair(1, 0x7f0000001000n, 0x7e0000005000n);
  map.pair(1, 0xffffc90000604000n, 0xffffc9000063c000n);
  expect(map.map(0xffff888100000000n, 1)).toBe(0xffff888004000000n);
  expect(map.map(0xffff888100000040n, 1)).toBe(0xffff888004000040n);
  expect(map.map(0xffff8880fffffff0n, 1)).toBeUndefined();
  expect(map.map(0xffff888100000400n, 1)).toBeUndefined();
  expect(map.map(0x7f0000000ff8n, 1)).toBe(0x7e0000004ff8n);
  expect(map.map(0xffffc90000603f58n, 1)).toBe(0xffffc9000063bf58n);
  expect(map.map(17n, 1)).toBe(17n);
  expect(map.map(0xffffffff81000000n, 1)).toBe(0xffffffff81000000n);
});

test('an address that was used again maps by the nearest time', () => {
  const map = new ValueMap();
  map.pair(10, 0xffff888100000000n, 0xffff888004000000n);
  map.pair(90, 0xffff888100000000n, 0xffff888005000000n);
  expect(map.map(0xffff888100000000n, 20)).toBe(0xffff888004000000n);
  expect(map.map(0xffff888100000000n, 60)).toBe(0xffff888005000000n);
});
