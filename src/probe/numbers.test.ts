import { expect, test } from 'vitest';
import { isGoodName, isGoodSystemName, splitWords } from './names.ts';
import { kstrtouint, parseImmediateNumber, simpleStrtoul } from './numbers.ts';

test.each([
  ['8', 8],
  ['0x10', 16],
  ['010', 8],
  ['+3', 3],
  ['4294967295', 4294967295],
  ['4294967296', -1],
  ['08', -1],
  ['-1', -1],
  ['', -1],
  ['8 ', -1],
])('an unsigned int is %j: %d', (text, value) => {
  expect(kstrtouint(text)).toBe(value);
});

test.each([
  ['1', 1n],
  ['-1', -1n],
  ['+1', 1n],
  ['++1', 1n],
  ['+-1', -1n],
  ['-+1', -22],
  ['--1', -22],
  ['x', -22],
  ['', -22],
  ['18446744073709551615', 18446744073709551615n],
  ['18446744073709551616', -34],
  ['+9223372036854775808', -34],
  ['-9223372036854775808', -9223372036854775808n],
  ['-9223372036854775809', -34],
])('an immediate %j is %s', (text, expected) => {
  const { value, errno } = { value: undefined, errno: undefined, ...parseImmediateNumber(text) };
  expect(errno ?? value).toBe(expected);
});

test.each([
  ['b4@', 1, 0, 4n, 2],
  ['b0x1F@', 1, 0, 31n, 5],
  ['b010@', 1, 0, 8n, 4],
  ['b08@', 1, 0, 0n, 2],
  ['b@', 1, 0, 0n, 1],
  ['b0xg', 1, 0, 0n, 2],
  ['$arg010', 4, 10, 10n, 7],
  ['$arg0x1', 4, 10, 0n, 5],
  ['b18446744073709551619', 1, 0, 3n, 21],
] as const)('the number in %j from %i with base %i is %s up to %i', (text, at, base, value, end) => {
  expect(simpleStrtoul(text, at, base)).toEqual({ value, end });
});

test.each([
  ['a_1', true, true],
  ['_', true, true],
  ['a-b', false, true],
  ['-', false, true],
  ['1a', false, false],
  ['a.b', false, false],
  ['', false, false],
  ['\xe9t\xe9', true, true],
  ['\xd7', false, false],
])('the name %j: event %s, group %s', (name, event, group) => {
  expect([isGoodName(name), isGoodSystemName(name)]).toEqual([event, group]);
});

test.each([
  ['f:a vfs_read', ['f:a', 'vfs_read']],
  ['  f\tx\v y \r\n', ['f', 'x', 'y']],
  ['a\xa0b', ['a', 'b']],
  ['a b\0c d', ['a', 'b']],
  [' ', []],
])('%j splits into %j', (command, words) => {
  expect(splitWords(command)).toEqual(words);
});
