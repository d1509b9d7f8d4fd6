/**
 * The sub-buffers of one cpu: a circular list, and one, the reader's, outside of it (`struct buffer_page`).
 *
 *             reader ──▶ next of the page it was
 *
 *     ┌──▶ 0 ──▶ 1 ──▶ 2 ──▶ … ──▶ count−1 ──┐
 *     └──────────────────────────────────────┘
 *
 * A sub-buffer is a number, 0 to `count`; the arrays say where its bytes lie and how far it is written and read. Offsets within a
 * sub-buffer count from its first event.
 */
export class SubBuffers {
  /** Sub-buffers in the list, without the reader's. */
  readonly count: number;
  /** Bytes of each, header included. */
  readonly bytesEach: number;
  readonly next: Int32Array;
  readonly prev: Int32Array;
  /** Where the sub-buffer's header starts in the cpu's storage, in bytes. */
  readonly start: Int32Array;
  /** Offset at which the next event goes. */
  readonly write: Int32Array;
  /** Offset of the next event that a consuming reader gets. */
  readonly read: Int32Array;
  /** Events in it that were not discarded. */
  readonly entries: Int32Array;
  /** Where its events end when padding fills the rest, 0 when there is none. */
  readonly realEnd: Int32Array;
  /** How often the writer entered it: what a walk saw of it before is gone when this changes. */
  readonly laps: Int32Array;
  /** Where the storage of the page that is exchanged for a whole page read starts, in bytes. */
  spareStart: number;

  constructor(count: number, bytesEach: number) {
    const all = count + 1;
    this.count = count;
    this.bytesEach = bytesEach;
    this.next = Int32Array.from({ length: all }, (_, page) => (page + 1) % count);
    this.prev = Int32Array.from({ length: all }, (_, page) => (page + count - 1) % count);
    this.start = Int32Array.from({ length: all }, (_, page) => page * bytesEach);
    this.write = new Int32Array(all);
    this.read = new Int32Array(all);
    this.entries = new Int32Array(all);
    this.realEnd = new Int32Array(all);
    this.laps = new Int32Array(all);
    this.spareStart = all * bytesEach;
  }

  /** Bytes that storage for all of them takes: the list, the reader's, and the spare one. */
  get storageBytes(): number {
    return (this.count + 2) * this.bytesEach;
  }

  /** Puts `page` into the list in the place of `old`; `old` keeps its links, so that a writer on it finds the way back. */
  replace(old: number, page: number): void {
    const { next, prev } = this;
    next[page] = next[old];
    prev[page] = prev[old];
    next[prev[old]] = page;
    prev[next[old]] = page;
  }

  /** Empties one: nothing written, nothing read. */
  clear(page: number): void {
    this.write[page] = 0;
    this.entries[page] = 0;
    this.read[page] = 0;
  }

  /** Copies a page's counts and offsets from another set of sub-buffers. */
  copyState(page: number, from: SubBuffers, old: number): void {
    this.write[page] = from.write[old];
    this.read[page] = from.read[old];
    this.entries[page] = from.entries[old];
    this.realEnd[page] = from.realEnd[old];
  }
}
