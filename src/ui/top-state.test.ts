import { expect, test } from 'vitest';
import { noCompletion } from './completion.ts';
import type { TopKey } from './top-keys.ts';
import type { TopSnapshot } from './top-session.ts';
import { answered, initialTop, lineFilter, type TopEffect, type TopState, topKey } from './top-state.ts';

const probe = (path: string, enabled = true) => ({
  path,
  enabled,
  hits: 0,
  rate: 0,
  missed: 0,
  trend: [],
  last: '',
  definition: `f:${path} vfs_read`,
  filter: '',
});
const snapshot: TopSnapshot = {
  workload: 'cat',
  release: '6.16.3',
  time: 0,
  duration: 1,
  run: 1,
  done: false,
  probes: [probe('g/a'), probe('g/b', false), probe('g/c')],
  cpus: [],
  tasks: [
    { pid: 7, comm: 'sh', words: 0 },
    { pid: 9, comm: 'cat', words: 4 },
  ],
  records: 100,
  lost: 0,
};
const context = { snapshot, complete: (_: string, text: string) => noCompletion(text), page: 10, stackRows: 40 };

const NAMES = new Set('up down left right pageup pagedown home end enter escape tab backspace interrupt'.split(' '));

/** Keys with spaces between them; what is no key's name is text, `space` a blank. */
function press(keys: string, start: Partial<TopState> = {}, seen = snapshot) {
  let state: TopState = { ...initialTop({ speed: 0.1, loop: false, snapshot: seen }), ...start };
  const effects: TopEffect[] = [];
  for (const key of keys.split(' ')) {
    const pressed = (NAMES.has(key) ? { name: key } : { text: key === 'space' ? ' ' : key }) as TopKey;
    const step = topKey(state, pressed, { ...context, snapshot: seen });
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

test.each<[string, Partial<TopState>]>([
  ['down', { chosen: 'g/b' }],
  ['j j', { chosen: 'g/c' }],
  ['down down down', { chosen: 'g/c' }],
  ['down up up', { chosen: 'g/a' }],
  ['space', { paused: true }],
  ['space space', { paused: false }],
  ['l', { loop: true }],
  ['+', { speed: 0.2 }],
  ['+ + + +', { speed: 2 }],
  ['-', { speed: 0.05 }],
  ['- - - - - - - - -', { speed: 0.001 }],
  ['?', { help: true }],
  ['? x', { help: false }],
  ['tab', { panel: 'stack' }],
  ['tab tab', { panel: 'records' }],
  ['right', { panel: 'stack', pid: 7 }],
  ['right right', { pid: 9 }],
  ['right right right', { pid: undefined }],
  ['left', { pid: 9 }],
  ['left escape', { pid: undefined }],
  ['pageup', { scroll: 10 }],
  ['pageup pageup pagedown', { scroll: 10 }],
  ['pagedown', { scroll: 0 }],
  ['home', { scroll: 90 }],
  ['home pageup', { scroll: 90 }],
  ['home end', { scroll: 0 }],
  ['tab pagedown', { stackScroll: 10, scroll: 0 }],
  ['tab pagedown pagedown pagedown', { stackScroll: 28 }],
  ['tab pagedown pageup pageup', { stackScroll: 0 }],
  ['tab pagedown right', { stackScroll: 0 }],
  ['.', { paused: true }],
  ['/ ret=0 enter', { find: 'ret=0', prompt: undefined }],
  ['/ ret=0 enter escape', { find: '' }],
  ['/ ret=0 escape', { find: '', prompt: undefined }],
  ['a escape', { prompt: undefined }],
  ['a enter', { prompt: undefined }],
])('%s', (keys, expected) => {
  const { state, effects } = press(keys);
  expect(state).toMatchObject(expected);
  expect(effects.filter((effect) => effect.do !== 'step')).toEqual([]);
});

test.each<[string, TopEffect[]]>([
  ['q', [{ do: 'quit' }]],
  ['interrupt', [{ do: 'quit' }]],
  ['a interrupt', [{ do: 'quit' }]],
  ['? q', [{ do: 'quit' }]],
  ['e', [{ do: 'enable', path: 'g/a', on: false }]],
  ['down e', [{ do: 'enable', path: 'g/b', on: true }]],
  ['d', [{ do: 'remove', path: 'g/a' }]],
  ['r', [{ do: 'restart' }]],
  ['.', [{ do: 'step' }]],
  ['a x space vfs_read enter', [{ do: 'define', text: 'f:x vfs_read' }]],
  ['f count>0 enter', [{ do: 'filter', path: 'g/a', text: 'count>0' }]],
  ['f backspace enter', [{ do: 'filter', path: 'g/a', text: '' }]],
  ['zzz', []],
])('%s does %j', (keys, expected) => {
  expect(press(keys).effects).toEqual(expected);
});

test('the line stays open until its answer comes, and has the refusal', () => {
  const { state } = press('a x enter');
  expect(state.prompt?.text).toBe('f:x');
  const refused = answered(state, { text: 'no such symbol', at: 2 });
  expect(refused.prompt).toMatchObject({ text: 'f:x', refusal: { text: 'no such symbol', at: 2 } });
  expect(answered(state, undefined, 'g/new')).toMatchObject({ prompt: undefined, chosen: 'g/new' });
});

test('removing chooses the next probe, or the one before when it was the last', () => {
  expect(press('d').state.chosen).toBe('g/b');
  expect(press('down down d').state.chosen).toBe('g/b');
  const one = { ...snapshot, probes: [probe('g/a')] };
  expect(press('d', {}, one).state.chosen).toBeUndefined();
});

test('without probes keys for one say so', () => {
  const none = { ...snapshot, probes: [] };
  for (const key of ['e', 'd', 'f']) expect(press(key, {}, none).state.message).toMatch(/no probe/);
  expect(press('e j', {}, none).state).toMatchObject({ message: '', chosen: undefined });
});

test('keys that come in one piece count one by one, and what follows the opening of a line goes into it', () => {
  expect(press('jj+').state).toMatchObject({ chosen: 'g/c', speed: 0.2 });
  expect(press('jax').state).toMatchObject({ chosen: 'g/b', prompt: { kind: 'add', text: 'f:x' } });
});

test.each([
  ['', 'anything', true],
  ['ret=0', 'read: ret=0', true],
  ['ret=0', 'read: ret=1', false],
  ['/ret=[12]', 'read: ret=1', true],
  ['/ret=[12]/', 'read: ret=3', false],
  ['/', 'a/b', true],
])('%j lets %j through: %s', (find, line, expected) => {
  const filter = lineFilter(find);
  expect(typeof filter === 'function' && filter(line)).toBe(expected);
});

test('a pattern that is none is refused where it is typed', () => {
  const { state } = press('/ /a( enter');
  expect(state.prompt?.refusal?.text).toMatch(/Unterminated group|Invalid regular expression/);
  expect(state.find).toBe('');
});
