import { Errno } from '../abi/errno.ts';
import type { Fgraph } from '../fgraph/index.ts';
import {
  type Ftrace,
  type FtraceFunc,
  FtraceOps,
  type FtraceRegs,
  RecursionStart,
  recursionTrylock,
  recursionUnlock,
} from '../ftrace/index.ts';
import type { Cpu } from '../machine/index.ts';
import { FtraceOffset, FtraceType, MAX_ARGS } from '../trace/ftrace-event.ts';
import { recordKernelStack } from '../trace/stack-trace.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { ArrayFunctions } from './array-functions.ts';

/** Options that choose what a call of a function does. */
interface FunctionOptions {
  readonly args: boolean;
  readonly stack: boolean;
  readonly noRepeats: boolean;
}

/** Names of the callbacks by what they do; the arguments do not go with the rest (`kernel/trace/trace_functions.c:select_trace_function()`). */
function callbackName({ args, stack, noRepeats }: FunctionOptions): string | undefined {
  if (args) return stack || noRepeats ? undefined : 'function_args_trace_call';
  if (stack) return noRepeats ? 'function_stack_no_repeats_trace_call' : 'function_stack_trace_call';
  return noRepeats ? 'function_no_repeats_trace_call' : 'function_trace_call';
}

/** Calls that one record can count. */
const MAX_REPEATS = 0xffff;

/** The last call on a cpu, and how often it was repeated (`struct trace_func_repeats`). */
class LastCall {
  fn = -1;
  parentLo = 0;
  parentHi = 0;
  count = 0;
  /** Units of the trace clock. */
  time = 0;
}

/** The function tracer in one trace array. */
class FunctionTrace {
  readonly array: TraceArray;
  readonly ops: FtraceOps;
  options: FunctionOptions = { args: false, stack: false, noRepeats: false };
  /** By cpu. */
  readonly #last: readonly LastCall[];
  readonly #fgraph: Fgraph;
  readonly #handlerLo: number;
  readonly #handlerHi: number;
  /** Who called the function, found last. */
  #parentLo = 0;
  #parentHi = 0;

  constructor(functions: ArrayFunctions, fgraph: Fgraph) {
    this.array = functions.array;
    this.#fgraph = fgraph;
    this.#handlerLo = Number(fgraph.returnHandler & 0xffffffffn);
    this.#handlerHi = Number(fgraph.returnHandler >> 32n);
    this.#last = fgraph.machine.cpus.map(() => new LastCall());
    this.ops = new FtraceOps({
      symbol: 'ftrace_stub',
      func: () => false,
      hash: functions.hash,
      dynamic: !functions.array.isTop,
    });
  }

  /** Lets calls do what the options and the pid lists say. */
  choose(): void {
    const { args, stack, noRepeats } = this.options;
    const call: FtraceFunc = args ? this.#callArgs : stack || noRepeats ? this.#callSpecial : this.#call;
    const { array } = this;
    const filtered = array.pidList('functionPids') !== undefined || array.pidList('functionNoPids') !== undefined;
    this.ops.symbol = filtered ? 'ftrace_pid_func' : (callbackName(this.options) ?? 'ftrace_stub');
    this.ops.func = filtered
      ? (fn, ops, fregs) => !array.ignoresFunctionsOf(fregs.cpu.current.pid) && call(fn, ops, fregs)
      : call;
  }

