/** Bits set in a 32-bit word. */
function popCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** A set of functions by id, one bit each; what the kernel keeps in an ftrace_hash. */
export class FunctionSet {
  #words: Uint32Array;
  #count = 0;

  /** `capacity` is the number of ids that there is room for at once; the set grows when needed. */
  constructor(capacity = 0) {
    this.#words = new Uint32Array((capacity + 31) >>> 5);
  }

  /** Set of the given ids. */
  static of(ids: Iterable<number>): FunctionSet {
    const set = new FunctionSet();
    for (const id of ids) set.add(id);
    return set;
  }

  /** Functions in the set. */
  get count(): number {
    return this.#count;
  }

  /** 32-bit words of bits in use; ids from 32 times this up are not in the set. */
  get length(): number {
    return this.#words.length;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Bits of the functions 32n … 32n+31, unsigned. */
  word(n: number): number {
    return n < this.#words.length ? this.#words[n] : 0;
  }

  has(id: number): boolean {
    const n = id >>> 5;
    return n < this.#words.length && ((this.#words[n] >>> (id & 31)) & 1) !== 0;
  }

  /** True when the function was not in the set. */
  add(id: number): boolean {
    if (this.has(id)) return false;
    const n = id >>> 5;
    if (n >= this.#words.length) this.#grow(n + 1);
    this.#words[n] |= 1 << (id & 31);
    this.#count++;
    return true;
  }

  /** True when the function was in the set. */
  delete(id: number): boolean {
    if (!this.has(id)) return false;
    this.#words[id >>> 5] &= ~(1 << (id & 31));
    this.#count--;
    return true;
  }

  clear(): void {
    this.#words.fill(0);
    this.#count = 0;
  }

  clone(): FunctionSet {
    const copy = new FunctionSet();
    copy.#words = this.#words.slice();
    copy.#count = this.#count;
    return copy;
  }

  /** Functions in either. */
  union(other: FunctionSet): FunctionSet {
    return this.#combine(other, (a, b) => a | b);
  }

  /** Functions in both. */
  intersect(other: FunctionSet): FunctionSet {
    return this.#combine(other, (a, b) => a & b);
  }

  /** Functions that the other does not have. */
  minus(other: FunctionSet): FunctionSet {
    return this.#combine(other, (a, b) => a & ~b);
  }

  equals(other: FunctionSet): boolean {
    if (this.#count !== other.#count) return false;
    for (let n = 0; n < this.#words.length; n++) if (this.#words[n] !== other.word(n)) return false;
    return true;
  }

  /** The ids in order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let n = 0; n < this.#words.length; n++) {
      for (let left = this.#words[n]; left !== 0; left &= left - 1) yield n * 32 + (31 - Math.clz32(left & -left));
    }
  }

  #combine(other: FunctionSet, operation: (a: number, b: number) => number): FunctionSet {
    const length = Math.max(this.length, other.length);
    const result = new FunctionSet(length * 32);
    let count = 0;
    for (let n = 0; n < length; n++) {
      const word = operation(this.word(n), other.word(n)) >>> 0;
      result.#words[n] = word;
      if (word !== 0) count += popCount(word);
    }
    result.#count = count;
    return result;
  }

  #grow(words: number): void {
    const larger = new Uint32Array(Math.max(words, this.#words.length * 2));
    larger.set(this.#words);
    this.#words = larger;
  }
}
