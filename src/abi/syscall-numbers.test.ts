import { expect, test } from 'vitest';
import { syscallNumber } from './syscall-numbers.ts';

test.each([
  ['read', 0],
  ['dup2', 33],
  ['clone', 56],
  ['exit_group', 231],
  ['openat', 257],
  ['unlinkat', 263],
  ['prlimit64', 302],
  ['rseq', 334],
  ['clone3', 435],
  ['faccessat2', 439],
  ['mseal', 462],
])('%s is %i', (name, number) => {
  expect(syscallNumber(`__x64_sys_${name}`)).toBe(BigInt(number));
});

test('an unknown call has no number', () => {
  expect(syscallNumber('__x64_sys_nothing')).toBe(2n ** 64n - 1n);
});
