import type { TreeCall, TreeItem, TreePoint, TreeRun } from './normalize.ts';
import type { ScriptStep } from './script.ts';
import { QUIET } from './script-calls.ts';
import type { StepClock } from './step-clock.ts';
import type { TaskModel } from './task-model.ts';

/** `prev_state` of a kernel thread that waits for work (TASK_IDLE), and of a dead task. */
const TASK_IDLE = 0x402n;
const TASK_DEAD = 0x80n;
/** First call of a task that has just been switched back to. */
const RESUMES = 'finish_task_switch';
/** Steps in which a kernel thread that gives way has done so. */
const LOOK_AHEAD = 200;

/** Keeps track of which task runs while a script is built: switches, forks, and what the recording does not show of them. */
export class TaskOrder {
  readonly #run: TreeRun;
  readonly #model: TaskModel;
  readonly #clock: StepClock;
  readonly #steps: ScriptStep[];
  /** Tasks that exist, by address; the youngest wins. */
  readonly #alive = new Map<bigint, number>();
  readonly #forked = new Set<number>();
  /** Task that runs. */
  current = 0;
  /** Task that the fork under way has made, −1 for none. */
  child = -1;
  #deadPrev = false;
  /** Task that a tracepoint has announced, −1 for none. */
  #pending = -1;

  constructor(run: TreeRun, model: TaskModel, clock: StepClock, steps: ScriptStep[]) {
    this.#run = run;
    this.#model = model;
    this.#clock = clock;
    this.#steps = steps;
    for (const [i, task] of model.tasks.entries()) if (task.fromStart) this.#alive.set(task.address, i);
  }

  /**
   * Lets the task of the next step run, if another one does. A task is switched to when its first step comes: after the
   * tracepoint the old one still has a few calls to make.
   */
  arrive(item: TreeItem, index: number): void {
    const { tasks, byPid } = this.#model;
    const to = byPid.get(item.task.pid)!;
    const resumed = to === this.current && item.kind === 'call' && item.fn.startsWith(RESUMES);
    if (to === this.current && !(resumed && this.#pending >= 0)) return;
    this.#clock.at(item.kind === 'point' ? item.start : item.source.start);
    if (this.#pending >= 0 && this.#pending !== to) {
      // A task that the recording does not show ran in between.
      const unseen = this.#pending;
      this.#switchTo(unseen);
      this.#switchPoint(unseen, to);
    }
    this.#switchTo(to);
    if (tasks[to].kind !== 'program' && item.kind === 'call') this.#giveWay(to, index);
  }

  /** A tracepoint announces a switch. */
  announce(point: TreePoint): void {
    const argument = (name: string) => point.args.find((arg) => arg.name === name)?.value ?? 0n;
    this.#deadPrev = (argument('prev_state') & TASK_DEAD) !== 0n;
    this.#pending = this.#alive.get(argument('next')) ?? -1;
  }

  /** The recording ends; what was announced still happens. */
  finish(): void {
    if (this.#pending >= 0) this.#switchTo(this.#pending);
  }

  /** A tracepoint says that a task has been made: the one with this pid, or the next that the current task makes. */
  forkNamed(pid: number | undefined): void {
    if (this.child >= 0) return;
    const { tasks, byPid } = this.#model;
    const named = pid === undefined ? undefined : byPid.get(pid);
    if (named !== undefined && this.#isToCome(named)) this.#fork(named);
    else
      this.#fork(
        tasks.findIndex((task, i) => task.kind === 'program' && task.parent === this.current && this.#isToCome(i)),
      );
  }

  /** A new task is woken up, by the address of its task_struct. */
  forkAt(call: TreeCall): void {
    if (this.child >= 0) return;
    const address = call.args.find(({ name }) => name === 'p')?.value ?? 0n;
    this.#fork(this.#model.tasks.findIndex((task, i) => task.address === address && this.#isToCome(i)));
  }

  #isToCome(index: number): boolean {
    return !this.#model.tasks[index].fromStart && !this.#forked.has(index);
  }

  #fork(child: number): void {
    if (child < 0) return;
    this.child = child;
    this.#forked.add(child);
    this.#alive.set(this.#model.tasks[child].address, child);
    this.#steps.push({ op: 'fork', time: this.#clock.now, task: this.current, child });
  }

  /** Of a kernel thread the recording shows only how it gives way: from behind the tracepoint on. */
  #giveWay(from: number, index: number): void {
    const { byPid } = this.#model;
    const ahead = this.#run.steps.slice(index, index + LOOK_AHEAD);
    const next = ahead.find(({ item }) => byPid.get(item.task.pid) !== from);
    const to = next === undefined ? undefined : byPid.get(next.item.task.pid);
    if (to === undefined) return;
    this.#switchPoint(from, to);
    this.#pending = to;
  }

  #switchPoint(from: number, to: number): void {
    const { tasks } = this.#model;
    const state = tasks[from].kind === 'kthread' ? TASK_IDLE : 0n;
    this.#steps.push({
      op: 'point',
      time: this.#clock.now,
      task: from,
      name: 'sched_switch',
      args: [0n, tasks[from].address, tasks[to].address, state],
      text: '',
      pids: 0,
      flags: { ...QUIET, irqsOff: true, preemptDepth: 2 },
      callSite: undefined,
      inside: undefined,
    });
  }

  #switchTo(to: number): void {
    this.#steps.push({ op: 'switch', time: this.#clock.now, task: this.current, to, dead: this.#deadPrev });
    this.#deadPrev = false;
    this.#pending = -1;
    this.current = to;
  }
}
