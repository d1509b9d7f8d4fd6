import { Errno } from '../abi/errno.ts';
import type { TracerName } from '../abi/trace-options.ts';
import type { RecordRef } from '../ring-buffer/index.ts';
import { BLK, MMIOTRACE } from './device-tracers.ts';
import type { TraceArray } from './trace-array.ts';
import type { TraceSource } from './trace-header.ts';
import type { TraceSeq } from './trace-seq.ts';

/** The records behind the one that is printed, on its cpu. What was known of that one is gone once {@link FollowingRecords.peek} is called. */
export interface FollowingRecords {
  /** The next record. */
  peek(): RecordRef | undefined;
  /** It has been printed too: the walk steps past it. */
  take(): void;
}

/** Prints the records of one open file in a tracer's own way, and knows what it has printed there (`iter->private`). */
export interface TracerLines {
  /** Prints a record with its line's end; false leaves it to the event's own text. */
  print(rec: RecordRef, out: TraceSeq, following: FollowingRecords): boolean;
}

/** What `current_tracer` chooses (`struct tracer`). */
export interface Tracer {
  /** Starts it. Returns 0 or a negative errno. */
  init?(array: TraceArray): number;
  /** Stops it. */
  reset?(array: TraceArray): void;
  /** One of its options is about to change in a trace array. Returns 0 or a negative errno. */
  setOption?(array: TraceArray, option: string, on: boolean): number;
  /** `tracing_thresh` was written. Returns 0 or a negative errno. */
  updateThreshold?(array: TraceArray): number;
  /** For a file that is being opened; without it events print themselves. */
  lines?(array: TraceArray): TracerLines;
  /** What stands above the records, each line with `#` in front; without it the legend of plain columns. */
  header?(source: TraceSource): string;
  /** What the first read of `trace_pipe` gets, before any record. */
  readonly pipeStart?: string;
}

/** The test tracer's options: one that can be set, and one that cannot. */
const NOP: Tracer = { setOption: (_array, option) => (option === 'test_nop_refuse' ? -Errno.EINVAL : 0) };

/** Tracers that record nothing; those that do are added by who brings them. */
export const SILENT_TRACERS: readonly (readonly [TracerName, Tracer])[] = [
  ['nop', NOP],
  ['blk', BLK],
  ['mmiotrace', MMIOTRACE],
];
