import type { Cpu } from '../machine/cpu.ts';
import type { StaticEvent, StaticEvents } from '../profile/static-events.ts';
import { TraceEventCall, type TraceReg } from './event-call.ts';
import { type EventField, TRACE_ENTRY_SIZE } from './event-field.ts';
import type { TraceEventFile } from './event-file.ts';
import type { StaticEventTable } from './event-registry.ts';
import { FtraceEventCall } from './ftrace-event.ts';
import { compilePrintFmt, type FormatPrinter } from './print-fmt.ts';
import { loadInt } from './print-fmt-eval.ts';
import type { RecordView, RecordWriter } from './record.ts';
import { latin1Bytes } from './regex.ts';
import type { TraceSeq } from './trace-seq.ts';

/** Looks up the value of an enumerator of the kernel. */
type EnumeratorValue = (name: string) => bigint | undefined;

/** An event that the kernel is built with (`TRACE_EVENT()`). Whoever simulates its place in the kernel records into {@link StaticEventCall.files}. */
export class StaticEventCall extends TraceEventCall {
  /** Where it is enabled. */
  readonly files: TraceEventFile[] = [];
  #printer: FormatPrinter | undefined;
  readonly #enumerator: EnumeratorValue | undefined;

  /** @param enumerator values of enumerators that its `print fmt` names */
  constructor(event: StaticEvent, enumerator?: EnumeratorValue) {
    super(event);
    this.id = event.id;
    this.#enumerator = enumerator;
  }

  override reg(op: TraceReg, file?: TraceEventFile): number {
    if (file && op === 'register') this.files.push(file);
    if (file && op === 'unregister') this.files.splice(this.files.indexOf(file), 1);
    return 0;
  }

  /**
   * Records a hit wherever the event is enabled. Fields without a value are 0 or empty; strings are latin1.
   * Not for paths where nothing may be allocated.
   */
  record(cpu: Cpu, values: Readonly<Record<string, FieldValue>>): void {
    if (this.files.length === 0) return;
    const { size, strings } = this.#layout(values);
    for (const file of [...this.files]) {
      const writer = file.begin(cpu, size);
      if (!writer) continue;
      fillRecord(writer, this.fields, values, strings);
      file.commit(cpu, writer);
    }
  }

  /** Bytes of a record with these values, and where its strings go. */
  #layout(values: Readonly<Record<string, FieldValue>>): { size: number; strings: Map<string, number> } {
    let size = Math.max(TRACE_ENTRY_SIZE, ...this.fields.map((field) => field.offset + field.size));
    const strings = new Map<string, number>();
    for (const field of this.fields.filter((candidate) => candidate.type.startsWith('__data_loc'))) {
      strings.set(field.name, size);
      size += String(values[field.name] ?? '').length + 1;
    }
    return { size, strings };
  }

  override print(rec: RecordView, out: TraceSeq): void {
    out.puts(`${this.name}: `);
    this.#printer ??= compilePrintFmt(this.printFmt, { fields: this.fields, enumerator: this.#enumerator }) ?? noText;
    this.#printer(rec, out);
  }
}

/** Value of a field: a number, or latin1 text for strings. */
type FieldValue = number | bigint | string;

function fillRecord(
  writer: RecordWriter,
  fields: readonly EventField[],
  values: Readonly<Record<string, FieldValue>>,
  strings: ReadonlyMap<string, number>,
): void {
  const { bytes, view, base } = writer;
  bytes.fill(0, base + TRACE_ENTRY_SIZE, base + writer.size);
  for (const { name, offset, size } of fields) {
    const value = values[name] ?? 0;
    const dynamic = strings.get(name);
    if (dynamic !== undefined) {
      const text = String(values[name] ?? '');
      view.setUint32(base + offset, dynamic | ((text.length + 1) << 16), true);
      bytes.set(latin1Bytes(text), base + dynamic);
    } else if (typeof value === 'string') {
      bytes.set(latin1Bytes(value.slice(0, size)), base + offset);
    } else {
      const bits = BigInt.asUintN(64, BigInt(value));
      for (let i = 0; i < Math.min(size, 8); i++) bytes[base + offset + i] = Number((bits >> BigInt(i * 8)) & 0xffn);
    }
  }
}

/** For events whose text the kernel makes with code that their format does not show. */
const noText: FormatPrinter = () => {};

/** A system call's entry or return: they print as a call (`kernel/trace/trace_syscalls.c`). */
class SyscallEventCall extends StaticEventCall {
  override print(rec: RecordView, out: TraceSeq): void {
    const value = (field: EventField) =>
      loadInt(rec.view, rec.base + field.offset, { bits: field.size * 8, signed: false }).toString(16);
    const [, ...args] = this.fields;
    const entered = this.name.startsWith('sys_enter_');
    const call = this.name.replace(/^sys_(enter|exit)_/, 'sys_');
    if (entered) out.puts(`${call}(${args.map((field) => `${field.name}: ${value(field)}`).join(', ')})`);
    else out.puts(`${call} -> 0x${args[0] ? value(args[0]) : '0'}`);
  }
}

function createCall(event: StaticEvent, enableable: boolean, enumerator: EnumeratorValue | undefined): TraceEventCall {
  if (!enableable) return new FtraceEventCall(event);
  return event.system === 'syscalls' ? new SyscallEventCall(event) : new StaticEventCall(event, enumerator);
}

/** The static events of a profile. None comes to life before it is asked for. */
export class ProfileEvents implements StaticEventTable {
  readonly names: StaticEventTable['names'];
  readonly #profile: StaticEvents;
  readonly #enumerator: EnumeratorValue | undefined;
  readonly #calls = new Map<string, TraceEventCall>();
  #byId: Map<number, { system: string; name: string }> | undefined;
  #firstFreeId = 0;

  /** @param enumerator values of enumerators that some events' `print fmt` names */
  constructor(profile: StaticEvents, enumerator?: EnumeratorValue) {
    this.#profile = profile;
    this.#enumerator = enumerator;
    this.names = profile.all;
  }

  get firstFreeId(): number {
    if (this.#firstFreeId === 0) this.#firstFreeId = Math.max(...this.#ids().keys()) + 1;
    return this.#firstFreeId;
  }

  get(system: string, name: string): TraceEventCall | undefined {
    const key = `${system}:${name}`;
    let call = this.#calls.get(key);
    if (call) return call;
    const event = this.#profile.get(system, name);
    if (!event) return undefined;
    call = createCall(event, this.#profile.enableable(system, name), this.#enumerator);
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
