import { Errno } from '../abi/errno.ts';
import { MAX_ARG_NAME_LEN, MAX_ARGSTR_LEN } from '../abi/limits.ts';
import type { BtfType } from '../btf/index.ts';
import type { Fetched } from './btf-argument.ts';
import { parseExpression } from './expression.ts';
import { type FetchStep, hasRoom } from './fetch-step.ts';
import { DEFAULT_FETCH_TYPE, type FetchType, findFetchType } from './fetch-types.ts';
import type { BtfValue } from './field-path.ts';
import { finishProgram } from './finish-program.ts';
import { isGoodName } from './names.ts';
import type { ProbeScope, ProbeTypes } from './probe-scope.ts';
import { Refusal, refuse } from './refusal.ts';
import { parseTypeSuffix, type TypeSuffix } from './type-suffix.ts';

/** One argument of a probe event (`struct probe_arg`). */
export interface ProbeArg {
  readonly name: string;
  /** What it fetches, as `dynamic_events` shows it. */
  readonly comm: string;
  readonly type: FetchType;
  /** Elements of an array, 0 when it is none. */
  readonly count: number;
  readonly steps: readonly FetchStep[];
  /** Bytes from the start of the event's arguments in a record. */
  readonly offset: number;
}

/** Names that records use themselves. */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'common_type',
  'common_flags',
  'common_preempt_count',
  'common_pid',
  'common_tgid',
  '__probe_ip',
  '__probe_ret_ip',
  '__probe_func',
]);

/** Bytes that an argument takes in the fixed part of a record. */
export const probeArgSize = (arg: Pick<ProbeArg, 'type' | 'count'>): number => arg.type.size * (arg.count || 1);

/** Whether the types call it an unsigned byte, which is what a string is made of. */
function isChar(types: ProbeTypes, typeId: number): boolean {
  const type = types.skipModifiers(typeId)?.type;
  return type?.kind === 'int' && !type.signed && type.bits === 8;
}

/**
 * Whether a value of this type points to a char. The kernel does not ask whether it is a pointer: where a pointer has the id of its target,
 * it takes the size of an integer, a struct or an enum for an id.
 */
function pointsToChar(type: BtfType, types: ProbeTypes): boolean {
  if (type.kind === 'array') return false;
  const target = 'type' in type ? type.type : 'size' in type ? type.size : undefined;
  return target !== undefined && isChar(types, target);
}

/** A `char *` that is wanted as a string needs one more dereference, a `char []` none, all else is no string. */
function prepareString(
  suffix: TypeSuffix,
  type: BtfType,
  fetched: Fetched,
  types: ProbeTypes,
  steps: FetchStep[],
): Refusal | undefined {
  if (type.kind === 'array' && isChar(types, type.type)) return undefined;
  if (!pointsToChar(type, types)) return refuse('BAD_TYPE4STR', fetched.at);
  if (!hasRoom(steps)) return refuse('TOO_MANY_OPS', fetched.at, -Errno.E2BIG);
  steps.push({ op: 'dereference', offset: 0, user: suffix.name!.startsWith('u') });
  return undefined;
}

/** What the types would print a value as, `kernel/trace/trace_probe.c:fetch_type_from_btf_type()`. */
function chooseType({ type }: BtfValue): FetchType {
  if (type.kind === 'enum') return findFetchType('s32')!;
  if (type.kind === 'enum64') return findFetchType('s64')!;
  if (type.kind !== 'int') return DEFAULT_FETCH_TYPE;
  const named = findFetchType(`${type.signed ? 's' : 'u'}${type.bits}`);
  return named ?? (type.signed ? DEFAULT_FETCH_TYPE : findFetchType('u64')!);
}

function parseBody(comm: string, at: number, scope: ProbeScope): Omit<ProbeArg, 'name' | 'offset'> | Refusal {
  if (comm.length > MAX_ARGSTR_LEN) return refuse('ARG_TOO_LONG', at, -Errno.E2BIG);
  if (comm === '') return refuse('NO_ARG_BODY', at);
  const suffix = parseTypeSuffix(comm, at);
  if (suffix instanceof Refusal) return suffix;
  const steps: FetchStep[] = [];
  const fetched = parseExpression(suffix.body, at, scope, steps);
  if (fetched instanceof Refusal) return fetched;
  let type = suffix.type;
  if (fetched.value !== undefined && suffix.name === undefined) {
    type = chooseType(fetched.value);
  } else if (fetched.value !== undefined && suffix.name!.includes('string')) {
    const prepared = prepareString(suffix, fetched.value.type, fetched, scope.types, steps);
    if (prepared !== undefined) return prepared;
  }
  return finishProgram(suffix, type, fetched, steps) ?? { comm, type, count: suffix.count, steps };
}

/** The name that a user left out: the argument itself when that is a name, else its number. */
function defaultName(text: string, number: number): string {
  const colon = text.indexOf(':');
  const head = colon < 0 ? text : text.slice(0, colon);
  return isGoodName(head) ? head : `arg${number}`;
}

/**
 * Parses `[NAME=]FETCHARG[:TYPE]` (`kernel/trace/trace_probe.c:traceprobe_parse_probe_arg()`).
 * @param earlier the arguments before it
 */
export function parseProbeArg(text: string, earlier: readonly ProbeArg[], scope: ProbeScope): ProbeArg | Refusal {
  const equals = text.indexOf('=');
  if (equals > MAX_ARG_NAME_LEN) return refuse('ARG_NAME_TOO_LONG', 0);
  if (equals === 0) return refuse('NO_ARG_NAME', 0);
  const name = equals < 0 ? defaultName(text, earlier.length + 1) : text.slice(0, equals);
  if (!isGoodName(name)) return refuse('BAD_ARG_NAME', 0);
  if (RESERVED_NAMES.has(name) || earlier.some((arg) => arg.name === name)) return refuse('USED_ARG_NAME', 0);
  const body = parseBody(text.slice(equals + 1), equals + 1, scope);
  if (body instanceof Refusal) return body;
  const last = earlier.at(-1);
  return { name, ...body, offset: last === undefined ? 0 : last.offset + probeArgSize(last) };
}
