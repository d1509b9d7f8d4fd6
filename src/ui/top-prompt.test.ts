import { expect, test } from 'vitest';
import type { TopKey } from './top-keys.ts';
import { type Complete, openPrompt, promptKey } from './top-prompt.ts';

const NAMES = ['alpha', 'alpine', 'beta'];
/** Completes the last word. */
const complete: Complete = (kind, text) => {
  const from = text.lastIndexOf(' ') + 1;
  const candidates = kind === 'add' ? NAMES.filter((name) => name.startsWith(text.slice(from))) : [];
  return { from, candidates: candidates.map((name) => ({ text: name })) };
};

/** Words are named keys, but for `'text'`. */
function type(start: string, keys: string) {
  let prompt = openPrompt('add', start, complete);
  for (const [, text, name] of keys.matchAll(/'([^']*)'|(\w+)/g))
    prompt = promptKey(prompt, (text === undefined ? { name } : { text }) as TopKey, complete);
  return prompt;
}

/** The text with `|` for the cursor. */
const line = ({ text, cursor }: { text: string; cursor: number }) => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

test.each([
  ['', "'a' 'b'", 'ab|'],
  ['ab', "left 'x'", 'ax|b'],
  ['ab', "home delete 'x'", 'x|b'],
  ['ab', 'left backspace', '|b'],
  ['ab', 'home backspace left', '|ab'],
  ['ab', 'end right', 'ab|'],
  ['ab cd', 'left kill', '|d'],
  ['x b', 'tab', 'x beta|'],
  ['x al', 'tab', 'x alp|'],
  ['x alp', 'tab', 'x alp|'],
  ['x al', 'down tab', 'x alpha|'],
  ['x al', 'down down tab', 'x alpine|'],
  ['x al', 'down down down tab', 'x alpha|'],
  ['x al', 'up tab', 'x alpine|'],
  ['x zz', 'tab down tab', 'x zz|'],
  ['b cd', 'home right tab', 'beta| cd'],
])('%j, then %s: %j', (start, keys, expected) => {
  expect(line(type(start, keys))).toBe(expected);
});

test('what was said against a line goes when it is changed, and stays when the cursor moves', () => {
  const refused = { ...openPrompt('add', 'x', complete), refusal: { text: 'no', at: 0 } };
  expect(promptKey(refused, { name: 'left' }, complete).refusal).toBeDefined();
  expect(promptKey(refused, { text: 'y' }, complete).refusal).toBeUndefined();
});

test('candidates follow what stands before the cursor', () => {
  expect(type('al', '').completion.candidates).toHaveLength(2);
  expect(type('al', "'z'").completion.candidates).toHaveLength(0);
  expect(openPrompt('find', 'al', complete).completion.candidates).toHaveLength(0);
});
