import { Errno } from '../abi/errno.ts';
import type { RingBuffer } from '../ring-buffer/index.ts';
import type { TraceArray } from './trace-array.ts';

/** An open `trace_pipe_raw` or `snapshot_raw` of one cpu: pages in the kernel's layout (`kernel/trace/trace.c:tracing_buffers_read()`). */
export class TraceRawPipe {
  readonly #array: TraceArray;
  readonly #cpu: number;
  readonly #ofSnapshot: boolean;
  #page = new Uint8Array(0);
  #read = 0;
  #flushed = false;

  constructor(array: TraceArray, cpu: number, ofSnapshot: boolean) {
    this.#array = array;
    this.#cpu = cpu;
    this.#ofSnapshot = ofSnapshot;
  }

  get #buffer(): RingBuffer {
    return this.#ofSnapshot ? this.#array.maxBuffer : this.#array.buffer;
  }

  /**
   * Up to `size` bytes of the page at hand, latin1; takes the next page when that is used up.
   * @returns −EAGAIN when there is nothing to take, `''` once the file was {@link TraceRawPipe.flush}ed
   */
  read(size: number): string | number {
    const buffer = this.#buffer;
    if (size === 0) return '';
    if (this.#read >= this.#page.length) {
      const page = new Uint8Array(buffer.subbufSize);
      if (buffer.readPage(this.#cpu, page, Math.min(size, page.length)) < 0)
        return buffer.isEmpty(this.#cpu) && !this.#flushed ? -Errno.EAGAIN : '';
      this.#page = page;
      this.#read = 0;
    }
    const piece = this.#page.subarray(this.#read, Math.min(this.#page.length, this.#read + size));
    this.#read += piece.length;
    let text = '';
    for (const byte of piece) text += String.fromCharCode(byte);
    return text;
  }

  /** A descriptor of the file was closed: nobody waits any more, on its other descriptors either (`tracing_buffers_flush()`). */
  flush(): void {
    this.#flushed = true;
    this.#buffer.wakeWaiters(this.#cpu);
  }

  /** As `TracePipe.wait`. */
  wait(wake: () => void): boolean {
    return !this.#flushed && this.#buffer.wait(this.#cpu, 0, wake);
  }

  /** Whether poll(2) finds as much of the buffer as `buffer_percent` says. */
  get ready(): boolean {
    return this.#buffer.hasEnough(this.#cpu, this.#array.bufferPercent);
  }

  /** As {@link TraceRawPipe.wait}, until it is {@link TraceRawPipe.ready}. */
  waitReady(wake: () => void): boolean {
    return this.#buffer.wait(this.#cpu, this.#array.bufferPercent, wake);
  }

  /** Gives up waiting. */
  cancelWait(wake: () => void): void {
    this.#buffer.cancelWait(this.#cpu, wake);
  }
}
