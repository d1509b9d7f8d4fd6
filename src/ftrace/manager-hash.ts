import type { FtraceOps } from './ftrace-ops.ts';
import { FunctionSet } from './function-set.ts';
import type { OpsHash } from './ops-hash.ts';

/** The functions that a manager wants on behalf of its ops. */
export interface ManagerSets {
  /** Empty means all but those of `notrace`. */
  readonly filter: FunctionSet;
  readonly notrace: FunctionSet;
}

const NONE: ManagerSets = { filter: new FunctionSet(), notrace: new FunctionSet() };

/** What a manager wants for its first ops (`kernel/trace/ftrace.c:add_first_hash()`). */
function firstSets(hash: OpsHash): ManagerSets {
  if (hash.filter.isEmpty) return { filter: new FunctionSet(), notrace: hash.notrace.clone() };
  return { filter: hash.filter.minus(hash.notrace), notrace: new FunctionSet() };
}

/**
 * What it wants with another ops (`add_next_hash()`). An ops whose filter and notrace leave nothing makes it want everything: what is left
 * of the filter is empty, as that of an ops is that wants all.
 */
export function addSets(sets: ManagerSets, hash: OpsHash): ManagerSets {
  const wantsAll = sets.filter.isEmpty || hash.filter.isEmpty;
  const own = wantsAll ? NONE.filter : hash.filter.minus(hash.notrace);
  if (!own.isEmpty) return { filter: own.union(sets.filter), notrace: new FunctionSet() };
  return { filter: new FunctionSet(), notrace: sets.notrace.intersect(hash.notrace) };
}

/** What a manager wants for some ops, newest first (`rebuild_hashes()`). */
export function managerSets(subops: readonly FtraceOps[]): ManagerSets {
  const [first, ...others] = subops;
  if (!first) return NONE;
  return others.reduce((sets, { hash }) => addSets(sets, hash), firstSets(first.hash));
}

/** Whether the manager's filter is the union of its ops' filters. */
export function isPlainUnion(subops: readonly FtraceOps[]): boolean {
  return subops.every(({ hash }) => !hash.filter.isEmpty && hash.notrace.isEmpty);
}
