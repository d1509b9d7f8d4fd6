import { hasNoRecords, latencySummary, type TraceSource } from '../trace/trace-header.ts';
import { graphOptions } from './graph-lines.ts';

const LATENCY_LEGEND = [
  '  _-----=> irqs-off        ',
  ' / _----=> need-resched    ',
  '| / _---=> hardirq/softirq ',
  '|| / _--=> preempt-depth   ',
  '||| /                      ',
];

/** The columns' legend of function_graph, as its options have it (`kernel/trace/trace_functions_graph.c:__print_graph_headers_flags()`). */
export function graphHeader(source: TraceSource): string {
  const { array } = source;
  const { absTime, cpu, proc, duration } = graphOptions(array);
  const latency = array.options['latency-format'];
  if (!array.options['context-info'] || (latency && hasNoRecords(source))) return '';
  const columns: [boolean, string, string][] = [
    [absTime, '     TIME       ', '      |         '],
    [cpu, ' CPU', ' |  '],
    [proc, '  TASK/PID       ', '   |    |        '],
    [latency, '||||   ', '||||   '],
    [duration, '  DURATION   ', '   |   |      '],
    [true, '               FUNCTION CALLS', '               |   |   |   |'],
  ];
  const shown = columns.filter(([on]) => on);
  const width = (absTime ? 16 : 0) + (cpu ? 4 : 0) + (proc ? 17 : 0);
  const above = latency ? LATENCY_LEGEND.map((line) => `#${' '.repeat(width)}${line}\n`).join('') : '';
  const titles = shown.map(([, title]) => title).join('');
  const marks = shown.map(([, , mark]) => mark).join('');
  return `${latency ? latencySummary(source) : ''}${above}#${titles}\n#${marks}\n`;
}
