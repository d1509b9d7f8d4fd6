import type { Progress } from '../profile/index.ts';

/** Milliseconds between two updates of the line. */
const INTERVAL = 100;
const MIB = 2 ** 20;

/** Shows on stderr, when that is a terminal, how far some long work is: one line that is written over. */
export class ProgressLine {
  readonly #stream = process.stderr;
  #last = 0;
  #shown = false;

  /** What to give to the work; does nothing where no one looks. */
  get progress(): Progress | undefined {
    return this.#stream.isTTY ? (what, done, total) => this.#show(what, done, total) : undefined;
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }

  #show(what: string, done: number, total: number): void {
    const now = performance.now();
    if (done !== 0 && done < total && now - this.#last < INTERVAL) return;
    this.#last = now;
    this.#shown = true;
    const amount = total > MIB ? ` ${Math.floor((100 * done) / total)} % of ${(total / MIB).toFixed(0)} MiB` : '';
    const text = `${what}${amount} …`;
    const columns = this.#stream.columns || 80;
    this.#stream.write(`\r\x1b[K${text.length < columns ? text : `…${text.slice(2 - columns)}`}`);
  }
}
