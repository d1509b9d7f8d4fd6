/** Bits of `common_flags` in a trace record, `include/linux/trace_events.h:enum trace_flag_type`. */
export const TraceFlag = {
  IRQS_OFF: 0x01,
  NEED_RESCHED_LAZY: 0x02,
  NEED_RESCHED: 0x04,
  HARDIRQ: 0x08,
  SOFTIRQ: 0x10,
  PREEMPT_RESCHED: 0x20,
  NMI: 0x40,
  BH_OFF: 0x80,
} as const;
