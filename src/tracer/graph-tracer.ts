import { type Fgraph, type GraphFilter, GraphOps } from '../fgraph/index.ts';
import type { FtraceRegs } from '../ftrace/index.ts';
import { FtraceOffset, FtraceType, MAX_ARGS } from '../trace/ftrace-event.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import type { TraceSource } from '../trace/trace-header.ts';
import type { Tracer, TracerLines } from '../trace/tracer.ts';
import type { Tracing } from '../trace/tracing.ts';
import type { ArrayFunctions } from './array-functions.ts';
import { putArguments } from './function-tracer.ts';
import { graphHeader } from './graph-header.ts';
import { GraphLines } from './graph-lines.ts';
import { SleepTimes } from './sleep-times.ts';

/** Bytes of data in a frame: when the function was called, and how long its task had slept until then. */
const TIME_BYTES = 8;
const WORD = 2 ** 32;

/** What a function_graph tracer needs. */
interface GraphTracerParts {
  readonly tracing: Tracing;
  readonly fgraph: Fgraph;
  readonly filter: GraphFilter;
  functionsOf(array: TraceArray): ArrayFunctions;
}

/** Options that decide what is recorded, the same in all trace arrays. */
interface GraphOptions {
  args: boolean;
  sleepTime: boolean;
}

/** The function_graph tracer in one trace array. */
class GraphTrace {
  readonly array: TraceArray;
  readonly ops: GraphOps;
  readonly #fgraph: Fgraph;
  readonly #filter: GraphFilter;
  readonly #options: GraphOptions;
  readonly #sleep: SleepTimes;
  #args = false;

  constructor(
    { hash, array }: ArrayFunctions,
    { fgraph, filter }: GraphTracerParts,
    options: GraphOptions,
    sleep: SleepTimes,
  ) {
    this.array = array;
    this.#fgraph = fgraph;
    this.#filter = filter;
    this.#options = options;
    this.#sleep = sleep;
    this.ops = new GraphOps({
      entry: (fn, depth, ops, fregs) => this.#entry(fn, depth, ops, fregs),
      entrySymbol: 'trace_graph_entry',
      returnSymbol: 'trace_graph_return',
      hash,
    });
  }

  /** Whether entries hold arguments. */
  get hasArgs(): boolean {
    return this.#args;
  }

  /** Whether entries hold arguments, and whether only calls that take long are recorded. */
  choose(args: boolean, threshold: boolean): void {
    this.#args = args;
    const { ops } = this;
    ops.return = (fn, depth, overrun, _ops, fregs) => {
      if (threshold) this.#slowReturn(fn, depth, overrun, fregs);
      else this.#return(fn, depth, overrun, fregs);
    };
    ops.nameCallbacks(
      args ? 'trace_graph_entry_args' : 'trace_graph_entry',
      threshold ? 'trace_graph_thresh_return' : 'trace_graph_return',
    );
  }

