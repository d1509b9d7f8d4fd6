import { expect, test } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

test.each([
  ['', '', 0],
  ['vfs_read', 'vfs_read', 0],
  ['vfs_raed', 'vfs_read', 1],
  ['vfsread', 'vfs_read', 1],
  ['kitten', 'sitting', 3],
  ['abc', 'xyz', 3],
])('from %s to %s there are %d edits', (a, b, edits) => {
  expect(editDistance(a, b, 5)).toBe(edits);
  expect(editDistance(b, a, 5)).toBe(edits);
});

test('it gives up past the limit', () => {
  expect(editDistance('kitten', 'sitting', 2)).toBe(3);
  expect(editDistance('a', 'abcdef', 2)).toBe(3);
});

test('the nearest words, best first, and none for nonsense', () => {
  const words = ['vfs_read', 'vfs_readv', 'vfs_write', 'do_exit'];
  expect(nearest('vfs_raed', words)).toEqual(['vfs_read', 'vfs_readv']);
  expect(nearest('zzzzzz', words)).toEqual([]);
});
