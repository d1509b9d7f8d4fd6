import { Errno } from '../abi/errno.ts';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import { cString, strip, trimEnd } from './ctype.ts';
import type { EventField } from './event-field.ts';
import type { TraceEventFile } from './event-file.ts';
import type { Predicate } from './filter-compare.ts';
import { type FilterError, FilterErrorText } from './filter-errors.ts';
import { type FilterNode, parseFilter } from './filter-parse.ts';
import { type FilterEnvironment, predicateParser } from './filter-predicate.ts';
import { PAGE_SIZE } from './limits.ts';
import type { TraceArray } from './trace-array.ts';

/** What the `filter` file of an event holds. */
export interface EventFilter {
  /** The file's content without its last newline: the filter, or the filter with what is wrong with it. */
  readonly text: string;
  /** Whether a record is kept; keeps everything when the filter was refused. */
  readonly match: Predicate;
}

const keepAll: Predicate = () => true;

function compileNode(node: FilterNode<Predicate>): Predicate {
  if (node.kind === 'predicate') return node.predicate;
  if (node.kind === 'not') {
    const inner = compileNode(node.node);
    return (record, cpu) => !inner(record, cpu);
  }
  const left = compileNode(node.left);
  const right = compileNode(node.right);
  if (node.kind === 'and') return (record, cpu) => left(record, cpu) && right(record, cpu);
  return (record, cpu) => left(record, cpu) || right(record, cpu);
}

/**
 * Compiles a filter for records with these fields.
 * @param text the filter, latin1
 * @returns the test, or why it was refused
 */
export function compileFilter(
  text: string,
  fields: readonly EventField[],
  env: FilterEnvironment,
): Predicate | FilterError {
  const node = parseFilter(text, predicateParser(fields, env));
  return 'errno' in node ? node : compileNode(node);
}

/** The filter with a caret and the reason below it, as the filter file echoes it (`append_filter_err()`). */
function echoError(text: string, error: FilterError): string {
  if (error.code === undefined) return `${text}\nError: (0)\n`;
  const column = Math.min(error.pos, text.length);
  return `${text}\n${' '.repeat(column)}^\nparse_error: ${FilterErrorText[error.code]}\n`;
}

/** Puts a refused filter into `error_log`. */
export function logFilterError(array: TraceArray, text: string, error: FilterError): void {
  const { code, pos } = error;
  array.errorLog.add('event filter parse error', text, FilterErrorText[code ?? 'ERRNO'], code === undefined ? 0 : pos);
}

function setFilter(file: TraceEventFile, filter: EventFilter | undefined, active: boolean): void {
  if (file.filter !== undefined) file.array.tracing.synchronize();
  file.filter = filter;
  if (active) file.flags |= EventFileFlag.FILTERED;
  else file.flags &= ~EventFileFlag.FILTERED;
}

/**
 * What a write to an event's `filter` file does: `0` removes the filter, anything else replaces it even when it is refused
 * (`apply_event_filter()`).
 * @returns 0 or a negative errno
 */
export function applyEventFilter(file: TraceEventFile, data: string): number {
  if (data.length >= PAGE_SIZE) return -Errno.EINVAL;
  if (file.flags & EventFileFlag.FREED) return -Errno.ENODEV;
  const text = trimEnd(cString(data));
  if (strip(text) === '0') {
    setFilter(file, undefined, false);
    return 0;
  }
  const test = compileFilter(text, file.call.fields, file.array.tracing.filterEnvironment);
  if (typeof test === 'function') {
    setFilter(file, { text, match: test }, true);
    return 0;
  }
  logFilterError(file.array, text, test);
  setFilter(file, { text: echoError(text, test), match: keepAll }, false);
  return test.errno;
}

/** Content of an event's `filter` file. */
export function eventFilterText(file: TraceEventFile): string {
  return `${file.filter?.text ?? 'none'}\n`;
}

/** Content of a system's `filter` file: the kernel keeps no filter there. */
export const SYSTEM_FILTER_TEXT =
  '### global filter ###\n' +
  '# Use this to set filters for multiple events.\n' +
  '# Only events with the given fields will be affected.\n' +
  '# If no events are modified, an error message will be displayed here\n';

/**
 * What a write to a system's `filter` file does: sets it on each event; those that refuse it log it and show it, the write succeeds
 * all the same (`apply_subsystem_event_filter()`).
 * @returns 0 or a negative errno
 */
export function applySystemFilter(array: TraceArray, system: string, data: string): number {
  if (data.length >= PAGE_SIZE) return -Errno.EINVAL;
  const text = trimEnd(cString(data));
  const remove = strip(text) === '0';
  for (const file of array.filesOf(system)) {
    if (remove) {
      setFilter(file, undefined, false);
      continue;
    }
    const test = compileFilter(text, file.call.fields, array.tracing.filterEnvironment);
    if (typeof test === 'function') {
      setFilter(file, { text, match: test }, true);
      continue;
    }
    const error = { errno: test.errno, code: 'BAD_SUBSYS_FILTER', pos: 0 } as const;
    logFilterError(array, text, error);
    setFilter(file, { text: echoError(text, error), match: keepAll }, false);
  }
  return 0;
}
