import { Errno } from '../abi/errno.ts';
import { MAX_TRACE_ARGS } from '../abi/limits.ts';
import { MAX_FPROBE_DATA_WORDS } from '../fprobe/index.ts';
import { expandDentryArgs } from '../probe/dentry-args.ts';
import { expandMetaArgs } from '../probe/meta-args.ts';
import { type ProbeArg, parseProbeArg } from '../probe/probe-arg.ts';
import { ProbeScope, type ProbeTypes } from '../probe/probe-scope.ts';
import { type ProbeError, Refusal } from '../probe/refusal.ts';
import { isAlnum } from '../trace/ctype.ts';
import type { CommandLog } from './command-log.ts';
import { type EventName, parseEventName } from './event-name.ts';

/** First word of a command that is an argument. */
const FIRST_ARG = 2;
const NO_NAME: EventName = { group: undefined, event: undefined };

/** A probe on functions or on a tracepoint, as a definition describes it. */
export interface ProbeDefinition {
  readonly group: string;
  readonly event: string;
  /** Function, pattern of functions, or tracepoint. */
  readonly symbol: string;
  readonly isTracepoint: boolean;
  readonly isReturn: boolean;
  readonly args: readonly ProbeArg[];
  /** Arguments of the function (0-based) that a return probe keeps at the entry, one word each. */
  readonly entryArguments: readonly number[];
}

/** The second word of a definition. */
export interface ProbeTarget {
  readonly symbol: string;
  readonly isReturn: boolean;
}

/** How definitions that start with one letter are read. */
export interface DefinitionForm {
  readonly letter: string;
  /** Group of an event whose definition names none. */
  readonly group: string;
  readonly isTracepoint: boolean;
  /** Reads the second word, and what the others say of it; `undefined` when refused (−EINVAL, logged). */
  parseTarget(log: CommandLog): ProbeTarget | undefined;
  /** Name of an event whose definition names none. */
  defaultEvent(target: ProbeTarget): string;
  /** Function whose prototype names the arguments. */
  functionName(symbol: string): string;
}

/** Logs a refusal's errors, which are about the word with this index or those behind it; gives back its errno. */
export function logRefusal(
  refusal: Refusal<ProbeError & { argument?: number }>,
  word: number,
  log: CommandLog,
): number {
  for (const error of refusal.errors) log.add(error.code, word + (error.argument ?? 0), error.offset);
  return refusal.errno;
}

/** Index in an argument of a `$retval` that is not the start of a longer word, −1 when there is none. */
export function findRetval(word: string): number {
  const at = word.indexOf('$retval');
  return at >= 0 && !isAlnum(word.charCodeAt(at + 7)) && word[at + 7] !== '_' ? at : -1;
}

function parseArguments(words: readonly string[], scope: ProbeScope, log: CommandLog): ProbeArg[] | number {
  const args: ProbeArg[] = [];
  for (let i = 0; i < words.length; i++) {
    const arg = parseProbeArg(words[i]!, args, scope);
    if (arg instanceof Refusal) return logRefusal(arg, FIRST_ARG + i, log);
    args.push(arg);
  }
  if (scope.entryArguments.length <= MAX_FPROBE_DATA_WORDS) return args;
  log.add('TOO_MANY_EARGS', FIRST_ARG);
  return -Errno.E2BIG;
}

/** Puts names and dentry paths in the place of their short forms. The log echoes the latter only where nothing else changed. */
function expandArguments(scope: ProbeScope, log: CommandLog): readonly string[] | number {
  const words = log.words.slice(FIRST_ARG);
  const expanded = expandMetaArgs(words, scope);
  if (expanded instanceof Refusal) return logRefusal(expanded, FIRST_ARG, log);
  for (const error of expanded.errors) log.add(error.code, FIRST_ARG + error.argument, error.offset);
  if (expanded.args.length > MAX_TRACE_ARGS) {
    log.add('TOO_MANY_ARGS', FIRST_ARG);
    return -Errno.E2BIG;
  }
  const rewritten = expandDentryArgs(expanded.args, scope.types);
  if (typeof rewritten !== 'number' && expanded.args === words)
    log.words = [...log.words.slice(0, FIRST_ARG), ...rewritten];
  return rewritten;
}

/**
 * Parses `f[:[GROUP/][EVENT]] SYMBOL[%return] [ARG…]`, `t[:[GROUP/][EVENT]] TRACEPOINT [ARG…]`
 * (`kernel/trace/trace_fprobe.c:trace_fprobe_create_internal()` up to the registration).
 * @param log holds the words, at least two, and takes the errors
 * @returns the definition or a negative errno
 */
export function parseDefinition(log: CommandLog, form: DefinitionForm, types: ProbeTypes): ProbeDefinition | number {
  const head = log.words[0]!;
  if (head.length > 1 && head[1] !== ':') {
    log.add('BAD_MAXACT', 0, 1);
    return -Errno.EINVAL;
  }
  const target = form.parseTarget(log);
  if (target === undefined) return -Errno.EINVAL;
  const name = head.length > 1 ? parseEventName(head.slice(2), 2) : NO_NAME;
  if (name instanceof Refusal) return logRefusal(name, 0, log);
  const { symbol, isReturn } = target;
  const { isTracepoint } = form;
  const scope = new ProbeScope({ isReturn, isTracepoint, functionName: form.functionName(symbol) }, types);
  const words = expandArguments(scope, log);
  if (typeof words === 'number') return words;
  const args = parseArguments(words, scope, log);
  if (typeof args === 'number') return args;
  const group = name.group ?? form.group;
  const event = name.event ?? form.defaultEvent(target);
  return { group, event, symbol, isTracepoint, isReturn, args, entryArguments: scope.entryArguments };
}
