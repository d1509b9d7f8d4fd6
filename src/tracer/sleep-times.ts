import type { Machine, Task } from '../machine/index.ts';

/** How long tasks were off their cpus, counted while somebody wants to know (`kernel/trace/fgraph.c:ftrace_graph_probe_sched_switch()`). */
export class SleepTimes {
  /** Whether time is counted now. */
  counts = false;
  /** Nanoseconds in all, and when a task left its cpu last; by task index. */
  #slept = new Float64Array(64);
  #left = new Float64Array(64);

  constructor(machine: Machine) {
    machine.taskListeners.push({
      forked: ({ index }) => {
        this.#reserve(index);
        this.#slept[index] = 0;
        this.#left[index] = 0;
      },
      switched: (_cpu, from, to) => {
        if (!this.counts) return;
        const { now } = machine.clock;
        this.#reserve(Math.max(from.index, to.index));
        this.#left[from.index] = now;
        if (this.#left[to.index] > 0) this.#slept[to.index] += now - this.#left[to.index];
      },
    });
  }

  /** Nanoseconds that a task was off its cpu. */
  of(task: Task): number {
    return this.#slept[task.index] ?? 0;
  }

  #reserve(index: number): void {
    if (index < this.#slept.length) return;
    const grown = (old: Float64Array) => {
      const larger = new Float64Array(2 * index);
      larger.set(old);
      return larger;
    };
    this.#slept = grown(this.#slept);
    this.#left = grown(this.#left);
  }
}
