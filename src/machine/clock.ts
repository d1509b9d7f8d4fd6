/** The simulated time: nanoseconds since boot, the one source of time below the command line. */
export class Clock {
  /** Nanoseconds since boot. */
  now: number;

  constructor(now = 0) {
    this.now = now;
  }

  /** Lets `ns` nanoseconds pass. */
  advance(ns: number): void {
    this.now += ns;
  }
}
