import type { FetchMemory } from './fetch-context.ts';

/** Addresses whose upper half is below this are the process's, on arches whose kernel and user addresses do not overlap. */
const FIRST_KERNEL_HI = 0x1_0000;

/**
 * Memory as a fetch without `u` reads it: the kernel's, but an address below TASK_SIZE is read in the process's where the arch can tell it by the
 * address (ARCH_HAS_NON_OVERLAPPING_ADDRESS_SPACE, which s390 has not), `kernel/trace/trace_probe_kernel.h:probe_mem_read()`.
 */
export class ProbeMemory implements FetchMemory {
  lo = 0;
  hi = 0;
  readonly #kernel: FetchMemory;
  readonly #user: () => FetchMemory | undefined;

  /** @param user memory of the current task's process; a kernel thread has none */
  constructor(kernel: FetchMemory, user: () => FetchMemory | undefined) {
    this.#kernel = kernel;
    this.#user = user;
  }

  load64(lo: number, hi: number): boolean {
    const memory = this.#at(hi);
    if (memory === undefined || !memory.load64(lo, hi)) return false;
    this.lo = memory.lo;
    this.hi = memory.hi;
    return true;
  }

  copyOut(lo: number, hi: number, size: number, dest: Uint8Array, at: number): boolean {
    return this.#at(hi)?.copyOut(lo, hi, size, dest, at) ?? false;
  }

  stringLength(lo: number, hi: number, max: number): number {
    const memory = this.#at(hi);
    if (memory === undefined) return -1;
    const length = memory.stringLength(lo, hi, max);
    // strnlen_user() answers 0 for a fault.
    return length < 0 && hi < FIRST_KERNEL_HI ? 0 : length;
  }

  copyString(lo: number, hi: number, max: number, dest: Uint8Array, at: number): number {
    return this.#at(hi)?.copyString(lo, hi, max, dest, at) ?? -1;
  }

  #at(hi: number): FetchMemory | undefined {
    return hi < FIRST_KERNEL_HI ? this.#user() : this.#kernel;
  }
}
