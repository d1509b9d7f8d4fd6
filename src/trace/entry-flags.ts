import { TraceFlag } from '../abi/trace-flags.ts';
import { type Cpu, Preempt } from '../machine/cpu.ts';

/** Most that the four bits of a count in `common_preempt_count` show. */
const MAX_COUNT = 0xf;
/** Softirq count from which bottom halves are disabled, not served: `softirq_count() >> (SOFTIRQ_SHIFT + 1)`. */
const BH_MASK = Preempt.SOFTIRQ_MASK & ~Preempt.SOFTIRQ_OFFSET;

/** `common_flags` of a record that a cpu writes now (`kernel/trace/trace.c:tracing_gen_ctx_irq_test()`). */
function entryFlags(cpu: Cpu): number {
  const count = cpu.preemptCount;
  let flags = cpu.irqsOff ? TraceFlag.IRQS_OFF : 0;
  if (count & Preempt.NMI_MASK) flags |= TraceFlag.NMI;
  if (count & Preempt.HARDIRQ_MASK) flags |= TraceFlag.HARDIRQ;
  if (count & Preempt.SOFTIRQ_OFFSET) flags |= TraceFlag.SOFTIRQ;
  if (count & BH_MASK) flags |= TraceFlag.BH_OFF;
  if (cpu.needResched) flags |= TraceFlag.NEED_RESCHED | TraceFlag.PREEMPT_RESCHED;
  if (cpu.needReschedLazy) flags |= TraceFlag.NEED_RESCHED_LAZY;
  return flags;
}

/**
 * `common_flags` and `common_preempt_count` of a record that a cpu writes now, in this order from the low byte: the count has the preempt
 * count in its low four bits, the migrate-disable count above.
 * @param own how much of the preempt count the tracing itself added; where it added none, the count borrows from what is beside it
 *   (`tracing_gen_ctx_dec()`)
 */
export function entryContext(cpu: Cpu, own: 0 | 1): number {
  const preempt = Math.min(cpu.preemptCount & Preempt.PREEMPT_MASK, MAX_COUNT);
  const count = preempt | (Math.min(cpu.current.migrateDisable, MAX_COUNT) << 4);
  const context = (entryFlags(cpu) << 8) | count;
  const left = context - own;
  return ((left >> 8) & 0xff) | ((left & 0xff) << 8);
}

const RESCHED_MASK = TraceFlag.NEED_RESCHED | TraceFlag.NEED_RESCHED_LAZY | TraceFlag.PREEMPT_RESCHED;
const RESCHED_LETTER = new Map<number, string>([
  [RESCHED_MASK, 'B'],
  [TraceFlag.NEED_RESCHED | TraceFlag.PREEMPT_RESCHED, 'N'],
  [TraceFlag.NEED_RESCHED_LAZY | TraceFlag.PREEMPT_RESCHED, 'L'],
  [TraceFlag.NEED_RESCHED | TraceFlag.NEED_RESCHED_LAZY, 'b'],
  [TraceFlag.NEED_RESCHED, 'n'],
  [TraceFlag.PREEMPT_RESCHED, 'p'],
  [TraceFlag.NEED_RESCHED_LAZY, 'l'],
]);

function irqsLetter(flags: number): string {
  if (flags & TraceFlag.IRQS_OFF) return flags & TraceFlag.BH_OFF ? 'D' : 'd';
  return flags & TraceFlag.BH_OFF ? 'b' : '.';
}

function contextLetter(flags: number): string {
  if (flags & TraceFlag.NMI) return flags & TraceFlag.HARDIRQ ? 'Z' : 'z';
  if (flags & TraceFlag.HARDIRQ) return flags & TraceFlag.SOFTIRQ ? 'H' : 'h';
  return flags & TraceFlag.SOFTIRQ ? 's' : '.';
}

const countDigit = (count: number) => (count === 0 ? '.' : count.toString(16));

/**
 * The five latency columns of a line: irqs and bottom halves off, need-resched, context, preempt count, migrate-disable count
 * (`kernel/trace/trace_output.c:trace_print_lat_fmt()`).
 */
export function latencyColumns(flags: number, preemptCount: number): string {
  const resched = RESCHED_LETTER.get(flags & RESCHED_MASK) ?? '.';
  return `${irqsLetter(flags)}${resched}${contextLetter(flags)}${countDigit(preemptCount & 0xf)}${countDigit(preemptCount >> 4)}`;
}
