import { MergedIterator, RecordRef } from '../ring-buffer/index.ts';
import { type TraceSource, traceHeader } from './trace-header.ts';
import { TraceLinePrinter } from './trace-line.ts';

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

/**
 * The lines of a `trace` file: the records of the source's cpus in order of time; they stay in the buffer
 * (`kernel/trace/trace.c:s_next()`, `s_show()`).
 */
export function* traceLines(source: TraceSource): Generator<string> {
  const { array, buffer, cpus } = source;
  const printer = new TraceLinePrinter(array);
  const walk = new MergedIterator(buffer, cpus);
  const overran = array.options.annotate && buffer.overruns() > 0;
  const started = new Set<number>();
  try {
    let index = 0;
    for (let rec = walk.next(); rec; rec = walk.next()) {
      let start = '';
      if (overran && !started.has(rec.cpu)) {
        started.add(rec.cpu);
        if (index > 1) start = `##### CPU ${rec.cpu} buffer started ####\n`;
      }
      const shown = printer.looksAhead ? copyOf(rec) : rec;
      const nextTime = printer.looksAhead ? (walk.peek()?.timestamp ?? shown.timestamp) : 0;
      yield start + printer.line(shown, { index, nextTime });
      index++;
    }
  } finally {
    walk.close();
  }
}

/** Lines that are joined at a time: long chains of pieces would be slow to put together at the end. */
const JOINED_LINES = 512;

/** Content of a `trace` file, or of a `snapshot` that holds something. */
export function traceText(source: TraceSource): string {
  const pauses = source.array.options['pause-on-trace'];
  const pieces = [traceHeader(source)];
  if (pauses) source.buffer.disableRecord();
  let lines: string[] = [];
  for (const line of traceLines(source)) {
    if (lines.push(line) < JOINED_LINES) continue;
    pieces.push(lines.join(''));
    lines = [];
  }
  if (pauses) source.buffer.enableRecord();
  return pieces.join('') + lines.join('');
}
