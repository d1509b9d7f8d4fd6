import type { Cpu, Machine, StackTrace } from '../machine/index.ts';
import type { StaticEvent, StaticEvents } from '../profile/static-events.ts';
import { TraceEventCall, type TraceReg } from './event-call.ts';
import type { TraceEventFile } from './event-file.ts';
import type { StaticEventTable } from './event-registry.ts';
import { FtraceEventCall } from './ftrace-event.ts';
import { compilePrintFmt, type FormatPrinter } from './print-fmt.ts';
import { hex64 } from './print-fmt-conversion.ts';
import type { RecordView, RecordWriter } from './record.ts';
import { pushStaticStack } from './static-stack.ts';
import type { TraceSeq } from './trace-seq.ts';

/** Highest id of the tracers' own records, `kernel/trace/trace.h:__TRACE_LAST_TYPE` less one: where a kernel has no static events, ids start above. */
const LAST_OWN_TYPE = 19;

/** Looks up the value of an enumerator of the kernel: some events' `print fmt` names such. */
type EnumeratorValue = (name: string) => bigint | undefined;

/** Takes the records of an event: an event file, or perf. */
export interface EventSink {
  /** Starts a record of `size` bytes, the common header included; `undefined` when none is wanted. */
  begin(cpu: Cpu, size: number): RecordWriter | undefined;
  /** Ends it. */
  commit(cpu: Cpu, writer: RecordWriter): void;
}

/** Raises static events: it knows their places in the kernel. */
export interface EventSource {
  /** Lets the hits of an event go to a sink from now on. Returns 0 or a negative errno. */
  attach(call: StaticEventCall, sink: EventSink): number;
  /** No more of them. */
  detach(sink: EventSink): void;
}

/** What the static events of a profile need of the kernel that they are in; without a source they stay silent. */
interface StaticEventKernel {
  readonly enumerator?: EnumeratorValue;
  readonly source?: EventSource;
}

/** An event that the kernel is built with (`TRACE_EVENT()`). */
export class StaticEventCall extends TraceEventCall {
  #printer: FormatPrinter | undefined;
  readonly #kernel: StaticEventKernel;

  constructor(event: StaticEvent, kernel: StaticEventKernel) {
    super(event);
    this.id = event.id;
    this.#kernel = kernel;
  }

  override reg(op: TraceReg, file?: TraceEventFile): number {
    const { source } = this.#kernel;
    if (file && op === 'register') return source?.attach(this, file) ?? 0;
    if (file && op === 'unregister') source?.detach(file);
    if (this.perfSink && op === 'perf-register') return source?.attach(this, this.perfSink) ?? 0;
    if (this.perfSink && op === 'perf-unregister') source?.detach(this.perfSink);
    return 0;
  }

  override pushHitStack(machine: Machine, cpu: Cpu, trace: StackTrace): void {
    pushStaticStack(machine, cpu, trace, this);
  }

  override print(rec: RecordView, out: TraceSeq): void {
    out.puts(`${this.name}: `);
    this.#printer ??=
      compilePrintFmt(this.printFmt, { fields: this.fields, enumerator: this.#kernel.enumerator }) ?? noText;
    this.#printer(rec, out);
  }
}

/** For events whose text the kernel makes with code that their format does not show. */
const noText: FormatPrinter = () => {};

/** A system call's entry or return: they print as a call (`kernel/trace/trace_syscalls.c`), under `verbose` with types. */
class SyscallEventCall extends StaticEventCall {
  readonly #call = this.name.replace(/^sys_(enter|exit)_/, 'sys_');
  readonly #entered = this.name.startsWith('sys_enter_');

  override print({ view, base }: RecordView, out: TraceSeq): void {
    const [, ...args] = this.fields;
    const value = (offset: number) =>
      hex64(view.getUint32(base + offset, true), view.getUint32(base + offset + 4, true));
    if (!this.#entered) {
      out.puts(`${this.#call} -> 0x${value(args[0]!.offset)}`);
      return;
    }
    let text = `${this.#call}(`;
    for (const [i, { name, type, offset }] of args.entries())
      text += `${i > 0 ? ', ' : ''}${out.verbose ? `${type} ` : ''}${name}: ${value(offset)}`;
    out.puts(`${text})`);
  }
}

function createCall(event: StaticEvent, enableable: boolean, kernel: StaticEventKernel): TraceEventCall {
  if (!enableable) return new FtraceEventCall(event);
  return new (event.system === 'syscalls' ? SyscallEventCall : StaticEventCall)(event, kernel);
}

/** The static events of a profile. None comes to life before it is asked for. */
export class ProfileEvents implements StaticEventTable {
  readonly names: StaticEventTable['names'];
  readonly #profile: StaticEvents;
  readonly #kernel: StaticEventKernel;
  readonly #calls = new Map<string, TraceEventCall>();
  #byId: Map<number, { system: string; name: string }> | undefined;
  #firstFreeId = 0;

  constructor(profile: StaticEvents, kernel: StaticEventKernel = {}) {
    this.#profile = profile;
    this.#kernel = kernel;
    this.names = profile.all;
  }

  get firstFreeId(): number {
    if (this.#firstFreeId === 0) {
      let last = LAST_OWN_TYPE;
      for (const id of this.#ids().keys()) last = Math.max(last, id);
      this.#firstFreeId = last + 1;
    }
    return this.#firstFreeId;
  }

  get(system: string, name: string): TraceEventCall | undefined {
    const key = `${system}:${name}`;
    let call = this.#calls.get(key);
    if (call) return call;
    const event = this.#profile.get(system, name);
    if (!event) return undefined;
    call = createCall(event, this.#profile.enableable(system, name), this.#kernel);
    this.#calls.set(key, call);
    return call;
  }

  byId(id: number): TraceEventCall | undefined {
    const event = this.#ids().get(id);
    return event && this.get(event.system, event.name);
  }

  #ids(): Map<number, { system: string; name: string }> {
    this.#byId ??= new Map(this.names.map((event) => [this.#profile.idOf(event.system, event.name)!, event]));
    return this.#byId;
  }
}
