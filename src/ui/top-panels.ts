import { sparkline } from './sparkline.ts';
import { type StackNames, wordMeaning } from './stacks-text.ts';
import { KEY_HELP } from './top-keys.ts';
import { bar, heading, type Line, type Span, seconds, short, span } from './top-lines.ts';
import type { TopPrompt } from './top-prompt.ts';
import type { TopCpu, TopProbe, TopSnapshot, TopStack } from './top-session.ts';
import type { TopState } from './top-state.ts';

/** The first line: what runs, how fast, how far. */
export function titleLine(state: TopState, snapshot: TopSnapshot, width: number): Line {
  const { workload, time, duration, run, done, release } = snapshot;
  const how = done && !state.loop ? 'ended' : state.paused ? 'paused' : 'running';
  const loop = state.loop || run > 1 ? `  run ${run}${state.loop ? ', looping' : ''}` : '';
  const left = ` fprobe top  ${workload}  ${seconds(time)}/${seconds(duration)} s  ×${state.speed}  ${how}${loop}`;
  const right = left.length + release.length + 4 <= width ? `Linux ${release} `.padStart(width - left.length) : '';
  return [span((left + right).padEnd(width).slice(0, width), 'title')];
}

const NAME_LEAST = 10;

/** The probes, a line each under a heading; of too many those around the chosen one. */
export function probeLines(state: TopState, { probes }: TopSnapshot, width: number, rows: number): Line[] {
  const trendWidth = width >= 100 ? 20 : width >= 70 ? 12 : 8;
  const nameWidth = Math.min(
    Math.max(NAME_LEAST, ...probes.map(({ path }) => path.length)),
    Math.floor(width * (width >= 100 ? 0.3 : 0.28)),
  );
  const head = `  ${'PROBE'.padEnd(nameWidth)} ${'HITS'.padStart(6)} ${'RATE/s'.padStart(7)} ${'MISSED'.padStart(6)} ${'TREND'.padEnd(trendWidth)} LAST`;
  const at = probes.findIndex(({ path }) => path === state.chosen);
  const first = Math.max(0, Math.min(at - Math.floor((rows - 1) / 2), probes.length - (rows - 1)));
  const shown = probes.slice(first, first + rows - 1);
  const lines = shown.map((probe) => probeLine(probe, probe.path === state.chosen, nameWidth, trendWidth));
  if (probes.length === 0) lines.push([span('  no probes: press a to add one', 'dim')]);
  const more = probes.length > shown.length ? `  (${first + 1}–${first + shown.length} of ${probes.length})` : '';
  return [[span(head + more, 'bold')], ...lines];
}

function probeLine(probe: TopProbe, chosen: boolean, nameWidth: number, trendWidth: number): Line {
  const { path, enabled, hits, rate, missed, trend, last, filter } = probe;
  const event = path.length > nameWidth ? path.slice(path.indexOf('/') + 1) : path;
  const name = event.length > nameWidth ? `${event.slice(0, nameWidth - 1)}…` : event.padEnd(nameWidth);
  return [
    span(chosen ? '▶' : ' ', 'accent'),
    span(enabled ? '●' : '○', enabled ? 'good' : 'dim'),
    span(name, chosen ? 'chosen' : enabled ? 'plain' : 'dim'),
    span(` ${short(hits).padStart(6)} ${short(rate).padStart(7)} `),
    span(short(missed).padStart(6), missed > 0 ? 'bad' : 'dim'),
    span(` ${sparkline(trend, trendWidth)} `, 'accent'),
    ...(filter === '' ? [] : [span(`if ${filter} `, 'warn')]),
    span(last, 'dim'),
  ];
}

/** The cpus: what runs, and how full the buffer is; of too many the last line tells the rest. */
export function cpuLines({ cpus }: TopSnapshot, width: number, rows: number): Line[] {
  if (cpus.length <= rows) return cpus.map((cpu) => cpuLine(cpu, width));
  const rest = cpus.slice(rows - 1);
  const sum = (of: (cpu: TopCpu) => number) => rest.reduce((total, cpu) => total + of(cpu), 0);
  const text = `${rest.length}${rows > 1 ? ' more' : ''} cpus: ${short(sum(({ entries }) => entries))} records, ${short(sum(({ overrun }) => overrun))} overwritten`;
  return [...cpus.slice(0, rows - 1).map((cpu) => cpuLine(cpu, width)), [span(` ${text}`, 'dim')]];
}

function cpuLine({ id, task, entries, overrun, bytes, size }: TopCpu, width: number): Line {
  const part = size === 0 ? 0 : bytes / size;
  const barWidth = width >= 100 ? 24 : 12;
  return [
    span(` cpu${id}`.padEnd(7), 'bold'),
    span(task.padEnd(20).slice(0, 20)),
    span(` ${bar(part, barWidth)} `, part >= 0.9 ? 'warn' : 'good'),
    span(`${(part * 100).toFixed(part < 0.0995 ? 1 : 0).padStart(4)}%  ${short(entries)} records`),
    span(overrun > 0 ? `  ${short(overrun)} overwritten` : '', 'bad'),
  ];
}

/** The stream of records under its heading. */
export function recordLines(state: TopState, snapshot: TopSnapshot, lines: readonly string[], width: number): Line[] {
  const { records, lost } = snapshot;
  const parts = [
    `records ${short(records)}`,
    ...(lost > 0 ? [`${short(lost)} not seen`] : []),
    ...(state.find === '' ? [] : [`with ${state.find}`]),
    ...(state.scroll > 0 ? [`${state.scroll} back`] : []),
  ];
  const title = heading(parts.join(', '), width, state.panel === 'records' ? 'bold' : 'dim');
  return [title, ...lines.map((line) => [span(line)])];
}

