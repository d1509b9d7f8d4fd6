import { MAX_LOG_LOC, TRACING_LOG_ERRS_MAX } from '../abi/limits.ts';

interface Entry {
  /** Nanoseconds since boot. */
  readonly time: number;
  readonly text: string;
}

const PREFIX = '  Command: ';

/** A time as the tracing files print it: `[    5.680439]` without the brackets, from nanoseconds since boot. */
export function secondsAndMicros(ns: number): string {
  const micros = Math.floor(ns / 1000);
  return `${String(Math.floor(micros / 1e6)).padStart(5)}.${String(micros % 1e6).padStart(6, '0')}`;
}

/** The `error_log` of one trace array: the last eight errors (`kernel/trace/trace.c:tracing_log_err()`). */
export class ErrorLog {
  readonly #entries: Entry[] = [];
  readonly #now: () => number;

  /** @param now nanoseconds since boot, read for each new entry */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Adds an error; the oldest of eight gives way.
   * @param subsystem who refuses: `trace_fprobe`, `event filter parse error`, …
   * @param command what was refused, up to its first NUL byte, latin1
   * @param text the reason
   * @param pos the caret's place in the command: byte offset, 0-based, 16 bits kept
   */
  add(subsystem: string, command: string, text: string, pos: number): void {
    const nul = command.indexOf('\0');
    const location = `${subsystem}: error: `.slice(0, MAX_LOG_LOC - 1);
    const caret = ' '.repeat(PREFIX.length + (pos & 0xffff));
    if (this.#entries.length >= TRACING_LOG_ERRS_MAX) this.#entries.shift();
    this.#entries.push({
      time: this.#now(),
      text: `${location}${text}\n${PREFIX}${nul < 0 ? command : command.slice(0, nul)}\n${caret}^\n`,
    });
  }

  /** The file's content. */
  text(): string {
    return this.#entries.map((entry) => `[${secondsAndMicros(entry.time)}] ${entry.text}`).join('');
  }

  /** What a truncating open does. */
  clear(): void {
    this.#entries.length = 0;
  }
}
