import { COMMIT_OFFSET, pageStamp, putPageStamp } from './layout.ts';
import type { SharedState } from './shared-state.ts';
import { SubBuffers } from './sub-buffers.ts';
import { WaitQueue } from './wait-queue.ts';

/** Records that can be open at once on one cpu: five contexts at each level of nesting that 32 bits hold. */
const MAX_OPEN = 32;
const COMMIT_WORD = COMMIT_OFFSET / 4;

/** Indexes into {@link CpuBuffer.stamps}. */
export const Stamp = {
  /** Time of the last record that was placed (`write_stamp`). */
  write: 0,
  /** Time of the last record that was begun (`before_stamp`); differs from `write` when the next one must carry its absolute time. */
  before: 1,
  /** Time of the last event that a consuming reader passed (`read_stamp`). */
  read: 2,
  /** What the record being placed stores: a delta, or its absolute time. A number that stays out of objects is not allocated. */
  delta: 3,
} as const;

/** The ring buffer of one cpu: its storage, where writer and readers are, and its counters (`struct ring_buffer_per_cpu`). */
export class CpuBuffer {
  readonly cpu: number;
  /** The ring buffer it belongs to; changes when cpu buffers are swapped. */
  shared: SharedState;
  /** Its sub-buffers. */
  subs: SubBuffers;
  /** The sub-buffers' bytes; empty until the first record. The three show the same storage. */
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  words = new Uint32Array(this.bytes.buffer);
  /** Times of units of the clock: see {@link Stamp}. */
  readonly stamps = new Float64Array(4);

  /** Sub-buffers: the one outside the list, the oldest in the list, the one being written, the one of the oldest open record. */
  readerPage = 0;
  headPage = 0;
  tailPage = 0;
  commitPage = 0;
  /** Some sub-buffer of the list: where a reset starts (`pages`). */
  anchor = 0;
  /** How often sub-buffers were taken out of the list; an iterator that sees it change starts again. */
  pagesRemoved = 0;

  /** Records begun and not yet committed (`committing`), and for each where it starts, its page, and its time. */
  open = 0;
  readonly openAt = new Int32Array(MAX_OPEN);
  readonly openPage = new Int32Array(MAX_OPEN);
  readonly openStamp = new Float64Array(MAX_OPEN);
  /** Contexts that are recording, and the shift of the current level of nesting: see `recursion.ts`. */
  contexts = 0;
  nest = 0;

  recordDisabled = 0;
  /** Iterators that are open; the size must not change meanwhile. */
  resizeDisabled = 0;

  /** Records committed, ever. */
  entries = 0;
  /** Records lost because their sub-buffer was overwritten or removed. */
  overrun = 0;
  /** Records refused because open records held the whole buffer. */
  commitOverrun = 0;
  /** Records refused because the buffer was full. */
  droppedEvents = 0;
  /** Bytes of events written less those overwritten; padding is partly in it, as the kernel counts. */
  entriesBytes = 0;
  /** Records consumed. */
  readEvents = 0;
  /** Bytes consumed. */
  readBytes = 0;
  /** Records lost since the last consuming read. */
  lostEvents = 0;
  /** {@link CpuBuffer.overrun} when a consuming reader last looked. */
  lastOverrun = 0;

  /** Sub-buffers that the writer entered, lost, and the reader took: their sum is how full the buffer is. */
  pagesTouched = 0;
  pagesLost = 0;
  pagesRead = 0;
  lastPagesTouched = 0;
  /** Readers that wait for data, those that wait for more of it, and the least percentage that one of these asked for. */
  readonly waiters = new WaitQueue();
  readonly fullWaiters = new WaitQueue();
  shortestFull = 0;

  constructor(shared: SharedState, cpu: number, count: number) {
    this.shared = shared;
    this.cpu = cpu;
    this.subs = new SubBuffers(count, shared.subbufBytes);
    this.readerPage = count;
  }

  /** Gives it storage, once. Doing so only for the first record keeps cpus and instances that record nothing small. */
  allocate(): void {
    if (this.bytes.length === 0) this.setStorage(new ArrayBuffer(this.subs.storageBytes));
  }

  /** Replaces the storage; empty means that it is made at the next record. */
  setStorage(storage: ArrayBuffer): void {
    this.bytes = new Uint8Array(storage);
    this.view = new DataView(storage);
    this.words = new Uint32Array(storage);
  }

  /** Bytes of committed events in a sub-buffer. */
  commitOf(page: number): number {
    return this.words[(this.subs.start[page] >>> 2) + COMMIT_WORD] | 0;
  }

  setCommit(page: number, offset: number): void {
    this.words[(this.subs.start[page] >>> 2) + COMMIT_WORD] = offset;
  }

  /** Time of a sub-buffer's first event; an emptied one keeps what it had. */
  stampOf(page: number): number {
    return pageStamp(this.words, this.subs.start[page] >>> 2);
  }

  setStamp(page: number, time: number): void {
    putPageStamp(this.words, this.subs.start[page] >>> 2, time);
  }

  /** Records that a reader can get (`rb_num_of_entries()`). */
  get entriesLeft(): number {
    return this.entries - (this.overrun + this.readEvents);
  }

  /** The `bytes` of the stats file (`ring_buffer_bytes_cpu()`). */
  get bytesLeft(): number {
    return this.entriesBytes - this.readBytes;
  }

  /** The `oldest event ts` of the stats file (`ring_buffer_oldest_event_ts()`). */
  get oldestStamp(): number {
    return this.stampOf(this.tailPage === this.readerPage ? this.readerPage : this.headPage);
  }

  /** Sub-buffers with content that the reader has not taken (`ring_buffer_nr_dirty_pages()`). */
  get dirtyPages(): number {
    return Math.max(0, this.pagesTouched - this.pagesLost - this.pagesRead);
  }

  /** Empties it and zeroes its counters (`rb_reset_cpu()`). Does nothing while a record is open. */
  reset(): void {
    if (this.open !== 0) return;
    const { subs } = this;
    for (let page = 0; page <= subs.count; page++) {
      subs.clear(page);
      this.setCommit(page, 0);
    }
    this.headPage = this.tailPage = this.commitPage = this.anchor;
    this.entries = this.overrun = this.commitOverrun = this.droppedEvents = 0;
    this.entriesBytes = this.readEvents = this.readBytes = 0;
    this.lostEvents = this.lastOverrun = 0;
    this.pagesTouched = this.pagesLost = this.pagesRead = this.lastPagesTouched = 0;
    this.shortestFull = this.pagesRemoved = 0;
    this.stamps[Stamp.write] = this.stamps[Stamp.before] = 0;
  }
}
