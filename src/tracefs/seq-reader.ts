/** Bytes of text that one read makes; a longer line makes it more for good (`fs/seq_file.c`). */
const SEQ_BUFFER = 4096;

/**
 * Reads lines as the kernel's sequential files do: whole ones as far as there is room, and no further than the end of a section, where the
 * next read goes on (`fs/seq_file.c:seq_read_iter()`).
 */
export class SeqReader {
  readonly #sections: () => Iterator<readonly string[]>;
  #walk: Iterator<readonly string[]>;
  /** Lines of the section that is being read, and how many of them have been. */
  #lines: readonly string[] = [];
  #at = 0;
  /** Text that the last read had no room for. */
  #rest = '';
  #room = SEQ_BUFFER;

  /** @param sections makes the lines from the start, each section when it is reached */
  constructor(sections: () => Iterator<readonly string[]>) {
    this.#sections = sections;
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

  #make(size: number): string {
    while (this.#at >= this.#lines.length) {
      const next = this.#walk.next();
      if (next.done) return '';
      this.#lines = next.value;
      this.#at = 0;
    }
    let text = this.#lines[this.#at++]!;
    while (text.length >= this.#room) this.#room *= 2;
    for (; this.#at < this.#lines.length && text.length < size; this.#at++) {
      const line = this.#lines[this.#at]!;
      if (text.length + line.length >= this.#room) break;
      text += line;
    }
    return text;
  }
}
