import { MergedIterator, type RecordRef, type RingBuffer } from '../ring-buffer/index.ts';
import type { TraceArray } from '../trace/index.ts';

/** Reads what is recorded as it comes, and leaves it in the buffer, where nobody consumes it. */
export class RecordFollower {
  readonly #array: TraceArray;
  #buffer: RingBuffer;
  /** When the buffer was emptied. */
  #timeStart: number;
  /** By cpu: records written, those overwritten included, that have been seen. */
  readonly #seen: number[];

  constructor(array: TraceArray) {
    this.#array = array;
    this.#buffer = array.buffer;
    this.#timeStart = array.timeStart;
    this.#seen = Array.from({ length: array.buffer.cpus }, () => 0);
  }

  /**
   * Tells of the records that came since the last time, in order of time; a record is valid until the next one.
   * @returns records that were overwritten before they could be seen
   */
  follow(found: (rec: RecordRef) => void): number {
    const { buffer, timeStart } = this.#array;
    // An emptied buffer, as another one, counts from the start again.
    if (buffer !== this.#buffer || timeStart !== this.#timeStart) this.#seen.fill(0);
    this.#buffer = buffer;
    this.#timeStart = timeStart;
    let lost = 0;
    let fresh = 0;
    const skip = this.#seen.map((seen, cpu) => {
      const { entries, overrun } = buffer.stats(cpu);
      const written = entries + overrun;
      const unseen = written - seen;
      const there = Math.min(unseen, entries);
      this.#seen[cpu] = written;
      lost += unseen - there;
      fresh += there;
      return entries - there;
    });
    if (fresh === 0) return lost;
    const walk = new MergedIterator(buffer, [...skip.keys()]);
    for (let rec = walk.next(); rec; rec = walk.next()) {
      if (skip[rec.cpu]! > 0) skip[rec.cpu]!--;
      else found(rec);
    }
    walk.close();
    return lost;
  }
}
