import { Errno } from '../abi/errno.ts';
import { RingBufferIterator } from './iterator.ts';
import { readPageOf } from './read-page.ts';
import { consumeRecord, peekRecord } from './reader.ts';
import type { RecordRef } from './record-ref.ts';
import { CONTEXT_BITS, NESTED_BITS } from './recursion.ts';
import { ALL_CPUS, RingBufferControl, type RingBufferOptions } from './ring-buffer-control.ts';
import { wakeFull, watermarkHit } from './wakeup.ts';
import { commitRecord, discardRecord, reserveRecord } from './writer.ts';

/**
 * Per-cpu buffers of trace records in the kernel's layout (`kernel/trace/ring_buffer.c`, `struct trace_buffer`).
 *
 * A record is begun with {@link RingBuffer.reserve}, filled in place and ended with {@link RingBuffer.commit} or
 * {@link RingBuffer.discard}; whoever interrupts in between ends his first. Cpu numbers are 0 to `cpus` − 1 and are not checked.
 */
export class RingBuffer extends RingBufferControl {
  /** Makes a ring buffer (`__ring_buffer_alloc()`). A cpu's storage is made with its first record. */
  static create(options: RingBufferOptions): RingBuffer {
    return new RingBuffer(options);
  }

  // ---- writing ----

  /**
   * Begins a record (`ring_buffer_lock_reserve()`).
   * @param length bytes of data; the space is not cleared
   * @param context what the cpu is in: 0 task, 1 soft interrupt, 2 hard interrupt, 3 NMI, as `interruptContextLevel()` counts
   * @returns byte offset of the data in {@link RingBuffer.bytes}, a multiple of 4, or −1 when nothing is to be recorded
   */
  reserve(cpu: number, length: number, context = 0): number {
    return reserveRecord(this.cpuBuffers[cpu], length, context);
  }

  /** Ends the record that the cpu began last; readers see it once the outermost one has ended (`ring_buffer_unlock_commit()`). */
  commit(cpu: number): void {
    commitRecord(this.cpuBuffers[cpu]);
  }

  /** Ends the record that the cpu began last without recording it (`ring_buffer_discard_commit()`). */
  discard(cpu: number): void {
    discardRecord(this.cpuBuffers[cpu]);
  }

  /**
   * Records bytes in one go (`ring_buffer_write()`).
   * @returns 0, or −EBUSY when they were not recorded
   */
  write(cpu: number, data: Uint8Array, context = 0): number {
    const at = this.reserve(cpu, data.length, context);
    if (at < 0) return -Errno.EBUSY;
    this.bytes(cpu).set(data, at);
    this.commit(cpu);
    return 0;
  }

  /** A cpu's storage. Take it after each {@link RingBuffer.reserve}: the first record, a resize and a swap change it. */
  bytes(cpu: number): Uint8Array {
    return this.cpuBuffers[cpu].bytes;
  }

  /** The same storage as {@link RingBuffer.bytes}. */
  view(cpu: number): DataView {
    return this.cpuBuffers[cpu].view;
  }

  /** Time of the record that the cpu began last and has not ended, 0 when there is none (`ring_buffer_event_time_stamp()`). */
  openTimeStamp(cpu: number): number {
    const cb = this.cpuBuffers[cpu];
    return cb.open === 0 ? 0 : cb.openStamp[cb.open - 1];
  }

  /**
   * From here to {@link RingBuffer.nestEnd} a context that is recording may record again (`ring_buffer_nest_start()`).
   * @returns false where it is nested too deep: nothing changes then
   */
  nestStart(cpu: number): boolean {
    const cb = this.cpuBuffers[cpu];
    if (cb.nest + 2 * NESTED_BITS > CONTEXT_BITS) return false;
    cb.nest += NESTED_BITS;
    return true;
  }

  nestEnd(cpu: number): void {
    this.cpuBuffers[cpu].nest -= NESTED_BITS;
  }

  // ---- reading ----

  /** Finds a cpu's oldest record without consuming it; false when there is none (`ring_buffer_peek()`). */
  peek(cpu: number, into: RecordRef): boolean {
    return peekRecord(this.cpuBuffers[cpu], into);
  }

  /** Consumes a cpu's oldest record; false when there is none (`ring_buffer_consume()`). Lost records are told once. */
  consume(cpu: number, into?: RecordRef): boolean {
    return consumeRecord(this.cpuBuffers[cpu], into);
  }

  /** Starts a walk over a cpu's records that leaves them there; the caller closes it (`ring_buffer_read_start()`). */
  iterate(cpu: number): RingBufferIterator {
    return new RingBufferIterator(this.cpuBuffers[cpu]);
  }

  /**
   * Consumes a sub-buffer, or a part of it, as a page in the kernel's layout (`ring_buffer_read_page()`).
   * @param dest {@link RingBufferControl.subbufSize} bytes at least; that many are written
   * @param length bytes that the reader asked for, header included: no more events are taken than fit
   * @param full only whole sub-buffers that the writer has left, as splice wants them
   * @returns 0, or −1 when there is nothing to take
   */
  readPage(cpu: number, dest: Uint8Array, length = dest.length, full = false): number {
    return readPageOf(this.cpuBuffers[cpu], dest, length, full);
  }

  /** Whether a cpu, or all of them, has nothing to read (`ring_buffer_empty_cpu()`). */
  isEmpty(cpu = ALL_CPUS): boolean {
    return this.selected(cpu).every((cb) => cb.entriesLeft === 0);
  }

  /**
   * Parks a reader until a cpu has data, or is so many percent full; for all cpus any data will do (`ring_buffer_wait()`).
   * @param wake called once, inside the commit that brings the data: it may only note that the reader can look again. A reader that
   *   wants a percentage may be woken too early: it waits again
   * @returns false when there is no need to wait; `wake` is then not called
   */
  wait(cpu: number, percent: number, wake: () => void): boolean {
    if (cpu === ALL_CPUS) {
      if (!this.isEmpty()) return false;
      this.shared.waiters.add(wake);
      return true;
    }
    const cb = this.cpuBuffers[cpu];
    if (watermarkHit(cb, percent)) return false;
    (percent === 0 ? cb.waiters : cb.fullWaiters).add(wake);
    return true;
  }

  /** Whether a cpu has data, or is so many percent full; for all cpus any data will do (`ring_buffer_poll_wait()`). */
  hasEnough(cpu: number, percent: number): boolean {
    return cpu === ALL_CPUS ? !this.isEmpty() : watermarkHit(this.cpuBuffers[cpu], percent);
  }

  /** Forgets a parked reader: its file was closed, or a signal came. */
  cancelWait(cpu: number, wake: () => void): void {
    if (cpu === ALL_CPUS) this.shared.waiters.remove(wake);
    for (const cb of this.selected(cpu)) {
      cb.waiters.remove(wake);
      cb.fullWaiters.remove(wake);
    }
  }

  /** Wakes the parked readers of a cpu, or all, whatever there is to read (`ring_buffer_wake_waiters()`). */
  wakeWaiters(cpu = ALL_CPUS): void {
    if (cpu === ALL_CPUS) this.shared.waiters.wake();
    for (const cb of this.selected(cpu)) {
      cb.waiters.wake();
      wakeFull(cb);
    }
  }
}
