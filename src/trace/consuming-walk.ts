import { MergedReader, RecordRef, type RingBuffer } from '../ring-buffer/index.ts';
import type { TraceLinePrinter } from './trace-line.ts';
import type { FollowingRecords } from './tracer.ts';

/** Takes records out of a buffer, the oldest first, as lines. */
export class ConsumingWalk {
  readonly #reader: MergedReader;
  readonly #printer: TraceLinePrinter;
  readonly #following: FollowingRecords;
  readonly #next = new RecordRef();
  #cpu = 0;
  #taken = false;

  constructor(buffer: RingBuffer, cpus: readonly number[], printer: TraceLinePrinter) {
    const reader = new MergedReader(buffer, cpus);
    this.#reader = reader;
    this.#printer = printer;
    this.#following = {
      peek: () => {
        this.consume();
        return buffer.peek(this.#cpu, this.#next) ? this.#next : undefined;
      },
      take: () => buffer.consume(this.#cpu),
    };
  }

  /** The line, or lines, of the oldest record; `undefined` when there is none. */
  line(): string | undefined {
    const rec = this.#reader.peek();
    if (!rec) return undefined;
    this.#cpu = rec.cpu;
    this.#taken = false;
    return this.#printer.line(rec, { index: 0, nextTime: rec.timestamp, following: this.#following });
  }

  /** Whether the record printed last is gone already: a tracer had to look behind it. */
  get isTaken(): boolean {
    return this.#taken;
  }

  /** Takes the record printed last. */
  consume(): void {
    if (!this.#taken) this.#reader.consume();
    this.#taken = true;
  }
}