  /** `kernel/trace/trace_functions_graph.c:graph_entry()` */
  #entry(fn: number, depth: number, ops: GraphOps, fregs: FtraceRegs): boolean {
    const { cpu } = fregs;
    const verdict = this.#filter.enter(fn, depth, ops, fregs, this.array.ignoresFunctionsOf(cpu.current.pid));
    if (verdict !== 'trace') return verdict === 'hide';
    const { sleepTime } = this.#options;
    const at = this.#fgraph.reserveData(cpu, ops.index, sleepTime ? TIME_BYTES : 2 * TIME_BYTES);
    if (at < 0) return false;
    const { words } = this.#fgraph.stackOf(cpu.current)!;
    putTime(words, at, this.#fgraph.machine.clock.now);
    if (!sleepTime) putTime(words, at + 1, this.#sleep.of(cpu.current));
    return this.array.tracing.threshold > 0n || this.#recordEntry(fn, depth, fregs);
  }

  #recordEntry(fn: number, depth: number, fregs: FtraceRegs): boolean {
    const { graphFunc, graphDepth, graphArgs } = FtraceOffset;
    const { recorder } = this.array;
    const { cpu } = fregs;
    const record = recorder.begin(cpu, FtraceType.GRAPH_ENT, graphArgs + (this.#args ? 8 * MAX_ARGS : 0), 0);
    if (!record) return false;
    const { view, base } = record;
    const { entryWords } = this.#fgraph.machine.functions;
    view.setUint32(base + graphFunc, entryWords[2 * fn], true);
    view.setUint32(base + graphFunc + 4, entryWords[2 * fn + 1], true);
    view.setInt32(base + graphDepth, depth, true);
    view.setInt32(base + graphDepth + 4, 0, true);
    if (this.#args) putArguments(fregs, view, base + graphArgs);
    recorder.commit(cpu, record);
    return true;
  }

  /** `trace_graph_return()` */
  #return(fn: number, depth: number, overrun: number, fregs: FtraceRegs): void {
    const { now } = this.#fgraph.machine.clock;
    if (!this.#filter.leave(depth, this.ops, fregs)) return;
    const called = this.#callTime(fregs);
    if (called >= 0) this.#recordReturn({ fn, depth, overrun, called, now }, fregs);
  }

  /** `trace_graph_thresh_return()`: what is hidden has no time, so that a hidden function once begun is never left. */
  #slowReturn(fn: number, depth: number, overrun: number, fregs: FtraceRegs): void {
    this.#filter.finish(depth, this.ops, fregs);
    const called = this.#callTime(fregs);
    const { threshold } = this.array.tracing;
    const took = this.#fgraph.machine.clock.now - called;
    if (called >= 0 && !(threshold > 0n && took < threshold)) this.#return(fn, depth, overrun, fregs);
  }

  /** When the function that returns was called, later by what its task slept where that does not count; −1 when nothing was kept. */
  #callTime({ cpu }: FtraceRegs): number {
    const at = this.#fgraph.retrieveData(cpu, this.ops.index);
    if (at < 0) return -1;
    const { words } = this.#fgraph.stackOf(cpu.current)!;
    const called = timeAt(words, at);
    if (this.#options.sleepTime || this.#fgraph.size < 2) return called;
    return called + this.#sleep.of(cpu.current) - timeAt(words, at + 1);
  }

  #recordReturn(
    call: { fn: number; depth: number; overrun: number; called: number; now: number },
    { cpu }: FtraceRegs,
  ): void {
    const { graphFunc, graphDepth, graphOverrun, graphCallTime, graphReturnTime } = FtraceOffset;
    const { recorder } = this.array;
    const record = recorder.begin(cpu, FtraceType.GRAPH_RET, graphReturnTime + 8, 1);
    if (!record) return;
    const { view, base } = record;
    const { entryWords } = this.#fgraph.machine.functions;
    view.setUint32(base + graphFunc, entryWords[2 * call.fn], true);
    view.setUint32(base + graphFunc + 4, entryWords[2 * call.fn + 1], true);
    view.setInt32(base + graphDepth, call.depth, true);
    view.setUint32(base + graphOverrun, call.overrun, true);
    view.setUint32(base + graphCallTime, call.called >>> 0, true);
    view.setUint32(base + graphCallTime + 4, Math.floor(call.called / WORD), true);
    view.setUint32(base + graphReturnTime, call.now >>> 0, true);
    view.setUint32(base + graphReturnTime + 4, Math.floor(call.now / WORD), true);
    recorder.commit(cpu, record);
  }
}

function putTime(words: Uint32Array, at: number, ns: number): void {
  words[2 * at] = ns;
  words[2 * at + 1] = Math.floor(ns / WORD);
}

const timeAt = (words: Uint32Array, at: number) => words[2 * at + 1] * WORD + words[2 * at];

/** The tracer `function_graph`: a record at each function's entry and at its return (`kernel/trace/trace_functions_graph.c`). */
export class GraphTracer implements Tracer {
  readonly #parts: GraphTracerParts;
  readonly #traces = new Map<TraceArray, GraphTrace>();
  readonly #options: GraphOptions = { args: false, sleepTime: true };
  readonly #sleep: SleepTimes;

  constructor(parts: GraphTracerParts) {
    this.#parts = parts;
    this.#sleep = new SleepTimes(parts.fgraph.machine);
    parts.tracing.arrayListeners.push({ going: (array) => this.#traces.delete(array) });
  }

  init(array: TraceArray): number {
    const trace = this.#traceOf(array);
    const started = this.#start(trace, this.#options.args);
    if (started < 0) return started;
    array.tracing.cmdlines.start('cmdline');
    return 0;
  }

  reset(array: TraceArray): void {
    array.tracing.cmdlines.stop('cmdline');
    this.#parts.fgraph.unregister(this.#traceOf(array).ops);
  }

  updateThreshold(array: TraceArray): number {
    this.reset(array);
    return this.init(array);
  }

  setOption(array: TraceArray, name: string, on: boolean): number {
    if (name === 'funcgraph-irqs') this.#parts.filter.skipIrqs = !on;
    if (name === 'sleep-time') {
      this.#options.sleepTime = on;
      this.#sleep.counts = !on;
    }
    if (name !== 'funcgraph-args') return 0;
    this.#options.args = on;
    if (array.currentTracer !== this) return 0;
    const trace = this.#traceOf(array);
    if (trace.hasArgs === on) return 0;
    this.#parts.fgraph.unregister(trace.ops);
    return this.#start(trace, on);
  }

  lines(array: TraceArray): TracerLines {
    return new GraphLines(array, true);
  }

  header(source: TraceSource): string {
    return graphHeader(source);
  }

  #traceOf(array: TraceArray): GraphTrace {
    let trace = this.#traces.get(array);
    if (!trace) {
      trace = new GraphTrace(this.#parts.functionsOf(array), this.#parts, this.#options, this.#sleep);
      this.#traces.set(array, trace);
    }
    return trace;
  }

  #start(trace: GraphTrace, args: boolean): number {
    trace.choose(args, trace.array.tracing.threshold > 0n);
    return this.#parts.fgraph.register(trace.ops);
  }
}
