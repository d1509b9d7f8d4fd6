import type { TreeCall, TreeRun } from './normalize.ts';
import { alignWeighted } from './sequence-align.ts';
import { calls, likeness } from './tree-align.ts';

/** Most candidates of one kind that are compared with a call. */
const CANDIDATES = 64;

/** Where a call's return place, return value and events are taken from. */
export interface Donor {
  readonly call: TreeCall;
  /** `same`: the same call of another run; `like`: a call of the same function from a like place. */
  readonly kind: 'same' | 'like';
  /** Root of the subtree that was borrowed as a whole, for values that belong together. */
  readonly root: TreeCall;
}

interface Kind {
  readonly all: TreeCall[];
  readonly byShape: Map<number, TreeCall>;
}

/** Calls that can lend what they returned and where to, by caller and function. */
export class DonorPool {
  readonly #byPair = new Map<string, Kind>();
  readonly #byFunction = new Map<string, Kind>();

  /** Whether calls must know where they returned to. */
  readonly #returning: boolean;

  constructor(returning = true) {
    this.#returning = returning;
  }

  /** Adds every call of a run that has something to lend. */
  add(run: TreeRun): void {
    for (const { op, item } of run.steps) {
      if (op !== 'enter' || item.kind !== 'call' || !this.lends(item)) continue;
      put(this.#byPair, `${callerName(item)}>${item.fn}`, item);
      put(this.#byFunction, item.fn, item);
    }
  }

  /** Whether a call can lend what is wanted of it. */
  lends(call: TreeCall): boolean {
    return !this.#returning || call.source.returnTo !== undefined;
  }

  /** The call most like one that has no twin in the other run. */
  find(call: TreeCall): TreeCall | undefined {
    const kind = this.#byPair.get(`${callerName(call)}>${call.fn}`) ?? this.#byFunction.get(call.fn);
    if (kind === undefined) return undefined;
    const same = kind.byShape.get(call.shape);
    if (same !== undefined) return same;
    let best = kind.all[0];
    let most = -1;
    const stride = Math.max(1, Math.floor(kind.all.length / CANDIDATES));
    for (let i = 0; i < kind.all.length; i += stride) {
      const like = likeness(call, kind.all[i]);
      if (like > most) {
        most = like;
        best = kind.all[i];
      }
    }
    return best;
  }
}

/** Completes the matches of a run: calls without a twin borrow from the pool, with all that lies below them. */
export function adoptDonors(
  run: TreeRun,
  twins: ReadonlyMap<TreeCall, TreeCall>,
  pool: DonorPool,
): Map<TreeCall, Donor> {
  const donors = new Map<TreeCall, Donor>();
  for (const { op, item } of run.steps) {
    if (op !== 'enter' || item.kind !== 'call' || donors.has(item) || item.source.graft !== undefined) continue;
    const twin = twins.get(item);
    if (twin !== undefined) {
      donors.set(item, { call: twin, kind: 'same', root: twin });
      continue;
    }
    const found = pool.find(item);
    if (found !== undefined) borrow(item, found, { root: found, pool, twins, donors });
  }
  return donors;
}

/** What is borrowed together. */
interface Loan {
  readonly root: TreeCall;
  readonly pool: DonorPool;
  readonly twins: ReadonlyMap<TreeCall, TreeCall>;
  readonly donors: Map<TreeCall, Donor>;
}

function borrow(call: TreeCall, from: TreeCall, loan: Loan): void {
  const { root, pool, twins, donors } = loan;
  donors.set(call, { call: from, kind: 'like', root });
  const mine = calls(call.children).filter((child) => !twins.has(child) && child.source.graft === undefined);
  const theirs = calls(from.children);
  const pairs = alignWeighted(
    mine.length,
    theirs.length,
    (i, j) => likeness(mine[i], theirs[j]),
    (i, j) => mine[i].shape === theirs[j].shape && mine[i].fn === theirs[j].fn,
  );
  for (const [i, j] of pairs) if (pool.lends(theirs[j])) borrow(mine[i], theirs[j], loan);
}

function callerName(call: TreeCall): string {
  return call.source.parent?.interrupt ? '(interrupt)' : (call.parent?.fn ?? '');
}

function put(map: Map<string, Kind>, key: string, call: TreeCall): void {
  let kind = map.get(key);
  if (kind === undefined) {
    kind = { all: [], byShape: new Map() };
    map.set(key, kind);
  }
  kind.all.push(call);
  if (!kind.byShape.has(call.shape)) kind.byShape.set(call.shape, call);
}
