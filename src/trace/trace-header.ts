import type { RingBuffer } from '../ring-buffer/index.ts';
import type { TraceArray } from './trace-array.ts';

/** Which buffer of a trace array a file shows, and which cpus. */
export interface TraceSource {
  readonly array: TraceArray;
  readonly buffer: RingBuffer;
  /** Numbers of the cpus, ascending. */
  readonly cpus: readonly number[];
  /** Whether it is the snapshot's buffer. Its records never have the columns of latency-format. */
  readonly isSnapshot?: boolean;
}

/** How many records of a cpu are not shown, being older than the time at which the buffer was emptied. */
export const skippedOf = ({ array, isSnapshot }: TraceSource, cpu: number): number =>
  isSnapshot ? 0 : array.skipped[cpu]!;

/** Whether there is nothing to show (`kernel/trace/trace.c:trace_empty()`). */
export function hasNoRecords(source: TraceSource): boolean {
  const { buffer, cpus } = source;
  return cpus.every((cpu) => buffer.isEmpty(cpu) || buffer.entries(cpu) === skippedOf(source, cpu));
}

/** `entries-in-buffer/entries-written`, over all cpus whichever are shown; of a cpu with old records, none count as lost (`get_total_entries()`). */
function entryCounts(source: TraceSource): string {
  const { buffer } = source;
  let [entries, total] = [0, 0];
  for (let cpu = 0; cpu < buffer.cpus; cpu++) {
    const skipped = skippedOf(source, cpu);
    const count = buffer.entries(cpu) - skipped;
    entries += count;
    total += count + (skipped === 0 ? buffer.overruns(cpu) : 0);
  }
  return `${entries}/${total}`;
}

/** `print_event_info()` */
const eventInfo = (source: TraceSource) =>
  `# entries-in-buffer/entries-written: ${entryCounts(source)}   #P:${source.buffer.cpus}\n#\n`;

function plainHelp(tgid: boolean): string {
  return (
    `#           TASK-PID    ${tgid ? '   TGID   ' : ''} CPU#     TIMESTAMP  FUNCTION\n` +
    `#              | |      ${tgid ? '     |    ' : ''}   |         |         |\n`
  );
}

function irqHelp(tgid: boolean): string {
  const indent = `#                            ${' '.repeat(tgid ? 12 : 2)}`;
  const width = tgid ? 12 : 2;
  return [
    `${indent}  _-----=> irqs-off/BH-disabled`,
    `${indent} / _----=> need-resched`,
    `${indent}| / _---=> hardirq/softirq`,
    `${indent}|| / _--=> preempt-depth`,
    `${indent}||| / _-=> migrate-disable`,
    `${indent}|||| /     delay`,
    `#           TASK-PID  ${'     TGID   '.slice(0, width)} CPU#  |||||  TIMESTAMP  FUNCTION`,
    `#              | |    ${'       |    '.slice(0, width)}   |   |||||     |         |`,
    '',
  ].join('\n');
}

const LATENCY_HELP = [
  '#                    _------=> CPU#            ',
  '#                   / _-----=> irqs-off/BH-disabled',
  '#                  | / _----=> need-resched    ',
  '#                  || / _---=> hardirq/softirq ',
  '#                  ||| / _--=> preempt-depth   ',
  '#                  |||| / _-=> migrate-disable ',
  '#                  ||||| /     delay           ',
  '#  cmd     pid     |||||| time  |   caller     ',
  '#     \\   /        ||||||  \\    |    /       ',
  '',
].join('\n');

/** Nobody has measured what is in the buffer itself. */
const NOBODY = { comm: '', pid: 0, cpu: 0, latency: 0n };

/** What is said above all columns under latency-format (`kernel/trace/trace.c:print_trace_header()`). */
export function latencySummary(source: TraceSource): string {
  const { array, buffer, isSnapshot } = source;
  const { comm, pid, cpu, latency } = isSnapshot ? array.snapshotTaker : NOBODY;
  const rule = '#    -----------------\n';
  return (
    `# ${array.tracer} latency trace v1.1.5 on ${array.tracing.release}\n` +
    `# ${'-'.repeat(68)}\n` +
    `# latency: ${(latency + 500n) / 1000n} us, #${entryCounts(source)}, CPU#${cpu} | (M:PREEMPT(lazy) VP:0, KP:0, SP:0 HP:0 #P:${buffer.cpus})\n` +
    `${rule}#    | task: ${comm}-${pid} (uid:0 nice:0 policy:0 rt_prio:0)\n${rule}#\n`
  );
}

/** The columns' legend, as the options have it (`kernel/trace/trace.c:trace_default_header()`). */
function columnsHelp(source: TraceSource): string {
  const { array, isSnapshot } = source;
  const { options } = array;
  if (!options['context-info']) return '';
  if (options['latency-format'] && !isSnapshot) {
    if (hasNoRecords(source)) return '';
    return latencySummary(source) + (options.verbose ? '' : LATENCY_HELP);
  }
  if (options.verbose) return '';
  return eventInfo(source) + (options['irq-info'] ? irqHelp : plainHelp)(options['record-tgid']);
}

/** The lines that start with `#` at the top of a `trace` file. */
export function traceHeader(source: TraceSource): string {
  const { tracer, currentTracer } = source.array;
  return `# tracer: ${tracer}\n#\n${currentTracer?.header?.(source) ?? columnsHelp(source)}`;
}
