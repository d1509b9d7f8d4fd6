import type { StackNames } from './stacks-text.ts';
import { type Line, span } from './top-lines.ts';
import {
  cpuLines,
  footerLine,
  helpLines,
  probeLines,
  promptLines,
  recordLines,
  stackLines,
  titleLine,
} from './top-panels.ts';
import type { TopSnapshot, TopStack } from './top-session.ts';
import { lineFilter, type TopState } from './top-state.ts';

/** Smallest screen that everything fits on. */
const LEAST = { columns: 40, rows: 10 } as const;
/** Rows from which records and shadow stack are both shown. */
const BOTH_PANELS = 26;

/** Columns that the lines of `trace` want. */
const WIDE = 110;

/** What a screen is drawn from. */
export interface TopView {
  readonly state: TopState;
  readonly snapshot: TopSnapshot;
  readonly names: StackNames;
  /** Last records as lines. */
  lines(count: number, skip: number, wanted: (line: string) => boolean, compact: boolean): readonly string[];
  stack(pid: number | undefined): TopStack | undefined;
}

/** How many lines each part of the screen gets. */
interface TopPlan {
  readonly probes: number;
  readonly cpus: number;
  readonly records: number;
  readonly stack: number;
}

/**
 * Shares out the rows of a screen: first to probes and cpus what they need, within reason, the rest to records and shadow stack.
 * @param stackRows lines that the shadow stack has
 * @param bottom lines at the bottom: the keys, or a line being typed with what belongs to it
 */
export function planTop(
  rows: number,
  { panel }: TopState,
  snapshot: TopSnapshot,
  stackRows: number,
  bottom: number,
): TopPlan {
  const left = rows - 1 - bottom;
  const probes = 1 + Math.min(Math.max(1, snapshot.probes.length), Math.max(2, Math.floor(left / 3)));
  const cpus = Math.min(snapshot.cpus.length, Math.max(1, Math.floor(left / 8)));
  const rest = Math.max(0, left - probes - cpus);
  const stack = rest >= BOTH_PANELS ? Math.min(stackRows, Math.ceil(rest / 2)) : panel === 'stack' ? rest : 0;
  return { probes, cpus, records: rest - stack, stack };
}

/** Exactly so many lines: cut, or filled with blank ones (ink gives an empty one no row). */
const fill = (lines: readonly Line[], count: number): Line[] =>
  Array.from({ length: Math.max(0, count) }, (_, i) => lines[i] ?? [span(' ')]);

/** The whole screen, line by line. */
export function topScreen(view: TopView, columns: number, rows: number): Line[] {
  const { state, snapshot, names } = view;
  if (columns < LEAST.columns || rows < LEAST.rows)
    return fill([[span(`the screen is too small: ${LEAST.columns}×${LEAST.rows} at least; q quits`)]], rows);
  if (state.help)
    return [
      titleLine(state, snapshot, columns),
      ...fill(helpLines(columns), rows - 2),
      [span(' any key goes back', 'dim')],
    ];
  const stack = stackLines(view.stack(state.pid), state, names, columns);
  const bottom =
    state.prompt === undefined
      ? [footerLine(state, columns)]
      : promptLines(state.prompt, columns, 2 + Math.max(3, Math.floor(rows / 3)));
  const plan = planTop(rows, state, snapshot, stack.length, bottom.length);
  const filter = lineFilter(state.find);
  const wanted = typeof filter === 'function' ? filter : () => true;
  const records = plan.records > 1 ? view.lines(plan.records - 1, state.scroll, wanted, columns < WIDE) : [];
  return [
    titleLine(state, snapshot, columns),
    ...fill(probeLines(state, snapshot, columns, plan.probes), plan.probes),
    ...fill(cpuLines(snapshot, columns, plan.cpus), plan.cpus),
    ...fill(recordLines(state, snapshot, records, columns), plan.records),
    ...fill([stack[0]!, ...stack.slice(1 + state.stackScroll)], plan.stack),
    ...bottom,
  ];
}
