import type { CpuBuffer } from './cpu-buffer.ts';
import { Stamp } from './cpu-buffer.ts';
import {
  dataLength,
  dataOffset,
  EVENT_MIN_SIZE,
  eventLength,
  extendedTime,
  PAGE_HEADER_SIZE,
  TYPE_DATA_MAX,
  TYPE_LEN_BITS,
  TYPE_LEN_MASK,
  TYPE_PADDING,
  TYPE_TIME_EXTEND,
  TYPE_TIME_STAMP,
} from './layout.ts';
import { RecordRef } from './record-ref.ts';

/** Steps over internal events and overwritten ones that one look may take; the kernel gives up after as many. */
const MAX_STEPS = 3;
const NONE = -1;

/**
 * Walks the records of one cpu from the oldest without consuming them, while the writer may go on (`struct ring_buffer_iter`).
 * It holds a copy of the current record; {@link RingBufferIterator.record} shows it until the next {@link RingBufferIterator.peek}.
 * While one is open, the cpu's size cannot change.
 */
export class RingBufferIterator {
  /** The record that {@link RingBufferIterator.peek} found. */
  readonly record = new RecordRef();
  readonly #cb: CpuBuffer;
  readonly #event: Uint32Array;
  #page = 0;
  /** Offset in the sub-buffer of the current event; of the next one, once the current one is copied. */
  #head = 0;
  #nextEvent = 0;
  #readStamp = 0;
  /** What the sub-buffer's time stamp and laps were when it came here. */
  #pageStamp = 0;
  #pageLaps = 0;
  #missed = false;
  #open = true;
  #cachedReader = 0;
  #cachedRead = 0;
  #cachedRemoved = 0;

