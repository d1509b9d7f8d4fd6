import { Errno } from '../abi/errno.ts';
import { CpuBuffer } from './cpu-buffer.ts';
import { PAGE_SIZE, TIME_EXTEND_SIZE } from './layout.ts';
import { replaceSubBuffers, resizeCpuBuffer, subBuffersFor } from './resize.ts';
import { BUFFER_OFF, SharedState } from './shared-state.ts';

/** Instead of a cpu's number: all of them (`RING_BUFFER_ALL_CPUS`). */
export const ALL_CPUS = -1;
/** Largest sub-buffer in bytes: its offsets are 20 bits. */
const MAX_SUBBUF_BYTES = 1 << 20;
/** Sub-buffers that one request may add when the caller does not say: 512 MiB of the smallest. */
const DEFAULT_AVAILABLE = 1 << 17;

/** How to make a `RingBuffer`. */
export interface RingBufferOptions {
  /** Number of cpus; each has a buffer of its own. */
  cpus: number;
  /** Bytes of events that each cpu shall hold at least. */
  size: number;
  /** Time of the records, in any unit that only counts up; at most 2⁵³. */
  clock: () => number;
  /** Full: the oldest sub-buffer gives way; otherwise new records are refused. True when left out. */
  overwrite?: boolean;
  /** Bytes of a sub-buffer, header included: 4096 times a power of two. 4096 when left out. */
  subbufSize?: number;
  /** Sub-buffers that a resize may add to a cpu before it is refused with ENOMEM. */
  availablePages?: number;
}

/** The numbers of a cpu's `stats` file, in its order; times are units of the clock (`kernel/trace/trace.c:tracing_stats_read()`). */
export interface RingBufferStats {
  entries: number;
  overrun: number;
  commitOverrun: number;
  bytes: number;
  oldestEventTs: number;
  nowTs: number;
  droppedEvents: number;
  readEvents: number;
}

/** The part of a `RingBuffer` that does not look at records: sizes, counters, switches. */
export abstract class RingBufferControl {
  protected readonly shared: SharedState;
  protected readonly cpuBuffers: CpuBuffer[];
  readonly #availablePages: number;

  protected constructor(options: RingBufferOptions) {
    const order = Math.log2((options.subbufSize ?? PAGE_SIZE) / PAGE_SIZE);
    this.shared = new SharedState(options.clock, options.overwrite ?? true, order);
    const count = subBuffersFor(options.size, this.shared.dataSize);
    this.cpuBuffers = Array.from({ length: options.cpus }, (_, cpu) => new CpuBuffer(this.shared, cpu, count));
    this.#availablePages = options.availablePages ?? DEFAULT_AVAILABLE;
  }

  /** Number of cpus. */
  get cpus(): number {
    return this.cpuBuffers.length;
  }

  // ---- counters ----

  /** Records that a cpu, or all, has for readers (`ring_buffer_entries()`). */
  entries(cpu = ALL_CPUS): number {
    return this.selected(cpu).reduce((sum, cb) => sum + cb.entriesLeft, 0);
  }

  /** Records that a cpu, or all, lost to newer ones (`ring_buffer_overruns()`). */
  overruns(cpu = ALL_CPUS): number {
    return this.selected(cpu).reduce((sum, cb) => sum + cb.overrun, 0);
  }

  /** What a cpu's `stats` file shows; reads the clock once. */
  stats(cpu: number): RingBufferStats {
    const cb = this.cpuBuffers[cpu];
    return {
      entries: cb.entriesLeft,
      overrun: cb.overrun,
      commitOverrun: cb.commitOverrun,
      bytes: cb.bytesLeft,
      oldestEventTs: cb.oldestStamp,
      nowTs: this.shared.clock(),
      droppedEvents: cb.droppedEvents,
      readEvents: cb.readEvents,
    };
  }

  /** Sub-buffers of a cpu with content that no consuming reader has taken (`ring_buffer_nr_dirty_pages()`). */
  dirtyPages(cpu: number): number {
    return this.cpuBuffers[cpu].dirtyPages;
  }

  // ---- size ----

  /** Bytes of events that a cpu holds: `buffer_size_kb` shows it divided by 1024 (`ring_buffer_size()`). */
  size(cpu: number): number {
    return this.cpuBuffers[cpu].subs.count * this.shared.dataSize;
  }

  /** Bytes of a sub-buffer, header included (`ring_buffer_subbuf_size_get()`). */
  get subbufSize(): number {
    return this.shared.subbufBytes;
  }

  /** A sub-buffer is `4096 << subbufOrder` bytes. */
  get subbufOrder(): number {
    return this.shared.subbufOrder;
  }

  /** Most bytes of data of one record (`ring_buffer_max_event_size()`). */
  get maxEventSize(): number {
    return this.shared.maxDataSize - (this.shared.timeStampAbs ? TIME_EXTEND_SIZE : 0);
  }

