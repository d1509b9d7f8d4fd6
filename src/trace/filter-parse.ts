import { Errno } from '../abi/errno.ts';
import { isSpace } from './ctype.ts';
import type { FilterError, FilterErrorCode } from './filter-errors.ts';

/** A comparison that {@link parseFilter} found, and the offset behind it. */
export interface ParsedPredicate<P> {
  readonly predicate: P;
  readonly end: number;
}

/** Reads one comparison at an offset of the text. */
type PredicateParser<P> = (text: string, at: number) => ParsedPredicate<P> | FilterError;

/** A filter as a tree of comparisons. */
export type FilterNode<P> =
  | { readonly kind: 'predicate'; readonly predicate: P }
  | { readonly kind: 'not'; readonly node: FilterNode<P> }
  | { readonly kind: 'and' | 'or'; readonly left: FilterNode<P>; readonly right: FilterNode<P> };

/** What a parser that gives up without saying why returns. */
const MUTE = -Errno.EPERM;

const fail = (errno: number, code: FilterErrorCode | undefined, pos: number): FilterError => ({ errno, code, pos });

interface Count {
  /** Comparisons that the text seems to hold. */
  readonly predicates: number;
}

/**
 * Looks over the text before it is parsed: quotes and parentheses must pair up (`trace_events_filter.c:calc_stack()`).
 * Its refusals reach the caller as errnos 1, 2 and 3.
 */
function surveyFilter(text: string): Count | FilterError {
  const open: number[] = [];
  let quote = '';
  let quotedAt = 0;
  let predicates = 0;
  let inPredicate = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (isSpace(text.charCodeAt(i))) continue;
    if (quote !== '') {
      if (char === quote) quote = '';
      continue;
    }
    if (char === "'" || char === '"') {
      quote = char;
      quotedAt = i;
    }
    const joins = (char === '&' || char === '|') && text[i + 1] === char;
    if (char === '(') open.push(i);
    if (char === ')' && open.pop() === undefined) return fail(-Errno.EPERM, 'TOO_MANY_CLOSE', i);
    if (joins || char === '(' || char === ')') {
      inPredicate = false;
    } else if (!inPredicate) {
      predicates++;
      inPredicate = true;
    }
  }
  if (quote !== '') return fail(-Errno.ESRCH, 'MISSING_QUOTE', quotedAt);
  return open.length > 0 ? fail(-Errno.ENOENT, 'TOO_MANY_OPEN', lastUnclosed(text, open.length)) : { predicates };
}

/** The parenthesis that the kernel points at, searching from the end; the text's first byte is never looked at. */
function lastUnclosed(text: string, unclosed: number): number {
  const level = unclosed + 1;
  let current = level;
  let quote = '';
  for (let i = text.length - 1; i > 0; i--) {
    const char = text[i]!;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '(') {
      if (current === level) return i;
      current--;
    } else if (char === ')') {
      current++;
    } else if (char === "'" || char === '"') {
      quote = char;
    }
  }
  return 0;
}

/** Operands of one parenthesis: those joined by `||` so far, and the run of `&&` being read. */
interface Group<P> {
  readonly negated: boolean;
  or: FilterNode<P> | undefined;
  and: FilterNode<P> | undefined;
}

const negateIf = <P>(negated: boolean, node: FilterNode<P>): FilterNode<P> => (negated ? { kind: 'not', node } : node);

function join<P>(kind: 'and' | 'or', left: FilterNode<P> | undefined, right: FilterNode<P>): FilterNode<P> {
  return left ? { kind, left, right } : right;
}

/**
 * Parses a filter: comparisons joined by `&&` and `||`, `!` and parentheses, `&&` binding tighter
 * (`kernel/trace/trace_events_filter.c:predicate_parse()`). An operator at the very end is forgiven, as the kernel forgives it, except
 * `a || b &&`.
 */
export function parseFilter<P>(text: string, parsePredicate: PredicateParser<P>): FilterNode<P> | FilterError {
  const survey = surveyFilter(text);
  if ('errno' in survey) return survey;
  if (survey.predicates === 0) return fail(-Errno.EINVAL, undefined, 0);

  const groups: Group<P>[] = [{ negated: false, or: undefined, and: undefined }];
  let negated = false;
  let count = 0;
  let at = 0;
  let pendingOr = false;
  let failure = -Errno.ENOMEM;

  while (at < text.length) {
    const start = at++;
    const char = text[start]!;
    if (isSpace(text.charCodeAt(start))) continue;
    if (char === '(') {
      groups.push({ negated, or: undefined, and: undefined });
      negated = false;
      continue;
    }
    if (char === '!' && text[at] !== '=' && text[at] !== '~') {
      negated = !negated;
      continue;
    }
    if (count >= survey.predicates + 2) return fail(failure, 'TOO_MANY_PREDS', start);
    const parsed = parsePredicate(text, start);
    if ('errno' in parsed) return parsed;
    at = parsed.end;
    count++;
    failure = MUTE;
    let node: FilterNode<P> = negateIf(negated, { kind: 'predicate', predicate: parsed.predicate });
    negated = false;

    for (;;) {
      while (at < text.length && isSpace(text.charCodeAt(at))) at++;
      const next = text[at] ?? '';
      const group = groups.at(-1)!;
      if (next === '&' || next === '|') {
        if (text[at + 1] !== next) return fail(MUTE, 'TOO_MANY_PREDS', at);
        at += 2;
        group.and = join('and', group.and, node);
        if (next === '|') {
          group.or = join('or', group.or, group.and);
          group.and = undefined;
        }
        pendingOr = next === '&' && group.or !== undefined;
        break;
      }
      pendingOr = false;
      if (next !== '' && next !== ')') return fail(MUTE, 'TOO_MANY_PREDS', at);
      node = join('or', group.or, join('and', group.and, node));
      if (next === '') return groups.length > 1 ? fail(MUTE, 'TOO_MANY_OPEN', at + 1) : negateIf(group.negated, node);
      if (groups.length === 1) return fail(MUTE, 'TOO_MANY_CLOSE', at + 1);
      at++;
      node = negateIf(group.negated, node);
      groups.pop();
    }
  }
  if (groups.length > 1) return fail(failure, 'TOO_MANY_OPEN', at);
  if (count === 0) return fail(-Errno.EINVAL, 'NO_FILTER', at);
  if (pendingOr) return fail(-Errno.EINVAL, undefined, 0);
  const { or, and } = groups[0]!;
  return and ? join('or', or, and) : or!;
}
