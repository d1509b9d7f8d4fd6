import { Errno } from '../abi/errno.ts';
import { ALL_CPUS } from '../ring-buffer/index.ts';
import { ConsumingWalk } from './consuming-walk.ts';
import type { TraceArray } from './trace-array.ts';
import { TraceLinePrinter } from './trace-line.ts';
import { TRACE_SEQ_BUFFER_SIZE } from './trace-seq.ts';
import type { TracerLines } from './tracer.ts';

/**
 * An open `trace_pipe`: reading takes the records out of the buffer (`kernel/trace/trace.c:tracing_read_pipe()`). One reader at a time
 * may have all cpus, or each of them.
 */
export class TracePipe {
  readonly #array: TraceArray;
  /** The cpu it reads, or all. */
  readonly #cpu: number;
  #open = true;
  /** Whether something was read: then the file ends when tracing is switched off. */
  #delivered = false;
  #rest: string;
  readonly #lines: TracerLines | undefined;

  private constructor(array: TraceArray, cpu: number) {
    this.#array = array;
    this.#cpu = cpu;
    this.#lines = array.currentTracer?.lines?.(array);
    this.#rest = array.currentTracer?.pipeStart ?? '';
  }

  /**
   * Opens the file of a cpu, or of all.
   * @returns −EBUSY while another reader has one of them
   */
  static open(array: TraceArray, cpu = ALL_CPUS): TracePipe | number {
    const taken = array.pipeCpus;
    if (cpu === ALL_CPUS ? taken.size > 0 : taken.has(cpu) || taken.has(ALL_CPUS)) return -Errno.EBUSY;
    taken.add(cpu);
    return new TracePipe(array, cpu);
  }

  /** Ends it. */
  close(): void {
    if (this.#open) this.#array.pipeCpus.delete(this.#cpu);
    this.#open = false;
  }

  /**
   * Lines of the oldest records, about `size` bytes of them.
   * @param nonblock says −EAGAIN also where the file would end
   * @returns text; `''` at the end, which comes once tracing is off and something was read; −EAGAIN when there is nothing yet
   */
  read(size = TRACE_SEQ_BUFFER_SIZE, nonblock = false): string | number {
    const { buffer } = this.#array;
    if (this.#rest === '') this.#rest = this.#take(size);
    if (this.#rest === '') return !nonblock && !buffer.isRecordSetOn && this.#delivered ? '' : -Errno.EAGAIN;
    const text = this.#rest.slice(0, size);
    this.#rest = this.#rest.slice(size);
    this.#delivered = true;
    return text;
  }

  /**
   * Waits for something to read.
   * @param wake called once, while a record is being stored; it may only note that reading can go on
   * @returns false when there is no need to wait
   */
  wait(wake: () => void): boolean {
    return this.#array.buffer.wait(this.#cpu, 0, wake);
  }

  /** Whether poll(2) finds something: of one cpu, as much of its buffer as `buffer_percent` says. */
  get ready(): boolean {
    return this.#array.buffer.hasEnough(this.#cpu, this.#array.bufferPercent);
  }

  /** As {@link TracePipe.wait}, until it is {@link TracePipe.ready}. */
  waitReady(wake: () => void): boolean {
    return this.#array.buffer.wait(this.#cpu, this.#array.bufferPercent, wake);
  }

  /** Gives up waiting. */
  cancelWait(wake: () => void): void {
    this.#array.buffer.cancelWait(this.#cpu, wake);
  }

  #take(size: number): string {
    const { buffer } = this.#array;
    const cpus = this.#cpu === ALL_CPUS ? Array.from({ length: buffer.cpus }, (_, cpu) => cpu) : [this.#cpu];
    const walk = new ConsumingWalk(buffer, cpus, new TraceLinePrinter(this.#array, { lines: this.#lines }));
    let text = '';
    for (let line = walk.line(); line !== undefined; line = walk.line()) {
      // What is taken already cannot wait for the next read.
      if (text !== '' && !walk.isTaken && text.length + line.length > TRACE_SEQ_BUFFER_SIZE) break;
      text += line;
      walk.consume();
      if (text.length >= size) break;
    }
    return text;
  }
}
