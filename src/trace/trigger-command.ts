import { Errno } from '../abi/errno.ts';
import { cString, isDigit, isSpace, trimEnd } from './ctype.ts';
import type { TraceEventFile } from './event-file.ts';
import { compileFilter, logFilterError } from './filter.ts';
import type { Predicate } from './filter-compare.ts';
import { kstrtoull } from './kstrtox.ts';
import { PAGE_SIZE } from './limits.ts';

/** A command that `trigger` files know (`struct event_command`). */
export interface TriggerCommand {
  readonly name: string;
  /**
   * Sets a trigger.
   * @param params what follows the name and its separator, latin1; `undefined` when nothing does
   * @returns 0 or a negative errno
   */
  set(file: TraceEventFile, params: string | undefined): number;
  /** Removes the trigger that the same words, less the `!`, mean. Returns 0 or a negative errno. */
  remove(file: TraceEventFile, params: string | undefined): number;
  /** What a truncating open of the `trigger` file does. */
  removeAll?(file: TraceEventFile): void;
}

/** Content of an event's `trigger` file: its triggers, or which there are. */
export function triggerText(file: TraceEventFile): string {
  const { triggers } = file;
  if (!triggers.isEmpty) return Array.from(triggers, (trigger) => `${trigger.text()}\n`).join('');
  const names = file.array.tracing.triggerCommands.map(({ name }) => ` ${name}`);
  return `# Available triggers:\n#${names.join('')}\n`;
}

/** Content of an event's `hist` file: its histograms, one after the other. */
export function histText(file: TraceEventFile): string {
  return Array.from(file.triggers, (trigger) => trigger.histText?.() ?? '')
    .filter((text) => text !== '')
    .join('\n\n');
}

/** What opening the `trigger` file with truncation does: histograms and what switches them go (`event_trigger_regex_open()`). Returns 0. */
export function truncateTriggers(file: TraceEventFile): 0 {
  for (const command of [...file.array.tracing.triggerCommands].reverse()) command.removeAll?.(file);
  return 0;
}

function skipSpaces(text: string): string {
  let at = 0;
  while (isSpace(text.charCodeAt(at))) at++;
  return text.slice(at);
}

/** Index of the first of some characters, −1 when there is none. */
function indexOfAny(text: string, chars: string): number {
  for (let i = 0; i < text.length; i++) if (chars.includes(text[i]!)) return i;
  return -1;
}

/**
 * What a write to an event's `trigger` file does: `COMMAND[:PARAMETERS] [if FILTER]` sets a trigger, with `!` in front it removes one
 * (`kernel/trace/trace_events_trigger.c:event_trigger_regex_write()`).
 * @returns bytes taken, or a negative errno
 */
export function writeTrigger(file: TraceEventFile, data: string): number {
  if (data === '') return 0;
  if (data.length >= PAGE_SIZE) return -Errno.EINVAL;
  const words = skipSpaces(trimEnd(cString(data)));
  const end = indexOfAny(words, ': \t');
  const first = end < 0 ? words : words.slice(0, end);
  const params = end < 0 ? '' : skipSpaces(words.slice(end + 1));
  const remove = first.startsWith('!');
  const name = remove ? first.slice(1) : first;
  const command = file.array.tracing.triggerCommands.find((candidate) => candidate.name === name);
  if (!command) return -Errno.EINVAL;
  const ret = command[remove ? 'remove' : 'set'](file, params === '' ? undefined : params);
  return ret < 0 ? ret : data.length;
}

/** What stands behind a trigger's name, apart from the filter; both are `undefined` when they are not there. */
interface SeparatedParams {
  readonly param: string | undefined;
  readonly filter: string | undefined;
}

/** Separates a trigger's parameter from its filter. Where none is required, only a number counts as one (`event_trigger_separate_filter()`). */
export function separateFilter(params: string | undefined, required: boolean): SeparatedParams {
  if (params === undefined) return { param: undefined, filter: undefined };
  if (!required && !isDigit(params.charCodeAt(0))) return { param: undefined, filter: params };
  const end = indexOfAny(params, ' \t');
  if (end < 0) return { param: params, filter: undefined };
  const filter = skipSpaces(params.slice(end + 1));
  return { param: params.slice(0, end), filter: filter === '' ? undefined : filter };
}

/**
 * How many hits a trigger shall run for, −1 for all of them (`event_trigger_parse_num()`).
 * @returns the count as a signed 64-bit number, or a negative errno
 */
export function parseCount(param: string | undefined): bigint | number {
  if (param === undefined) return -1n;
  const colon = param.indexOf(':');
  const parsed = kstrtoull(colon < 0 ? param : param.slice(0, colon), 0);
  return parsed.errno ?? BigInt.asIntN(64, parsed.value);
}

/** A trigger's filter and its text. */
export interface TriggerFilter {
  readonly text: string;
  readonly match: Predicate;
}

/**
 * Compiles `if FILTER` for the records of an event; errors go to `error_log` (`set_trigger_filter()`).
 * @returns the filter, `undefined` for no text, or a negative errno
 */
export function parseTriggerFilter(
  file: TraceEventFile,
  words: string | undefined,
): TriggerFilter | undefined | number {
  if (words === undefined) return undefined;
  const end = indexOfAny(words, ' \t');
  if (end < 0 || words.slice(0, end) !== 'if') return -Errno.EINVAL;
  const text = words.slice(end + 1);
  const match = compileFilter(text, file.call.fields, file.array.tracing.filterEnvironment);
  if (typeof match === 'function') return { text, match };
  logFilterError(file.array, text, match);
  return match.errno;
}