  /** `function_trace_call()` */
  readonly #call: FtraceFunc = (fn, _ops, { cpu }) => {
    const bit = recursionTrylock(cpu, RecursionStart.FTRACE);
    if (bit < 0) return false;
    this.#findParent(cpu);
    this.#record(cpu, fn, 1);
    recursionUnlock(cpu, bit);
    return false;
  };

  /** `function_args_trace_call()`: the lock's own part of the preempt count shows, and a parent that was left by a jump as well. */
  readonly #callArgs: FtraceFunc = (fn, _ops, fregs) => {
    const { cpu } = fregs;
    const bit = recursionTrylock(cpu, RecursionStart.FTRACE);
    if (bit < 0) return false;
    this.#readParent(cpu);
    this.#record(cpu, fn, 0, fregs);
    recursionUnlock(cpu, bit);
    return false;
  };

  /** With stacks there is no recursion lock: what is traced meanwhile is left out. */
  readonly #callSpecial: FtraceFunc = (fn, _ops, { cpu }) => {
    const { stack, noRepeats } = this.options;
    const bit = stack ? 0 : recursionTrylock(cpu, RecursionStart.FTRACE);
    if (bit < 0) return false;
    this.#findParent(cpu);
    const own = stack ? 0 : 1;
    if (!noRepeats || !this.#isRepeated(cpu, fn, own)) {
      this.#record(cpu, fn, own);
      if (stack) this.#recordStack(cpu);
    }
    if (!stack) recursionUnlock(cpu, bit);
    return false;
  };

  /** The return address that the function was called with, as its site saw it. */
  #readParent({ current: { returns, callDepth } }: Cpu): void {
    this.#parentLo = returns[2 * callDepth - 2];
    this.#parentHi = returns[2 * callDepth - 1];
  }

  /** The same; where it is that of a hooked return, which a jump left to the function, the real one (`function_get_true_parent_ip()`). */
  #findParent(cpu: Cpu): void {
    this.#readParent(cpu);
    if (this.#parentLo !== this.#handlerLo || this.#parentHi !== this.#handlerHi) return;
    const { arch } = this.#fgraph.machine;
    const { wide } = cpu.current.regs;
    const real = this.#fgraph.returnAddressAt(cpu.current, this.#fgraph.returnHandler, wide[arch.spReg]);
    this.#parentLo = Number(real & 0xffffffffn);
    this.#parentHi = Number(real >> 32n);
  }

  #record(cpu: Cpu, fn: number, own: 0 | 1, fregs?: FtraceRegs): void {
    const { functionIp, functionParent, functionArgs } = FtraceOffset;
    const { recorder } = this.array;
    const record = recorder.begin(cpu, FtraceType.FN, functionArgs + (fregs ? 8 * MAX_ARGS : 0), own);
    if (!record) return;
    const { view, base } = record;
    const { entryWords } = this.#fgraph.machine.functions;
    view.setUint32(base + functionIp, entryWords[2 * fn], true);
    view.setUint32(base + functionIp + 4, entryWords[2 * fn + 1], true);
    view.setUint32(base + functionParent, this.#parentLo, true);
    view.setUint32(base + functionParent + 4, this.#parentHi, true);
    if (fregs) putArguments(fregs, view, base + functionArgs);
    recorder.commit(cpu, record);
  }

  #recordStack(cpu: Cpu): void {
    const place = { array: this.array, buffer: this.array.buffer, cpu, own: 0 } as const;
    recordKernelStack(place, ENTRY_STACK, false);
  }

  /** Whether the call is that before it again, and only counted; records what was counted when it is not. */
  #isRepeated(cpu: Cpu, fn: number, own: 0 | 1): boolean {
    const last = this.#last[cpu.id];
    if (
      last.fn === fn &&
      last.parentLo === this.#parentLo &&
      last.parentHi === this.#parentHi &&
      last.count < MAX_REPEATS
    ) {
      last.time = this.array.buffer.timeStamp();
      last.count++;
      return true;
    }
    if (last.count > 0) this.#recordRepeats(cpu, last, own);
    last.count = 0;
    last.fn = fn;
    last.parentLo = this.#parentLo;
    last.parentHi = this.#parentHi;
    return false;
  }

  #recordRepeats(cpu: Cpu, last: LastCall, own: 0 | 1): void {
    const { functionIp, functionParent, repeatsCount, repeatsTopDelta, repeatsBottomDelta } = FtraceOffset;
    const { recorder } = this.array;
    const record = recorder.begin(cpu, FtraceType.FUNC_REPEATS, repeatsBottomDelta + 4, own);
    if (!record) return;
    const { view, base } = record;
    const { entryWords } = this.#fgraph.machine.functions;
    const delta = recorder.timeStamp(cpu, record) - last.time;
    view.setUint32(base + functionIp, entryWords[2 * last.fn], true);
    view.setUint32(base + functionIp + 4, entryWords[2 * last.fn + 1], true);
    view.setUint32(base + functionParent, last.parentLo, true);
    view.setUint32(base + functionParent + 4, last.parentHi, true);
    view.setUint16(base + repeatsCount, last.count, true);
    view.setUint16(base + repeatsTopDelta, Math.floor(delta / 2 ** 32), true);
    view.setUint32(base + repeatsBottomDelta, delta >>> 0, true);
    recorder.commit(cpu, record);
  }
}

