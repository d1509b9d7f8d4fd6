import type { Donor } from './donor-pool.ts';
import type { TreeCall, TreeItem, TreePoint, TreeRun } from './normalize.ts';
import { isSimulatedPoint } from './simulated-points.ts';

/** A tracepoint at its place in the base run. */
export interface PlacedPoint {
  readonly name: string;
  /** The call that it fires in; undefined where that is none that is recorded. */
  readonly inside: TreeCall | undefined;
  /** The point of the other run that it was learnt from. */
  readonly source: TreePoint;
}

/** Points to fire before a call, after it has returned, or, where it has no calls, in it. */
export interface PointPlan {
  readonly before: Map<TreeCall, PlacedPoint[]>;
  readonly after: Map<TreeCall, PlacedPoint[]>;
  readonly within: Map<TreeCall, PlacedPoint[]>;
}

/** Tracepoints that the base run shows itself, or that follow from the system calls. */
const OWN = new Set(['sched_switch', 'sys_enter', 'sys_exit']);

/** Share of a function's calls in which a tracepoint must fire to belong to it: less is an interrupt that hit there. */
const USUAL = 0.05;
/** Share of a tracepoint's firings that a function must have. */
const SHARE = 0.005;

/** Which tracepoints belong to which functions, from how often they fire there. */
export class PointHomes {
  readonly #calls = new Map<string, number>();
  readonly #fired = new Map<string, number>();
  readonly #all = new Map<string, number>();

  /** Counts the calls and the points of a run. */
  add(run: TreeRun): void {
    for (const { op, item } of run.steps) {
      if (op === 'enter' && item.kind === 'call') count(this.#calls, item.fn);
      else if (op === 'point' && item.kind === 'point' && item.parent !== undefined) {
        count(this.#fired, `${item.parent.fn} ${item.name}`);
        count(this.#all, item.name);
      }
    }
  }

  /** Whether a tracepoint was seen at all. */
  knows(name: string): boolean {
    return this.#all.has(name);
  }

  /** Whether a tracepoint fires in a function by itself. */
  belongs(name: string, fn: string): boolean {
    const fired = this.#fired.get(`${fn} ${name}`) ?? 0;
    return fn !== '' && fired >= USUAL * (this.#calls.get(fn) ?? 0) && fired >= SHARE * (this.#all.get(name) ?? 0);
  }
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

/** Puts the points of one plan that `wanted` names behind those of another. */
export function addToPlan(plan: PointPlan, more: PointPlan, wanted: (name: string) => boolean): void {
  for (const where of ['before', 'after', 'within'] as const) {
    for (const [call, points] of more[where])
      for (const point of points) if (wanted(point.name)) add(plan[where], call, point);
  }
}

/** Gives the calls of a run the tracepoints that the calls they are matched with had, at the same places among their children. */
export function planPoints(run: TreeRun, donors: ReadonlyMap<TreeCall, Donor>, homes: PointHomes): PointPlan {
  const plan: PointPlan = { before: new Map(), after: new Map(), within: new Map() };
  for (const { op, item } of run.steps) {
    if (op !== 'enter' || item.kind !== 'call') continue;
    const donor = item.source.graft === undefined ? donors.get(item) : undefined;
    if (donor !== undefined) place(plan, item, donor.call.children, donors, homes);
  }
  return plan;
}

/**
 * Adds the points that come before calls that nothing recorded has made, as a page fault's comes before what handles it. They belong to a function
 * when they come before most of its calls of that kind.
 */
export function planRootPoints(plan: PointPlan, run: TreeRun, learnt: readonly TreeRun[]): void {
  const calls = new Map<string, number>();
  const points = new Map<string, TreePoint[]>();
  for (const { tasks } of learnt) {
    for (const { roots } of tasks.values()) {
      for (const [i, root] of roots.entries()) {
        if (root.kind !== 'call') continue;
        count(calls, root.fn);
        const before = roots[i - 1];
        if (before?.kind === 'point' && !OWN.has(before.name) && isSimulatedPoint(before.name))
          points.set(root.fn, [...(points.get(root.fn) ?? []), before]);
      }
    }
  }
  for (const [fn, sources] of points) {
    if (sources.length * 2 < calls.get(fn)!) continue;
    let next = 0;
    for (const { roots } of run.tasks.values()) {
      for (const root of roots) {
        if (root.kind !== 'call' || root.fn !== fn) continue;
        const source = sources[next++ % sources.length];
        add(plan.before, root, { name: source.name, inside: undefined, source });
      }
    }
  }
}

function place(
  plan: PointPlan,
  inside: TreeCall,
  theirs: readonly TreeItem[],
  donors: ReadonlyMap<TreeCall, Donor>,
  homes: PointHomes,
): void {
  const fires = (item: TreeItem): item is TreePoint =>
    item.kind === 'point' && !OWN.has(item.name) && homes.belongs(item.name, inside.fn);
  if (!theirs.some(fires)) return;
  const mine = inside.children;
  const twins = new Map<TreeItem, TreeCall>();
  for (const item of mine) {
    const donor = item.kind === 'call' ? donors.get(item) : undefined;
    if (donor !== undefined) twins.set(donor.call, item as TreeCall);
  }
  for (const [i, source] of theirs.entries()) {
    if (!fires(source)) continue;
    const point: PlacedPoint = { name: source.name, inside, source };
    const next = neighbour(theirs, i, 1, twins);
    const last = neighbour(theirs, i, -1, twins);
    if (last !== undefined) add(plan.after, last, point);
    else if (next !== undefined) add(plan.before, next, point);
    else if (!mine.some((item) => item.kind === 'call')) add(plan.within, inside, point);
  }
}

/** The twin of the nearest call beside a point, when that call has one. */
function neighbour(
  items: readonly TreeItem[],
  from: number,
  step: 1 | -1,
  twins: ReadonlyMap<TreeItem, TreeCall>,
): TreeCall | undefined {
  for (let i = from + step; i >= 0 && i < items.length; i += step)
    if (items[i].kind === 'call') return twins.get(items[i]);
  return undefined;
}

function add(map: Map<TreeCall, PlacedPoint[]>, key: TreeCall, point: PlacedPoint): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [point]);
  else list.push(point);
}
