import { ConsumingWalk } from '../trace/consuming-walk.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import { TraceLinePrinter } from '../trace/trace-line.ts';

const RULE = '-'.repeat(33);

/**
 * Switches tracing off and prints the records to the kernel's log, with the columns of latency-format; they are gone then
 * (`kernel/trace/trace.c:ftrace_dump_one()`).
 * @param cpu the one whose records to print, all of them when left out
 */
export function dumpTrace(array: TraceArray, cpu?: number): void {
  const { buffer, tracing, currentTracer } = array;
  const { log } = tracing.machine;
  buffer.setRecordOn(false);
  log.print('Dumping ftrace buffer:');
  const cpus = cpu === undefined ? Array.from({ length: buffer.cpus }, (_, each) => each) : [cpu];
  const printer = new TraceLinePrinter(array, { lines: currentTracer?.lines?.(array), latency: true });
  const walk = new ConsumingWalk(buffer, cpus, printer);
  let line = walk.line();
  log.print(line === undefined ? '   (ftrace buffer empty)' : RULE);
  if (line === undefined) return;
  for (; line !== undefined; line = walk.line()) {
    for (const part of line.replace(/\n$/, '').split('\n')) log.print(part);
    walk.consume();
  }
  log.print(RULE);
}
