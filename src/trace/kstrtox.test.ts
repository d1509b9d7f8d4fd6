import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kstrtoll, kstrtoulFromUser, kstrtoull } from './kstrtox.ts';

fc.configureGlobal({ seed: 616 });

const EINVAL = { errno: -22 };
const ERANGE = { errno: -34 };

test.each([
  ['0', 10, { value: 0n }],
  ['01', 10, { value: 1n }],
  ['+1\n', 10, { value: 1n }],
  ['1\n\n', 10, EINVAL],
  [' 1', 10, EINVAL],
  ['1 ', 10, EINVAL],
  ['', 10, EINVAL],
  ['\n', 10, EINVAL],
  ['-1', 10, EINVAL],
  ['++1', 10, EINVAL],
  ['1\0x', 10, { value: 1n }],
  ['0x10', 10, EINVAL],
  ['0x10', 0, { value: 16n }],
  ['0X1f', 0, { value: 31n }],
  ['0x', 0, EINVAL],
  ['010', 0, { value: 8n }],
  ['08', 0, EINVAL],
  ['ff', 16, { value: 255n }],
  ['0xff', 16, { value: 255n }],
  ['18446744073709551615', 10, { value: 2n ** 64n - 1n }],
  ['18446744073709551616', 10, ERANGE],
] as const)('unsigned %j in base %i', (text, base, expected) => {
  expect(kstrtoull(text, base)).toEqual(expected);
});

test.each([
  ['-5', { value: -5n }],
  ['+5', { value: 5n }],
  ['-+5', EINVAL],
  ['--5', EINVAL],
  ['-0x10', { value: -16n }],
  ['9223372036854775807', { value: 2n ** 63n - 1n }],
  ['9223372036854775808', ERANGE],
  ['-9223372036854775808', { value: -(2n ** 63n) }],
  ['-9223372036854775809', ERANGE],
])('signed %j', (text, expected) => {
  expect(kstrtoll(text, 0)).toEqual(expected);
});

test('of written bytes only the first 66 count', () => {
  expect(kstrtoulFromUser(`${'0'.repeat(65)}12`, 10)).toEqual({ value: 1n });
  expect(kstrtoulFromUser(`${'0'.repeat(66)}x`, 10)).toEqual({ value: 0n });
});

test('every 64-bit number is read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(10, 16), (value, radix) => {
      const text = radix === 16 ? `0x${value.toString(16)}` : value.toString();
      expect(kstrtoull(text, 0)).toEqual({ value });
    }),
  );
});