  /**
   * Sets how many bytes of events a cpu, or each, holds at least; two sub-buffers are the least. The newest records stay
   * (`ring_buffer_resize()`).
   * @returns 0, −EBUSY while an iterator is open, −ENOMEM
   */
  resize(bytes: number, cpu = ALL_CPUS): number {
    const count = subBuffersFor(bytes, this.shared.dataSize);
    const selected = this.selected(cpu);
    if (cpu !== ALL_CPUS && selected[0]?.subs.count === count) return 0;
    if (selected.some((cb) => cb.resizeDisabled > 0)) return -Errno.EBUSY;
    if (selected.some((cb) => count - cb.subs.count > this.#availablePages)) return -Errno.ENOMEM;
    for (const cb of selected) resizeCpuBuffer(cb, count);
    return 0;
  }

  /**
   * Changes the size of the sub-buffers; what was recorded is lost, and not counted as such (`ring_buffer_subbuf_order_set()`).
   * @returns 0, or −EINVAL
   */
  setSubbufOrder(order: number): number {
    const shared = this.shared;
    if (order < 0 || PAGE_SIZE * 2 ** order > MAX_SUBBUF_BYTES) return -Errno.EINVAL;
    if (order === shared.subbufOrder) return 0;
    const oldDataSize = shared.dataSize;
    shared.setSubbufOrder(order);
    for (const cb of this.cpuBuffers) replaceSubBuffers(cb, oldDataSize);
    return 0;
  }

  /** Empties a cpu, or all; counters start at 0 (`ring_buffer_reset()`). */
  reset(cpu = ALL_CPUS): void {
    for (const cb of this.selected(cpu)) cb.reset();
  }

  /**
   * Exchanges a cpu's buffer with that of another ring buffer (`ring_buffer_swap_cpu()`).
   * @returns 0; −EINVAL when they differ in size, −EAGAIN when one does not record, −EBUSY while a record is open
   */
  swapCpu(other: RingBufferControl, cpu: number): number {
    const mine = this.cpuBuffers[cpu];
    const theirs = other.cpuBuffers[cpu];
    if (!mine || !theirs || mine.subs.count !== theirs.subs.count || this.subbufOrder !== other.subbufOrder)
      return -Errno.EINVAL;
    if (!this.isRecordOn || !other.isRecordOn || mine.recordDisabled || theirs.recordDisabled) return -Errno.EAGAIN;
    if (mine.open > 0 || theirs.open > 0) return -Errno.EBUSY;
    this.cpuBuffers[cpu] = theirs;
    other.cpuBuffers[cpu] = mine;
    theirs.shared = this.shared;
    mine.shared = other.shared;
    return 0;
  }

  // ---- switches ----

  /** Time now, by the records' clock (`ring_buffer_time_stamp()`). */
  timeStamp(): number {
    return this.shared.clock();
  }

  /** Sets the records' clock (`ring_buffer_set_clock()`). */
  setClock(clock: () => number): void {
    this.shared.clock = clock;
  }

  /** Whether every record carries its absolute time (`ring_buffer_set_time_stamp_abs()`). */
  get timeStampAbs(): boolean {
    return this.shared.timeStampAbs;
  }

  set timeStampAbs(on: boolean) {
    this.shared.timeStampAbs = on;
  }

  /** Full: the oldest sub-buffer gives way (true), or new records are refused (`ring_buffer_change_overwrite()`). */
  get overwrite(): boolean {
    return this.shared.overwrite;
  }

  set overwrite(on: boolean) {
    this.shared.overwrite = on;
  }

  /** Whether records are taken now (`ring_buffer_record_is_on()`). */
  get isRecordOn(): boolean {
    return this.shared.recordDisabled === 0;
  }

  /** Whether the switch is on, whoever else disables recording for a while: what `tracing_on` shows (`ring_buffer_record_is_set_on()`). */
  get isRecordSetOn(): boolean {
    return (this.shared.recordDisabled & BUFFER_OFF) === 0;
  }

  /** The switch of `tracing_on` (`ring_buffer_record_on()`, `ring_buffer_record_off()`). */
  setRecordOn(on: boolean): void {
    const shared = this.shared;
    shared.recordDisabled = on ? shared.recordDisabled & ~BUFFER_OFF : shared.recordDisabled | BUFFER_OFF;
  }

  /** Stops recording, on one cpu or all, until {@link RingBufferControl.enableRecord} was called as often (`ring_buffer_record_disable()`). */
  disableRecord(cpu = ALL_CPUS): void {
    if (cpu === ALL_CPUS) this.shared.recordDisabled++;
    else this.cpuBuffers[cpu].recordDisabled++;
  }

  enableRecord(cpu = ALL_CPUS): void {
    if (cpu === ALL_CPUS) this.shared.recordDisabled--;
    else this.cpuBuffers[cpu].recordDisabled--;
  }

  /** The cpu buffers that a cpu's number or {@link ALL_CPUS} means. */
  protected selected(cpu: number): CpuBuffer[] {
    return cpu === ALL_CPUS ? this.cpuBuffers : this.cpuBuffers.slice(cpu, cpu + 1);
  }
}
