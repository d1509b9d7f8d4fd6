/** Bytes of text that one read makes; a longer line makes it more for good (`fs/seq_file.c`). */
const SEQ_BUFFER = 4096;

/**
 * Reads lines as the kernel's sequential files do: whole ones as far as there is room, and no further than the end of a section, where the
 * next read goes on (`fs/seq_file.c:seq_read_iter()`).
 */
export class SeqReader {
  readonly #sections: () => Iterator<readonly string[]>;
  readonly #restarts: boolean;
  #walk: Iterator<readonly string[]>;
  /** Lines of the section that is being read, and how many of them have been. */
  #lines: readonly string[] = [];
  #at = 0;
  /** Text that the last read had no room for. */
  #rest = '';
  #room = SEQ_BUFFER;

  /**
   * @param sections makes the lines from the start, each section when it is reached
   * @param restarts whether there is one section, made anew and from its first line each time that text is needed; no more lines come than it has then
   */
  constructor(sections: () => Iterator<readonly string[]>, restarts = false) {
    this.#sections = sections;
    this.#restarts = restarts;
    this.#walk = sections();
  }

  /** Up to `size` bytes; `''` at the end. */
  read(size: number): string {
    const begun = this.#rest.slice(0, size);
    this.#rest = this.#rest.slice(begun.length);
    if (this.#rest !== '') return begun;
    const made = this.#make(size - begun.length);
    const fits = made.slice(0, size - begun.length);
    this.#rest = made.slice(fits.length);
    return begun + fits;
  }

  /** Goes on at an offset of the text, which is made anew. */
  seek(offset: number): void {
    this.#walk = this.#sections();
    this.#lines = [];
    this.#at = 0;
    this.#rest = '';
    for (let left = offset; left > 0; ) {
      const skipped = this.read(left).length;
      if (skipped === 0) return;
      left -= skipped;
    }
  }

  /** Whether there is a line to come. */
  #reach(): boolean {
    if (this.#restarts) {
      this.#lines = this.#sections().next().value ?? [];
      return this.#at < this.#lines.length;
    }
    while (this.#at >= this.#lines.length) {
      const next = this.#walk.next();
      if (next.done) return false;
      this.#lines = next.value;
      this.#at = 0;
    }
    return true;
  }

  #make(size: number): string {
    if (!this.#reach()) return '';
    const back = this.#restarts ? this.#at : 0;
    let text = this.#lines[this.#at++ - back]!;
    while (text.length >= this.#room) this.#room *= 2;
    for (; this.#at < this.#lines.length && text.length < size; this.#at++) {
      const line = this.#lines[this.#at - back]!;
      if (text.length + line.length >= this.#room) break;
      text += line;
    }
    return text;
  }
}
