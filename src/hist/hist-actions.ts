import { Errno } from '../abi/errno.ts';
import { strip } from '../trace/ctype.ts';
import type { HistData } from './hist-data.ts';
import type { HistErrorCode } from './hist-errors.ts';
import type { HistField } from './hist-field.ts';
import type { SynthEvent } from './synth-event.ts';

/** Most parameters of one action, `kernel/trace/trace_synth.h:SYNTH_FIELDS_MAX`. */
export const PARAMS_MAX = 64;

/** What a histogram does beside counting, and when (`struct action_data`). */
export interface HistAction {
  readonly handler: 'onmatch' | 'onmax' | 'onchange';
  readonly kind: 'save' | 'snapshot' | 'trace';
  /** As written: `save`, `snapshot`, `trace`, or the name of a synthetic event. */
  readonly name: string;
  readonly params: readonly string[];
  /** Whether it was written as `trace(EVENT,…)`. */
  readonly byKeyword: boolean;
  /** The synthetic event that is traced; else {@link HistAction.name}. */
  readonly target: string;
  /** For onmatch: the event that came before. */
  readonly matchSystem: string | undefined;
  readonly matchEvent: string | undefined;
  /** For onmax and onchange: what stands in the parentheses. */
  readonly varText: string | undefined;
  /** The reference to the variable that is watched, and the variable that remembers its value. */
  varRef?: HistField;
  trackVar?: HistField;
  synth?: SynthEvent;
  /** By parameter: number of a reference. */
  refIndexes?: number[];
}

/** The part of an action behind its handler. */
type ParsedAction = Pick<HistAction, 'kind' | 'name' | 'params' | 'byKeyword' | 'target'>;

/** Splits a text at the first of a character; without one, all is head. */
function splitAt(text: string, char: string): { readonly head: string; readonly tail: string | undefined } {
  const at = text.indexOf(char);
  return at < 0 ? { head: text, tail: undefined } : { head: text.slice(0, at), tail: text.slice(at + 1) };
}

/** Reads the actions of a command (`parse_actions()`). Returns 0 or a negative errno. */
export function parseActions(hist: HistData): number {
  for (const text of hist.attributes.actions) {
    const action = parseAction(hist, text);
    if (typeof action === 'number') return action;
    hist.actions.push(action);
  }
  return 0;
}

function parseAction(hist: HistData, text: string): HistAction | number {
  const open = text.indexOf('(');
  const handler = text.slice(0, open) as HistAction['handler'];
  const { head, tail } = splitAt(text.slice(open + 1), ')');
  if (handler === 'onmatch') return parseMatch(hist, head, tail);
  if (tail === undefined) return -Errno.EINVAL;
  const parsed = parseDoing(hist, tail, handler);
  if (typeof parsed === 'number') return parsed;
  return { ...parsed, handler, matchSystem: undefined, matchEvent: undefined, varText: head };
}

function refuse(hist: HistData, code: HistErrorCode, piece = ''): number {
  hist.kernel.log.add(hist.file.array, code, piece);
  return -Errno.EINVAL;
}

/** `onmatch(SYSTEM.EVENT)…` */
function parseMatch(hist: HistData, head: string, tail: string | undefined): HistAction | number {
  if (tail === undefined) return refuse(hist, 'NO_CLOSING_PAREN', head);
  const { head: matchSystem, tail: matchEvent } = splitAt(head, '.');
  if (matchEvent === undefined) return refuse(hist, 'SUBSYS_NOT_FOUND', matchSystem);
  if (!hist.file.array.eventFile(matchSystem, matchEvent)) return refuse(hist, 'INVALID_SUBSYS_EVENT', matchEvent);
  const parsed = parseDoing(hist, tail, 'onmatch');
  if (typeof parsed === 'number') return parsed;
  return { ...parsed, handler: 'onmatch', matchSystem, matchEvent, varText: undefined };
}

/** `.ACTION(PARAM[,…])` (`action_parse()`) */
function parseDoing(hist: HistData, text: string, handler: HistAction['handler']): ParsedAction | number {
  const call = splitAt(text, '.').tail;
  const { head: name, tail: inside } = splitAt(call ?? '', '(');
  if (inside === undefined) return refuse(hist, 'ACTION_NOT_FOUND');
  const { head: list, tail: rest } = splitAt(inside, ')');
  const kind = name.startsWith('save') ? 'save' : name.startsWith('snapshot') ? 'snapshot' : 'trace';
  const byKeyword = kind === 'trace' && name.startsWith('trace');
  if (kind === 'snapshot' && rest === undefined) return refuse(hist, 'NO_CLOSING_PAREN', list);
  const params = kind === 'snapshot' ? [] : parseParams(hist, list, byKeyword);
  if (typeof params === 'number') return params;
  if (kind !== 'trace' && handler === 'onmatch') return refuse(hist, 'ACTION_MISMATCH', name);
  const target = byKeyword ? params.shift() : name;
  return { kind, name, params, byKeyword, target: target ?? '' };
}

/** The parameters between an action's parentheses (`parse_action_params()`). With the keyword, the first is no parameter of the event. */
function parseParams(hist: HistData, list: string, byKeyword: boolean): string[] | number {
  const params: string[] = [];
  for (const word of list.split(',')) {
    if (params.length - (byKeyword ? 1 : 0) >= PARAMS_MAX) return refuse(hist, 'TOO_MANY_PARAMS');
    const param = strip(word);
    if (param.length < 2) return refuse(hist, 'INVALID_PARAM', param);
    params.push(param);
  }
  return params;
}
