import { type CutStep, composeSteps, rootsOf, stepTasks } from './cut.ts';
import { StepKind, type Workload, type WorkloadFacts, type WorkloadPoint } from './workload.ts';

/** Tells function names by id. */
export interface FunctionNames {
  name(id: number): string;
}

/** Where an interrupt, or the way back to a program, leads away from what a system call does. */
const DIVERSIONS = new Set(['irq_enter_rcu', 'handle_softirqs', 'idle_cpu', 'raw_irqentry_exit_cond_resched']);

/**
 * A program that forks a child with clone(2), which exits at once and is waited for: cut from the first fork of a
 * recording that has one. Task 0 is the caller, to be bound to a task of the machine; undefined when nothing forks.
 * @param commOffset byte offset of `comm` in a task_struct: the tasks keep the names that they have
 */
export function forkProgram(workload: Workload, functions: FunctionNames, commOffset: number): Workload | undefined {
  const cutter = new Cutter(workload, functions);
  const fork = workload.stepKind.indexOf(StepKind.FORK);
  if (fork < 0) return undefined;
  const parent = cutter.tasks[fork];
  const child = workload.stepValue[fork];
  const clone = cutter.rootAround(fork);
  const wait = cutter.rootOf('__x64_sys_wait4', parent, fork);
  const begin = cutter.rootOf('ret_from_fork', child, 0);
  const exit = cutter.rootOf('__x64_sys_exit_group', child, 0);
  if (clone < 0 || wait < 0 || begin < 0 || exit < 0) return undefined;
  const sleeps = cutter.lastBelow('schedule', wait);
  const waiting = cutter.steps(wait, new Set(cutter.below('schedule', wait).filter((call) => call !== sleeps)));
  const away = waiting.findIndex((step) => cutter.isSwitchPoint(step));
  const steps: CutStep[] = [
    ...cutter.steps(clone, new Set()).map((step) => ({ step })),
    ...waiting.slice(0, away + 1).map((step) => ({ step })),
    { switchTo: child, dead: false },
    ...cutter.steps(begin, new Set(cutter.below('schedule', begin))).map((step) => ({ step })),
    ...lastSwitch(cutter, cutter.steps(exit, new Set())).map((step) => ({ step })),
    { switchTo: parent, dead: true },
    ...waiting.slice(away + 1).map((step) => ({ step })),
  ];
  const cut = composeSteps(workload, 'fork', steps, [parent, child]);
  const [mine, its] = cut.tasks.map(({ address }) => address);
  const facts = withoutFacts(cut.facts, [mine + BigInt(commOffset), its + BigInt(commOffset)]);
  return { ...cut, facts, points: redirect(cut, mine, its) };
}

/** How a system call that was cut out differs from the recorded one. */
export interface CallChanges {
  /** Strings in memory, old and new: paths, names, data. */
  readonly strings?: ReadonlyMap<string, string>;
  /** What it returns instead. */
  readonly result?: bigint;
  /** Functions that are not called: what only the recorded file's file system does. */
  readonly without?: (fn: string) => boolean;
}

/**
 * One system call of a recording as a program of its own: the n-th (from 0) of a name whose result is not an error. Task
 * 0 is the caller, to be bound to a task of the machine. Undefined when there are not so many.
 */
export function systemCall(
  workload: Workload,
  functions: FunctionNames,
  name: string,
  n: number,
  changes: CallChanges = {},
): Workload | undefined {
  const cutter = new Cutter(workload, functions);
  const root = cutter.rootsNamed(`__x64_sys_${name}`).filter((call) => workload.resultWords[2 * call + 1] === 0)[n];
  if (root === undefined) return undefined;
  const { without } = changes;
  const left =
    without === undefined
      ? []
      : cutter.callsBelow(root).filter((call) => without(functions.name(workload.callFn[call])));
  const steps = cutter.steps(root, new Set(left)).map((step) => ({ step }));
  const cut = composeSteps(workload, name, steps, [cutter.taskOf(root)]);
  return {
    ...cut,
    facts: replaceStrings(cut.facts, changes.strings ?? new Map()),
    ...changedResults(cut, root, changes.result, cutter),
  };
}

