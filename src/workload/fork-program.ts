import { compactWorkload } from './compact.ts';
import { type CutStep, composeSteps } from './cut.ts';
import { Cutter, type FunctionNames } from './cutter.ts';
import { StepKind, type Workload, type WorkloadPoint } from './workload.ts';

/** What a fork is made of. Task 0 of each is the one that runs first, task 1 the other; they are tasks of the machine. */
export interface ForkPrograms {
  /** The parent forks and waits; the child begins, and after `exitAt` steps exits: the parent goes on. */
  readonly waited: Workload;
  /** Step of `waited` at which the child exits. */
  readonly exitAt: number;
  /** The parent forks and goes on. */
  readonly clone: Workload;
  /** The child runs for the first time. */
  readonly begin: Workload;
  /** The child exits; nobody waits for it yet. */
  readonly exit: Workload;
  /** The parent waits for a child that has exited. */
  readonly wait: Workload;
  /** The parent waits for a child that runs; undefined where no idle task takes its place. */
  readonly sleepingWait: SleepingWait | undefined;
}

/** A wait that lasts. Task 2 is the idle task, which takes the parent's place. */
interface SleepingWait {
  readonly workload: Workload;
  /** Step at which the idle task runs: the wait lasts from there on. */
  readonly awayAt: number;
}

/**
 * Cuts a fork, what the child does first and last, and the wait for it from the first clone(2) of a recording; undefined when nothing
 * forks so.
 */
export function forkPrograms(workload: Workload, functions: FunctionNames): ForkPrograms | undefined {
  const cutter = new Cutter(workload, functions);
  const fork = workload.stepKind.indexOf(StepKind.FORK);
  if (fork < 0) return undefined;
  const parent = cutter.tasks[fork];
  const child = workload.stepValue[fork];
  const clone = cutter.rootAround(fork);
  const wait = cutter.rootOf('__x64_sys_wait4', parent, fork);
  const begin = cutter.rootOf('ret_from_fork', child, 0);
  const robust = cutter.rootOf('__x64_sys_set_robust_list', child, 0);
  const exit = cutter.rootOf('__x64_sys_exit_group', child, 0);
  if (clone < 0 || wait < 0 || begin < 0 || exit < 0) return undefined;
  const sleeps = cutter.lastBelow('schedule', wait);
  const others = new Set(cutter.below('schedule', wait).filter((call) => call !== sleeps));
  const waiting = cutter.steps(wait, others);
  const away = waiting.findIndex((step) => cutter.isSwitchPoint(step));
  const cloning = list(cutter.steps(clone, new Set()));
  const beginning = list([
    ...cutter.steps(begin, new Set(cutter.below('schedule', begin))),
    ...(robust < 0 ? [] : cutter.steps(robust, new Set())),
  ]);
  const exiting = list(lastSwitch(cutter, cutter.steps(exit, new Set())));
  const before = [...cloning, ...list(waiting.slice(0, away + 1)), { switchTo: child, dead: false }, ...beginning];
  const after = [...exiting, { switchTo: parent, dead: true }, ...list(waiting.slice(away + 1))];
  const compose = (name: string, steps: readonly CutStep[], tasks: readonly number[]) => {
    const cut = composeSteps(workload, name, steps, tasks);
    return compactWorkload({ ...cut, points: redirect(cut) });
  };
  const idle = workload.tasks.findIndex(({ kind }) => kind === 'idle');
  const asleep = [...list(waiting.slice(0, away + 1)), { switchTo: idle, dead: false }];
  const awake = [{ switchTo: parent, dead: false }, ...list(waiting.slice(away + 1))];
  return {
    waited: compose('fork', [...before, ...after], [parent, child]),
    exitAt: before.length,
    clone: compose('clone', cloning, [parent, child]),
    begin: compose('begin', beginning, [child, parent]),
    exit: compose('exit', exiting, [child, parent]),
    wait: compose('wait', list(cutter.steps(wait, new Set(cutter.below('schedule', wait)))), [parent, child]),
    sleepingWait:
      idle < 0
        ? undefined
        : { workload: compose('wait', [...asleep, ...awake], [parent, child, idle]), awayAt: asleep.length },
  };
}

const list = (steps: readonly number[]): CutStep[] => steps.map((step) => ({ step }));

/** Of a task that ends only the last switch is one of its own; it was interrupted by the others. */
function lastSwitch(cutter: Cutter, steps: readonly number[]): number[] {
  const last = steps.findLast((step) => cutter.isSwitchPoint(step));
  return steps.filter((step) => step === last || !cutter.isSwitchPoint(step));
}

/** Switches between the first task and the last name these two, whoever ran when they were recorded. */
function redirect(workload: Workload): WorkloadPoint[] {
  const points = [...workload.points];
  const [first, second] = [workload.tasks[0], workload.tasks.at(-1)!].map(({ address }) => address);
  let current = first;
  for (let step = 0; step < workload.stepKind.length; step++) {
    const kind = workload.stepKind[step];
    const value = workload.stepValue[step];
    if (kind === StepKind.SWITCH || kind === StepKind.SWITCH_DEAD) current = value === 0 ? first : second;
    if (kind !== StepKind.POINT || points[value].name !== 'sched_switch') continue;
    const words = new BigUint64Array(points[value].words.slice().buffer);
    words[1] = current;
    words[2] = current === first ? second : first;
    points[value] = { ...points[value], words: new Uint32Array(words.buffer) };
  }
  return points;
}
