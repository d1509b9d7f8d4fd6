import type { Cpu } from './cpu.ts';

/** Most addresses of one trace. */
const MAX_STACK_ENTRIES = 256;

/** A kernel stack that is being written down: addresses in code, innermost first. One object is used again and again. */
export class StackTrace {
  /** The addresses as 32-bit halves, low first; the first {@link StackTrace.count} pairs are in use. */
  readonly words = new Uint32Array(2 * MAX_STACK_ENTRIES);
  count = 0;

  /** Forgets the addresses. */
  clear(): void {
    this.count = 0;
  }

  /** Adds an address given as halves; what does not fit is left out. */
  push(lo: number, hi: number): void {
    if (this.count === MAX_STACK_ENTRIES) return;
    const at = 2 * this.count++;
    this.words[at] = lo;
    this.words[at + 1] = hi;
  }

  /** Forgets the innermost addresses. */
  skip(entries: number): void {
    const gone = Math.min(entries, this.count);
    this.words.copyWithin(0, 2 * gone, 2 * this.count);
    this.count -= gone;
  }
}

/**
 * Tells where the code that a cpu runs was called from, as an unwinder finds it. Whoever drives a task may know more of its
 * functions than the machine, which is told of patched ones only.
 */
export interface CallChain {
  /** The place in the innermost function, then the places that its callers are at. */
  pushPlace(cpu: Cpu, trace: StackTrace): void;
  /** The place that the innermost function returns to, then those that its callers are at. */
  pushCallers(cpu: Cpu, trace: StackTrace): void;
}
