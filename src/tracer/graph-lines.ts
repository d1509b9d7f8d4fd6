import { TRACERS } from '../abi/trace-options.ts';
import type { RecordRef } from '../ring-buffer/index.ts';
import { latencyColumns } from '../trace/entry-flags.ts';
import { secondsAndMicros } from '../trace/error-log.ts';
import { argumentsText, FtraceOffset, FtraceType } from '../trace/ftrace-event.ts';
import { recordPid, recordType } from '../trace/record.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import { delayMark } from '../trace/trace-line.ts';
import type { TraceSeq } from '../trace/trace-seq.ts';
import type { FollowingRecords, TracerLines } from '../trace/tracer.ts';

const DEFAULTS = TRACERS.function_graph.options;
/** Depths of which is known what function was entered last, `FTRACE_RETFUNC_DEPTH`. */
const KNOWN_DEPTHS = 50;
/** Room for the task's name and pid. */
const PROC_WIDTH = 14;
const COMM_WIDTH = 7;
const RULE = ' ------------------------------------------\n';

/** The tracer's options, which all trace arrays share. */
interface GraphLineOptions {
  readonly overrun: boolean;
  readonly cpu: boolean;
  readonly overhead: boolean;
  readonly proc: boolean;
  readonly duration: boolean;
  readonly absTime: boolean;
  readonly irqs: boolean;
  readonly tail: boolean;
}

/** What the options of function_graph are now. */
export function graphOptions({ tracing: { tracerOptions } }: TraceArray): GraphLineOptions {
  const isOn = (name: keyof typeof DEFAULTS) => tracerOptions.get(name) ?? DEFAULTS[name];
  return {
    overrun: isOn('funcgraph-overrun'),
    cpu: isOn('funcgraph-cpu'),
    overhead: isOn('funcgraph-overhead'),
    proc: isOn('funcgraph-proc'),
    duration: isOn('funcgraph-duration'),
    absTime: isOn('funcgraph-abstime'),
    irqs: isOn('funcgraph-irqs'),
    tail: isOn('funcgraph-tail'),
  };
}

/** What was printed of a cpu last (`struct fgraph_cpu_data`). */
class CpuState {
  /** −1 before the first record. */
  lastPid = -1;
  /** Of the record printed last; comments stand one deeper. */
  depth = 0;
  /** Depth at which an interrupt began that is not shown, −1 when none does. */
  irqDepth = -1;
  /** Address of the function entered last at each depth, in halves; 0 when it has returned. */
  readonly entered = new Uint32Array(2 * KNOWN_DEPTHS);
}

/** What a record of a call says. */
interface Call {
  readonly lo: number;
  readonly hi: number;
  readonly depth: number;
}

function callOf({ view, base }: RecordRef): Call {
  const { graphFunc, graphDepth } = FtraceOffset;
  return {
    lo: view.getUint32(base + graphFunc, true),
    hi: view.getUint32(base + graphFunc + 4, true),
    depth: view.getInt32(base + graphDepth, true),
  };
}

/** Nanoseconds between call and return, of a return's record. */
function durationOf({ view, base }: RecordRef): number {
  const { graphCallTime, graphReturnTime } = FtraceOffset;
  return Number(view.getBigUint64(base + graphReturnTime, true) - view.getBigUint64(base + graphCallTime, true));
}

/** Microseconds with a fraction while there is room for it, seven places wide with its unit (`trace_print_graph_duration()`). */
function durationText(ns: number): string {
  const micros = String(Math.floor(ns / 1000));
  const fraction =
    micros.length < 7
      ? `.${String(ns % 1000)
          .padStart(3, '0')
          .slice(0, 7 - micros.length)}`
      : '';
  const number = micros + fraction;
  return `${number} us ${' '.repeat(Math.max(0, 8 - number.length))}`;
}

/**
 * Prints the records of one open file as a tree of calls, events as comments in it (`kernel/trace/trace_functions_graph.c:print_graph_function()`).
 */
export class GraphLines implements TracerLines {
  readonly #array: TraceArray;
  readonly #states: Map<number, CpuState> | undefined;
  readonly #cpuWidth: number;
  /** Ends of the text of interrupt entries: lower halves, and their common upper half. */
  readonly #irqStart: number;
  readonly #irqEnd: number;
  readonly #irqHigh: number;
  #options: GraphLineOptions;