/** Stacks begin at what the function's site calls. */
const ENTRY_STACK = {
  pushHitStack: (machine: Fgraph['machine'], cpu: Cpu, trace: Parameters<Fgraph['machine']['pushEntryStack']>[1]) =>
    machine.pushEntryStack(cpu, trace),
};

/** Puts the arguments of a function that has been entered into a record, one 64-bit word each. */
export function putArguments(fregs: FtraceRegs, view: DataView, at: number): void {
  for (let n = 0; n < MAX_ARGS; n++) {
    fregs.argument(n);
    view.setUint32(at + 8 * n, fregs.lo, true);
    view.setUint32(at + 8 * n + 4, fregs.hi, true);
  }
}

/** The tracer `function`: a record for each call of a function (`kernel/trace/trace_functions.c`). */
export class FunctionTracer implements Tracer {
  readonly #ftrace: Ftrace;
  readonly #fgraph: Fgraph;
  readonly #functionsOf: (array: TraceArray) => ArrayFunctions;
  readonly #traces = new Map<TraceArray, FunctionTrace>();

  constructor(ftrace: Ftrace, fgraph: Fgraph, functionsOf: (array: TraceArray) => ArrayFunctions) {
    this.#ftrace = ftrace;
    this.#fgraph = fgraph;
    this.#functionsOf = functionsOf;
  }

  init(array: TraceArray): number {
    const { tracerOptions, cmdlines } = array.tracing;
    const isOn = (name: string) => tracerOptions.get(name) === true;
    const options = { args: isOn('func-args'), stack: isOn('func_stack_trace'), noRepeats: isOn('func-no-repeats') };
    if (callbackName(options) === undefined) return -Errno.EINVAL;
    const trace = this.#traceOf(array);
    trace.options = options;
    cmdlines.start('cmdline');
    this.#start(trace);
    return 0;
  }

  reset(array: TraceArray): void {
    this.#stop(this.#traceOf(array));
    array.tracing.cmdlines.stop('cmdline');
  }

  setOption(array: TraceArray, name: string, on: boolean): number {
    if (array.currentTracer !== this) return 0;
    const trace = this.#traceOf(array);
    const { tracerOptions } = array.tracing;
    if ((tracerOptions.get(name) === true) === on) return 0;
    // What another trace array has set in the meantime counts too.
    const isOn = (option: string) => (option === name ? on : tracerOptions.get(option) === true);
    const options = { args: isOn('func-args'), stack: isOn('func_stack_trace'), noRepeats: isOn('func-no-repeats') };
    const callback = callbackName(options);
    if (callback === undefined) return -Errno.EINVAL;
    if (callback === callbackName(trace.options)) return 0;
    this.#stop(trace);
    trace.options = options;
    this.#start(trace);
    return 0;
  }

  /** A pid list has changed: calls are looked at one more time, or no longer. */
  pidsChanged(array: TraceArray): void {
    const trace = this.#traces.get(array);
    if (trace?.ops.enabled) trace.choose();
  }

  /** A trace array is gone. */
  forget(array: TraceArray): void {
    this.#traces.delete(array);
  }

  #traceOf(array: TraceArray): FunctionTrace {
    let trace = this.#traces.get(array);
    if (!trace) {
      trace = new FunctionTrace(this.#functionsOf(array), this.#fgraph);
      this.#traces.set(array, trace);
    }
    return trace;
  }

  #start(trace: FunctionTrace): void {
    trace.choose();
    this.#ftrace.registerFunction(trace.ops);
    trace.array.trampoline = trace.ops.trampoline;
  }

  #stop(trace: FunctionTrace): void {
    this.#ftrace.unregisterFunction(trace.ops);
    trace.array.trampoline = trace.ops.trampoline;
  }
}
