import { compactWorkload } from './compact.ts';
import { type CutStep, composeSteps } from './cut.ts';
import { Cutter, type FunctionNames } from './cutter.ts';
import type { Workload } from './workload.ts';

/** A sleep of a task, which the idle task takes the place of. Task 0 is the one that sleeps, task 1 the idle task. */
export interface SleepProgram {
  readonly workload: Workload;
  /** Step at which the idle task runs: the sleep lasts from there on. */
  readonly awayAt: number;
  /** Nanoseconds that were to be slept. */
  readonly asked: bigint;
}

/** Cuts the first clock_nanosleep(2) of a recording, without what else ran meanwhile; undefined when nothing sleeps so. */
export function sleepProgram(workload: Workload, functions: FunctionNames): SleepProgram | undefined {
  const cutter = new Cutter(workload, functions);
  const [root] = cutter.rootsNamed('__x64_sys_clock_nanosleep');
  const idle = workload.tasks.findIndex(({ kind }) => kind === 'idle');
  if (root === undefined || idle < 0) return undefined;
  const task = cutter.taskOf(root);
  const steps = cutter.steps(root, new Set());
  const last = steps.findLastIndex((step) => cutter.isSwitchPoint(step));
  const timer = cutter.below('hrtimer_nanosleep', root)[0];
  if (last < 0 || timer === undefined) return undefined;
  const list = (some: readonly number[]): CutStep[] => some.map((step) => ({ step }));
  const before = [...list(steps.slice(0, last + 1)), { switchTo: idle, dead: false }];
  const after = [{ switchTo: task, dead: false }, ...list(steps.slice(last + 1))];
  const cut = composeSteps(workload, 'sleep', [...before, ...after], [task, idle]);
  const at = 2 * workload.callArgs[timer];
  const asked = (BigInt(workload.argWords[at + 1]) << 32n) | BigInt(workload.argWords[at]);
  return { workload: compactWorkload(cut), awayAt: before.length, asked };
}
