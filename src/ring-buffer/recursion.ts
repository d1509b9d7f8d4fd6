import type { CpuBuffer } from './cpu-buffer.ts';

/**
 * One bit per context may record at a time, plus one that lets a single event through while a context changes:
 *
 *     bit  0 transition   1 NMI   2 hard interrupt   3 soft interrupt   4 task
 *
 * A level of nesting (an event recorded on purpose within another) shifts them up by five.
 */
const TASK_BIT = 4;
/** Bits of one level of nesting (`NESTED_BITS`). */
export const NESTED_BITS = 5;
/** Bits for all levels. */
export const CONTEXT_BITS = 32;

const SOFTIRQ_OFFSET = 1 << 8;
const HARDIRQ_MASK = 0xf << 16;
const NMI_MASK = 0xf << 20;

/** 0 in a task, 1 in a soft interrupt, 2 in a hard interrupt, 3 in an NMI (`include/linux/preempt.h:interrupt_context_level()`). */
export function interruptContextLevel(preemptCount: number): number {
  if (preemptCount & NMI_MASK) return 3;
  if (preemptCount & HARDIRQ_MASK) return 2;
  return preemptCount & SOFTIRQ_OFFSET ? 1 : 0;
}

/**
 * Lets a context record, unless it is recording already and the one extra time is used up as well (`trace_recursive_lock()`).
 * @param context as {@link interruptContextLevel} counts
 */
export function recursionLock(cb: CpuBuffer, context: number): boolean {
  let bit = 1 << (TASK_BIT - context + cb.nest);
  if (cb.contexts & bit) {
    bit = 1 << cb.nest;
    if (cb.contexts & bit) return false;
  }
  cb.contexts |= bit;
  return true;
}

/** Clears the lowest bit of the current level of nesting: the context that began last (`trace_recursive_unlock()`). */
export function recursionUnlock(cb: CpuBuffer): void {
  cb.contexts &= cb.contexts - (1 << cb.nest);
}
