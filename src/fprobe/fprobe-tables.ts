import { hash64 } from '../ftrace/hash64.ts';
import type { Functions } from '../machine/functions.ts';
import { type Fprobe, FprobeNode } from './fprobe.ts';

/** Buckets of the address table, as a power of two. */
export const FPROBE_IP_HASH_BITS = 8;
/** Buckets of the fprobe table, as a power of two. */
export const FPROBE_HASH_BITS = 6;

/**
 * The table from function address to fprobes (`fprobe_ip_table`): chained buckets in which the nodes of one address are neighbours, newer ones before older ones.
 * Beside it, the first node of each function by function id, so that a look-up is one load.
 */
export class IpTable {
  readonly #buckets: (FprobeNode | null)[] = new Array(1 << FPROBE_IP_HASH_BITS).fill(null);
  #first: (FprobeNode | null)[];
  readonly #functions: Functions;

  constructor(functions: Functions) {
    this.#functions = functions;
    this.#first = new Array(functions.capacity).fill(null);
  }

  /** The first node at a function. */
  first(fn: number): FprobeNode | null {
    return this.#first[fn] ?? null;
  }

  /** The bucket that a function's address is in, 0…255. */
  bucketOf(fn: number): number {
    const words = this.#functions.entryWords;
    return hash64(words[2 * fn], words[2 * fn + 1], FPROBE_IP_HASH_BITS);
  }

  /** Nodes of a bucket in chain order. */
  bucket(index: number): FprobeNode[] {
    const nodes: FprobeNode[] = [];
    for (let node = this.#buckets[index]; node; node = node.next) nodes.push(node);
    return nodes;
  }

  /** Adds a node before the first of its function, or at its bucket's head. `insert_fprobe_node()` */
  insert(node: FprobeNode): void {
    const fn = node.fn;
    while (fn >= this.#first.length) this.#first.push(null);
    const older = this.#first[fn];
    const bucket = older !== null && older.prev !== null ? -1 : this.bucketOf(fn);
    node.next = older ?? this.#buckets[bucket];
    node.prev = older === null ? null : older.prev;
    if (node.next) node.next.prev = node;
    if (node.prev) node.prev.next = node;
    else this.#buckets[bucket] = node;
    this.#first[fn] = node;
  }

  /** Takes a node out; its own `next` stays for who walks the list. True when other fprobes are left at its function. `delete_fprobe_node()` */
  delete(node: FprobeNode): boolean {
    const fn = node.fn;
    if (node.fp !== null) {
      node.fp = null;
      if (node.prev) node.prev.next = node.next;
      else this.#buckets[this.bucketOf(fn)] = node.next;
      if (node.next) node.next.prev = node.prev;
      if (this.#first[fn] === node) this.#first[fn] = node.next !== null && node.next.fn === fn ? node.next : null;
    }
    return this.#first[fn] !== null;
  }
}

/** Bytes from one fprobe's address to the next, as a power of two. */
const STRIDE_BITS = 8;

/**
 * The table of live fprobes (`fprobe_table`), which validates a pointer found on a shadow stack: chained buckets by address. Beside them, the fprobes whose address this table
 * gave out, by their place, so that a look-up is one load.
 */
export class FprobeTable {
  readonly #buckets: (Fprobe | null)[] = new Array(1 << FPROBE_HASH_BITS).fill(null);
  readonly #places: (Fprobe | null)[] = [];
  #nextPlace = 0;
  readonly #base: bigint;
  readonly #baseLo: number;
  readonly #baseHi: number;

  /** `base` is where addresses are given out from: low 32 bits far from their end. */
  constructor(base: bigint) {
    this.#base = base;
    this.#baseLo = Number(BigInt.asIntN(32, base));
    this.#baseHi = Number(BigInt.asIntN(32, base >> 32n));
  }

  /** Fprobes of a bucket in chain order. */
  bucket(index: number): Fprobe[] {
    const found: Fprobe[] = [];
    for (let fp = this.#buckets[index]; fp; fp = fp.nextInTable) found.push(fp);
    return found;
  }

  /** Gives an fprobe an address, if it has none yet; it is never given out again. */
  place(fp: Fprobe): void {
    if (fp.address === 0n) fp.address = this.#base + (BigInt(this.#nextPlace++) << BigInt(STRIDE_BITS));
    fp.addressLo = Number(BigInt.asIntN(32, fp.address));
    fp.addressHi = Number(BigInt.asIntN(32, fp.address >> 32n));
  }

  add(fp: Fprobe): void {
    const bucket = hash64(fp.addressLo, fp.addressHi, FPROBE_HASH_BITS);
    fp.nextInTable = this.#buckets[bucket];
    this.#buckets[bucket] = fp;
    const place = this.#placeOf(fp.addressLo, fp.addressHi);
    if (place < 0) return;
    while (place >= this.#places.length) this.#places.push(null);
    this.#places[place] = fp;
  }

  remove(fp: Fprobe): void {
    const bucket = hash64(fp.addressLo, fp.addressHi, FPROBE_HASH_BITS);
    let before: Fprobe | null = null;
    for (let at = this.#buckets[bucket]; at !== null && at !== fp; at = at.nextInTable) before = at;
    if (before) before.nextInTable = fp.nextInTable;
    else this.#buckets[bucket] = fp.nextInTable;
    fp.nextInTable = null;
    const place = this.#placeOf(fp.addressLo, fp.addressHi);
    if (place >= 0) this.#places[place] = null;
  }

  /** The live fprobe at an address given as signed halves, or null. `is_fprobe_still_exist()` */
  find(lo: number, hi: number): Fprobe | null {
    const place = this.#placeOf(lo, hi);
    if (place >= 0) return place < this.#places.length ? this.#places[place] : null;
    for (let fp = this.#buckets[hash64(lo, hi, FPROBE_HASH_BITS)]; fp !== null; fp = fp.nextInTable) {
      if (fp.addressLo === lo && fp.addressHi === hi) return fp;
    }
    return null;
  }

  /** Which address given out this is, or −1. */
  #placeOf(lo: number, hi: number): number {
    const offset = (lo - this.#baseLo) | 0;
    if (hi !== this.#baseHi || offset < 0 || (offset & ((1 << STRIDE_BITS) - 1)) !== 0) return -1;
    const place = offset >> STRIDE_BITS;
    return place < this.#nextPlace ? place : -1;
  }
}

/** A node for each function, in order. */
export function nodesFor(fp: Fprobe, fns: readonly number[]): FprobeNode[] {
  return fns.map((fn) => new FprobeNode(fn, fp));
}
