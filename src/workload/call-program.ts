import { compactWorkload } from './compact.ts';
import { composeSteps } from './cut.ts';
import { Cutter, type FunctionNames } from './cutter.ts';
import type { Workload } from './workload.ts';

/** Which system call of a recording is cut out. */
export interface CallChoice {
  /** Its name, without `__x64_sys_`. */
  readonly name: string;
  /** Number among those of that name that succeeded, or that failed, from 0; negative ones count from the last, which is −1. */
  readonly n: number;
  /** Whether its result is an error. */
  readonly fails?: boolean;
  /** Functions that are not called, nor what these call: what only the recorded file's file system does. */
  readonly without?: (fn: string) => boolean;
}

/** Functions that let another task run, or that an interrupt calls: no part of what a system call does by itself. */
const PREEMPTS = /^(schedule|preempt_schedule\w*|sysvec_\w+|asm_sysvec_\w+|irqentry_exit\w*)$/;

/** One system call of a recording as a program of its own. Task 0 is the caller. Undefined when there are not so many. */
export function callProgram(workload: Workload, functions: FunctionNames, choice: CallChoice): Workload | undefined {
  const cutter = new Cutter(workload, functions);
  const { name, n, fails = false, without } = choice;
  const isWanted = (call: number) => (workload.resultWords[2 * call + 1] !== 0) === fails;
  const root = cutter.rootsNamed(`__x64_sys_${name}`).filter(isWanted).at(n);
  if (root === undefined) return undefined;
  const isOut = (fn: string) => PREEMPTS.test(fn) || without?.(fn) === true;
  const out = cutter.callsBelow(root).filter((call) => isOut(functions.name(workload.callFn[call])));
  const steps = cutter.steps(root, new Set(out)).map((step) => ({ step }));
  return compactWorkload(composeSteps(workload, name, steps, [cutter.taskOf(root)]));
}
