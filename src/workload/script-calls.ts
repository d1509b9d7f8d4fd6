import type { CallSites } from './call-sites.ts';
import type { KernelTypes } from './kernel-types.ts';
import type { TreeCall } from './normalize.ts';
import type { OpenCalls } from './open-calls.ts';
import type { ScriptCall, StepFlags } from './script.ts';

/** Flags of a task that nothing disturbs. */
export const QUIET: StepFlags = {
  irqsOff: false,
  needResched: false,
  lazyResched: false,
  hardirq: false,
  softirq: false,
  preemptDepth: 0,
};
/** Arguments that fit in registers; a recording shows no more. */
const REGISTER_ARGS = 6;
/** Most arguments that are kept. */
const MAX_ARGS = 10;
const BLANK = {
  args: [],
  argNames: [],
  site: 0n,
  tail: false,
  result: undefined,
  pids: 0,
  flags: QUIET,
  enterAt: -1,
  leaveAt: -1,
};

/** An interrupt's frame: no function of its own, only a place for what it calls. */
export function interruptFrame(parent: ScriptCall | undefined): ScriptCall {
  return { ...BLANK, fn: -1, name: '', parent };
}

/** The calls that were under way when a recording began, outermost first. */
export function openScriptCalls(
  open: OpenCalls,
  sites: CallSites,
  functionId: (call: { readonly fn: string }) => number | undefined,
): ScriptCall[] {
  const calls: ScriptCall[] = [];
  for (const { fn: name, returnTo, tail, result } of open.calls) {
    const fn = functionId({ fn: name });
    if (fn === undefined) continue;
    const site = tail ? 0n : (sites.address(returnTo) ?? 0n);
    calls.push({ ...BLANK, fn, name, site, tail, result, parent: calls.at(-1) });
  }
  return calls;
}

/** What a call is passed: what the recording shows, and on the stack what the calls around it have under the same names. */
export function passedArgs(item: TreeCall, types: KernelTypes): Pick<ScriptCall, 'args' | 'argNames'> {
  const args = item.args.flatMap(({ value, high }) => (high === undefined ? [value] : [value, high]));
  const argNames = item.args.flatMap(({ name, high }) => (high === undefined ? [name] : [name, '']));
  const params = types.functionType(item.fn)?.params ?? [];
  if (args.length === REGISTER_ARGS && params.length > REGISTER_ARGS) {
    for (const { name } of params.slice(REGISTER_ARGS, MAX_ARGS)) {
      args.push(sameNamed(item, name) ?? 0n);
      argNames.push(name);
    }
  }
  return { args, argNames };
}

function sameNamed(item: TreeCall, name: string): bigint | undefined {
  for (const other of [item.parent, item.parent?.parent, ...item.children]) {
    const found = other?.kind === 'call' ? other.args.find((arg) => arg.name === name) : undefined;
    if (found !== undefined) return found.value;
  }
  return undefined;
}

/** Bit n for each parameter n that is a pid. */
export function pidBits(types: KernelTypes, params: readonly { readonly type: number }[]): number {
  return params.reduce((bits, { type }, n) => bits | (n < 7 && types.isTypedef(type, 'pid_t') ? 1 << n : 0), 0);
}

/** A call and those that it is made from, innermost first; frames of interrupts are none. */
export function callChain(call: ScriptCall | undefined): ScriptCall[] {
  const list: ScriptCall[] = [];
  for (let up = call; up !== undefined; up = up.parent) if (up.name !== '') list.push(up);
  return list;
}
