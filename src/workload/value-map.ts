const STACKS = 0xffffc90000000000n;
const STACKS_END = 0xffffe90000000000n;
const TEXT = 0xffffffff80000000n;
const KERNEL = 0xffff800000000000n;
const PAGES = 0xffffea0000000000n;
const PAGES_END = 0xffffeb0000000000n;
/** Bytes around a known address of the heap that belong to the same object. */
const OBJECT_REACH = 512n;
/** Bytes around a known address of a kernel stack that move with it. */
const STACK_REACH = 0x4000n;
/** Bytes around a known user address that belong to the same mapping. */
const USER_REACH = 0x400_0000n;

/** What a 64-bit value looks like. */
type ValueKind = 'number' | 'user' | 'stack' | 'heap' | 'page' | 'text';

/** Tells addresses from numbers. */
export function valueKind(value: bigint): ValueKind {
  if (value >= TEXT) return value >= 0xfffffffffffff000n ? 'number' : value < 0xffffffffff000000n ? 'text' : 'number';
  if (value >= PAGES && value < PAGES_END) return 'page';
  if (value >= STACKS && value < STACKS_END) return 'stack';
  if (value >= KERNEL) return 'heap';
  return value >= 0x10_0000_0000n && value < 0x8000_0000_0000n ? 'user' : 'number';
}

/** Whether a value may be an address of a program's memory. */
export function isUserAddress(value: bigint): boolean {
  return value >= 0x1000n && value < 0x8000_0000_0000n;
}

/** Whether a value is an address of the kernel's memory. */
export function isKernelAddress(value: bigint): boolean {
  return value >= KERNEL && valueKind(value) !== 'number';
}

interface Known {
  readonly times: number[];
  readonly to: bigint[];
}

/**
 * Which address of one run is which of another. Fed with values known to be the same thing in both, in the order of the
 * other run's time; an address that was used again for something else maps by the pair nearest in time.
 */
export class ValueMap {
  readonly #known = new Map<bigint, Known>();
  #sorted: BigUint64Array | undefined;

  /** Notes that `from` of the other run, at a position in its time, is `to` of the base run. */
  pair(time: number, from: bigint, to: bigint): void {
    if (valueKind(from) === 'number' || valueKind(from) !== valueKind(to)) return;
    const known = this.#known.get(from);
    if (known === undefined) {
      this.#known.set(from, { times: [time], to: [to] });
      this.#sorted = undefined;
    } else if (known.to.at(-1) !== to || known.times.at(-1)! > time) {
      known.times.push(time);
      known.to.push(to);
    }
  }

  /** The base run's value for one of the other run; undefined for an address that nothing is known about. */
  map(value: bigint, time: number): bigint | undefined {
    const kind = valueKind(value);
    if (kind === 'number' || kind === 'text') return value;
    const exact = this.#at(value, time);
    if (exact !== undefined) return exact;
    if (kind === 'page') return undefined;
    const reach = kind === 'user' ? USER_REACH : kind === 'stack' ? STACK_REACH : OBJECT_REACH;
    const near = this.#nearest(value, reach, kind !== 'heap');
    const to = near === undefined ? undefined : this.#at(near, time);
    return to === undefined ? undefined : BigInt.asUintN(64, to + value - near!);
  }

  #at(value: bigint, time: number): bigint | undefined {
    const known = this.#known.get(value);
    if (known === undefined) return undefined;
    let best = 0;
    for (let i = 1; i < known.times.length; i++) {
      if (Math.abs(known.times[i] - time) <= Math.abs(known.times[best] - time)) best = i;
    }
    return known.to[best];
  }

  /** The known address nearest to one, at or below it unless `both`. */
  #nearest(value: bigint, reach: bigint, both: boolean): bigint | undefined {
    this.#sorted ??= BigUint64Array.from(this.#known.keys()).sort();
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] <= value) low = middle + 1;
      else high = middle;
    }
    const below = low > 0 && value - sorted[low - 1] <= reach ? sorted[low - 1] : undefined;
    const above = both && low < sorted.length && sorted[low] - value <= reach ? sorted[low] : undefined;
    if (below === undefined || above === undefined) return below ?? above;
    return value - below <= above - value ? below : above;
  }
}
