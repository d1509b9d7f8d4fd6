import { kernelSort } from '../machine/kernel-sort.ts';
import { jhash } from './jhash.ts';

/** Limits of `kernel/trace/tracing_map.h`. */
export const MapLimit = {
  KEYS: 3,
  VALS: 3,
  FIELDS: 6,
  VARS: 16,
  SORT_KEYS: 2,
  BITS: 11,
  MIN_BITS: 7,
  MAX_BITS: 17,
} as const;

/** Compares the values of one field of two elements. */
type CompareElements = (a: number, b: number) => number;

/** What a map is made of. */
interface MapShape {
  /** Elements there is room for: 2 ** bits. */
  readonly bits: number;
  /** Bytes of a key, a multiple of 8. */
  readonly keySize: number;
  /** Sums of an element. */
  readonly sums: number;
  /** Variables of an element. */
  readonly vars: number;
  /** Texts of {@link TEXT_SIZE} bytes that variables of an element hold. */
  readonly texts: number;
  /** Whether an element keeps the name of the task that hit first. */
  readonly comm: boolean;
}

/** Bytes of a text or stack that a variable holds, terminator included, `kernel/trace/trace_synth.h:STR_VAR_LEN_MAX`. */
export const TEXT_SIZE = 256;
/** Bytes of a task's name. */
export const COMM_SIZE = 16;

/**
 * Counts by key (`kernel/trace/tracing_map.c`): a hash table of twice as many slots as elements, never resized, and elements in the order of
 * their coming. All memory is there from the start.
 *
 *     slot      hash of its key (0 empty), number of its element
 *     element   key bytes | sums | variables, each with a flag whether it was ever set | texts | task name
 */
export class TracingMap {
  readonly shape: MapShape;
  readonly maxElements: number;
  /** Elements in use. */
  count = 0;
  hits = 0;
  drops = 0;
  readonly keys: Uint8Array;
  /** 64-bit sums in halves, low first. */
  readonly sums: Uint32Array;
  /** 64-bit variables in halves, low first. */
  readonly vars: Uint32Array;
  readonly varSet: Uint8Array;
  readonly texts: Uint8Array;
  readonly comms: Uint8Array;
  readonly #hashes: Uint32Array;
  readonly #elements: Int32Array;

  constructor(shape: MapShape) {
    const elements = 2 ** shape.bits;
    this.shape = shape;
    this.maxElements = elements;
    this.keys = new Uint8Array(elements * shape.keySize);
    this.sums = new Uint32Array(2 * elements * shape.sums);
    this.vars = new Uint32Array(2 * elements * shape.vars);
    this.varSet = new Uint8Array(elements * shape.vars);
    this.texts = new Uint8Array(elements * shape.texts * TEXT_SIZE);
    this.comms = new Uint8Array(shape.comm ? elements * COMM_SIZE : 0);
    this.#hashes = new Uint32Array(2 * elements);
    this.#elements = new Int32Array(2 * elements);
  }

  /** The element of a key, a new one where there is none; −1 when there is no room, which counts as a drop. */
  insert(key: Uint8Array): number {
    return this.#find(key, true);
  }

  /** The element of a key, −1 when there is none. */
  lookup(key: Uint8Array): number {
    return this.#find(key, false);
  }

  #find(key: Uint8Array, add: boolean): number {
    const { keySize, bits } = this.shape;
    const hash = jhash(key, 0, keySize) || 1;
    const mask = this.#hashes.length - 1;
    for (let slot = hash >>> (32 - (bits + 1)); ; slot++) {
      slot &= mask;
      const held = this.#hashes[slot]!;
      if (held === hash && this.#hasKey(this.#elements[slot]!, key)) {
        if (add) this.hits++;
        return this.#elements[slot]!;
      }
      if (held !== 0) continue;
      return add ? this.#take(slot, hash, key) : -1;
    }
  }

  #hasKey(element: number, key: Uint8Array): boolean {
    const { keySize } = this.shape;
    const at = element * keySize;
    for (let i = 0; i < keySize; i++) if (this.keys[at + i] !== key[i]) return false;
    return true;
  }

  #take(slot: number, hash: number, key: Uint8Array): number {
    if (this.count === this.maxElements) {
      this.drops++;
      return -1;
    }
    const element = this.count++;
    this.#hashes[slot] = hash;
    this.#elements[slot] = element;
    const at = element * this.shape.keySize;
    for (let i = 0; i < this.shape.keySize; i++) this.keys[at + i] = key[i]!;
    this.hits++;
    return element;
  }

  /** Forgets everything (`tracing_map_clear()`). */
  clear(): void {
    this.count = 0;
    this.hits = 0;
    this.drops = 0;
    this.#hashes.fill(0);
    this.sums.fill(0);
    this.vars.fill(0);
    this.varSet.fill(0);
  }

  /** Place in {@link TracingMap.sums} of an element's i-th sum. */
  sumAt(element: number, i: number): number {
    return 2 * (element * this.shape.sums + i);
  }

  /** Place in {@link TracingMap.varSet} of an element's i-th variable; in {@link TracingMap.vars} twice that. */
  varAt(element: number, i: number): number {
    return element * this.shape.vars + i;
  }

  /** Place in {@link TracingMap.texts} of an element's i-th text. */
  textAt(element: number, i: number): number {
    return (element * this.shape.texts + i) * TEXT_SIZE;
  }

  /**
   * The elements, sorted (`tracing_map_sort_entries()`).
   * @param by one or two comparisons; the second orders what the first finds equal
   */
  sorted(by: readonly CompareElements[]): number[] {
    const elements: number[] = [];
    for (const [slot, hash] of this.#hashes.entries()) if (hash !== 0) elements.push(this.#elements[slot]!);
    if (elements.length < 2) return elements;
    // The kernel looks for duplicates first, and sorts by the bytes of the keys to that end.
    sortElements(elements, (a, b) => this.#compareKeys(a, b));
    const [primary, secondary] = by;
    sortElements(elements, primary!);
    if (secondary) sortWithin(elements, primary!, secondary);
    return elements;
  }

  #compareKeys(a: number, b: number): number {
    const { keySize } = this.shape;
    for (let i = 0; i < keySize; i++) {
      const difference = this.keys[a * keySize + i]! - this.keys[b * keySize + i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

/** Sorts part of a list. */
function sortElements(elements: number[], compare: CompareElements, start = 0, length = elements.length): void {
  kernelSort(
    length,
    (a, b) => compare(elements[start + a]!, elements[start + b]!),
    (a, b) => {
      const element = elements[start + a]!;
      elements[start + a] = elements[start + b]!;
      elements[start + b] = element;
    },
  );
}

/** Sorts each run of equal elements by a second order (`sort_secondary()`). */
function sortWithin(elements: number[], primary: CompareElements, secondary: CompareElements): void {
  let start = 0;
  let length = 1;
  for (let i = 0; i < elements.length - 1; i++) {
    if (primary(elements[i]!, elements[i + 1]!) === 0) {
      length++;
      if (i < elements.length - 2) continue;
    }
    if (length >= 2) {
      sortElements(elements, secondary, start, length);
    }
    start = i + 1;
    length = 1;
  }
}
