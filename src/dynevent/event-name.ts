import { MAX_EVENT_NAME_LEN } from '../abi/limits.ts';
import { isGoodName, isGoodSystemName } from '../probe/names.ts';
import { isDigitAt } from '../probe/numbers.ts';
import { type Refusal, refuse } from '../probe/refusal.ts';

/** What a definition says about its event's name; what it leaves out is `undefined`. */
export interface EventName {
  readonly group: string | undefined;
  readonly event: string | undefined;
}

function groupEnd(text: string): number {
  const slash = text.indexOf('/');
  return slash < 0 ? text.indexOf('.') : slash;
}

/**
 * Parses `[GROUP/][EVENT]`, or `[GROUP.][EVENT]` when there is no slash (`kernel/trace/trace_probe.c:traceprobe_parse_event_name()`).
 * @param at column of the text in its word
 */
export function parseEventName(text: string, at: number): EventName | Refusal {
  const end = groupEnd(text);
  const group = end < 0 ? undefined : text.slice(0, end);
  if (group !== undefined) {
    if (group === '') return refuse('NO_GROUP_NAME', at);
    if (group.length >= MAX_EVENT_NAME_LEN) return refuse('GROUP_TOO_LONG', at);
    if (!isGoodSystemName(group)) return refuse('BAD_GROUP_NAME', at);
  }
  const event = text.slice(end + 1);
  const eventAt = at + end + 1;
  if (event === '') return group === undefined ? refuse('NO_EVENT_NAME', eventAt) : { group, event: undefined };
  if (event.length >= MAX_EVENT_NAME_LEN) return refuse('EVENT_TOO_LONG', eventAt);
  return isGoodName(event) ? { group, event } : refuse('BAD_EVENT_NAME', eventAt);
}

/** Cuts a made-up name to size and replaces what separates names elsewhere, `kernel/trace/trace.h:sanitize_event_name()`. */
function sanitize(name: string): string {
  const cut = name.slice(0, MAX_EVENT_NAME_LEN - 1);
  return cut.slice(0, 1) + cut.slice(1).replace(/[:.]/g, '_');
}

/** Name of an event that a definition gives none: `vfs_read__entry`, `vfs_read__exit`. */
export const defaultFprobeName = (symbol: string, isReturn: boolean): string =>
  sanitize(`${symbol}__${isReturn ? 'exit' : 'entry'}`);

/** Name of a tracepoint event that a definition gives none: the tracepoint's. */
export const defaultTprobeName = (tracepoint: string): string =>
  sanitize(`${isDigitAt(tracepoint, 0) ? '_' : ''}${tracepoint}`);
