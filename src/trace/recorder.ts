import type { Cpu } from '../machine/cpu.ts';
import type { RingBuffer } from '../ring-buffer/index.ts';
import { entryContext } from './entry-flags.ts';
import { TRACE_ENTRY_SIZE } from './event-field.ts';
import { PAGE_SIZE } from './limits.ts';
import type { RecordWriter } from './record.ts';
import type { TraceArray } from './trace-array.ts';

/** Contexts that may each have records open on a cpu: task, soft interrupt, hard interrupt, NMI. */
const LEVELS = 4;
/** Records that a context may have open: one, and those that triggers record meanwhile, at the levels of nesting that the ring buffer allows. */
const NESTED = 6;

/** A reused writer: in the ring buffer, or on a page of its own until filters and triggers have seen the record. */
class Slot implements RecordWriter {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  base = 0;
  size = 0;
  aside = false;
  /** Whether it goes into the buffer when it is committed. */
  stored = true;
  /** Where the record goes, whatever is exchanged for a snapshot meanwhile. */
  buffer: RingBuffer;
  #page: Uint8Array | undefined;
  #pageView: DataView | undefined;

  constructor(buffer: RingBuffer) {
    this.buffer = buffer;
  }

  moveAside(): void {
    this.#page ??= new Uint8Array(PAGE_SIZE);
    this.#pageView ??= new DataView(this.#page.buffer);
    this.bytes = this.#page;
    this.view = this.#pageView;
    this.base = 0;
    this.aside = true;
  }
}

/** Puts the records of one trace array into its ring buffer. Nothing is allocated for a record. */
export class Recorder {
  readonly #array: TraceArray;
  /** By cpu and number of records open there. */
  readonly #slots: Slot[];
  readonly #open: Uint8Array;

  constructor(array: TraceArray, cpus: number) {
    this.#array = array;
    this.#slots = Array.from({ length: cpus * LEVELS * NESTED }, () => new Slot(array.buffer));
    this.#open = new Uint8Array(cpus);
  }

  /**
   * Starts a record with its common header in the ring buffer (`__trace_buffer_lock_reserve()`).
   * @param type the event's id
   * @param size bytes, common header included
   * @param own 1 for hits of events: what reached the event disabled preemption once, which the record is not to show
   * @param buffer the trace array's unless said otherwise
   * @returns the writer, or `undefined` when nothing can be recorded now; it ends before the one that the cpu began earlier
   */
  begin(cpu: Cpu, type: number, size: number, own: 0 | 1, buffer = this.#array.buffer): RecordWriter | undefined {
    const at = buffer.reserve(cpu.id, size, cpu.interruptLevel());
    if (at < 0) return undefined;
    const slot = this.#take(cpu, buffer);
    slot.bytes = buffer.bytes(cpu.id);
    slot.view = buffer.view(cpu.id);
    slot.base = at;
    slot.aside = false;
    return this.#fillHeader(slot, cpu, type, size, own);
  }

  /** Whether an event's record can lie aside: a cpu has one page for that. */
  canLieAside(cpu: Cpu, size: number): boolean {
    return size <= PAGE_SIZE && this.#array.tracing.recordsAside[cpu.id] === 0;
  }

  /**
   * Starts an event's record on a page aside: it goes into the ring buffer when committed (`trace_event_buffer_lock_reserve()`).
   * @param evenIfOff whether triggers need the record while the buffer takes none
   */
  beginAside(cpu: Cpu, type: number, size: number, evenIfOff: boolean): RecordWriter | undefined {
    const { buffer } = this.#array;
    if (size > PAGE_SIZE || !(evenIfOff || buffer.isRecordOn)) return undefined;
    this.#array.tracing.recordsAside[cpu.id]!++;
    return this.#fillAside(cpu, type, size);
  }

  /** Starts an event's record that only triggers see: the buffer takes none now. */
  beginUnstored(cpu: Cpu, type: number, size: number): RecordWriter | undefined {
    if (size > PAGE_SIZE) return undefined;
    const slot = this.#fillAside(cpu, type, size);
    slot.stored = false;
    return slot;
  }

  #fillAside(cpu: Cpu, type: number, size: number): Slot {
    const slot = this.#take(cpu, this.#array.buffer);
    slot.moveAside();
    this.#fillHeader(slot, cpu, type, size, 1);
    return slot;
  }

  /** Ends the record: readers see it. */
  commit(cpu: Cpu, writer: RecordWriter): void {
    const { buffer, aside, stored, bytes, size } = writer as Slot;
    this.#open[cpu.id]!--;
    if (!stored) return;
    if (aside) {
      this.#array.tracing.recordsAside[cpu.id]!--;
      const at = buffer.reserve(cpu.id, size, cpu.interruptLevel());
      if (at < 0) return;
      const dest = buffer.bytes(cpu.id);
      for (let i = 0; i < size; i++) dest[at + i] = bytes[i]!;
    }
    buffer.commit(cpu.id);
    this.#array.tracing.cmdlines.noteRecord(cpu.id);
  }

  /** Ends the record as if it had not been. */
  discard(cpu: Cpu, writer: RecordWriter): void {
    const { aside, stored, buffer } = writer as Slot;
    this.#open[cpu.id]!--;
    if (!aside) buffer.discard(cpu.id);
    else if (stored) this.#array.tracing.recordsAside[cpu.id]!--;
  }

  /** The buffer that a record goes to. */
  bufferOf(writer: RecordWriter): RingBuffer {
    return (writer as Slot).buffer;
  }

  /** Time of a record that has not ended, in units of the trace clock; now, when it lies aside (`ring_buffer_event_time_stamp()`). */
  timeStamp(cpu: Cpu, writer: RecordWriter): number {
    const { buffer, aside } = writer as Slot;
    return aside ? buffer.timeStamp() : buffer.openTimeStamp(cpu.id);
  }

  #take(cpu: Cpu, buffer: RingBuffer): Slot {
    const slot = this.#slots[cpu.id * LEVELS * NESTED + this.#open[cpu.id]!++]!;
    slot.buffer = buffer;
    slot.stored = true;
    return slot;
  }

  #fillHeader(slot: Slot, cpu: Cpu, type: number, size: number, own: 0 | 1): RecordWriter {
    const { bytes, base } = slot;
    slot.size = Math.max(size, TRACE_ENTRY_SIZE);
    bytes[base] = type & 0xff;
    bytes[base + 1] = type >>> 8;
    slot.view.setUint16(base + 2, entryContext(cpu, own), true);
    slot.view.setInt32(base + 4, cpu.current.pid, true);
    return slot;
  }
}
