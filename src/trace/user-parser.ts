import { Errno } from '../abi/errno.ts';
import { isSpace } from './ctype.ts';

/**
 * Puts words together that are written to an open file, one or several writes to a word (`struct trace_parser`). A word ends at white
 * space or NUL.
 */
export class UserParser {
  readonly #size: number;
  /** The file's position: at 0 a word begins, whatever was left. */
  #position = 0;
  #word = '';
  /** Whether the word may go on in the next write. */
  #open = false;

  /** @param size bytes of the kernel's buffer, terminator included */
  constructor(size: number) {
    this.#size = size;
  }

  /** The word so far. */
  get word(): string {
    return this.#word;
  }

  /** Whether there is a word that has ended. */
  get isComplete(): boolean {
    return this.#word !== '' && !this.#open;
  }

  /** The next write begins a word. */
  clear(): void {
    this.#word = '';
    this.#open = false;
  }

  /** The file's position has changed: a write went well, or it was set. */
  seek(position: number): void {
    this.#position = position;
  }

  /**
   * Takes one word, or a part of it, from the data of a write (`kernel/trace/trace.c:trace_get_user()`).
   * @returns bytes taken, the separator behind the word included, or −EINVAL when the word does not fit
   */
  take(data: string): number {
    if (this.#position === 0) this.clear();
    let at = 0;
    if (!this.#open) {
      while (at < data.length - 1 && isSpace(data.charCodeAt(at))) at++;
      this.#word = '';
      if (endsWord(data, at)) return at + 1;
    }
    const start = at;
    while (at < data.length && !endsWord(data, at)) at++;
    this.#word += data.slice(start, at);
    if (this.#word.length > this.#size - 1) {
      this.#word = this.#word.slice(0, this.#size - 1);
      return -Errno.EINVAL;
    }
    this.#open = at === data.length;
    return this.#open ? at : at + 1;
  }
}

function endsWord(data: string, at: number): boolean {
  return isSpace(data.charCodeAt(at)) || data[at] === '\0';
}
