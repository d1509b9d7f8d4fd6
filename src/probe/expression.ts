import { Errno } from '../abi/errno.ts';
import { isAlpha } from '../trace/ctype.ts';
import { kstrtoll, kstrtoull } from '../trace/kstrtox.ts';
import { type Fetched, parseBtfArgument } from './btf-argument.ts';
import { type FetchStep, hasRoom } from './fetch-step.ts';
import { isDigitAt, parseImmediateNumber } from './numbers.ts';
import type { ProbeScope } from './probe-scope.ts';
import { Refusal, refuse } from './refusal.ts';
import { parseVariable } from './variable.ts';

/** `@ADDR` and `@SYM±OFF`: what lies in memory there. */
function parseMemory(text: string, at: number, steps: FetchStep[]): Fetched | Refusal {
  if (text[1] === '+') return refuse('FILE_ON_KPROBE', at);
  if (isDigitAt(text, 1)) {
    const address = kstrtoull(text.slice(1), 0);
    if (address.errno !== undefined) return refuse('BAD_MEM_ADDR', at, address.errno);
    steps.push({ op: 'immediate', value: address.value });
  } else {
    steps.push({ op: 'symbol', expression: text.slice(1) });
  }
  steps.push({ op: 'dereference', offset: 0, user: false });
  return { value: undefined, at };
}

/** `\NUMBER` and `\"text"`. */
function parseImmediate(text: string, at: number, steps: FetchStep[]): Fetched | Refusal {
  if (text[1] === '"') {
    // A lone quote opens and closes an empty string.
    if (!text.endsWith('"')) return refuse('IMMSTR_NO_CLOSE', at + text.length);
    steps.push({ op: 'text', text: text.slice(2, -1) });
  } else {
    const number = parseImmediateNumber(text.slice(1));
    if (number.errno !== undefined) return refuse('BAD_IMM', at + 1, number.errno);
    steps.push({ op: 'immediate', value: BigInt.asUintN(64, number.value) });
  }
  return { value: undefined, at };
}

/** `±[u]OFF(ARG)`: the word at the inner value plus an offset. */
function parseDereference(text: string, at: number, scope: ProbeScope, steps: FetchStep[]): Fetched | Refusal {
  const user = text[1] === 'u';
  const signed = user ? text[0] + text.slice(2) : text;
  const body = signed[0] === '+' ? signed.slice(1) : signed;
  const open = body.indexOf('(');
  if (open < 0) return refuse('DEREF_NEED_BRACE', at);
  const offset = kstrtoll(body.slice(0, open), 0);
  if (offset.errno !== undefined) return refuse('BAD_DEREF_OFFS', at, offset.errno);
  // The kernel's count: the sign is one byte unless the number brings its own, the `u` is none.
  const innerAt = at + open + 1 + (body[0] === '-' ? 0 : 1);
  const close = body.lastIndexOf(')');
  if (close < open) return refuse('DEREF_OPEN_BRACE', innerAt + body.length - open - 1);
  const inner = parseExpression(body.slice(open + 1, close), innerAt, scope, steps);
  if (inner instanceof Refusal) return inner;
  const last = steps.at(-1)?.op;
  if (last === 'comm' || last === 'text') return refuse('COMM_CANT_DEREF', innerAt);
  if (!hasRoom(steps)) return refuse('TOO_MANY_OPS', innerAt);
  steps.push({ op: 'dereference', offset: Number(BigInt.asIntN(32, offset.value)), user });
  return { value: undefined, at: innerAt };
}

/**
 * Parses what an argument fetches, without its name and type, and appends the steps (`kernel/trace/trace_probe.c:parse_probe_arg()`).
 * @param at column of the text in its word, as the kernel counts
 */
export function parseExpression(text: string, at: number, scope: ProbeScope, steps: FetchStep[]): Fetched | Refusal {
  switch (text[0]) {
    case '$':
      return parseVariable(text, at, scope, steps);
    case '%':
      // Registers are for other probes; the kernel logs that, goes on, and finds that nothing was fetched.
      return new Refusal(-Errno.EINVAL, [
        { code: 'BAD_VAR', offset: at },
        { code: 'BAD_FETCH_ARG', offset: at },
      ]);
    case '@':
      return parseMemory(text, at, steps);
    case '+':
    case '-':
      return parseDereference(text, at, scope, steps);
    case '\\':
      return parseImmediate(text, at, steps);
    default:
      if (isAlpha(text.charCodeAt(0)) || text[0] === '_') return parseBtfArgument(text, at, scope, steps);
      return refuse('BAD_FETCH_ARG', at);
  }
}
