import { PAGE_HEADER_SIZE, PAGE_SIZE } from './layout.ts';
import { WaitQueue } from './wait-queue.ts';

/** The switch of `tracing_on` in {@link SharedState.recordDisabled}; below it is a count (`RB_BUFFER_OFF`). */
export const BUFFER_OFF = 1 << 20;

/** What all cpu buffers of one ring buffer have in common (`struct trace_buffer`). */
export class SharedState {
  /** The clock of the records. */
  clock: () => number;
  /** Full: the oldest sub-buffer gives way (true), or new records are refused (false). */
  overwrite: boolean;
  /** Every record carries its absolute time. */
  timeStampAbs = false;
  /** 0 when records are taken: a count of disablers plus {@link BUFFER_OFF}. */
  recordDisabled = 0;
  /** A sub-buffer is `4096 << subbufOrder` bytes. */
  subbufOrder: number;
  /** Bytes of events that a sub-buffer holds (`subbuf_size`). */
  dataSize: number;
  /** Most bytes of data of one record. Stays what it was made with when the order changes, as in the kernel. */
  readonly maxDataSize: number;
  /** Readers of all cpus that wait for data. */
  readonly waiters = new WaitQueue();

  constructor(clock: () => number, overwrite: boolean, subbufOrder: number) {
    this.clock = clock;
    this.overwrite = overwrite;
    this.subbufOrder = subbufOrder;
    this.dataSize = (PAGE_SIZE << subbufOrder) - PAGE_HEADER_SIZE;
    this.maxDataSize = this.dataSize - 8;
  }

  /** Changes the size of sub-buffers to be made. */
  setSubbufOrder(order: number): void {
    this.subbufOrder = order;
    this.dataSize = (PAGE_SIZE << order) - PAGE_HEADER_SIZE;
  }

  /** Bytes of a sub-buffer, header included. */
  get subbufBytes(): number {
    return this.dataSize + PAGE_HEADER_SIZE;
  }
}
