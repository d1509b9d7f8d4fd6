import type { TreeCall, TreeItem, TreeRun, TreeTask } from './normalize.ts';
import { programTasks } from './normalize.ts';
import { alignWeighted } from './sequence-align.ts';

/** Which call of another run a call of the base run is the same as. */
type Matches = Map<TreeCall, TreeCall>;

/** Pairs the tasks of two runs: the program's own in order of appearance, kernel threads by name. */
export function pairTasks(base: TreeRun, other: TreeRun): [TreeTask, TreeTask][] {
  const pairs: [TreeTask, TreeTask][] = [];
  const own = programTasks(base);
  const theirs = programTasks(other);
  for (const [i, task] of own.entries()) if (theirs[i] !== undefined) pairs.push([task, theirs[i]]);
  for (const task of base.tasks.values()) {
    if (own.includes(task)) continue;
    const twin = [...other.tasks.values()].find((t) => t.pid === task.pid || t.name === task.name);
    if (twin !== undefined && !theirs.includes(twin)) pairs.push([task, twin]);
  }
  return pairs;
}

/** Finds, for the calls of a run, the same calls of another run of the same program: same task, same path of functions, in order. */
export function alignRuns(base: TreeRun, other: TreeRun): Matches {
  const matches: Matches = new Map();
  for (const [mine, theirs] of pairTasks(base, other)) alignItems(mine.roots, theirs.roots, matches);
  return matches;
}

/** Aligns two lists of siblings and everything below them; what was copied into a run has no twin. */
function alignItems(mine: readonly TreeItem[], theirs: readonly TreeItem[], matches: Matches): void {
  const a = calls(mine).filter((call) => call.source.graft === undefined);
  const b = calls(theirs);
  const pairs = alignWeighted(
    a.length,
    b.length,
    (i, j) => likeness(a[i], b[j]),
    (i, j) => a[i].shape === b[j].shape && a[i].fn === b[j].fn,
  );
  for (const [i, j] of pairs) {
    matches.set(a[i], b[j]);
    if (a[i].children.length > 0) alignItems(a[i].children, b[j].children, matches);
  }
}

/** The calls among the items of a list. */
export function calls(items: readonly TreeItem[]): TreeCall[] {
  return items.filter((item): item is TreeCall => item.kind === 'call');
}

/** What a pair of system calls counts more than others: they come in the same order in every run of a program. */
const SYSCALL_WEIGHT = 50;

/** How much alike two calls are: 0 for different functions. */
export function likeness(a: TreeCall, b: TreeCall): number {
  if (a.fn !== b.fn) return 0;
  const small = Math.min(a.size, b.size);
  const subtree = a.shape === b.shape ? 2 : small / Math.max(a.size, b.size);
  const around = (a.before === b.before ? 0.25 : 0) + (a.after === b.after ? 0.25 : 0);
  const weight = (1 + subtree + around + sameArgs(a, b)) * (1 + Math.log2(small));
  return a.parent === undefined && a.fn.startsWith('__x64_sys_') ? SYSCALL_WEIGHT * weight : weight;
}

/** Share of the arguments that are small numbers in both and equal, 0–1. */
function sameArgs(a: TreeCall, b: TreeCall): number {
  let numbers = 0;
  let equal = 0;
  const count = Math.min(a.args.length, b.args.length);
  for (let i = 0; i < count; i++) {
    const x = a.args[i].value;
    const y = b.args[i].value;
    if (x > 0xffffffffn || y > 0xffffffffn) continue;
    numbers++;
    if (x === y) equal++;
  }
  return numbers === 0 ? 0.5 : equal / numbers;
}
