import type { Cpu } from '../machine/cpu.ts';
import { entryFlags, entryPreemptCount } from './entry-flags.ts';
import { TRACE_ENTRY_SIZE } from './event-field.ts';
import { PAGE_SIZE } from './limits.ts';
import type { RecordWriter } from './record.ts';
import type { TraceArray } from './trace-array.ts';

/** Contexts that may each have a record open on a cpu: task, soft interrupt, hard interrupt, NMI. */
const LEVELS = 4;

/** A reused writer: in the ring buffer, or on a page of its own until filters and triggers have seen the record. */
class Slot implements RecordWriter {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  base = 0;
  size = 0;
  aside = false;
  #page: Uint8Array | undefined;
  #pageView: DataView | undefined;

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
  readonly #slots: Slot[];

  constructor(array: TraceArray, cpus: number) {
    this.#array = array;
    this.#slots = Array.from({ length: cpus * LEVELS }, () => new Slot());
  }

  /**
   * Starts a record with its common header in the ring buffer (`__trace_buffer_lock_reserve()`).
   * @param type the event's id
   * @param size bytes, common header included
   * @param own 1 for hits of events: what reached the event disabled preemption once, which the record is not to show
   * @returns the writer of this cpu and context, or `undefined` when nothing can be recorded now
   */
  begin(cpu: Cpu, type: number, size: number, own: 0 | 1): RecordWriter | undefined {
    const level = cpu.interruptLevel();
    const { buffer } = this.#array;
    const at = buffer.reserve(cpu.id, size, level);
    if (at < 0) return undefined;
    const slot = this.#slots[cpu.id * LEVELS + level]!;
    slot.bytes = buffer.bytes(cpu.id);
    slot.view = buffer.view(cpu.id);
    slot.base = at;
    slot.aside = false;
    return this.#fillHeader(slot, cpu, type, size, own);
  }

  /**
   * Starts an event's record on a page aside: it goes into the ring buffer when committed (`trace_event_buffer_lock_reserve()`).
   * @param evenIfOff whether triggers need the record while the buffer takes none
   */
  beginAside(cpu: Cpu, type: number, size: number, evenIfOff: boolean): RecordWriter | undefined {
    if (size > PAGE_SIZE || !(evenIfOff || this.#array.buffer.isRecordOn)) return undefined;
    const slot = this.#slots[cpu.id * LEVELS + cpu.interruptLevel()]!;
    slot.moveAside();
    return this.#fillHeader(slot, cpu, type, size, 1);
  }

  /** Ends the record: readers see it. */
  commit(cpu: Cpu, writer: RecordWriter): void {
    const { buffer, tracing } = this.#array;
    if ((writer as Slot).aside) {
      const at = buffer.reserve(cpu.id, writer.size, cpu.interruptLevel());
      if (at < 0) return;
      const dest = buffer.bytes(cpu.id);
      for (let i = 0; i < writer.size; i++) dest[at + i] = writer.bytes[i]!;
    }
    buffer.commit(cpu.id);
    tracing.cmdlines.noteRecord(cpu.id);
  }

  /** Ends the record as if it had not been. */
  discard(cpu: Cpu, writer: RecordWriter): void {
    if (!(writer as Slot).aside) this.#array.buffer.discard(cpu.id);
  }

  #fillHeader(slot: Slot, cpu: Cpu, type: number, size: number, own: 0 | 1): RecordWriter {
    const { bytes, base } = slot;
    slot.size = Math.max(size, TRACE_ENTRY_SIZE);
    bytes[base] = type & 0xff;
    bytes[base + 1] = type >>> 8;
    bytes[base + 2] = entryFlags(cpu);
    bytes[base + 3] = entryPreemptCount(cpu, own);
    slot.view.setInt32(base + 4, cpu.current.pid, true);
    return slot;
  }
}
