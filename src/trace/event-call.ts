import type { Cpu, Machine, StackTrace } from '../machine/index.ts';
import { type EventField, formatText } from './event-field.ts';
import type { TraceEventFile } from './event-file.ts';
import type { RecordView } from './record.ts';
import type { StackWalk } from './stack-trace.ts';
import type { EventSink } from './static-event.ts';
import type { TraceSeq } from './trace-seq.ts';

/** What `class->reg` is asked to do, `include/linux/trace_events.h:enum trace_reg` (`perf-…` come without a file). */
export type TraceReg = 'register' | 'unregister' | 'perf-register' | 'perf-unregister';

/** What a new {@link TraceEventCall} is made of. */
export interface TraceEventCallInit {
  readonly system: string;
  readonly name: string;
  readonly fields: readonly EventField[];
  readonly printFmt: string;
  /** Whether it comes and goes at run time (`TRACE_EVENT_FL_DYNAMIC`). */
  readonly dynamic?: boolean;
}

/**
 * One kind of trace event: what its records hold, how they print, how it is switched on (`struct trace_event_call` with its class).
 * Fprobe events, static events and the entries of ftrace itself derive from it.
 */
export abstract class TraceEventCall implements StackWalk {
  readonly system: string;
  readonly name: string;
  /** `common_type` of its records; given by the registry when added. */
  id = 0;
  /** Own fields in `format` order, without the common header. */
  fields: readonly EventField[];
  printFmt: string;
  readonly dynamic: boolean;
  /** Users that keep it from being removed: triggers, function commands (`call->refcnt`, only for dynamic events). */
  refcnt = 0;
  /** Perf events open on it. */
  perfRefcnt = 0;
  /** Takes its hits for perf, while there are such (`call->perf_events`). Set before `perf-register`. */
  perfSink: EventSink | undefined = undefined;
  /** `TRACE_EVENT_FL_IGNORE_ENABLE`: shows its format, cannot be enabled (the `ftrace` system). */
  readonly ignoreEnable: boolean = false;
  /** Whether {@link TraceEventCall.reg} means something: such events have an `id` file. */
  get hasReg(): boolean {
    return true;
  }

  /** Kernel module that brought it, for `:mod:`. */
  readonly module: string | undefined = undefined;

  constructor(init: TraceEventCallInit) {
    this.system = init.system;
    this.name = init.name;
    this.fields = init.fields;
    this.printFmt = init.printFmt;
    this.dynamic = init.dynamic ?? false;
  }

  /**
   * Starts or stops hitting on behalf of a file (or of perf), `class->reg`.
   * @returns 0 or a negative errno
   */
  abstract reg(op: TraceReg, file?: TraceEventFile): number;

  /** The stack of a hit: the code that the event stands in, on top of its callers. */
  pushHitStack(machine: Machine, cpu: Cpu, trace: StackTrace, _fromRegs: boolean): void {
    machine.pushPlaceStack(cpu, trace);
  }

  /** Innermost functions of {@link TraceEventCall.pushHitStack} that a stack as a histogram's key leaves out. */
  get histStackSkip(): number {
    return 2;
  }

  /** Prints a record as `name: (…) a=1`, without newline. */
  abstract print(rec: RecordView, out: TraceSeq): void;

  /** Prints a record and ends its line. Overridden where the record's own text says where lines end. */
  printLine(rec: RecordView, out: TraceSeq): void {
    this.print(rec, out);
    out.puts('\n');
  }

  /** What the record says, alone, for `options/printk-msg-only`; only messages have it. */
  printMessage?(rec: RecordView, out: TraceSeq): void;

  /** A record under `options/raw`; `trace_nop_print()` unless the event knows better. */
  printRaw(_rec: RecordView, out: TraceSeq): void {
    out.puts(`type: ${this.id}\n`);
  }

  /** A record under `options/hex`. */
  printHex(_rec: RecordView, out: TraceSeq): void {
    out.puts(`type: ${this.id}\n`);
  }

  /** A record under `options/bin`. */
  printBinary(_rec: RecordView, out: TraceSeq): void {
    out.puts(`type: ${this.id}\n`);
  }

  /** Content of its `format` file. */
  formatText(): string {
    return formatText(this);
  }
}
