import { Errno } from '../abi/errno.ts';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import type { TraceEventFile } from './event-file.ts';
import type { TraceArray } from './trace-array.ts';
import { takeToken } from './user-token.ts';

/** Room for one event in a write, terminator included. */
const EVENT_BUF_SIZE = 128;

/** Which events a word of `set_event` means; what is left out matches all. */
interface EventMatch {
  /** A system's or an event's name. */
  readonly any?: string | undefined;
  readonly system?: string | undefined;
  readonly event?: string | undefined;
  readonly module?: string | undefined;
}

/** A word that waits for its module: `:mod:NAME` of a module that is not loaded (`struct event_mod_load`). */
export interface WaitingModuleEvents extends EventMatch {
  readonly module: string;
}

const wild = (name: string) => (name === '' || name === '*' ? undefined : name);

/** Takes a word of `set_event` apart, `kernel/trace/trace_events.c:ftrace_set_clr_event()`. */
function parseEventMatch(word: string): EventMatch {
  const at = word.indexOf(':mod:');
  const module = at < 0 ? undefined : word.slice(at + ':mod:'.length).replaceAll('-', '_');
  const text = at < 0 ? word : word.slice(0, at);
  const colon = text.indexOf(':');
  if (colon >= 0) return { system: wild(text.slice(0, colon)), event: wild(text.slice(colon + 1)), module };
  return { any: module === undefined ? text : wild(text), module };
}

function matches(match: EventMatch, system: string, name: string): boolean {
  if (match.any !== undefined && match.any !== name && match.any !== system) return false;
  return (match.system === undefined || match.system === system) && (match.event === undefined || match.event === name);
}

/** The files that can be enabled and that a match means. */
function matchingFiles(array: TraceArray, match: EventMatch): TraceEventFile[] {
  const files = array.files
    .inOrder((system, name) => matches(match, system, name))
    .filter((file) => !file.call.ignoreEnable);
  return match.module === undefined ? files : files.filter((file) => file.call.module === match.module);
}

/** Switches files; the first refusal is what counts, the rest are switched all the same. */
function switchFiles(files: readonly TraceEventFile[], on: boolean): number {
  const refusals = files.map((file) => file.setEnabled(on)).filter((ret) => ret !== 0);
  return refusals[0] ?? 0;
}

/**
 * Enables or disables the events that a word means: `EVENT`, `SYSTEM`, `SYSTEM:EVENT`, either side `*` or empty, each with `:mod:MODULE`.
 * @returns 0, −EINVAL when there is no such event, or what an event refused with
 */
export function setClrEvent(array: TraceArray, word: string, on: boolean): number {
  const match = parseEventMatch(word);
  const files = matchingFiles(array, match);
  if (files.length > 0) return switchFiles(files, on);
  return match.module === undefined ? -Errno.EINVAL : waitForModule(array, { ...match, module: match.module }, on);
}

/** `kernel/trace/trace_events.c:cache_mod()` and `remove_cache_mod()`. */
function waitForModule(array: TraceArray, match: WaitingModuleEvents, on: boolean): number {
  if (array.tracing.machine.module(match.module)) return -Errno.EINVAL;
  if (on) {
    array.waitingModules.unshift(match);
    return 0;
  }
  const same = (waiting: WaitingModuleEvents) =>
    waiting.module === match.module &&
    (match.any === undefined || waiting.any === match.any) &&
    (match.system === undefined || waiting.system === match.system) &&
    (match.event === undefined || waiting.event === match.event);
  const kept = array.waitingModules.filter((waiting) => !same(waiting));
  if (kept.length === array.waitingModules.length) return -Errno.EINVAL;
  array.waitingModules.splice(0, array.waitingModules.length, ...kept);
  return 0;
}

/**
 * What a write to `set_event` does: takes one word, `!` in front disables.
 * @returns bytes taken, or a negative errno
 */
export function writeSetEvent(array: TraceArray, data: string): number {
  if (data === '') return 0;
  const ret = array.expand();
  if (ret < 0) return ret;
  const taken = takeToken(data, EVENT_BUF_SIZE);
  if (typeof taken === 'number') return taken;
  const { token, read } = taken;
  if (token === '') return read;
  const off = token.startsWith('!');
  return setClrEvent(array, off ? token.slice(1) : token, !off) || read;
}

/** What opening `set_event` with truncation does: every event off, waiting words forgotten. */
export function clearEvents(array: TraceArray): void {
  for (const file of array.files.enabledInOrder()) file.setEnabled(false);
  array.waitingModules.length = 0;
}

/** Content of `set_event`. */
export function setEventText(array: TraceArray): string {
  const enabled = array.files.enabledInOrder().filter((file) => file.flags & EventFileFlag.ENABLED);
  const events = enabled.map(({ call }) => `${call.system}:${call.name}\n`);
  const waiting = array.waitingModules.map(({ any, system = '*', event = '*', module }) =>
    any === undefined ? `${system}:${event}:mod:${module}\n` : `${any}:mod:${module}\n`,
  );
  return [...events, ...waiting].join('');
}

/** Content of `available_events`. */
export function availableEventsText(array: TraceArray): string {
  const { statics, dynamicEvents } = array.tracing.events;
  const lines = [...dynamicEvents].reverse().map(({ system, name }) => `${system}:${name}\n`);
  for (const { system, name } of statics.names) if (system !== 'ftrace') lines.push(`${system}:${name}\n`);
  return lines.join('');
}

/** Content of a system's `enable` file, or of `events/enable`, without newline: `0`, `1`, `X` for some, `?` for none that could be. */
export function systemEnableText(array: TraceArray, system: string | undefined): string {
  const { statics, dynamicEvents } = array.tracing.events;
  const wanted = (candidate: string) => (system === undefined ? candidate !== 'ftrace' : candidate === system);
  let total = statics.names.filter((event) => wanted(event.system) && event.system !== 'ftrace').length;
  for (const call of dynamicEvents) if (wanted(call.system)) total++;
  const on = [...array.files.enabled].filter((file) => wanted(file.call.system)).length;
  if (total === 0) return '?';
  if (on === 0) return '0';
  return on === total ? '1' : 'X';
}

/** What a write of 0 or 1 to such a file does. Returns 0 or a negative errno. */
export function enableSystem(array: TraceArray, system: string | undefined, on: boolean): number {
  // Without a name to match there is nothing that could be missing: only a system without events is refused.
  if (system === undefined && !on) {
    clearEnabled(array);
    return 0;
  }
  return setClrEvent(array, `${system ?? '*'}:*`, on);
}

/** Disabling everything need not wake events that are off. */
function clearEnabled(array: TraceArray): void {
  switchFiles(array.files.enabledInOrder(), false);
}
