import { THREAD_SIZE } from '../abi/limits.ts';
import { kstrtoull } from '../trace/kstrtox.ts';
import { argumentStep, type Fetched, parseBtfArgument } from './btf-argument.ts';
import type { FetchStep } from './fetch-step.ts';
import { isDigitAt } from './numbers.ts';
import type { ProbeScope } from './probe-scope.ts';
import { Refusal, refuse } from './refusal.ts';

/** Highest word of the stack, and highest argument number, that a definition may name. */
const PARAM_MAX_STACK = THREAD_SIZE / 8;

function stackWord(digits: string, at: number): FetchStep | Refusal {
  if (digits === '') return { op: 'stack-pointer' };
  const index = kstrtoull(digits, 10);
  if (!isDigitAt(digits, 0) || index.errno !== undefined) return refuse('BAD_VAR', at);
  return index.value > PARAM_MAX_STACK ? refuse('BAD_STACK_NUM', at) : { op: 'stack', index: Number(index.value) };
}

function numberedArgument(digits: string, at: number, scope: ProbeScope): FetchStep | Refusal {
  const number = kstrtoull(digits, 10);
  if (number.errno !== undefined) return refuse('BAD_VAR', at);
  if (number.value === 0n || number.value > PARAM_MAX_STACK) return refuse('BAD_ARG_NUM', at);
  return argumentStep(scope, Number(number.value) - 1);
}

function plainVariable(name: string, at: number, scope: ProbeScope): FetchStep | Refusal {
  if (name.startsWith('stack')) return stackWord(name.slice(5), at);
  if (name === 'comm' || name === 'COMM') return { op: 'comm' };
  if (name.startsWith('arg')) return numberedArgument(name.slice(3), at, scope);
  return refuse('BAD_VAR', at);
}

/**
 * Parses `$retval`, `$stack`, `$stackN`, `$argN`, `$comm` (`kernel/trace/trace_probe.c:parse_probe_vars()`).
 * @param text starts with the dollar sign
 * @param at column of the dollar sign in its word
 */
export function parseVariable(text: string, at: number, scope: ProbeScope, steps: FetchStep[]): Fetched | Refusal {
  if (text.startsWith('$retval')) {
    if (!scope.place.isReturn) return refuse('RETVAL_ON_PROBE', at);
    if (scope.hasTypes) return parseBtfArgument(text, at, scope, steps);
    steps.push({ op: 'return-value' });
    return { value: undefined, at };
  }
  const step = plainVariable(text.slice(1), at, scope);
  if (step instanceof Refusal) return step;
  steps.push(step);
  return { value: undefined, at };
}
