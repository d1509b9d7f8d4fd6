import type { TopKey } from './top-keys.ts';
import type { Complete, PromptRefusal, TopPrompt } from './top-prompt.ts';
import { openPrompt, promptKey } from './top-prompt.ts';
import type { TopSnapshot } from './top-session.ts';

/** What the screen shows besides what there is to see: everything that keys change. */
export interface TopState {
  readonly paused: boolean;
  /** Whether the workload begins anew when it ends. */
  readonly loop: boolean;
  /** Simulated seconds a second. */
  readonly speed: number;
  /** Path of the chosen probe. */
  readonly chosen: string | undefined;
  readonly panel: 'records' | 'stack';
  /** Task whose shadow stack is shown; whichever has one when undefined. */
  readonly pid: number | undefined;
  /** Records below the last one that is shown. */
  readonly scroll: number;
  /** Lines of the shadow stack above the first one that is shown. */
  readonly stackScroll: number;
  /** What records must have to be shown. */
  readonly find: string;
  readonly prompt: TopPrompt | undefined;
  readonly help: boolean;
  /** Said in the last line until the next key. */
  readonly message: string;
}

/** What is to be done because of a key. */
export type TopEffect =
  | { readonly do: 'define'; readonly text: string }
  | { readonly do: 'remove'; readonly path: string }
  | { readonly do: 'enable'; readonly path: string; readonly on: boolean }
  | { readonly do: 'filter'; readonly path: string; readonly text: string }
  | { readonly do: 'step' | 'restart' | 'quit' };

/** What a key is answered from. */
interface TopContext {
  readonly snapshot: TopSnapshot;
  readonly complete: Complete;
  /** Lines of the panel that keys scroll through. */
  readonly page: number;
  /** Lines that the shadow stack has. */
  readonly stackRows: number;
}

/** A new state, and what is to be done. */
interface TopStep {
  readonly state: TopState;
  readonly effects: readonly TopEffect[];
}

/** Speeds that the keys go through: 1, 2, 5 in each power of ten. */
const SPEEDS = [-3, -2, -1, 0, 1].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));

/** The state in which the screen opens. */
export function initialTop(options: { speed: number; loop: boolean; snapshot: TopSnapshot }): TopState {
  const { speed, loop, snapshot } = options;
  return {
    paused: false,
    loop,
    speed,
    chosen: snapshot.probes[0]?.path,
    panel: 'records',
    pid: undefined,
    scroll: 0,
    stackScroll: 0,
    find: '',
    prompt: undefined,
    help: false,
    message: '',
  };
}

