import type { Functions } from '../machine/functions.ts';
import type { FtraceOps } from './ftrace-ops.ts';
import { FunctionSet } from './function-set.ts';

/** Site of a function that several ops want: the list function asks each. */
export const LIST_SITE = 255;
/** Site of a function that one ops wants, whose slot a site cannot name. */
export const SOLE_SITE = 254;
/** Ops slots that a site can name, and one. */
const MAX_DIRECT_SLOT = 253;

/** Flags of a record. */
export const RecordFlag = {
  /** An ops wants a full pt_regs: ` R`. */
  REGS: 1,
  /** Has been traced since boot: in `touched_functions`. */
  TOUCHED: 2,
} as const;

/**
 * One record a function, `struct dyn_ftrace`: how many ops want it, and what its entry site is patched with.
 *
 *     site 0          nop
 *     site 1 … 253    calls the ops in slot site − 1: the only one that wants the function
 *     site 254        calls the only ops that wants the function
 *     site 255        calls the list function
 */
export class Records {
  /** Sites by function id; replaced when functions are added beyond its room. */
  sites: Uint8Array;
  /** Functions that can be traced now. */
  readonly live = new FunctionSet();
  #counts: Uint16Array;
  /** Sum of slot + 1 over the ops that want the function: the slot when there is only one. */
  #slotSums: Uint32Array;
  #flags: Uint8Array;
  #functions: Functions;
  #ops: readonly (FtraceOps | undefined)[];
  #enabled = true;

  /** `ops` is the table of registered ops by slot. */
  constructor(functions: Functions, ops: readonly (FtraceOps | undefined)[]) {
    this.#functions = functions;
    this.#ops = ops;
    const room = functions.capacity;
    this.sites = new Uint8Array(room);
    this.#counts = new Uint16Array(room);
    this.#slotSums = new Uint32Array(room);
    this.#flags = new Uint8Array(room);
    for (let fn = 0; fn < functions.count; fn++) if (functions.isLive(fn)) this.live.add(fn);
  }

  /** Ops that want a function. */
  count(fn: number): number {
    return this.#counts[fn];
  }

  /** Bits of `RecordFlag`. */
  flags(fn: number): number {
    return this.#flags[fn];
  }

  /** The only ops that wants a function, when it has a trampoline to be called through. */
  soleOps(fn: number): FtraceOps | undefined {
    return this.#counts[fn] === 1 ? this.#ops[this.#slotSums[fn] - 1] : undefined;
  }

  /** Takes new functions in. */
  addFunctions(fns: readonly number[]): void {
    if (this.#functions.capacity > this.sites.length) this.#grow(this.#functions.capacity);
    for (const fn of fns) this.live.add(fn);
  }

  /** Forgets functions that have gone; no ops counts for them any more. */
  removeFunctions(fns: readonly number[]): void {
    for (const fn of fns) {
      this.live.delete(fn);
      this.#counts[fn] = 0;
      this.#slotSums[fn] = 0;
      this.#flags[fn] = 0;
      this.sites[fn] = 0;
    }
  }

  /** Functions that an ops should be attached to: all that are live and that it wants. */
  wanted({ hash }: FtraceOps): FunctionSet {
    const filtered = hash.wantsAll ? this.live : hash.filter.intersect(this.live);
    return hash.notrace.isEmpty ? filtered.clone() : filtered.minus(hash.notrace);
  }

  /** Makes an ops count for exactly the functions of `wanted`, and patches the sites that change. `__ftrace_hash_rec_update()` */
  attach(ops: FtraceOps, wanted: FunctionSet): void {
    const before = ops.attached;
    const length = Math.max(before.length, wanted.length);
    for (let n = 0; n < length; n++) {
      const old = before.word(n);
      const now = wanted.word(n);
      for (let left = old ^ now; left !== 0; left &= left - 1) {
        const fn = n * 32 + (31 - Math.clz32(left & -left));
        this.#count(ops, fn, (now >>> (fn & 31)) & 1 ? 1 : -1);
      }
    }
    ops.attached = wanted;
    if (ops.saveRegs) this.#updateRegsFlags(before.union(wanted));
  }

  /** Makes an ops count for a function, or not. */
  attachOne(ops: FtraceOps, fn: number, wanted: boolean): void {
    if (ops.attached.has(fn) === wanted) return;
    if (wanted) ops.attached.add(fn);
    else ops.attached.delete(fn);
    this.#count(ops, fn, wanted ? 1 : -1);
    if (ops.saveRegs) this.#updateRegsFlags([fn]);
  }

  /** Whether sites are patched at all (`FTRACE_FL_ENABLED` of what is wanted). */
  get isEnabled(): boolean {
    return this.#enabled;
  }

  /** Makes every site a nop, or gives them back what they are patched with (`kernel.ftrace_enabled`). */
  setEnabled(enabled: boolean): void {
    if (this.#enabled === enabled) return;
    this.#enabled = enabled;
    for (let fn = 0; fn < this.sites.length; fn++) this.#patch(fn);
  }

  #count(ops: FtraceOps, fn: number, by: 1 | -1): void {
    this.#counts[fn] += by;
    this.#slotSums[fn] += by * (ops.slot + 1);
    if (by > 0) this.#flags[fn] |= RecordFlag.TOUCHED;
    this.#patch(fn);
  }

  #patch(fn: number): void {
    const count = this.#counts[fn];
    if (count === 0 || !this.#enabled) this.sites[fn] = 0;
    else if (count > 1) this.sites[fn] = LIST_SITE;
    else this.sites[fn] = this.#slotSums[fn] <= MAX_DIRECT_SLOT ? this.#slotSums[fn] : SOLE_SITE;
  }

  #updateRegsFlags(fns: Iterable<number>): void {
    for (const fn of fns) {
      const wanted = this.#ops.some((ops) => ops?.saveRegs && ops.attached.has(fn));
      if (wanted) this.#flags[fn] |= RecordFlag.REGS;
      else this.#flags[fn] &= ~RecordFlag.REGS;
    }
  }

  #grow(room: number): void {
    const copy = <T extends Uint8Array | Uint16Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.sites = copy(this.sites, new Uint8Array(room));
    this.#counts = copy(this.#counts, new Uint16Array(room));
    this.#slotSums = copy(this.#slotSums, new Uint32Array(room));
    this.#flags = copy(this.#flags, new Uint8Array(room));
  }
}
