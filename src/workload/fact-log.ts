import type { Fact } from './script.ts';
import { valueKind } from './value-map.ts';

/** One thing that memory was made to hold, or was seen to hold already. */
export interface LogEntry {
  /** Step before which it was found out. */
  readonly at: number;
  readonly space: number;
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** Start of the object that it belongs to. */
  readonly object: bigint;
  readonly pid: boolean;
  /** Memory held it already. */
  readonly seen: boolean;
  /** It changes exactly here. */
  readonly exact: boolean;
  /** Step before which it may not be, −1 for none. */
  readonly floor: number;
}

/** When objects begin, are set up, and are handled; by address, steps ascending. */
export interface ObjectTimes {
  /** Steps at which memory at an address was handed out. */
  readonly births: Map<bigint, number[]>;
  /** Steps at which an object is filled in. */
  readonly settles: Map<bigint, number[]>;
  /** Steps at which calls that had the object as an argument returned. */
  readonly touches: Map<bigint, number[]>;
}

/** Furthest that a member is from the start of the memory it was handed out in, bytes. */
const REACH = 0x2c00n;

/**
 * Turns a log into facts at their likely times. What an object holds when it is first looked at, it holds from its birth;
 * what has changed since it was last looked at, changed when it was filled in, or when a call that had it returned last.
 */
export function settleFacts(log: readonly LogEntry[], times: ObjectTimes): Fact[] {
  const histories = new Map<string, LogEntry[]>();
  for (const entry of log) {
    const key = `${entry.space} ${entry.address}`;
    const history = histories.get(key);
    if (history === undefined) histories.set(key, [entry]);
    else history.push(entry);
  }
  for (const history of histories.values()) history.sort((a, b) => a.at - b.at);
  const births = new BirthIndex(times.births);
  const facts: { fact: Fact; order: number }[] = [];
  let order = 0;
  for (const history of histories.values()) {
    for (const [i, entry] of history.entries()) {
      if (entry.seen && !mayDiffer(entry, history[i - 1], births)) continue;
      const at = entry.exact ? entry.at : settledAt(entry, history[i - 1], births, times);
      facts.push({
        fact: { at, space: entry.space, address: entry.address, bytes: entry.bytes, pid: entry.pid },
        order: order++,
      });
    }
  }
  return facts.sort((a, b) => a.fact.at - b.fact.at || a.order - b.order).map(({ fact }) => fact);
}

/** Whether memory may hold something else than the log says: it has never been stored, was handed out anew, or is the stack's. */
function mayDiffer(entry: LogEntry, last: LogEntry | undefined, births: BirthIndex): boolean {
  return (
    last === undefined || valueKind(entry.address) === 'stack' || births.lastBefore(entry.object, entry.at) > last.at
  );
}

function settledAt(entry: LogEntry, last: LogEntry | undefined, births: BirthIndex, times: ObjectTimes): number {
  if (entry.space >= 0) return Math.max(entry.floor, last === undefined ? 0 : last.at);
  if (valueKind(entry.object) === 'stack')
    return entry.floor < 0 ? entry.at : Math.max(entry.floor, last === undefined ? 0 : last.at);
  const birth = births.lastBefore(entry.object, entry.at);
  const before = last === undefined ? -1 : last.at;
  if (before < birth || last === undefined) return Math.max(birth, entry.floor, before, 0);
  const settle = latest(times.settles.get(entry.object), entry.at);
  if (settle > before) return settle;
  const touch = latest(times.touches.get(entry.object), entry.at);
  return touch > before ? touch : entry.at;
}

/** The last of ascending steps that is not after one; −1 for none. */
function latest(steps: readonly number[] | undefined, at: number): number {
  if (steps === undefined) return -1;
  for (let i = steps.length - 1; i >= 0; i--) if (steps[i] <= at) return steps[i];
  return -1;
}

/** Finds the birth of the memory that an object lies in. */
class BirthIndex {
  readonly #births: ReadonlyMap<bigint, number[]>;
  readonly #addresses: BigUint64Array;

  constructor(births: ReadonlyMap<bigint, number[]>) {
    this.#births = births;
    this.#addresses = BigUint64Array.from(births.keys()).sort();
  }

  lastBefore(object: bigint, at: number): number {
    const exact = latest(this.#births.get(object), at);
    if (exact >= 0) return exact;
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#addresses[middle] <= object) low = middle + 1;
      else high = middle;
    }
    const base = this.#addresses[low - 1];
    return base === undefined || object - base > REACH ? -1 : latest(this.#births.get(base), at);
  }
}
