import type { Cpu } from '../machine/cpu.ts';
import type { Machine, StackTrace } from '../machine/index.ts';
import type { TraceReg } from '../trace/event-call.ts';
import { TraceEventCall } from '../trace/event-call.ts';
import { TRACE_ENTRY_SIZE } from '../trace/event-field.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import type { FormatPrinter } from '../trace/print-fmt.ts';
import type { RecordView, RecordWriter } from '../trace/record.ts';
import type { TraceSeq } from '../trace/trace-seq.ts';
import type { Tracing } from '../trace/tracing.ts';
import { STACK_DEPTH } from './hist-field.ts';
import type { HitPad } from './hist-hit.ts';
import { declaration, eventField, type SynthField, slotSize } from './synth-field.ts';
import { pushSynthStack } from './synth-stack.ts';
import { gfpPrinter, printSynth, synthPrintFmt } from './synth-text.ts';
import { TEXT_SIZE } from './tracing-map.ts';

/** The system that they are in. */
export const SYNTH_SYSTEM = 'synthetic';

/** What tracing an event within another adds to the preempt count. */
const NESTING = 3;

/** An event that histograms trace, with fields of one's own (`struct synth_event`). */
export class SynthEvent extends TraceEventCall {
  readonly synthFields: readonly SynthField[];
  /** Histograms that trace it, or that are on it. */
  refs = 0;
  readonly #files: TraceEventFile[] = [];
  /** Bytes of a record less what is behind its fields. */
  readonly #size: number;

  readonly #tracing: Tracing;
  /** The event whose hit it is traced in. */
  #hit: TraceEventCall | undefined;

  constructor(name: string, synthFields: readonly SynthField[], tracing: Tracing) {
    let size = TRACE_ENTRY_SIZE;
    const fields = synthFields.map((field) => {
      const offset = size;
      size += slotSize(field);
      return eventField(field, offset);
    });
    super({ system: SYNTH_SYSTEM, name, fields, printFmt: synthPrintFmt(synthFields), dynamic: true });
    this.synthFields = synthFields;
    this.#size = size;
    this.#tracing = tracing;
  }

  override reg(op: TraceReg, file?: TraceEventFile): number {
    if (file && op === 'register') this.#files.push(file);
    if (file && op === 'unregister') this.#files.splice(this.#files.indexOf(file), 1);
    return 0;
  }

  /** Its line in `synthetic_events`; `dynamic_events` has it behind `s:synthetic/`. */
  declarationText(): string {
    return `${this.name}\t${this.synthFields.map(declaration).join('; ')}\n`;
  }

  /**
   * Records it wherever it is enabled (`trace_synth()`, `trace_event_raw_event_synth()`).
   * @param pad the hit of the histogram that traces it
   * @param refIndexes by field: number of a reference of that histogram
   */
  trace(pad: HitPad, refIndexes: readonly number[]): void {
    const { cpu } = pad;
    const outer = this.#hit;
    this.#hit = pad.hist.file.call;
    for (let i = 0; i < this.#files.length; i++) {
      const file = this.#files[i]!;
      const { buffer } = file.array;
      if (!buffer.nestStart(cpu.id)) continue;
      cpu.preemptCount += NESTING;
      const writer = file.begin(cpu, this.#size + this.#dynamicSize(pad, refIndexes));
      if (writer) {
        this.#fill(writer, pad, refIndexes);
        file.commit(cpu, writer);
      }
      cpu.preemptCount -= NESTING;
      buffer.nestEnd(cpu.id);
    }
    this.#hit = outer;
  }

  #dynamicSize(pad: HitPad, refIndexes: readonly number[]): number {
    let size = 0;
    for (let i = 0; i < this.synthFields.length; i++) {
      const { isDynamic, kind } = this.synthFields[i]!;
      if (!isDynamic) continue;
      size += kind === 'stack' ? 8 * (stackLength(pad, refIndexes[i]!) + 1) : textLength(pad, refIndexes[i]!) + 1;
    }
    return size;
  }

  #fill(writer: RecordWriter, pad: HitPad, refIndexes: readonly number[]): void {
    let dynamicAt = this.#size;
    for (let i = 0; i < this.synthFields.length; i++) {
      const { offset, size } = this.fields[i]!;
      const { isDynamic, kind } = this.synthFields[i]!;
      const ref = refIndexes[i]!;
      if (!isDynamic) {
        if (kind === 'string') putText(writer, offset, pad, ref, TEXT_SIZE);
        else putNumber(writer, offset, pad, ref, size);
        continue;
      }
      const length =
        kind === 'stack'
          ? putStack(writer, dynamicAt, pad, ref)
          : putText(writer, dynamicAt, pad, ref, textLength(pad, ref) + 1);
      writer.view.setUint32(writer.base + offset, (dynamicAt | (length << 16)) >>> 0, true);
      writer.view.setUint32(writer.base + offset + 4, 0, true);
      dynamicAt += length;
    }
  }

  override pushHitStack(machine: Machine, cpu: Cpu, trace: StackTrace): void {
    pushSynthStack(machine, cpu, trace, this.#hit);
  }

  /** Prints the flags of an allocation at an offset of a record by name, as other events of the kernel do. */
  printGfp(offset: number): FormatPrinter | undefined {
    return gfpPrinter(this.#tracing.events.find('kmem', 'kmalloc')?.printFmt, offset);
  }

  override print(rec: RecordView, out: TraceSeq): void {
    printSynth(this, rec, out);
  }
}

/** Bytes of the text that a reference means, without its NUL. */
function textLength(pad: HitPad, ref: number): number {
  const { texts } = pad.textsOf(ref);
  const at = pad.refs[2 * ref]!;
  let length = 0;
  while (length < TEXT_SIZE - 1 && (texts[at + length] ?? 0) !== 0) length++;
  return length;
}

/** Copies the text with its NUL, at most so many bytes; returns how many. */
function putText({ bytes, base }: RecordWriter, to: number, pad: HitPad, ref: number, most: number): number {
  const { texts } = pad.textsOf(ref);
  const at = pad.refs[2 * ref]!;
  const length = Math.min(textLength(pad, ref), most - 1);
  for (let i = 0; i < length; i++) bytes[base + to + i] = texts[at + i]!;
  bytes[base + to + length] = 0;
  return length + 1;
}

function putNumber({ bytes, view, base }: RecordWriter, to: number, pad: HitPad, ref: number, size: number): void {
  const lo = pad.refs[2 * ref]!;
  if (size === 1) bytes[base + to] = lo;
  else if (size === 2) view.setUint16(base + to, lo & 0xffff, true);
  else view.setUint32(base + to, lo, true);
  if (size === 8) view.setUint32(base + to + 4, pad.refs[2 * ref + 1]!, true);
}

/** Addresses of the stack that a reference means. */
function stackLength(pad: HitPad, ref: number): number {
  return pad.textsOf(ref).texts[pad.refs[2 * ref]!] ?? 0;
}

/** Copies a stack, the count in front included, up to the first word that is 0; returns how many bytes. */
function putStack({ bytes, base }: RecordWriter, to: number, pad: HitPad, ref: number): number {
  const { texts } = pad.textsOf(ref);
  const at = pad.refs[2 * ref]!;
  const count = stackLength(pad, ref);
  const size = count === 0 ? 0 : 8 * Math.min(count + 1, STACK_DEPTH);
  for (let i = 0; i < size; i++) bytes[base + to + i] = texts[at + i]!;
  return size;
}