/** Lines of a shadow stack with these frames, with its heading. */
export const stackHeight = (frames: TopStack['task']['frames']): number =>
  frames.length === 0 ? 2 : 1 + frames.reduce((sum, { words }) => sum + 1 + words.length, 0);

/** A shadow stack word by word, the innermost frame on top, under its heading. */
export function stackLines(stack: TopStack | undefined, state: TopState, names: StackNames, width: number): Line[] {
  const tone = state.panel === 'stack' ? 'bold' : 'dim';
  if (stack === undefined)
    return [
      heading('shadow stack', width, tone),
      [span(' nothing on it: nobody wants the return of a function', 'dim')],
    ];
  const { task, live } = stack;
  const where = live ? (task.cpu === undefined ? 'not running' : `cpu ${task.cpu}`) : 'empty now; when it was deepest';
  const title = `shadow stack of ${task.comm}-${task.pid}, ${where}: ${task.current} words, depth ${task.depth + 1}${task.overrun > 0 ? `, overrun ${task.overrun}` : ''}`;
  const lines = task.frames
    .toReversed()
    .flatMap((frame) => [
      [span(`  ${frame.function}`, 'accent'), span(` from word ${frame.start}`, 'dim')],
      ...frame.words
        .toReversed()
        .map((word): Span[] => [
          span(String(word.index).padStart(5), 'dim'),
          span(` ${word.value.toString(16).padStart(16, '0')} `),
          span(wordMeaning(word, names), word.kind === 'payload' ? 'good' : 'plain'),
        ]),
    ]);
  return [heading(title, width, tone), ...lines];
}

/** What the keys do. */
export function helpLines(width: number): Line[] {
  return [
    heading('keys', width, 'bold'),
    ...KEY_HELP.map(([keys, does]) => [span(`  ${keys.padEnd(11)}`, 'accent'), span(does)]),
  ];
}

/** The last line: what the most useful keys do, as many as there is room for, or what there is to say. */
export function footerLine(state: TopState, width: number): Line {
  if (state.message !== '') return [span(` ${state.message}`, 'warn')];
  const keys = KEY_HELP.flatMap(([all, , does]) => (does === undefined ? [] : [{ key: all.split(' ')[0]!, does }]));
  const size = ({ key, does }: (typeof keys)[number]) => key.length + does.length + 3;
  // Help and the way out come last, and are always there.
  const always = keys.slice(-2);
  let left = width - 1 - always.reduce((sum, each) => sum + size(each), 0);
  const shown = keys.slice(0, -2).filter((each) => {
    left -= size(each);
    return left >= 0;
  });
  return [...shown, ...always].flatMap(({ key, does }) => [span(` ${key}`, 'accent'), span(` ${does} `, 'dim')]);
}

const LABELS: Record<TopPrompt['kind'], string> = { add: 'add', filter: 'filter', find: 'find' };

/**
 * The line being typed, below how it can go on; below it what was said against it, with the caret under its character.
 * @param rows lines that there are for it, 4 at least
 */
export function promptLines(prompt: TopPrompt, width: number, rows: number): Line[] {
  const { kind, text, cursor, completion, chosen, refusal } = prompt;
  const label = ` ${LABELS[kind]}> `;
  // A long line is shown around its cursor.
  const room = Math.max(8, width - label.length - 1);
  const start = Math.max(0, Math.min(cursor - Math.floor(room * 0.8), text.length - room + 1));
  const shown = text.slice(start, start + room);
  const at = cursor - start;
  const input: Line = [
    span(label, 'accent'),
    span(shown.slice(0, at)),
    span(shown[at] ?? ' ', 'cursor'),
    span(shown.slice(at + 1)),
  ];
  if (refusal !== undefined) {
    const column = label.length + Math.max(0, Math.min(refusal.at - start, room));
    const hint = refusal.hint === undefined ? [] : [[span(' '.repeat(label.length)), span(refusal.hint, 'dim')]];
    return [input, ...refusalLines(refusal.text, column, label.length, width), ...hint];
  }
  const { candidates } = completion;
  const most = rows - 2;
  const first = Math.max(0, Math.min(chosen - Math.floor(most / 2), candidates.length - most));
  const listed = candidates.slice(first, first + most);
  const indent = Math.max(0, Math.min(label.length + completion.from - start, width - 30));
  const column = Math.max(0, ...listed.map((candidate) => candidate.text.length));
  const lines = listed.map(
    ({ text: candidate, note = '' }, i): Line => [
      span(' '.repeat(indent)),
      span(candidate.padEnd(column), first + i === chosen ? 'chosen' : 'plain'),
      span(` ${note}`, 'dim'),
    ],
  );
  const more = candidates.length - listed.length;
  const hint = candidates.length > 0 ? `tab completes, ↑ ↓ choose${more > 0 ? `; ${more} more` : ''}` : '';
  return [
    ...lines,
    input,
    [span(`${' '.repeat(label.length)}enter takes it, esc leaves${hint === '' ? '' : `; ${hint}`}`, 'dim')],
  ];
}

/** A caret with the text behind it; before it or below it where there is no room behind. */
function refusalLines(text: string, column: number, indent: number, width: number): Line[] {
  const caret = span('^', 'bad');
  const said = span(text, 'warn');
  if (column + 2 + text.length <= width) return [[span(' '.repeat(column)), caret, span(' '), said]];
  if (text.length + 2 <= column) return [[span(' '.repeat(column - text.length - 1)), said, span(' '), caret]];
  return [
    [span(' '.repeat(column)), caret],
    [span(' '.repeat(indent)), said],
  ];
}
