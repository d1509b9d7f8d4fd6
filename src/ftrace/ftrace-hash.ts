import { FunctionSet } from './function-set.ts';
import { hash64 } from './hash64.ts';

/** Size of a hash that is being filled, as a power of two. */
const FILL_BITS = 10;
/** Largest size of one that is in use. */
const MAX_BITS = 12;

/** Where the entry sites of functions are. */
interface EntrySites {
  /** By function id in 32-bit halves, low first. */
  readonly entryWords: Uint32Array;
}

/**
 * Functions in the order in which the kernel lists them, `struct ftrace_hash`: by bucket of their entry sites' addresses, the newest of a
 * bucket first. Which functions there are a {@link FunctionSet} tells as well, and quicker.
 */
export class FtraceHash {
  readonly #sites: EntrySites;
  readonly #bits: number;
  /** Each with its newest last. */
  readonly #buckets: number[][];
  readonly #members = new FunctionSet();

  constructor(sites: EntrySites, bits: number = FILL_BITS) {
    this.#sites = sites;
    this.#bits = bits;
    this.#buckets = Array.from({ length: 1 << bits }, () => []);
  }

  /** The functions in it. Not to be changed. */
  get members(): FunctionSet {
    return this.#members;
  }

  has(fn: number): boolean {
    return this.#members.has(fn);
  }

  /** False when it is there already. */
  add(fn: number): boolean {
    if (!this.#members.add(fn)) return false;
    this.#bucketOf(fn).push(fn);
    return true;
  }

  /** False when it is not there. */
  delete(fn: number): boolean {
    if (!this.#members.delete(fn)) return false;
    const bucket = this.#bucketOf(fn);
    bucket.splice(bucket.indexOf(fn), 1);
    return true;
  }

  /** The functions as they are listed. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (const bucket of this.#buckets) for (let i = bucket.length - 1; i >= 0; i--) yield bucket[i];
  }

  /** A copy to be changed, in the size of those that are filled (`alloc_and_copy_ftrace_hash()`). */
  copy(): FtraceHash {
    return this.#sized(FILL_BITS);
  }

  /** The hash as it is put in place, sized by what it holds (`__ftrace_hash_move()`). */
  moved(): FtraceHash {
    const { count } = this.#members;
    return this.#sized(Math.min(MAX_BITS, count < 2 ? 0 : 32 - Math.clz32(count >> 1)));
  }

  #sized(bits: number): FtraceHash {
    const sized = new FtraceHash(this.#sites, bits);
    for (const fn of this) sized.add(fn);
    return sized;
  }

  #bucketOf(fn: number): number[] {
    const { entryWords } = this.#sites;
    return this.#buckets[this.#bits === 0 ? 0 : hash64(entryWords[2 * fn], entryWords[2 * fn + 1], this.#bits)];
  }
}
