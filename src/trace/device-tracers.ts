import type { RecordRef } from '../ring-buffer/index.ts';
import { FtraceType } from './ftrace-event.ts';
import { recordType } from './record.ts';
import type { TraceArray } from './trace-array.ts';
import type { TraceSeq } from './trace-seq.ts';
import type { Tracer, TracerLines } from './tracer.ts';

/** The block layer's tracer, in which nothing is heard of here (`kernel/trace/blktrace.c`). */
export const BLK: Tracer = {
  setOption: (array, option, on) => {
    // The columns of old stand for those of all tracers.
    if (option === 'blk_classic') array.options['context-info'] = !on;
    return 0;
  },
  header: ({ array }) =>
    array.tracing.tracerOptions.get('blk_classic')
      ? '# DEV   CPU TIMESTAMP     PID ACT FLG\n#  |     |     |           |   |   |\n'
      : '',
};

/** Shows markers, and of other records nothing (`kernel/trace/trace_mmiotrace.c:mmio_print_line()`). */
class MmioLines implements TracerLines {
  readonly #array: TraceArray;

  constructor(array: TraceArray) {
    this.#array = array;
  }

  print(rec: RecordRef, out: TraceSeq): boolean {
    if (recordType(rec) !== FtraceType.PRINT) return true;
    const micros = Math.floor(rec.timestamp / 1000);
    out.puts(`MARK ${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')} `);
    this.#array.tracing.events.byId(FtraceType.PRINT)?.printMessage?.(rec, out);
    return true;
  }
}

/** The tracer of what drivers do with their devices' memory: there are no devices here (`kernel/trace/trace_mmiotrace.c`). */
export const MMIOTRACE: Tracer = {
  init: ({ tracing }) => {
    tracing.machine.log.print('mmiotrace: enabled.');
    return 0;
  },
  reset: (array) => {
    array.tracing.machine.log.print('mmiotrace: disabled.');
    array.reset();
  },
  lines: (array) => new MmioLines(array),
  pipeStart: 'VERSION 20070824\n',
};