/** Whether a line of the stream is wanted: it has the text, or matches what stands between slashes. An error is a pattern that is none. */
export function lineFilter(find: string): ((line: string) => boolean) | { readonly error: string } {
  const pattern = /^\/(.+?)\/?$/.exec(find)?.[1];
  if (pattern === undefined) return (line) => line.includes(find);
  try {
    const regex = new RegExp(pattern);
    return (line) => regex.test(line);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** What a key makes of the state. */
export function topKey(state: TopState, key: TopKey, context: TopContext): TopStep {
  const calm = state.message === '' ? state : { ...state, message: '' };
  if ('name' in key && key.name === 'interrupt') return { state: calm, effects: [{ do: 'quit' }] };
  if (calm.prompt !== undefined) return atPrompt(calm, calm.prompt, key, context);
  if (calm.help)
    return { state: { ...calm, help: false }, effects: 'text' in key && key.text === 'q' ? [{ do: 'quit' }] : [] };
  if (!('text' in key)) return { state: moveKey(calm, key.name, context), effects: [] };
  // Text may come in pieces of several keys, when it is pasted or the machine is busy.
  let step: TopStep = { state: calm, effects: [] };
  for (const [at, char] of [...key.text].entries()) {
    const next = letterKey(step.state, char, context);
    step = { state: next.state, effects: [...step.effects, ...next.effects] };
    const rest = key.text.slice(at + 1);
    if (next.state.prompt !== undefined && rest !== '')
      return {
        state: { ...next.state, prompt: promptKey(next.state.prompt, { text: rest }, context.complete) },
        effects: step.effects,
      };
  }
  return step;
}

function letterKey(state: TopState, char: string, { snapshot, complete }: TopContext): TopStep {
  const only = (changed: Partial<TopState>): TopStep => ({ state: { ...state, ...changed }, effects: [] });
  const act = (effect: TopEffect, changed: Partial<TopState> = {}): TopStep => ({
    state: { ...state, ...changed },
    effects: [effect],
  });
  const probe = snapshot.probes.find(({ path }) => path === state.chosen);
  switch (char) {
    case 'q':
      return act({ do: 'quit' });
    case '?':
    case 'h':
      return only({ help: true });
    case ' ':
      return only({ paused: !state.paused });
    case '+':
    case '=':
      return only({ speed: SPEEDS.find((speed) => speed > state.speed) ?? state.speed });
    case '-':
      return only({ speed: SPEEDS.findLast((speed) => speed < state.speed) ?? state.speed });
    case '.':
      return act({ do: 'step' }, { paused: true });
    case 'r':
      return act({ do: 'restart' });
    case 'l':
      return only({ loop: !state.loop });
    case 'k':
      return only(chosenProbe(state, snapshot, -1));
    case 'j':
      return only(chosenProbe(state, snapshot, 1));
    case 'a':
      return only({ prompt: openPrompt('add', 'f:', complete) });
    case '/':
      return only({ prompt: openPrompt('find', state.find, complete) });
  }
  if (!'edf'.includes(char)) return only({});
  if (probe === undefined) return only({ message: 'there is no probe: a adds one' });
  if (char === 'e') return act({ do: 'enable', path: probe.path, on: !probe.enabled });
  if (char === 'f') return only({ prompt: openPrompt('filter', probe.filter, complete) });
  const neighbour = chosenProbe(state, snapshot, snapshot.probes.at(-1) === probe ? -1 : 1).chosen;
  return act(
    { do: 'remove', path: probe.path },
    { chosen: neighbour === probe.path ? undefined : neighbour, message: `removed ${probe.definition}` },
  );
}

function moveKey(state: TopState, name: string, { snapshot, page, stackRows }: TopContext): TopState {
  switch (name) {
    case 'up':
      return { ...state, ...chosenProbe(state, snapshot, -1) };
    case 'down':
      return { ...state, ...chosenProbe(state, snapshot, 1) };
    case 'tab':
      return { ...state, panel: state.panel === 'records' ? 'stack' : 'records' };
    case 'left':
      return { ...state, panel: 'stack', pid: otherTask(state, snapshot, -1), stackScroll: 0 };
    case 'right':
      return { ...state, panel: 'stack', pid: otherTask(state, snapshot, 1), stackScroll: 0 };
    case 'pageup':
      return scrolled(state, page, snapshot.records - page, stackRows - page - 2);
    case 'pagedown':
      return scrolled(state, -page, snapshot.records - page, stackRows - page - 2);
    case 'home':
      return { ...state, scroll: Math.max(0, snapshot.records - page), stackScroll: 0 };
    case 'end':
      return { ...state, scroll: 0, stackScroll: 0 };
    case 'escape':
      return { ...state, find: '', scroll: 0, stackScroll: 0, pid: undefined };
    default:
      return state;
  }
}

/** Older records are above, outer frames below; how far each can be scrolled is told. */
function scrolled(state: TopState, by: number, mostRecords: number, mostStack: number): TopState {
  const within = (value: number, end: number) => Math.min(Math.max(0, value), Math.max(0, end));
  return state.panel === 'records'
    ? { ...state, scroll: within(state.scroll + by, mostRecords) }
    : { ...state, stackScroll: within(state.stackScroll - by, mostStack) };
}

function chosenProbe({ chosen }: TopState, { probes }: TopSnapshot, by: number): Pick<TopState, 'chosen'> {
  const at = probes.findIndex(({ path }) => path === chosen);
  const next = at < 0 ? 0 : Math.min(Math.max(0, at + by), probes.length - 1);
  return { chosen: probes[next]?.path };
}

/** The next task; beyond the last one, and before the first, whichever has a stack. */
function otherTask({ pid }: TopState, { tasks }: TopSnapshot, by: number): number | undefined {
  const pids = [undefined, ...tasks.map((task) => task.pid)];
  const at = Math.max(0, pids.indexOf(pid));
  return pids[(at + by + pids.length) % pids.length];
}

function atPrompt(state: TopState, prompt: TopPrompt, key: TopKey, { complete }: TopContext): TopStep {
  const name = 'name' in key ? key.name : undefined;
  if (name === 'escape') return { state: { ...state, prompt: undefined }, effects: [] };
  if (name !== 'enter') return { state: { ...state, prompt: promptKey(prompt, key, complete) }, effects: [] };
  const { kind, text } = prompt;
  if (kind === 'find') {
    const filter = lineFilter(text);
    if (typeof filter === 'function')
      return { state: { ...state, find: text, scroll: 0, prompt: undefined }, effects: [] };
    return { state: { ...state, prompt: { ...prompt, refusal: { text: filter.error, at: 0 } } }, effects: [] };
  }
  if (kind === 'add') {
    if (/^\s*(f:?|t:?)?\s*$/.test(text)) return { state: { ...state, prompt: undefined }, effects: [] };
    return { state, effects: [{ do: 'define', text }] };
  }
  return { state, effects: state.chosen === undefined ? [] : [{ do: 'filter', path: state.chosen, text }] };
}

/** The state after a line was taken, or refused: then it stays to be changed. */
export function answered(state: TopState, refusal: PromptRefusal | undefined, chosen?: string): TopState {
  if (state.prompt === undefined) return refusal === undefined ? state : { ...state, message: refusal.text };
  if (refusal === undefined) return { ...state, prompt: undefined, chosen: chosen ?? state.chosen };
  return { ...state, prompt: { ...state.prompt, refusal } };
}
