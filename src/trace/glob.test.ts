import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globMatch } from './glob.ts';
import { buildMatcher, filterParseRegex, latin1Bytes } from './regex.ts';

fc.configureGlobal({ seed: 616 });

const matches = (pattern: string, text: string) => {
  const bytes = latin1Bytes(`${text}\0`);
  return globMatch(latin1Bytes(pattern), bytes, 0, bytes.length);
};

/** Text, then patterns that match it, then patterns that do not. */
test.each([
  ['a', ['a', '?', '[a]', '[!b]', '*', '[a-c]', '\\a'], ['b', '', '??', '[b]', '[!a]', 'aa']],
  ['', ['', '*'], ['?', 'a', '[a]']],
  ['-', ['[a-c-e-g]', '-'], ['[a-c]']],
  [']', ['[]a-ceg-ik[]'], ['[!]a-ceg-ik[]']],
  ['f', ['[!]a-ceg-ik[]', '[a-c-e-g]'], ['[]a-ceg-ik[]']],
  ['axb', ['?x?', '*b', 'a*', '*x*', 'a*b'], ['?x', 'abx']],
  ['abacadaeafag', ['*ac*', '*ac*ae*ag*', '*a*b*[bc]*[ef]*g*'], ['*a*b*[ef]*[cd]*g*']],
  ['abcabcabcabcdefg', ['*abcd*', '*ab*cd*'], ['*abcd', '*abce*']],
  ['[x', ['[x', '[[]x', '[*'], ['[x]']],
  ['a*b', ['a\\*b', 'a[*]b', 'a*b'], ['a\\?b']],
])('glob patterns of %j', (text, good, bad) => {
  for (const pattern of good) expect([pattern, matches(pattern, text)]).toEqual([pattern, true]);
  for (const pattern of bad) expect([pattern, matches(pattern, text)]).toEqual([pattern, false]);
});

test('stars and question marks are those of a regular expression', () => {
  const piece = fc.constantFrom('a', 'b', '*', '?');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }),
      (pieces, text) => {
        const pattern = pieces.join('');
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matches(pattern, text)).toBe(regex.test(text));
      },
    ),
  );
});

test.each([
  ['abc', 'full', 'abc', false],
  ['abc*', 'front', 'abc', false],
  ['*abc', 'end', 'abc', false],
  ['*abc*', 'middle', 'abc', false],
  ['*', 'end', '', false],
  ['**', 'middle', '', false],
  ['a*c', 'glob', 'a*c', false],
  ['a?c', 'glob', 'a?c', false],
  ['*a[b]', 'glob', '*a[b]', false],
  ['!abc*', 'front', 'abc', true],
  ['5*', 'index', '5*', false],
  ['', 'full', '', false],
])('pattern %j is of type %s', (pattern, type, search, not) => {
  expect(filterParseRegex(pattern)).toEqual({ type, search, not });
});

/** Type, what is looked for, the bytes, their length with terminator (0: up to the NUL), result. */
test.each([
  ['full', 'abc', 'abc\0', 4, true],
  ['full', 'abc', 'abcd\0', 5, false],
  ['full', 'abcdef', 'abc', 3, true],
  ['full', 'abc', 'abc\0', 0, true],
  ['front', 'ab', 'abc\0', 4, true],
  ['front', 'abc', 'ab', 2, false],
  ['end', 'bc', 'abc\0', 4, true],
  ['end', 'ab', 'abc\0', 4, false],
  ['end', '', 'abc\0', 4, true],
  ['middle', 'bc', 'a\0bc\0', 5, true],
  ['middle', 'bc', 'a\0bc\0', 0, false],
  ['glob', 'a?c', 'abc\0x', 6, true],
  ['index', '5*', '5*\0', 3, true],
] as const)('%s %j in %j of %i bytes', (type, search, text, length, expected) => {
  expect(buildMatcher(type, search)(latin1Bytes(text), 0, length)).toBe(expected);
});
