import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Glob, globMatch } from './glob.ts';

fc.configureGlobal({ seed: 616 });

test.each<[pattern: string, matching: string, other: string]>([
  // Patterns and texts are separated by spaces; `''` is the empty text.
  ['vfs_read', 'vfs_read', "vfs_rea vfs_reads xvfs_read ''"],
  ["''", "''", 'a'],
  ['?', 'a ?', "'' ab"],
  ['*', "'' a abc *", ''],
  ['**', "'' a abc", ''],
  ['vfs_*', 'vfs_ vfs_read', 'vfs xvfs_read'],
  ['*_read', '_read vfs_read _read_read', 'vfs_reads'],
  ['*vfs*it*', 'vfsit a_vfs_write_iter', 'vfs_read itvfs'],
  ['*??', 'ab abc', "a ''"],
  ['?*?', 'ab abc', "a ''"],
  ['*aaab', 'aaaaab aaab', 'aaaa aaabc'],
  ['a*b*c', 'abc aXbXc abbcc', 'acb ab'],
  ['[abc]x', 'ax cx', "dx x '' ax_"],
  ['[a-c]', 'a b c', "d - ''"],
  ['[!a-c]', 'd -', "a b c '' dd"],
  ['[^a]', '^ a', 'b'],
  ['[]a]', '] a', 'b'],
  ['[!]a]', 'b [', '] a'],
  ['[a-]', 'a -', 'b'],
  ['[a-c-e-g]', '- f a g', 'd h'],
  ['[c-a]', '', 'a b c'],
  ['[\\]]', '\\]', '\\ ]'],
  ['[abc', '[abc', 'a'],
  ['[a-', '[a-', 'a -'],
  ['[', '[', "'' a"],
  ['[]', '[]', ']'],
  ['[!', '[!', '!'],
  ['*[', 'a[', 'a'],
  ['\\*', '*', 'a \\*'],
  ['a\\', 'a', 'a\\ ab'],
  ['\\a\\[b]', 'a[b]', 'ab'],
])('%s', (pattern, matching, other) => {
  const text = (word: string) => (word === "''" ? '' : word);
  const accepted = (words: string) =>
    words.split(' ').filter((word) => word !== '' && globMatch(text(pattern), text(word)));
  expect(accepted(matching)).toEqual(matching.split(' ').filter(Boolean));
  expect(accepted(other)).toEqual([]);
});

test('the prefix is the bytes before the first special character', () => {
  const prefix = (pattern: string) => [new TextDecoder().decode(new Glob(pattern).prefix), new Glob(pattern).literal];
  expect(prefix('vfs_*d')).toEqual(['vfs_', false]);
  expect(prefix('a\\*b[cd]')).toEqual(['a*b', false]);
  expect(prefix('a[b')).toEqual(['a[b', true]);
  expect(prefix('*')).toEqual(['', false]);
});

test('it agrees with a regular expression of the same meaning', () => {
  const atom = fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]', '\\a');
  const expression = { '*': '.*', '?': '.', '[!a]': '[^a]', '\\a': 'a' } as Record<string, string>;
  fc.assert(
    fc.property(
      fc.array(atom, { maxLength: 8 }),
      fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 }),
      (atoms, letters) => {
        const regular = new RegExp(`^${atoms.map((one) => expression[one] ?? one).join('')}$`);
        expect(globMatch(atoms.join(''), letters.join(''))).toBe(regular.test(letters.join('')));
      },
    ),
    { numRuns: 3000 },
  );
});

test('many stars cost no more than pattern times text', () => {
  expect(globMatch(`${'*a'.repeat(200)}b`, 'a'.repeat(5000))).toBe(false);
});
