import type { Clock } from './clock.ts';

/** The kernel's log (dmesg): warnings that the simulated kernel would print, kept as text. */
export class KernelLog {
  /** Lines as dmesg shows them, oldest first. */
  readonly lines: string[] = [];
  #clock: Clock;
  #once = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a line, with the time as seconds and microseconds since boot. */
  print(text: string): void {
    const micros = Math.floor(this.#clock.now / 1000);
    const seconds = String(Math.floor(micros / 1_000_000)).padStart(5);
    this.lines.push(`[${seconds}.${String(micros % 1_000_000).padStart(6, '0')}] ${text}`);
  }

  /** Adds a warning the first time that its place (`key`) is reached, as WARN_ON_ONCE() does; true when the line was added. */
  warnOnce(key: string, text: string): boolean {
    if (this.#once.has(key)) return false;
    this.#once.add(key);
    this.print(`WARNING: ${text}`);
    return true;
  }
}