  constructor(cb: CpuBuffer) {
    this.#cb = cb;
    this.#event = new Uint32Array(cb.shared.dataSize >>> 2);
    this.record.bytes = new Uint8Array(this.#event.buffer);
    this.record.view = new DataView(this.#event.buffer);
    this.record.cpu = cb.cpu;
    cb.resizeDisabled++;
    this.reset();
  }

  /** Ends it (`ring_buffer_read_finish()`). */
  close(): void {
    if (this.#open) this.#cb.resizeDisabled--;
    this.#open = false;
  }

  /** Goes back to the oldest record (`ring_buffer_iter_reset()`). */
  reset(): void {
    const cb = this.#cb;
    this.#page = this.#cachedReader = cb.readerPage;
    this.#head = this.#nextEvent = cb.subs.read[cb.readerPage];
    this.#cachedRead = cb.readEvents;
    this.#cachedRemoved = cb.pagesRemoved;
    this.#pageStamp = cb.stampOf(cb.readerPage);
    this.#pageLaps = cb.subs.laps[cb.readerPage];
    this.#readStamp = this.#head ? cb.stamps[Stamp.read] : this.#pageStamp;
  }

  /**
   * Finds the current record; looking again finds the same one, even if it has been overwritten (`ring_buffer_iter_peek()`).
   * @returns false at the end, for now
   */
  peek(): boolean {
    const cb = this.#cb;
    if (
      this.#cachedRead !== cb.readEvents ||
      this.#cachedReader !== cb.readerPage ||
      this.#cachedRemoved !== cb.pagesRemoved
    )
      this.reset();
    for (;;) {
      const type = this.#look();
      if (type === NONE) return false;
      if (type !== TYPE_PADDING) return true;
    }
  }

  /** Steps past the current record (`ring_buffer_iter_advance()`). */
  advance(): void {
    if (this.#head === this.#nextEvent && !this.#load()) return;
    this.#head = this.#nextEvent;
    if (this.#head >= this.#cb.commitOf(this.#page)) {
      if (this.#page !== this.#cb.commitPage) this.#nextPage();
      return;
    }
    const event = this.#event;
    const type = event[0] & TYPE_LEN_MASK;
    if (type <= TYPE_DATA_MAX) this.#readStamp += event[0] >>> TYPE_LEN_BITS;
    else if (type === TYPE_TIME_EXTEND) this.#readStamp += extendedTime(event, 0);
    else if (type === TYPE_TIME_STAMP) this.#readStamp = extendedTime(event, 0);
  }

  /**
   * Whether it is at the end (`ring_buffer_iter_empty()`). Like the kernel it takes a newest sub-buffer that was consumed to the same
   * length the last time around for empty.
   */
  isEmpty(): boolean {
    const cb = this.#cb;
    const commit = cb.commitOf(cb.commitPage);
    if (this.#page === cb.commitPage) return this.#head >= commit;
    return (
      this.#page === cb.readerPage &&
      cb.commitPage === cb.headPage &&
      cb.subs.read[cb.headPage] === commit &&
      this.#head === cb.commitOf(cb.readerPage)
    );
  }

  /** Whether the writer overran it since the last call, so that it skipped records (`ring_buffer_iter_dropped()`). */
  takeDropped(): boolean {
    const missed = this.#missed;
    this.#missed = false;
    return missed;
  }

  /** One look for a record or padding; padding is passed (`rb_iter_peek()`). Returns its `type_len` or −1. */
  #look(): number {
    const cb = this.#cb;
    let stamp = Number.NaN;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      if (this.isEmpty() || cb.entriesLeft === 0) return NONE;
      if (this.#head >= cb.commitOf(this.#page)) {
        this.#nextPage();
        continue;
      }
      if (!this.#load()) continue;
      const event = this.#event;
      const type = event[0] & TYPE_LEN_MASK;
      if (type <= TYPE_DATA_MAX) {
        const { record } = this;
        record.base = dataOffset(event[0]);
        record.size = dataLength(event, 0);
        record.timestamp = Number.isNaN(stamp) ? this.#readStamp + (event[0] >>> TYPE_LEN_BITS) : stamp;
        return type;
      }
      if (type === TYPE_TIME_STAMP) stamp = extendedTime(event, 0);
      this.advance();
      if (type === TYPE_PADDING) return type;
    }
    return NONE;
  }

  #nextPage(): void {
    const cb = this.#cb;
    this.#page = this.#page === cb.readerPage ? cb.headPage : cb.subs.next[this.#page];
    this.#enterPage();
  }

  #enterPage(): void {
    this.#pageStamp = this.#readStamp = this.#cb.stampOf(this.#page);
    this.#pageLaps = this.#cb.subs.laps[this.#page];
    this.#head = this.#nextEvent = 0;
  }

  /**
   * Copies the current event unless that is done (`rb_iter_head_event()`).
   * @returns false when the writer has been here: it starts again at the sub-buffer's first event
   */
  #load(): boolean {
    if (this.#head !== this.#nextEvent) return true;
    const cb = this.#cb;
    const commit = cb.commitOf(this.#page);
    const start = (cb.subs.start[this.#page] + PAGE_HEADER_SIZE + this.#head) >>> 2;
    const length = this.#head + EVENT_MIN_SIZE <= commit ? eventLength(cb.words, start) : Number.POSITIVE_INFINITY;
    const overrun = this.#pageStamp !== cb.stampOf(this.#page) || this.#pageLaps !== cb.subs.laps[this.#page];
    if (overrun || this.#head + length > commit || length > this.#event.byteLength) {
      this.#missed = true;
      this.#enterPage();
      return false;
    }
    copyWords(cb.words, start, length >>> 2, this.#event);
    this.#nextEvent = this.#head + length;
    return true;
  }
}

/** Most words for which a loop is quicker than a call of `set()`. */
const FEW_WORDS = 64;

function copyWords(from: Uint32Array, at: number, count: number, to: Uint32Array): void {
  if (count > FEW_WORDS) to.set(from.subarray(at, at + count));
  else for (let i = 0; i < count; i++) to[i] = from[at + i];
}
