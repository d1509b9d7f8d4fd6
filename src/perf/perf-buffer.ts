import { PAGE_SIZE } from '../machine/index.ts';

/** Kinds of records, `include/uapi/linux/perf_event.h:enum perf_event_type`. */
export const PerfRecord = { LOST: 2, SAMPLE: 9 } as const;
/** `PERF_RECORD_MISC_KERNEL`: the hit was in the kernel. */
export const MISC_KERNEL = 1;
/** Bytes of `struct perf_event_header`: type (32 bits), misc (16), size (16). */
export const PERF_HEADER_SIZE = 8;
const LOST_SIZE = PERF_HEADER_SIZE + 16;

/**
 * The data pages that an event's records go to, as a program maps them. Records follow each other, each a multiple of 8 bytes, and wrap at the end. The reader
 * takes them from `tail`; what finds no room is counted and told by a LOST record before the next one that does.
 */
export class PerfBuffer {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  /** Bytes written and read since the beginning, `data_head` and `data_tail`. */
  #head = 0;
  #tail = 0;
  #lost = 0;
  /** Id of the event that maps it, for LOST records. */
  readonly #id: number;

  constructor(pages: number, id: number) {
    this.#data = new Uint8Array(pages * PAGE_SIZE);
    this.#view = new DataView(this.#data.buffer);
    this.#id = id;
  }

  /** Bytes of data pages. */
  get size(): number {
    return this.#data.length;
  }

  /** Makes room for a record of that many bytes and writes its header; the place of its body, or −1 when there is no room (`perf_output_begin()`). */
  begin(type: number, misc: number, size: number): number {
    const lost = this.#lost > 0;
    const free = this.size - 1 - (this.#head - this.#tail);
    if (size + (lost ? LOST_SIZE : 0) > free) {
      this.#lost++;
      return -1;
    }
    if (lost) {
      const at = this.#start(PerfRecord.LOST, 0, LOST_SIZE);
      this.put64(at, this.#id, 0);
      this.put64(at + 8, this.#lost, 0);
      this.#lost = 0;
    }
    return this.#start(type, misc, size);
  }

  /** Writes 8 bytes of a record, `at` as `begin()` gave it or further. */
  put64(at: number, lo: number, hi: number): void {
    this.put32(at, lo);
    this.put32(at + 4, hi);
  }

  put32(at: number, value: number): void {
    this.#view.setUint32(at % this.size, value, true);
  }

  putByte(at: number, value: number): void {
    this.#data[at % this.size] = value;
  }

  /** Takes the next record, its header included; undefined when there is none. */
  read(): Uint8Array | undefined {
    if (this.#tail === this.#head) return undefined;
    const size = this.#view.getUint16((this.#tail + 6) % this.size, true);
    const record = Uint8Array.from({ length: size }, (_, i) => this.#data[(this.#tail + i) % this.size]!);
    this.#tail += size;
    return record;
  }

  #start(type: number, misc: number, size: number): number {
    const at = this.#head;
    this.put32(at, type);
    this.put32(at + 4, misc | (size << 16));
    this.#head += size;
    return at + PERF_HEADER_SIZE;
  }
}
