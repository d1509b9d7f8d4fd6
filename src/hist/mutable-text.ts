/**
 * Text that a parser takes apart by ending it early, as the kernel's do: pieces share their characters, so that who holds a longer
 * one finds it cut as well. What is logged later is what is left.
 */
export class MutableText {
  readonly #chars: string[];
  readonly #start: number;

  private constructor(chars: string[], start: number) {
    this.#chars = chars;
    this.#start = start;
  }

  static of(text: string): MutableText {
    return new MutableText([...text], 0);
  }

  /** What is left of it. */
  get text(): string {
    let end = this.#start;
    while (end < this.#chars.length && this.#chars[end] !== '\0') end++;
    return this.#chars.slice(this.#start, end).join('');
  }

  /** The rest from an index on. */
  from(index: number): MutableText {
    return new MutableText(this.#chars, this.#start + index);
  }

  /** Ends it at an index; gives what follows the character there. */
  cut(index: number): MutableText {
    this.#chars[this.#start + index] = '\0';
    return this.from(index + 1);
  }

  /** Ends it at the first of some characters (`strsep()`); `undefined` when none is there. */
  split(separator: string): MutableText | undefined {
    const at = this.text.indexOf(separator);
    return at < 0 ? undefined : this.cut(at);
  }
}
