import type { RingBufferIterator } from './iterator.ts';
import { RecordRef } from './record-ref.ts';
import type { RingBuffer } from './ring-buffer.ts';

/** How many records were lost is not known. */
const LOST_SOME = -1;

/**
 * Walks the records of several cpus in order of time without consuming them; of two with one time, the lower cpu's comes first
 * (`kernel/trace/trace.c:__find_next_entry()` over ring buffer iterators). Nothing is allocated while it walks.
 */
export class MergedIterator {
  readonly #iterators: readonly RingBufferIterator[];
  #oldest: RingBufferIterator | undefined = undefined;

  /** @param cpus whose records to walk; the iterators are open until {@link MergedIterator.close} */
  constructor(buffer: RingBuffer, cpus: readonly number[]) {
    this.#iterators = cpus.map((cpu) => buffer.iterate(cpu));
  }

  /**
   * Finds the oldest record that is left. Its `lostEvents` is −1 when the writer overran this cpu's walk before it, else 0.
   * @returns `undefined` at the end, for now; else valid until the next call
   */
  peek(): RecordRef | undefined {
    let oldest: RingBufferIterator | undefined;
    for (let i = 0; i < this.#iterators.length; i++) {
      const iterator = this.#iterators[i];
      if (!iterator.peek()) continue;
      // Asking makes it forget, even when another cpu's record is the oldest: so does the kernel.
      iterator.record.lostEvents = iterator.takeDropped() ? LOST_SOME : 0;
      if (oldest === undefined || iterator.record.timestamp < oldest.record.timestamp) oldest = iterator;
    }
    this.#oldest = oldest;
    return oldest?.record;
  }

  /** Steps past the record that {@link MergedIterator.peek} found last; what it found stays valid until the next peek. */
  advance(): void {
    this.#oldest?.advance();
    this.#oldest = undefined;
  }

  /** Finds the oldest record that is left and steps past it (`trace_find_next_entry_inc()`). */
  next(): RecordRef | undefined {
    const record = this.peek();
    this.advance();
    return record;
  }

  /** The next record of the cpu whose record {@link MergedIterator.next} found last; that one is gone. */
  peekCpu(cpu: number): RecordRef | undefined {
    const iterator = this.#iterators.find(({ record }) => record.cpu === cpu);
    return iterator?.peek() ? iterator.record : undefined;
  }

  /** Steps past what {@link MergedIterator.peekCpu} found. */
  advanceCpu(cpu: number): void {
    this.#iterators.find(({ record }) => record.cpu === cpu)?.advance();
  }

  /** Whether all of them are at the end (`kernel/trace/trace.c:trace_empty()`). */
  isEmpty(): boolean {
    return this.#iterators.every((iterator) => iterator.isEmpty());
  }

  /** Goes back to the oldest records. */
  reset(): void {
    for (const iterator of this.#iterators) iterator.reset();
  }

  /** Ends the walk; sizes may change again. */
  close(): void {
    for (const iterator of this.#iterators) iterator.close();
  }
}

/** Consumes the records of several cpus in order of time, as `trace_pipe` does (`__find_next_entry()` over `ring_buffer_peek()`). */
export class MergedReader {
  readonly #buffer: RingBuffer;
  readonly #records: readonly RecordRef[];
  #oldest: RecordRef | undefined = undefined;

  constructor(buffer: RingBuffer, cpus: readonly number[]) {
    this.#buffer = buffer;
    this.#records = cpus.map((cpu) => {
      const record = new RecordRef();
      record.cpu = cpu;
      return record;
    });
  }

  /**
   * Finds the oldest record that is left. Its `lostEvents` says how many its cpu lost before it.
   * @returns `undefined` when all are empty; else valid until the next call
   */
  peek(): RecordRef | undefined {
    let oldest: RecordRef | undefined;
    for (let i = 0; i < this.#records.length; i++) {
      const record = this.#records[i];
      if (!this.#buffer.peek(record.cpu, record)) continue;
      if (oldest === undefined || record.timestamp < oldest.timestamp) oldest = record;
    }
    this.#oldest = oldest;
    return oldest;
  }

  /** Consumes the record that {@link MergedReader.peek} found last; what it found stays valid until the next peek. */
  consume(): void {
    if (this.#oldest) this.#buffer.consume(this.#oldest.cpu);
    this.#oldest = undefined;
  }
}
