import type { Clock } from '../machine/index.ts';

/** Reads, writes and rounds of loops after which timers and signals get their turn. */
const TURN = 256;

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/**
 * Lets processes wait. Time is the machine's: when every process waits, it jumps to the moment when the first of them has slept enough.
 * A terminal may ask for real time instead.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #sleepers: Sleeper[] = [];
  /** Work outside: text tools that run, input that is waited for, processes that gave way to others. */
  #outside = 0;
  #watching = false;
  #work = 0;
  #onDeadlock: (() => void) | undefined;
  /** Whether sleeping takes as long as it says. */
  realTime = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sleeps for so many nanoseconds; `interrupt` is handed what ends the sleep early. */
  sleep(ns: number, interrupt: (wake: () => void) => void = () => {}): Promise<void> {
    return new Promise((resolve) => {
      const sleeper: Sleeper = { until: this.#clock.now + ns, wake: resolve };
      this.#sleepers.push(sleeper);
      this.#sleepers.sort((a, b) => a.until - b.until);
      const timer = this.realTime ? setTimeout(() => this.#wake(sleeper), ns / 1e6) : undefined;
      interrupt(() => {
        clearTimeout(timer);
        this.#wake(sleeper);
      });
      this.#watch();
    });
  }

  /** Something outside the shell is at work until `done` is called. */
  outside(): () => void {
    this.#outside++;
    let over = false;
    return () => {
      if (!over) this.#outside--;
      over = true;
    };
  }

  /** Counts a piece of work; after so many of them others get their turn. */
  async work(): Promise<void> {
    if (++this.#work % TURN === 0) await this.giveWay();
  }

  /** Lets others run, timers and signals among them. */
  async giveWay(): Promise<void> {
    const done = this.outside();
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    done();
    this.#wakeDue();
  }

  /** Calls back when every process waits for what cannot come. */
  onDeadlock(call: (() => void) | undefined): void {
    this.#onDeadlock = call;
    if (call) this.#watch();
  }

  #watch(): void {
    // In real time timers wake who sleeps, and others may wake who waits.
    if (this.#watching || this.realTime) return;
    this.#watching = true;
    setImmediate(() => {
      this.#watching = false;
      this.#look();
    });
  }

  /** Runs when all that could run has run: timers and input come after the promises of processes. */
  #look(): void {
    const [first] = this.#sleepers;
    // What has just been woken runs first.
    if (!this.#wakeDue() && this.#outside === 0) {
      if (first) {
        this.#clock.advance(Math.max(0, first.until - this.#clock.now));
        this.#wakeDue();
      } else if (this.#onDeadlock) {
        this.#onDeadlock();
        return;
      }
    }
    if (this.#sleepers.length > 0 || this.#onDeadlock) this.#watch();
  }

  /** Wakes those who have slept enough; whether there were such. */
  #wakeDue(): boolean {
    const before = this.#sleepers.length;
    while (this.#sleepers[0] && this.#sleepers[0].until <= this.#clock.now && !this.realTime)
      this.#wake(this.#sleepers[0]);
    return this.#sleepers.length < before;
  }

  #wake(sleeper: Sleeper): void {
    const at = this.#sleepers.indexOf(sleeper);
    if (at < 0) return;
    this.#sleepers.splice(at, 1);
    if (this.realTime) this.#clock.advance(Math.max(0, sleeper.until - this.#clock.now));
    sleeper.wake();
  }
}
