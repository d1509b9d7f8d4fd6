/** The options of every trace array in the order of `trace_options`, and whether each is on at boot (`kernel/trace/trace.h:TRACE_FLAGS`). */
export const TRACE_OPTIONS = {
  'print-parent': true,
  'sym-offset': false,
  'sym-addr': false,
  verbose: false,
  raw: false,
  hex: false,
  bin: false,
  block: false,
  fields: false,
  trace_printk: true,
  annotate: true,
  userstacktrace: false,
  'sym-userobj': false,
  'printk-msg-only': false,
  'context-info': true,
  'latency-format': false,
  'record-cmd': true,
  'record-tgid': false,
  overwrite: true,
  disable_on_free: false,
  'irq-info': true,
  markers: true,
  'event-fork': false,
  trace_printk_dest: true,
  copy_trace_marker: true,
  'pause-on-trace': false,
  'hash-ptr': true,
  'function-trace': true,
  'function-fork': false,
  'display-graph': false,
  stacktrace: false,
} as const;

/** Name of an option that every trace array has. */
export type TraceOptionName = keyof typeof TRACE_OPTIONS;

/** The tracers in the order of `available_tracers`, whether an instance may use them, and their own options with the values at boot. */
export const TRACERS = {
  blk: { instances: false, options: { blk_classic: false, blk_cgroup: false, blk_cgname: false } },
  mmiotrace: { instances: false, options: {} },
  function_graph: {
    instances: true,
    options: {
      'funcgraph-overrun': false,
      'funcgraph-cpu': true,
      'funcgraph-overhead': true,
      'funcgraph-proc': false,
      'funcgraph-duration': true,
      'funcgraph-abstime': false,
      'funcgraph-irqs': true,
      'funcgraph-tail': false,
      'funcgraph-args': false,
      'sleep-time': true,
    },
  },
  function: { instances: true, options: { func_stack_trace: false, 'func-no-repeats': false, 'func-args': false } },
  nop: { instances: true, options: { test_nop_accept: false, test_nop_refuse: false } },
} as const;

/** Name of a tracer. */
export type TracerName = keyof typeof TRACERS;

/** The clocks in the order of `trace_clock`, and whether they count nanoseconds (`kernel/trace/trace.c:trace_clocks`). */
export const TRACE_CLOCKS = {
  local: true,
  global: true,
  counter: false,
  uptime: true,
  perf: true,
  mono: true,
  mono_raw: true,
  boot: true,
  tai: true,
  'x86-tsc': false,
} as const;

/** Name of a trace clock. */
export type TraceClockName = keyof typeof TRACE_CLOCKS;
