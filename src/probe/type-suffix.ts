import { MAX_ARRAY_LEN } from '../abi/limits.ts';
import { DEFAULT_FETCH_TYPE, type FetchType, findFetchType, STRING_FETCH_TYPE } from './fetch-types.ts';
import { kstrtouint } from './numbers.ts';
import { type ProbeError, Refusal, refuse } from './refusal.ts';

/** What stands behind the colon of an argument. */
export interface TypeSuffix {
  /** The argument without its type. */
  readonly body: string;
  /** The type's name as written, without the array; `undefined` when there is no colon. */
  readonly name: string | undefined;
  /** Index of the type's name in the argument, 0 when there is none. */
  readonly index: number;
  /** The type by that name; without one the default, which the types of the fetched value may still change. */
  readonly type: FetchType;
  /** Elements of the array, 0 when it is none. */
  readonly count: number;
}

/** The elements between the brackets; `open` is the index behind the opening one. */
function parseCount(text: string, open: number, at: number): number | Refusal<ProbeError> {
  const close = text.indexOf(']', open);
  if (close < 0) return refuse('ARRAY_NO_CLOSE', at + text.length);
  if (close + 1 < text.length) return refuse('BAD_ARRAY_SUFFIX', at + close + 1);
  const count = kstrtouint(text.slice(open, close));
  if (count <= 0) return refuse('BAD_ARRAY_NUM', at + open);
  return count > MAX_ARRAY_LEN ? refuse('ARRAY_TOO_BIG', at + open) : count;
}

/** Whether only a string can come of it, said from the look of the text alone. */
const isStringSource = (body: string) => body === '$comm' || body === '$COMM' || body.startsWith('\\"');

/**
 * Splits `:TYPE[COUNT]` off an argument, at its first colon (`kernel/trace/trace_probe.c:parse_probe_arg_type()`).
 * @param at column of the text in its word
 */
export function parseTypeSuffix(text: string, at: number): TypeSuffix | Refusal {
  const colon = text.indexOf(':');
  const body = colon < 0 ? text : text.slice(0, colon);
  const index = colon + 1;
  let name = colon < 0 ? undefined : text.slice(index);
  let count = 0;
  const bracket = name?.indexOf('[') ?? -1;
  if (bracket >= 0) {
    const parsed = parseCount(text, index + bracket + 1, at);
    if (parsed instanceof Refusal) return parsed;
    count = parsed;
    name = name!.slice(0, bracket);
  }
  if (isStringSource(body)) {
    if (count > 0 || (name !== undefined && name !== 'string')) return refuse('NEED_STRING_TYPE', at + index);
    return { body, name, index, type: STRING_FETCH_TYPE, count };
  }
  const type = name === undefined ? DEFAULT_FETCH_TYPE : findFetchType(name);
  return type === undefined ? refuse('BAD_TYPE', at + index) : { body, name, index, type, count };
}