  /** @param isOpenFile whether it prints one file from the start; else each record is printed as if alone */
  constructor(array: TraceArray, isOpenFile: boolean) {
    this.#array = array;
    this.#states = isOpenFile ? new Map() : undefined;
    this.#options = graphOptions(array);
    const { kallsyms, cpus } = array.tracing.machine;
    this.#cpuWidth = String(cpus.length - 1).length;
    const [start, end] = ['start', 'end'].map((name) => kallsyms.lookupName(`__irqentry_text_${name}`) ?? 0n);
    this.#irqStart = Number(start! & 0xffffffffn);
    this.#irqEnd = Number(end! & 0xffffffffn);
    this.#irqHigh = Number(start! >> 32n);
  }

  print(rec: RecordRef, out: TraceSeq, following: FollowingRecords): boolean {
    this.#options = graphOptions(this.#array);
    switch (recordType(rec)) {
      case FtraceType.GRAPH_ENT:
        this.#printEntry(rec, out, following);
        return true;
      case FtraceType.GRAPH_RET:
        this.#printReturn(rec, out);
        return true;
      case FtraceType.STACK:
      case FtraceType.FN:
        return false;
      default:
        return this.#printComment(rec, out);
    }
  }

  #stateOf(cpu: number): CpuState | undefined {
    let state = this.#states?.get(cpu);
    if (!state && this.#states) {
      state = new CpuState();
      this.#states.set(cpu, state);
    }
    return state;
  }

  #printEntry(rec: RecordRef, out: TraceSeq, following: FollowingRecords): void {
    const call = callOf(rec);
    const state = this.#stateOf(rec.cpu);
    if (this.#isHiddenEntry(call, state)) return;
    const { graphFunc, graphArgs } = FtraceOffset;
    const { cpu } = rec;
    const pid = recordPid(rec);
    const context = this.#context(rec, pid);
    const text = this.#name(call, out) + (argumentsText(rec, graphFunc, graphArgs, out) || '()');
    this.#switchTask(pid, cpu, out);
    if (this.#isIrqEntry(call)) this.#mark('==========>', context, out);
    out.puts(context);
    const next = following.peek();
    const isLeaf = next !== undefined && recordType(next) === FtraceType.GRAPH_RET && recordPid(next) === pid;
    const returned = isLeaf ? callOf(next) : undefined;
    if (!next || returned?.lo !== call.lo || returned.hi !== call.hi) {
      if (state) remember(state, call);
      out.puts(`${this.#blankDuration()}${indent(call.depth)}${text} {\n`);
      return;
    }
    if (state) forget(state, call.depth);
    out.puts(`${this.#duration(durationOf(next))}${indent(call.depth)}${text};\n`);
    following.take();
    if (this.#isIrqEntry(call)) this.#mark('<==========', context, out);
  }

  #printReturn(rec: RecordRef, out: TraceSeq): void {
    const call = callOf(rec);
    const state = this.#stateOf(rec.cpu);
    if (this.#isHiddenReturn(call, state)) return;
    const { overrun, tail } = this.#options;
    const isKnown = !state || takeIsKnown(state, call);
    const pid = recordPid(rec);
    const context = this.#context(rec, pid);
    this.#switchTask(pid, rec.cpu, out);
    const name = isKnown && !tail ? '' : ` /* ${this.#name(call, out)} */`;
    out.puts(`${context}${this.#duration(durationOf(rec))}${indent(call.depth)}}${name}\n`);
    if (overrun) out.puts(` (Overruns: ${rec.view.getUint32(rec.base + FtraceOffset.graphOverrun, true)})\n`);
    if (this.#isIrqEntry(call)) this.#mark('<==========', context, out);
  }

  #printComment(rec: RecordRef, out: TraceSeq): boolean {
    const call = this.#array.tracing.events.byId(recordType(rec));
    if (!call) return false;
    const depth = this.#stateOf(rec.cpu)?.depth ?? 0;
    const pid = recordPid(rec);
    this.#switchTask(pid, rec.cpu, out);
    out.puts(`${this.#context(rec, pid)}${this.#blankDuration()}${depth > 0 ? indent(depth + 1) : ''}/* `);
    if (call.printMessage) call.printMessage(rec, out);
    else call.printLine(rec, out);
    if (out.text.endsWith('\n')) out.text = out.text.slice(0, -1);
    out.puts(' */\n');
    return true;
  }

  /** Time, cpu, task and flags of a record, as far as they are wanted. */
  #context(rec: RecordRef, pid: number): string {
    const { options } = this.#array;
    if (!options['context-info']) return '';
    const { absTime, cpu, proc } = this.#options;
    // The clock's units are taken for nanoseconds, whatever they are.
    const time = absTime ? `${secondsAndMicros(rec.timestamp)} |  ` : '';
    const task = proc ? `${this.#proc(pid)} | ` : '';
    const flags = options['latency-format']
      ? ` ${latencyColumns(rec.bytes[rec.base + 2]!, rec.bytes[rec.base + 3]!)} | `
      : '';
    return time + (cpu ? this.#cpu(rec.cpu) : '') + task + flags;
  }

  #cpu(cpu: number): string {
    return ` ${String(cpu).padStart(this.#cpuWidth)}) `;
  }

  /** Name and pid in the middle of their column. */
  #proc(pid: number): string {
    const text = `${this.#array.tracing.cmdlines.comm(pid).slice(0, COMM_WIDTH)}-${pid}`;
    const spaces = Math.max(0, PROC_WIDTH - text.length);
    const before = Math.floor(spaces / 2);
    return `${' '.repeat(before)}${text}${' '.repeat(spaces - before)}`;
  }

  /** Says so when the cpu runs another task than at its last record. */
  #switchTask(pid: number, cpu: number, out: TraceSeq): void {
    const state = this.#stateOf(cpu);
    if (!state) return;
    const last = state.lastPid;
    state.lastPid = pid;
    if (last === pid || last === -1) return;
    out.puts(`${RULE}${this.#cpu(cpu)}${this.#proc(last)} => ${this.#proc(pid)}\n${RULE}\n`);
  }

  get #hasDuration(): boolean {
    return this.#options.duration && this.#array.options['context-info'];
  }

  #blankDuration(): string {
    return this.#hasDuration ? '              |  ' : '';
  }

  #duration(ns: number): string {
    if (!this.#hasDuration) return '';
    return `${this.#options.overhead ? delayMark(ns) : ' '} ${durationText(ns)}|  `;
  }

  /** Where an interrupt begins or ends. */
  #mark(arrow: string, context: string, out: TraceSeq): void {
    out.puts(`${context}${this.#hasDuration ? `  ${arrow} |` : arrow}\n`);
  }

  #name({ lo, hi }: Call, out: TraceSeq): string {
    return out.context.symbol(lo, hi, false) ?? `0x${((BigInt(hi) << 32n) | BigInt(lo)).toString(16)}`;
  }

  #isIrqEntry({ lo, hi }: Call): boolean {
    return hi === this.#irqHigh && lo >= this.#irqStart && lo < this.#irqEnd;
  }

  /** Whether an entry is in an interrupt that is not to be shown (`check_irq_entry()`). */
  #isHiddenEntry(call: Call, state: CpuState | undefined): boolean {
    if (this.#options.irqs || !state) return false;
    if (state.irqDepth >= 0) return true;
    if (!this.#isIrqEntry(call)) return false;
    state.irqDepth = call.depth;
    return true;
  }

  /** The same of a return, which may end the interrupt (`check_irq_return()`). */
  #isHiddenReturn(call: Call, state: CpuState | undefined): boolean {
    if (this.#options.irqs || !state || state.irqDepth === -1) return false;
    if (state.irqDepth >= call.depth) state.irqDepth = -1;
    return true;
  }
}

const indent = (depth: number) => '  '.repeat(Math.max(0, depth));

/** A function was entered: what is printed now is in it. */
function remember(state: CpuState, { lo, hi, depth }: Call): void {
  state.depth = depth;
  setEntered(state, depth, lo, hi);
}

/** The function entered last at a depth has returned. */
function forget(state: CpuState, depth: number): void {
  state.depth = depth - 1;
  setEntered(state, depth, 0, 0);
}

function setEntered({ entered }: CpuState, depth: number, lo: number, hi: number): void {
  if (depth >= KNOWN_DEPTHS || depth < 0) return;
  entered[2 * depth] = lo;
  entered[2 * depth + 1] = hi;
}

/** A function returns; whether it is the one entered last at its depth. Beyond what is kept it is taken for it. */
function takeIsKnown(state: CpuState, { lo, hi, depth }: Call): boolean {
  const isKept = depth >= 0 && depth < KNOWN_DEPTHS;
  const isKnown = !isKept || (state.entered[2 * depth] === lo && state.entered[2 * depth + 1] === hi);
  forget(state, depth);
  return isKnown;
}
