import { Errno } from '../abi/errno.ts';
import { MAX_BTF_ARGS_LEN } from '../abi/limits.ts';
import { isDigitAt, simpleStrtoul } from './numbers.ts';
import type { ProbeScope } from './probe-scope.ts';
import { type ProbeError, Refusal } from './refusal.ts';

/** An error in one of several arguments. */
interface ArgumentError extends ProbeError {
  /** 0-based number of the argument. */
  readonly argument: number;
}

/** Arguments after expansion. */
interface ExpandedArgs {
  readonly args: readonly string[];
  /** What was logged although parsing goes on. */
  readonly errors: readonly ArgumentError[];
}

const refuseAt = (argument: number, code: ProbeError['code'], errno: number = -Errno.EINVAL) =>
  new Refusal<ArgumentError>(errno, [{ code, offset: 0, argument }]);

interface MetaArgs {
  /** The argument that is `$arg*`, -1 when there is none. */
  readonly star: number;
  /** The last argument that starts with `$arg`, -1 when there is none. */
  readonly last: number;
}

/** Finds `$arg*` and `$argN`; what else starts with `$arg` is refused. */
function findMetaArgs(args: readonly string[]): MetaArgs | Refusal<ArgumentError> {
  let star = -1;
  let last = -1;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('$arg')) continue;
    last = i;
    if (isDigitAt(arg, 4)) continue;
    if (arg[4] !== '*') return refuseAt(i, 'BAD_VAR');
    if (star >= 0) return refuseAt(i, 'DOUBLE_ARGS');
    star = i;
  }
  return { star, last };
}

/** Name of the n-th parameter, 0-based. One before the first there is a tracepoint's hidden one, or no name at all. */
function parameterName(scope: ProbeScope, index: number, argument: number): string | Refusal<ArgumentError> {
  const { params, hidden } = scope.prototype()!;
  const param = index === -1 ? hidden : params[index];
  if (param !== undefined) return param.name;
  return refuseAt(argument, index === -1 ? 'NO_BTF_ENTRY' : 'NO_BTFARG', -Errno.ENOENT);
}

/** The name and the rest of `$argN` or `$argN:TYPE`. */
function numberedArg(scope: ProbeScope, text: string, argument: number): string | Refusal<ArgumentError> {
  const number = simpleStrtoul(text, 4, 10);
  const rest = text.slice(number.end);
  if (rest !== '' && rest[0] !== ':') return refuseAt(argument, 'BAD_VAR', -Errno.ENOENT);
  const name = parameterName(scope, (Number(BigInt.asIntN(32, number.value)) - 1) | 0, argument);
  return name instanceof Refusal ? name : name + rest;
}

/**
 * Puts parameter names in the place of `$arg*` and of `$argN` arguments, where the types know the function
 * (`kernel/trace/trace_probe.c:traceprobe_expand_meta_args()`).
 */
export function expandMetaArgs(args: readonly string[], scope: ProbeScope): ExpandedArgs | Refusal<ArgumentError> {
  const found = findMetaArgs(args);
  if (found instanceof Refusal) return found;
  if (found.last < 0) return { args, errors: [] };
  const prototype = scope.prototype();
  if (prototype === undefined || prototype.params.length === 0) {
    // Without types `$arg*` is logged and left to the argument parser.
    const errors = found.star < 0 ? [] : [{ code: 'NOSUP_BTFARG', offset: 0, argument: found.last } as const];
    return { args, errors };
  }
  const expanded: string[] = [];
  let used = 0;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('$arg')) {
      expanded.push(arg);
      continue;
    }
    const numbered = i === found.star ? undefined : numberedArg(scope, arg, i);
    if (numbered instanceof Refusal) return numbered;
    for (const text of numbered === undefined ? prototype.params.map((param) => param.name) : [numbered]) {
      used += text.length + 1;
      if (used > MAX_BTF_ARGS_LEN) return refuseAt(i, 'ARGS_2LONG', -Errno.E2BIG);
      expanded.push(text);
    }
  }
  return { args: expanded, errors: [] };
}
