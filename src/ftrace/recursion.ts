import { type Cpu, Preempt } from '../machine/cpu.ts';

/**
 * The recursion lock, `include/linux/trace_recursion.h`. Bits of `task.recursion`:
 *
 *     bit 0      1        2        3     4           | 5      6        7        8     9
 *         nmi    hardirq  softirq  task  transition  | nmi    hardirq  softirq  task  transition
 *         of callbacks (graph, single ops)           | of the list function
 *
 * A context whose bit is set is refused, but for one entry that takes the transition bit: an interrupt whose first functions run
 * before the preempt count says that it is one.
 */
export const RecursionStart = { FTRACE: 0, LIST: 5 } as const;

/** Place of the transition bit from a start. */
const TRANSITION = 4;
/** Place of the task's bit from a start; softirq, hardirq and NMI come before it. */
const TASK = 3;

/** Bits of the preempt count of which one is set in every context but a task's. */
const IN_INTERRUPT = Preempt.NMI_MASK | Preempt.HARDIRQ_MASK | Preempt.SOFTIRQ_OFFSET;

/** Takes the lock for the context that the cpu is in, and disables preemption. Gives the bit to be handed back, or −1 when refused. */
export function recursionTrylock(cpu: Cpu, start: number): number {
  const task = cpu.current;
  const held = task.recursion;
  let bit = start + TASK;
  if ((cpu.preemptCount & IN_INTERRUPT) !== 0) bit -= cpu.interruptLevel();
  if ((held & (1 << bit)) !== 0) {
    bit = start + TRANSITION;
    if ((held & (1 << bit)) !== 0) return -1;
  }
  task.recursion = held | (1 << bit);
  cpu.preemptCount++;
  return bit;
}

/** Gives back what `recursionTrylock()` gave. */
export function recursionUnlock(cpu: Cpu, bit: number): void {
  cpu.preemptCount--;
  cpu.current.recursion &= ~(1 << bit);
}
