import { TraceWalk } from './trace-file.ts';
import type { TraceSource } from './trace-header.ts';

/** Bytes of text that one read makes at first; a longer line makes it more for good (`fs/seq_file.c`). */
const SEQ_BUFFER = 4096;

/**
 * An open `trace` file, or a `snapshot` that holds something: makes its text as it is read, so that a slow reader sees what was recorded
 * meanwhile, and what it lost. The buffer cannot change its size until it is closed (`kernel/trace/trace.c:__tracing_open()`,
 * `fs/seq_file.c:seq_read_iter()`).
 */
export class TraceReader {
  readonly #source: TraceSource;
  readonly #walk: TraceWalk;
  readonly #header: () => string;
  readonly #pauses: boolean;
  /** Text that a read had no room for. */
  #rest = '';
  /** The line that comes next, once it is known. */
  #line: string | undefined;
  #headed = false;
  #room = SEQ_BUFFER;

  /** @param header what comes before the records; where it says so in place of them, none come */
  constructor(source: TraceSource, header: () => string) {
    this.#source = source;
    this.#header = header;
    this.#pauses = source.buffer === source.array.buffer && source.array.options['pause-on-trace'];
    if (this.#pauses) source.buffer.disableRecord();
    this.#walk = new TraceWalk(source);
  }

  /** Up to `size` bytes; `''` at the end, for now. */
  read(size: number): string {
    let text = this.#rest.slice(0, size);
    this.#rest = this.#rest.slice(text.length);
    if (this.#rest !== '') return text;
    const made = this.#make(size - text.length);
    const fits = made.slice(0, size - text.length);
    this.#rest = made.slice(fits.length);
    text += fits;
    return text;
  }

  /** Goes on at an offset of the text, which is made anew. */
  seek(offset: number): void {
    this.#walk.restart();
    this.#rest = '';
    this.#line = undefined;
    this.#headed = false;
    for (let left = offset; left > 0; ) {
      const skipped = this.read(left).length;
      if (skipped === 0) return;
      left -= skipped;
    }
  }

  close(): void {
    this.#walk.close();
    if (this.#pauses) this.#source.buffer.enableRecord();
  }

  /** At least one line, and more while they are wanted and there is room. */
  #make(size: number): string {
    let text = this.#line ?? this.#next();
    if (text === undefined) return '';
    while (text.length >= this.#room) this.#room *= 2;
    for (;;) {
      this.#line = this.#next();
      if (this.#line === undefined || text.length >= size || text.length + this.#line.length >= this.#room) return text;
      text += this.#line;
    }
  }

  #next(): string | undefined {
    if (this.#headed) return this.#walk.next();
    this.#headed = true;
    return this.#header();
  }
}
