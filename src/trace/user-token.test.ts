import { expect, test } from 'vitest';
import { pidsText, writePids } from './pid-list.ts';
import { takeToken } from './user-token.ts';

test.each([
  ['abc\n', { read: 4, token: 'abc', closed: true }],
  ['abc', { read: 3, token: 'abc', closed: false }],
  ['  abc def', { read: 6, token: 'abc', closed: true }],
  ['   ', { read: 3, token: '', closed: false }],
  ['\0abc', { read: 1, token: '', closed: false }],
  ['ab\0c', { read: 3, token: 'ab', closed: true }],
  ['\xa0a\xa0', { read: 3, token: 'a', closed: true }],
  ['x'.repeat(7), { read: 7, token: 'x'.repeat(7), closed: false }],
  ['x'.repeat(8), -22],
])('the first word of %j', (data, expected) => {
  expect(takeToken(data, 8)).toEqual(expected);
});

test.each([
  [[], '1\n', '1\n', 2],
  [[1], '2 3\n', '1\n2\n3\n', 4],
  [[1], '0x10 010\n', '1\n8\n16\n', 9],
  [[1], '4294967297\n', '1\n', 11],
  [[1], ' \n', '1\n', 2],
  [[], '\n', '', 1],
  [[1], 'abc\n', -22, 0],
  [[1], '2 x 3\n', -22, 0],
  [[1], '-1\n', -22, 0],
  [[1], '1073741824\n', -1, 0],
  [[1], '18446744073709551616\n', -22, 0],
])('pids %j and a write of %j', (old, data, expected, read) => {
  const written = writePids(new Set(old), data);
  if (typeof written === 'number') expect(written).toBe(expected);
  else expect([pidsText(written.pids), written.read]).toEqual([expected, read]);
});
