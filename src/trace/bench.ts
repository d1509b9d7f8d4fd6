import { applyEventFilter } from './filter.ts';
import { makeTracing, NumberEvent } from './test-tracing.ts';
import { traceText } from './trace-file.ts';

/** One figure: nanoseconds of one record or line. */
export interface TraceBenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ns';
}

/** Records and lines of one measurement. */
const RECORDS = 200_000;
/** Measurements, of which the best counts. */
const ROUNDS = 5;
/** Bytes of the buffer: all records fit. */
const BUFFER_BYTES = 16 << 20;
const FILTERS = ['value >= 0', 'value < 0', 'value > 0 && common_pid == 7 || comm ~ "x*"'] as const;

/**
 * Measures writing records without and with filters, and printing them as the text of `trace`.
 * @param now nanoseconds of any clock
 */
export function benchTrace(now: () => number): TraceBenchRow[] {
  const tracing = makeTracing();
  const { top } = tracing;
  const event = new NumberEvent('bench', 'number');
  tracing.events.add(event);
  const file = top.eventFileOf(event);
  file.setEnabled(true);
  top.resize(BUFFER_BYTES);
  const hitMany = () => {
    for (let i = 0; i < RECORDS; i++) event.hit(tracing, i);
  };
  const measure = (name: string, run: () => unknown): TraceBenchRow => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = now();
      run();
      best = Math.min(best, (now() - start) / RECORDS);
    }
    return { name, value: best, unit: 'ns' };
  };
  const rows = [measure('record', hitMany)];
  for (const filter of FILTERS) {
    applyEventFilter(file, filter);
    rows.push(measure(`record, filter ${filter}`, hitMany));
  }
  applyEventFilter(file, '0');
  top.reset();
  hitMany();
  rows.push(measure('line of trace', () => traceText({ array: top, buffer: top.buffer, cpus: [0] })));
  return rows;
}
