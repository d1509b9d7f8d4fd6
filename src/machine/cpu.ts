import { Registers } from './registers.ts';
import type { CallChain } from './stack-trace.ts';
import type { Task } from './task.ts';

/** Fields of the preempt count, `include/linux/preempt.h`. */
export const Preempt = {
  PREEMPT_OFFSET: 1,
  PREEMPT_MASK: 0xff,
  SOFTIRQ_OFFSET: 0x100,
  SOFTIRQ_MASK: 0xff00,
  HARDIRQ_OFFSET: 0x10000,
  HARDIRQ_MASK: 0xf0000,
  NMI_OFFSET: 0x100000,
  NMI_MASK: 0xf00000,
} as const;

/** Contexts that may interrupt a task, from the weakest. */
export type InterruptKind = 'softirq' | 'hardirq' | 'nmi';

/** What one interrupt keeps of the context that it interrupted. */
interface InterruptedContext {
  readonly regs: Registers;
  kind: InterruptKind;
  irqsOff: boolean;
  /** Whether the preempt count already says so. */
  counted: boolean;
}

/** A tracepoint while its probes run, as a stack shows it. */
export interface PassedTracepoint {
  /** Function id of the empty probe that fprobes hook. */
  readonly stubFn: number | undefined;
  /** Whether the probe that runs is called directly, being the only one; else `__traceiter_NAME` is between. */
  readonly isDirect: boolean;
  /** Where `__traceiter_NAME` goes on after a probe, in halves. */
  readonly callerLo: number;
  readonly callerHi: number;
}

/** Interrupts that may nest on one cpu: softirq, hardirq, NMI. */
const MAX_NESTED = 3;

/** A processor. */
export class Cpu {
  readonly id: number;
  /** The task that runs here (the idle task when none does). */
  current: Task;
  readonly idle: Task;
  /** Preempt 0–7, softirq 8–15, hardirq 16–19, NMI 20–23. */
  preemptCount = 0;
  irqsOff = false;
  needResched = false;
  needReschedLazy = false;
  /** Whether a kprobe handler runs here, as `kprobe_running()` tells. */
  kprobeRunning = false;
  /** Tells the calls of the task that runs, where its driver knows more of them than the machine does. */
  chain: CallChain | undefined = undefined;
  /** The tracepoint that is being passed. */
  tracepoint: PassedTracepoint | undefined = undefined;
  /** Interrupted contexts, innermost last; the first `nested` are in use. */
  readonly interrupted: InterruptedContext[];
  nested = 0;

  constructor(id: number, idle: Task, registerCount: number) {
    this.id = id;
    this.idle = idle;
    this.current = idle;
    this.interrupted = Array.from({ length: MAX_NESTED }, () => ({
      regs: new Registers(registerCount),
      kind: 'hardirq' as InterruptKind,
      irqsOff: false,
      counted: true,
    }));
  }

  /** 0 in a task, 1 in a softirq, 2 in a hardirq, 3 in an NMI; `include/linux/preempt.h:interrupt_context_level()`. */
  interruptLevel(): number {
    const count = this.preemptCount;
    let level = 0;
    if ((count & Preempt.NMI_MASK) !== 0) level++;
    if ((count & (Preempt.NMI_MASK | Preempt.HARDIRQ_MASK)) !== 0) level++;
    // Only the serving of a softirq sets its lowest bit; disabling bottom halves adds twice that.
    if ((count & (Preempt.NMI_MASK | Preempt.HARDIRQ_MASK | Preempt.SOFTIRQ_OFFSET)) !== 0) level++;
    return level;
  }
}
