import type { TreeCall } from './normalize.ts';

/**
 * Turns a recording's times (microseconds, rounded) and durations (nanoseconds) into one ascending time in nanoseconds
 * from its start: durations are kept, entries stay where the microseconds allow it.
 */
export class StepClock {
  /** Nanoseconds from the start of the recording. */
  now = 0;
  #origin: number | undefined;
  readonly #entered = new Map<TreeCall, number>();

  /** Time of something that happened at a microsecond. */
  at(us: number): number {
    this.#origin ??= us;
    this.now = Math.max(this.now, (us - this.#origin) * 1000);
    return this.now;
  }

  /** Time of a call's entry. */
  enter(call: TreeCall): number {
    this.at(call.source.start);
    this.#entered.set(call, this.now);
    return this.now;
  }

  /** Time of its return. */
  leave(call: TreeCall): number {
    const { duration, end } = call.source;
    const start = this.#entered.get(call);
    if (start !== undefined && duration !== undefined) this.now = Math.max(this.now, start + duration);
    else if (end !== undefined) this.at(end);
    return this.now;
  }
}
