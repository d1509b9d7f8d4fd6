import { MergedIterator, RecordRef } from '../ring-buffer/index.ts';
import { skippedOf, type TraceSource, traceHeader } from './trace-header.ts';
import { TraceLinePrinter } from './trace-line.ts';
import type { FollowingRecords, TracerLines } from './tracer.ts';

/** A copy of a record that stays when the iterator goes on. */
function copyOf(rec: RecordRef): RecordRef {
  const copy = new RecordRef();
  copy.bytes = rec.bytes.slice(rec.base, rec.base + rec.size);
  copy.view = new DataView(copy.bytes.buffer);
  copy.size = rec.size;
  copy.cpu = rec.cpu;
  copy.timestamp = rec.timestamp;
  copy.lostEvents = rec.lostEvents;
  return copy;
}

/** A walk over the records of a source's cpus in order of time, as lines; they stay in the buffer (`kernel/trace/trace.c:s_next()`, `s_show()`). */
export class TraceWalk {
  readonly #source: TraceSource;
  readonly #walk: MergedIterator;
  readonly #started = new Set<number>();
  readonly #lines: TracerLines | undefined;
  readonly #following: FollowingRecords;
  #printer: TraceLinePrinter | undefined;
  #overran = false;
  #index = 0;
  #cpu = 0;

  /** The buffer cannot change its size until {@link TraceWalk.close}. */
  constructor(source: TraceSource) {
    this.#source = source;
    const walk = new MergedIterator(source.buffer, source.cpus);
    this.#walk = walk;
    this.#skipOld();
    this.#lines = source.array.currentTracer?.lines?.(source.array);
    this.#following = { peek: () => walk.peekCpu(this.#cpu), take: () => walk.advanceCpu(this.#cpu) };
  }

  /** The line, or lines, of the next record; `undefined` when there is none, for now. */
  next(): string | undefined {
    const walk = this.#walk;
    const rec = walk.next();
    if (!rec) return undefined;
    this.#printer ??= this.#begin();
    const printer = this.#printer;
    let start = '';
    if (this.#overran && !this.#started.has(rec.cpu) && !skippedOf(this.#source, rec.cpu)) {
      this.#started.add(rec.cpu);
      if (this.#index > 1) start = `##### CPU ${rec.cpu} buffer started ####\n`;
    }
    const shown = printer.looksAhead ? copyOf(rec) : rec;
    const nextTime = printer.looksAhead ? (walk.peek()?.timestamp ?? shown.timestamp) : 0;
    this.#cpu = rec.cpu;
    return start + printer.line(shown, { index: this.#index++, nextTime, following: this.#following });
  }

  /** Goes back to the oldest records. */
  restart(): void {
    this.#walk.reset();
    this.#skipOld();
    this.#printer = undefined;
    this.#started.clear();
    this.#index = 0;
  }

  close(): void {
    this.#walk.close();
  }

  /**
   * Steps past records that are older than the time at which the buffer was emptied last: there are some once a snapshot has brought back one that
   * was not (`kernel/trace/trace.c:tracing_iter_reset()`).
   */
  #skipOld(): void {
    const { array, cpus, isSnapshot } = this.#source;
    if (isSnapshot) return;
    for (const cpu of cpus) {
      let skipped = 0;
      for (; (this.#walk.peekCpu(cpu)?.timestamp ?? array.timeStart) < array.timeStart; skipped++)
        this.#walk.advanceCpu(cpu);
      array.skipped[cpu] = skipped;
    }
  }

  #begin(): TraceLinePrinter {
    const { array, buffer, isSnapshot } = this.#source;
    this.#overran = array.options.annotate && buffer.overruns() > 0;
    return new TraceLinePrinter(array, { lines: this.#lines, latency: isSnapshot ? false : undefined });
  }
}

/** The lines of a `trace` file. */
export function* traceLines(source: TraceSource): Generator<string> {
  yield* linesOf(new TraceWalk(source));
}

function* linesOf(walk: TraceWalk): Generator<string> {
  try {
    for (let line = walk.next(); line !== undefined; line = walk.next()) yield line;
  } finally {
    walk.close();
  }
}

/** Lines that are joined at a time: long chains of pieces would be slow to put together at the end. */
const JOINED_LINES = 512;

/** Content of a `trace` file, or of a `snapshot` that holds something. */
export function traceText(source: TraceSource): string {
  const pauses = source.array.options['pause-on-trace'];
  if (pauses) source.buffer.disableRecord();
  const walk = new TraceWalk(source);
  const pieces = [traceHeader(source)];
  let lines: string[] = [];
  for (const line of linesOf(walk)) {
    if (lines.push(line) < JOINED_LINES) continue;
    pieces.push(lines.join(''));
    lines = [];
  }
  if (pauses) source.buffer.enableRecord();
  return pieces.join('') + lines.join('');
}
