import { rootsOf, stepTasks } from './cut.ts';
import { StepKind, type Workload } from './workload.ts';

/** Tells function names by id. */
export interface FunctionNames {
  name(id: number): string;
}

/** Where an interrupt, or the way back to a program, leads away from what a system call does. */
const DIVERSIONS = new Set([
  'irq_enter_rcu',
  '__sysvec_apic_timer_interrupt',
  'handle_softirqs',
  'idle_cpu',
  'raw_irqentry_exit_cond_resched',
]);

/** Finds the steps of calls. */
export class Cutter {
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
      if (kind >= StepKind.FORK) found.push(step);
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