/** Finds the steps of calls. */
class Cutter {
  readonly tasks: Int16Array;
  readonly #workload: Workload;
  readonly #functions: FunctionNames;
  readonly #roots: Int32Array;
  /** First step of each call, −1 for none. */
  readonly #enters: Int32Array;

  constructor(workload: Workload, functions: FunctionNames) {
    this.#workload = workload;
    this.#functions = functions;
    this.tasks = stepTasks(workload);
    this.#roots = rootsOf(workload);
    this.#enters = new Int32Array(workload.callFn.length).fill(-1);
    for (let step = 0; step < workload.stepKind.length; step++) {
      if (workload.stepKind[step] === StepKind.ENTER) this.#enters[workload.stepValue[step]] = step;
    }
  }

  rootsNamed(name: string): number[] {
    const found: number[] = [];
    for (let call = 0; call < this.#roots.length; call++)
      if (this.#roots[call] === call && this.#enters[call] >= 0 && this.#name(call) === name) found.push(call);
    return found;
  }

  /** The first root call of a function and a task that begins at a step or later; −1 for none. */
  rootOf(name: string, task: number, from: number): number {
    return this.rootsNamed(name).find((call) => this.#enters[call] >= from && this.taskOf(call) === task) ?? -1;
  }

  /** The root call under way at a step. */
  rootAround(step: number): number {
    for (let at = step; at >= 0; at--) {
      if (this.#workload.stepKind[at] === StepKind.ENTER && this.tasks[at] === this.tasks[step])
        return this.#roots[this.#workload.stepValue[at]];
    }
    return -1;
  }

  taskOf(call: number): number {
    return this.tasks[this.#enters[call]] ?? 0;
  }

  callsBelow(root: number): number[] {
    const found: number[] = [];
    for (let call = root + 1; call < this.#roots.length; call++) if (this.#roots[call] === root) found.push(call);
    return found;
  }

  below(name: string, root: number): number[] {
    return this.callsBelow(root).filter((call) => this.#name(call) === name);
  }

  lastBelow(name: string, root: number): number {
    return this.below(name, root).at(-1) ?? -1;
  }

  isSwitchPoint(step: number): boolean {
    const { stepKind, stepValue, points } = this.#workload;
    return stepKind[step] === StepKind.POINT && points[stepValue[step]].name === 'sched_switch';
  }

  /** Steps of a root call and what it calls, without interrupts and without some calls; with its system call's tracepoints. */
  steps(root: number, without: ReadonlySet<number>): number[] {
    const { stepKind, stepValue, callParent, points } = this.#workload;
    const task = this.taskOf(root);
    const gone = new Set<number>();
    for (const call of [root, ...this.callsBelow(root)]) {
      if (without.has(call) || DIVERSIONS.has(this.#name(call)) || gone.has(callParent[call])) gone.add(call);
    }
    const found: number[] = [];
    const first = this.#enters[root];
    if (this.#isRootPoint(first - 1, 'sys_enter')) found.push(first - 1);
    for (let step = first; step < stepKind.length; step++) {
      if (this.tasks[step] !== task) continue;
      const value = stepValue[step];
      const kind = stepKind[step];
      const call = kind === StepKind.POINT ? points[value].inside : kind <= StepKind.LEAVE ? value : -2;
      if (kind === StepKind.FORK) found.push(step);
      if (call >= 0 && this.#roots[call] === root && !gone.has(call)) found.push(step);
      if (kind === StepKind.LEAVE && value === root) {
        if (this.#isRootPoint(step + 1, 'sys_exit')) found.push(step + 1);
        break;
      }
    }
    return found;
  }

  #isRootPoint(step: number, name: string): boolean {
    const { stepKind, stepValue, points } = this.#workload;
    return stepKind[step] === StepKind.POINT && points[stepValue[step]].name === name;
  }

  #name(call: number): string {
    return this.#functions.name(this.#workload.callFn[call]);
  }
}

/** Of a task that ends only the last switch is one of its own; it was interrupted by the others. */
function lastSwitch(cutter: Cutter, steps: readonly number[]): number[] {
  const last = steps.findLast((step) => cutter.isSwitchPoint(step));
  return steps.filter((step) => step === last || !cutter.isSwitchPoint(step));
}

/** Switches between two tasks name these two, whoever ran when they were recorded. */
function redirect(workload: Workload, parent: bigint, child: bigint): WorkloadPoint[] {
  const points = [...workload.points];
  let current = parent;
  for (let step = 0; step < workload.stepKind.length; step++) {
    const kind = workload.stepKind[step];
    if (kind === StepKind.SWITCH || kind === StepKind.SWITCH_DEAD)
      current = workload.stepValue[step] === 0 ? parent : child;
    if (kind !== StepKind.POINT || points[workload.stepValue[step]].name !== 'sched_switch') continue;
    const words = new BigUint64Array(points[workload.stepValue[step]].words.slice().buffer);
    words[1] = current;
    words[2] = current === parent ? child : parent;
    points[workload.stepValue[step]] = { ...points[workload.stepValue[step]], words: new Uint32Array(words.buffer) };
  }
  return points;
}

function withoutFacts(facts: WorkloadFacts, addresses: readonly bigint[]): WorkloadFacts {
  const kept = Array.from({ length: facts.count }, (_, i) => i).filter((i) => !addresses.includes(facts.address[i]));
  return rebuild(facts, kept, (_, bytes) => bytes);
}

function replaceStrings(facts: WorkloadFacts, strings: ReadonlyMap<string, string>): WorkloadFacts {
  if (strings.size === 0) return facts;
  const all = Array.from({ length: facts.count }, (_, i) => i);
  return rebuild(facts, all, (_, bytes) => {
    const text = bytes.at(-1) === 0 ? String.fromCharCode(...bytes.subarray(0, -1)) : undefined;
    const other = text === undefined ? undefined : strings.get(text);
    return other === undefined ? bytes : Uint8Array.from(`${other}\0`, (c) => c.charCodeAt(0));
  });
}

function rebuild(
  facts: WorkloadFacts,
  kept: readonly number[],
  change: (fact: number, bytes: Uint8Array) => Uint8Array,
): WorkloadFacts {
  const pieces = kept.map((i) => change(i, facts.bytes.subarray(facts.offset[i], facts.offset[i + 1])));
  const offset = new Uint32Array(kept.length + 1);
  for (const [i, piece] of pieces.entries()) offset[i + 1] = offset[i] + piece.length;
  const bytes = new Uint8Array(offset[kept.length]);
  for (const [i, piece] of pieces.entries()) bytes.set(piece, offset[i]);
  return {
    count: kept.length,
    at: Int32Array.from(kept, (i) => facts.at[i]),
    space: Int16Array.from(kept, (i) => facts.space[i]),
    address: BigUint64Array.from(kept, (i) => facts.address[i]),
    offset,
    bytes,
    pid: Uint8Array.from(kept, (i) => facts.pid[i]),
  };
}

/** The calls that handed the old result on hand on the new one. */
function changedResults(
  workload: Workload,
  root: number,
  result: bigint | undefined,
  cutter: Cutter,
): Pick<Workload, 'resultWords'> {
  if (result === undefined) return { resultWords: workload.resultWords };
  const words = workload.resultWords.slice();
  const wide = new BigUint64Array(words.buffer);
  const old = wide[root];
  for (const call of [root, ...cutter.callsBelow(root)])
    if (wide[call] === old && workload.hasResult[call] === 1) wide[call] = BigInt.asUintN(64, result);
  return { resultWords: words };
}
