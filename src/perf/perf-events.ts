import { Errno } from '../abi/errno.ts';
import type { Ftrace } from '../ftrace/index.ts';
import type { TraceEventCall, Tracing } from '../trace/index.ts';
import { ALL_FORMAT_BITS, ALL_SAMPLE_BITS, type PerfEventAttr } from './perf-attr.ts';
import { PerfEvent, type PerfTarget } from './perf-event.ts';
import { PerfSink, PerfSlots } from './perf-sink.ts';

/** Perf events on trace events: `perf_event_open(2)` for the type PERF_TYPE_TRACEPOINT. */
export class PerfEvents {
  readonly #tracing: Tracing;
  readonly #slots: PerfSlots;
  #lastId = 0;

  constructor(tracing: Tracing, ftrace: Ftrace) {
    this.#tracing = tracing;
    this.#slots = new PerfSlots(tracing.machine, ftrace);
  }

  /**
   * Opens an event, which counts at once unless `disabled`. While one is open, the trace event hits, enabled or not, and cannot be removed.
   * @returns the event; −EINVAL for an unknown id or bit, for no target, for a cpu that is not there; −ESRCH for a task that has gone
   */
  open(attr: PerfEventAttr, target: PerfTarget): PerfEvent | number {
    const { sampleType = 0, readFormat = 0 } = attr;
    if (hasOthers(sampleType, ALL_SAMPLE_BITS) || hasOthers(readFormat, ALL_FORMAT_BITS)) return -Errno.EINVAL;
    const { task, cpu } = target;
    if (task === undefined && cpu === undefined) return -Errno.EINVAL;
    if (task?.state === 'dead') return -Errno.ESRCH;
    if (cpu !== undefined && this.#tracing.machine.cpus[cpu] === undefined) return -Errno.EINVAL;
    const call = this.#tracing.events.byId(attr.config);
    if (!call?.hasReg || call.ignoreEnable) return -Errno.EINVAL;
    const sink = this.#register(call);
    if (typeof sink === 'number') return sink;
    const event = new PerfEvent({
      attr,
      id: ++this.#lastId,
      call,
      tracing: this.#tracing,
      target,
      release: (closed) => this.#unregister(closed, sink),
    });
    sink.events.unshift(event);
    return event;
  }

  /** `kernel/trace/trace_event_perf.c:perf_trace_event_reg()` */
  #register(call: TraceEventCall): PerfSink | number {
    if (call.perfSink instanceof PerfSink) {
      this.#hold(call, 1);
      return call.perfSink;
    }
    const sink = new PerfSink(call, this.#slots);
    call.perfSink = sink;
    const ret = call.reg('perf-register');
    if (ret < 0) {
      call.perfSink = undefined;
      return ret;
    }
    this.#hold(call, 1);
    return sink;
  }

  /** `perf_trace_event_unreg()` */
  #unregister(event: PerfEvent, sink: PerfSink): void {
    const { call } = event;
    sink.events.splice(sink.events.indexOf(event), 1);
    this.#hold(call, -1);
    if (call.perfRefcnt > 0) return;
    call.reg('perf-unregister');
    call.perfSink = undefined;
  }

  /** Events that come and go at run time cannot go while perf has them. */
  #hold(call: TraceEventCall, by: 1 | -1): void {
    call.perfRefcnt += by;
    if (call.dynamic) call.refcnt += by;
  }
}

/** Whether a number has bits that are not among the known ones, which are all below bit 31. */
const hasOthers = (bits: number, known: number): boolean => bits > 0x7fffffff || (bits & ~known) !== 0;
