import { syscallOfFunction } from '../abi/syscall-numbers.ts';
import type { Donor } from './donor-pool.ts';
import type { KernelTypes } from './kernel-types.ts';
import type { TreeCall } from './normalize.ts';
import { ValueMap, valueKind } from './value-map.ts';

/** System calls whose results are pids. */
const PID_CALLS = new Set([
  'clone',
  'clone3',
  'fork',
  'vfork',
  'wait4',
  'waitid',
  'getpid',
  'gettid',
  'getppid',
  'set_tid_address',
]);
const NOTHING: CallResult = { value: undefined, pid: false };
/** How far up a borrowed call's callers its values are compared. */
const LOCAL_CALLERS = 3;

/** What is known of how the results of a run were found. */
interface ResultCounts {
  /** Results taken from the same call of the other run. */
  same: number;
  /** Results taken from a like call. */
  like: number;
  /** Addresses that could not be told in this run's terms, and stayed those of the other run. */
  unknown: number;
}

/** What a call returned. */
interface CallResult {
  readonly value: bigint | undefined;
  /** It is the pid of one of the run's tasks. */
  readonly pid: boolean;
}

/** What the results of a run are found from. */
interface ResultSources {
  readonly donors: ReadonlyMap<TreeCall, Donor>;
  /** Position of each call of the other run in its time. */
  readonly times: ReadonlyMap<TreeCall, number>;
  /** Tasks of the other run and the base run's that they are. */
  readonly pids: ReadonlyMap<number, number>;
  /** Whether the other run is of the same program. */
  readonly own: boolean;
  /** Results that a recording of objects shows. */
  readonly observed: ReadonlyMap<TreeCall, bigint>;
  /** Tasks of that recording and the base run's that they are. */
  readonly observedPids: ReadonlyMap<number, number>;
}

/** Finds what the calls of a run returned, from the calls they are matched with. */
export class CallResults {
  readonly counts: ResultCounts = { same: 0, like: 0, unknown: 0 };
  readonly values = new ValueMap();
  readonly #types: KernelTypes;
  readonly #sources: ResultSources;
  readonly #local = new Map<TreeCall, ValueMap>();

  constructor(types: KernelTypes, sources: ResultSources) {
    this.#types = types;
    this.#sources = sources;
    const { donors, times } = sources;
    const same = [...donors].filter(([, donor]) => donor.kind === 'same');
    for (const [call, { call: other }] of same.sort((a, b) => times.get(a[1].call)! - times.get(b[1].call)!))
      pairArgs(this.values, times.get(other)!, call, other);
  }

  /** What a call returned: no value when it returns nothing, or nothing is known. */
  result(call: TreeCall): CallResult {
    const { donors, times, pids, own, observed, observedPids } = this.#sources;
    const donor = donors.get(call);
    const value = donor?.call.source.returnValue;
    if (this.#types.functionType(call.fn)?.returns === 0) return NOTHING;
    if (call.source.graft !== undefined) return { value: call.source.returnValue, pid: false };
    const mine = donor?.kind === 'same' && own;
    const seen = mine ? undefined : observed.get(call);
    if (seen !== undefined) return asPid(call, seen, observedPids) ?? { value: seen, pid: false };
    if (donor === undefined || value === undefined) return NOTHING;
    this.counts[donor.kind]++;
    const pid = mine ? asPid(call, value, pids) : undefined;
    if (pid !== undefined) return pid;
    const kind = valueKind(value);
    if (kind === 'number' || kind === 'text') return { value, pid: false };
    const mapped =
      donor.kind === 'same'
        ? this.values.map(value, times.get(donor.call)! + 1)
        : this.#near(call, donor).map(value, 0);
    if (mapped === undefined) this.counts.unknown++;
    return { value: mapped ?? value, pid: false };
  }

  /** Pairs of values in the subtree that a call was borrowed with, and in its callers. */
  #near(call: TreeCall, donor: Donor): ValueMap {
    let top = call;
    let other = donor.call;
    while (other !== donor.root && top.parent !== undefined && other.parent !== undefined) {
      top = top.parent;
      other = other.parent;
    }
    let map = this.#local.get(top);
    if (map !== undefined) return map;
    map = new ValueMap();
    this.#local.set(top, map);
    this.#pairBelow(map, top, donor.root);
    for (
      let up = 0, a = top.parent, b = other.parent;
      up < LOCAL_CALLERS && a !== undefined && b !== undefined && a.fn === b.fn;
      up++, a = a.parent, b = b.parent
    ) {
      pairArgs(map, 0, a, b);
    }
    return map;
  }

  #pairBelow(map: ValueMap, call: TreeCall, root: TreeCall): void {
    const donor = this.#sources.donors.get(call);
    if (donor?.root !== root) return;
    pairArgs(map, 0, call, donor.call);
    for (const child of call.children) if (child.kind === 'call') this.#pairBelow(map, child, root);
  }
}

/** The result of a call that gives a task's pid, as the base run has it. */
function asPid(call: TreeCall, value: bigint, pids: ReadonlyMap<number, number>): CallResult | undefined {
  const pid = pids.get(Number(value));
  if (pid === undefined) return undefined;
  let root = call;
  while (root.parent !== undefined) root = root.parent;
  return PID_CALLS.has(syscallOfFunction(root.fn) ?? '') ? { value: BigInt(pid), pid: true } : undefined;
}

/** Pairs the arguments of two calls of the same function. */
function pairArgs(map: ValueMap, time: number, call: TreeCall, other: TreeCall): void {
  const count = Math.min(call.args.length, other.args.length);
  for (let i = 0; i < count; i++) map.pair(time, other.args[i].value, call.args[i].value);
}
