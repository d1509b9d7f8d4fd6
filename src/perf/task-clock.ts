import type { Machine, Task, TaskListener } from '../machine/index.ts';

/**
 * How long an event has been enabled: all the time, or while the tasks that it follows run (on its cpu). Nanoseconds. Enabled and running are the same here:
 * nothing is multiplexed.
 */
export class TaskClock {
  readonly #machine: Machine;
  readonly #cpu: number;
  /** Tasks that are followed; undefined for all. */
  readonly #tasks: Set<Task> | undefined;
  /** Since when each counts; the key is undefined where all tasks are followed. */
  readonly #since = new Map<Task | undefined, number>();
  readonly #listener: TaskListener;
  #total = 0;
  #started = false;

  /** `cpu` is −1 for every cpu. */
  constructor(machine: Machine, task: Task | undefined, cpu: number, inherit: boolean) {
    this.#machine = machine;
    this.#cpu = cpu;
    this.#tasks = task && new Set([task]);
    this.#listener = {
      forked: (child) => {
        if (inherit && child.parent && this.#tasks?.has(child.parent)) this.#tasks.add(child);
      },
      exited: (gone) => {
        this.#stopOne(gone);
        this.#tasks?.delete(gone);
      },
      switched: (on, from, to) => {
        if (!this.#tasks || !this.#started || (this.#cpu >= 0 && this.#cpu !== on.id)) return;
        this.#stopOne(from);
        if (this.#tasks.has(to)) this.#since.set(to, this.#machine.clock.now);
      },
    };
    machine.taskListeners.push(this.#listener);
  }

  /** Whether a task is followed. */
  follows(task: Task): boolean {
    return this.#tasks?.has(task) ?? true;
  }

  /** Time counted so far. */
  get enabled(): number {
    let total = this.#total;
    for (const since of this.#since.values()) total += this.#machine.clock.now - since;
    return total;
  }

  start(): void {
    this.#started = true;
    const { cpus, clock } = this.#machine;
    if (!this.#tasks) this.#since.set(undefined, clock.now);
    for (const { id, current } of cpus) {
      if (this.#tasks?.has(current) && (this.#cpu < 0 || this.#cpu === id)) this.#since.set(current, clock.now);
    }
  }

  stop(): void {
    this.#started = false;
    for (const task of [...this.#since.keys()]) this.#stopOne(task);
  }

  /** No more of it. */
  end(): void {
    this.stop();
    const { taskListeners } = this.#machine;
    taskListeners.splice(taskListeners.indexOf(this.#listener), 1);
  }

  #stopOne(task: Task | undefined): void {
    const since = this.#since.get(task);
    if (since === undefined) return;
    this.#total += this.#machine.clock.now - since;
    this.#since.delete(task);
  }
}
