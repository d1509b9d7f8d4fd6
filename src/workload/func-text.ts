import type { TreeCall, TreeRun } from './normalize.ts';
import { type CodePlace, NamePool } from './recorded-run.ts';
import { alignEqual, alignWeighted, type Pairs } from './sequence-align.ts';

/** What the flag column of a trace line says. */
export interface LineFlags {
  readonly irqsOff: boolean;
  readonly needResched: boolean;
  readonly lazyResched: boolean;
  readonly hardirq: boolean;
  readonly softirq: boolean;
  readonly preemptDepth: number;
  readonly migrateDisable: number;
}

/** One line of the function tracer. */
export interface FuncLine {
  readonly comm: string;
  readonly pid: number;
  readonly fn: CodePlace;
  /** Return address of the call; undefined where the tracer printed a bare address. */
  readonly caller: CodePlace | undefined;
  readonly flags: LineFlags;
}

const LINE = /^\s*(.*)-(\d+)\s+\[\d+\] (\S)(\S)(\S)(\S)(\S)\s+[\d.]+: (\S+) <-(\S+)$/;

/** Reads the flag column's five characters. */
export function parseFlags(
  irqs: string,
  resched: string,
  context: string,
  preempt: string,
  migrate: string,
): LineFlags {
  return {
    irqsOff: irqs === 'd' || irqs === 'D',
    needResched: /[NnpbB]/.test(resched),
    lazyResched: /[lLbB]/.test(resched),
    hardirq: /[hHzZ]/.test(context),
    softirq: /[sH]/.test(context),
    preemptDepth: preempt === '.' ? 0 : Number.parseInt(preempt, 16),
    migrateDisable: migrate === '.' ? 0 : Number.parseInt(migrate, 16),
  };
}

/** Reads the text of the function tracer, printed with symbol offsets. */
export function parseFunc(text: string, names = new NamePool()): FuncLine[] {
  const lines: FuncLine[] = [];
  for (const line of text.split('\n')) {
    const m = LINE.exec(line);
    if (m === null) continue;
    const fn = names.place(m[8]);
    if (fn === undefined) continue;
    lines.push({
      comm: names.name(m[1].trim()),
      pid: Number(m[2]),
      fn,
      caller: names.place(m[9]),
      flags: parseFlags(m[3], m[4], m[5], m[6], m[7]),
    });
  }
  return lines;
}

/** Finds the line of each call of a run: same task (tasks in order of appearance), same order, cut at the system calls. */
export function alignFunc(run: TreeRun, lines: readonly FuncLine[]): Map<TreeCall, FuncLine> {
  const found = new Map<TreeCall, FuncLine>();
  const mine = [...groupBy(entered(run), (call) => call.task.pid).values()].filter((list) =>
    list.some((call) => isSyscall(call.fn)),
  );
  const quiet = lines.filter((line) => !line.flags.hardirq);
  const theirs = [...groupBy(quiet, (line) => line.pid).values()].filter((list) =>
    list.some((line) => isSyscall(line.fn.symbol)),
  );
  for (const [t, list] of mine.entries()) {
    const other = theirs[t];
    if (other === undefined) continue;
    for (const [i, j] of alignNames(
      list.map((call) => call.fn),
      other.map((line) => line.fn.symbol),
    ))
      found.set(list[i], other[j]);
  }
  return found;
}

/** Aligns two sequences of function names; system calls are paired first. */
function alignNames(a: readonly string[], b: readonly string[]): Pairs {
  const anchorsA = positions(a);
  const anchorsB = positions(b);
  const equal = (i: number, j: number) => a[anchorsA[i]] === b[anchorsB[j]];
  const anchors = alignWeighted(anchorsA.length, anchorsB.length, (i, j) => (equal(i, j) ? 1 : 0), equal);
  const pairs: Pairs = [];
  let fromA = 0;
  let fromB = 0;
  for (const [i, j] of [...anchors, [-1, -1]]) {
    const toA = i < 0 ? a.length : anchorsA[i];
    const toB = j < 0 ? b.length : anchorsB[j];
    for (const [x, y] of alignEqual(toA - fromA, toB - fromB, (x, y) => a[fromA + x] === b[fromB + y]))
      pairs.push([fromA + x, fromB + y]);
    fromA = toA;
    fromB = toB;
  }
  return pairs;
}

function positions(names: readonly string[]): number[] {
  return names.flatMap((name, i) => (isSyscall(name) ? [i] : []));
}

function isSyscall(fn: string): boolean {
  return fn.startsWith('__x64_sys_');
}

function entered(run: TreeRun): TreeCall[] {
  return run.steps.flatMap(({ op, item }) => (op === 'enter' && item.kind === 'call' && item.fn !== '' ? [item] : []));
}

/** Groups a list by key, keys in order of first appearance. */
export function groupBy<T, K>(list: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of list) {
    const k = key(item);
    const group = groups.get(k);
    if (group === undefined) groups.set(k, [item]);
    else group.push(item);
  }
  return groups;
}
