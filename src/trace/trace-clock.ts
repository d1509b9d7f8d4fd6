import { TRACE_CLOCKS, type TraceClockName } from '../abi/trace-options.ts';
import type { Clock } from '../machine/clock.ts';

/** Nanoseconds of a tick at 250 Hz. */
const TICK = 4_000_000;
/** Cycles of the time stamp counter in a nanosecond. */
const TSC_PER_NS = 2;

/** The clocks that `trace_clock` chooses from. All but `counter` follow the simulated clock; `tai` counts from boot here. */
export class TraceClocks {
  readonly #clock: Clock;
  #counter = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A clock's reading function: nanoseconds, or events, or cycles. */
  source(name: TraceClockName): () => number {
    const clock = this.#clock;
    if (name === 'counter') return () => ++this.#counter;
    if (name === 'uptime') return () => clock.now - (clock.now % TICK);
    if (name === 'x86-tsc') return () => clock.now * TSC_PER_NS;
    return () => clock.now;
  }
}

/** Whether a text names a clock. */
export function isTraceClock(name: string): name is TraceClockName {
  return Object.hasOwn(TRACE_CLOCKS, name);
}

/** Content of `trace_clock`: all names, the chosen one in brackets. */
export function traceClockText(chosen: TraceClockName): string {
  return `${Object.keys(TRACE_CLOCKS)
    .map((name) => (name === chosen ? `[${name}]` : name))
    .join(' ')}\n`;
}
