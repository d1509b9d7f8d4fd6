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
   * @returns −EAGAIN when there is nothing to take
   */
  read(size: number): string | number {
    const buffer = this.#buffer;
    if (size === 0) return '';
    if (this.#read >= this.#page.length) {
      const page = new Uint8Array(buffer.subbufSize);
      if (buffer.readPage(this.#cpu, page, Math.min(size, page.length)) < 0)
        return buffer.isEmpty(this.#cpu) ? -Errno.EAGAIN : '';
      this.#page = page;
      this.#read = 0;
    }
    const piece = this.#page.subarray(this.#read, Math.min(this.#page.length, this.#read + size));
    this.#read += piece.length;
    let text = '';
    for (const byte of piece) text += String.fromCharCode(byte);
    return text;
  }

  /** As `TracePipe.wait`; `buffer_percent` says how full the buffer must be. */
  wait(wake: () => void): boolean {
    return this.#buffer.wait(this.#cpu, this.#array.bufferPercent, wake);
  }

  cancelWait(wake: () => void): void {
    this.#buffer.cancelWait(this.#cpu, wake);
  }
}
