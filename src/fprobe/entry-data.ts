/**
 * The data that an entry handler hands to its exit handler: some words of 8 bytes on the task's shadow stack. One object for each nesting level of a cpu,
 * used again and again: valid only while the handler runs.
 */
export class EntryData {
  /** The shadow stack as 32-bit halves: word n is 2n (low) and 2n+1 (high). */
  words: Uint32Array = new Uint32Array(0);
  /** Index of the first word. */
  first = 0;
  /** Number of words. */
  size = 0;

  /** Core only: makes it show other words. */
  point(words: Uint32Array, first: number, size: number): this {
    this.words = words;
    this.first = first;
    this.size = size;
    return this;
  }

  /** Low 32 bits of word n. */
  lo(n: number): number {
    return this.words[2 * (this.first + n)];
  }

  /** High 32 bits of word n. */
  hi(n: number): number {
    return this.words[2 * (this.first + n) + 1];
  }

  /** Writes word n; a word beyond the size is left alone. */
  set(n: number, lo: number, hi: number): void {
    if (n < 0 || n >= this.size) return;
    this.words[2 * (this.first + n)] = lo;
    this.words[2 * (this.first + n) + 1] = hi;
  }

  /** Word n, unsigned 64-bit; for cold code. */
  get(n: number): bigint {
    return (BigInt(this.hi(n)) << 32n) | BigInt(this.lo(n));
  }
}
