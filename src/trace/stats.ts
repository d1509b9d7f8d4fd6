import { secondsAndMicros } from './error-log.ts';
import type { TraceArray } from './trace-array.ts';

/** Content of a cpu's `stats` file (`kernel/trace/trace.c:tracing_stats_read()`). */
export function statsText(array: TraceArray, cpu: number): string {
  const stats = array.buffer.stats(cpu);
  const time = (value: number) => (array.clockInNs ? secondsAndMicros(value) : String(value));
  return [
    `entries: ${stats.entries}`,
    `overrun: ${stats.overrun}`,
    `commit overrun: ${stats.commitOverrun}`,
    `bytes: ${stats.bytes}`,
    `oldest event ts: ${time(stats.oldestEventTs)}`,
    `now ts: ${time(stats.nowTs)}`,
    `dropped events: ${stats.droppedEvents}`,
    `read events: ${stats.readEvents}`,
    '',
  ].join('\n');
}
