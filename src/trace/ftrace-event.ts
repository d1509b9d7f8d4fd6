import { Errno } from '../abi/errno.ts';
import type { Cpu, Machine, StackTrace } from '../machine/index.ts';
import { TraceEventCall } from './event-call.ts';
import type { EventField } from './event-field.ts';
import { bytesText } from './print-fields.ts';
import type { RecordView } from './record.ts';
import { pushMarkerStack } from './static-stack.ts';
import type { TraceSeq } from './trace-seq.ts';

/** Ids of the entries that ftrace itself writes, `kernel/trace/trace.h:enum trace_type`. */
export const FtraceType = {
  FN: 1,
  STACK: 4,
  PRINT: 5,
  GRAPH_RET: 10,
  GRAPH_ENT: 11,
  USER_STACK: 13,
  RAW_DATA: 19,
  FUNC_REPEATS: 20,
} as const;

/** Offsets of fields behind the common header, by the entry's name (`kernel/trace/trace_entries.h`). */
export const FtraceOffset = {
  functionIp: 8,
  functionParent: 16,
  functionArgs: 24,
  repeatsCount: 24,
  repeatsTopDelta: 26,
  repeatsBottomDelta: 28,
  graphFunc: 8,
  graphDepth: 16,
  graphArgs: 24,
  graphOverrun: 20,
  graphCallTime: 24,
  graphReturnTime: 32,
  stackSize: 8,
  userTgid: 8,
  stackCallers: 16,
  printIp: 8,
  printText: 16,
  rawId: 8,
  rawData: 12,
} as const;

/** Arguments of a function that a record holds, `FTRACE_REGS_MAX_ARGS`. */
export const MAX_ARGS = 6;
/** Ends a stack that is shorter than the record. */
const ULONG_MAX_HALF = 0xffff_ffff;
/** Stands in a stack for the trampoline of the trace array's own functions, `FTRACE_TRAMPOLINE_MARKER`. */
export const TRAMPOLINE_MARKER = 0x7fff_ffff;

interface EntryPrinter {
  /** The text behind the context columns, its newline included. */
  line(rec: RecordView, out: TraceSeq): void;
  raw?(rec: RecordView, out: TraceSeq): void;
  hex?(rec: RecordView, out: TraceSeq): void;
  binary?(rec: RecordView, out: TraceSeq): void;
  message?(rec: RecordView, out: TraceSeq): void;
}

function ipAt(rec: RecordView, offset: number, out: TraceSeq): void {
  out.putIp(rec.view.getUint32(rec.base + offset, true), rec.view.getUint32(rec.base + offset + 4, true));
}

const hexAt = (rec: RecordView, offset: number) => rec.view.getBigUint64(rec.base + offset, true).toString(16);
const textAt = (rec: RecordView, offset: number) => bytesText(rec.bytes, rec.base + offset, rec.size - offset);

/** The arguments that a function's record holds from an offset on, in parentheses; nothing when it holds none. */
export function argumentsText(rec: RecordView, fn: number, args: number, out: TraceSeq): string {
  if (rec.size < args + 8 * MAX_ARGS) return '';
  const [lo, hi] = [rec.view.getUint32(rec.base + fn, true), rec.view.getUint32(rec.base + fn + 4, true)];
  return out.context.functionArgs?.(lo, hi, { view: rec.view, at: rec.base + args }) ?? '()';
}

function functionCall(rec: RecordView, out: TraceSeq, args: string): void {
  const { functionIp, functionParent } = FtraceOffset;
  ipAt(rec, functionIp, out);
  out.puts(args);
  if (out.printParent && rec.view.getBigUint64(rec.base + functionParent, true) !== 0n) {
    out.puts(' <-');
    ipAt(rec, functionParent, out);
  }
}

function functionLine(rec: RecordView, out: TraceSeq): void {
  const { functionIp, functionArgs } = FtraceOffset;
  functionCall(rec, out, argumentsText(rec, functionIp, functionArgs, out));
  out.puts('\n');
}

function functionBinary(rec: RecordView, out: TraceSeq): void {
  const { functionIp, functionArgs } = FtraceOffset;
  out.puts(String.fromCharCode(...rec.bytes.subarray(rec.base + functionIp, rec.base + functionArgs)));
}

/** Units of the trace clock between the last of some calls and the record that counts them. */
function repeatsDelta(rec: RecordView): number {
  const { repeatsTopDelta, repeatsBottomDelta } = FtraceOffset;
  const bottom = rec.view.getUint32(rec.base + repeatsBottomDelta, true);
  return rec.view.getUint16(rec.base + repeatsTopDelta, true) * 2 ** 32 + bottom;
}

function repeatsLine(rec: RecordView, out: TraceSeq): void {
  functionCall(rec, out, '');
  const count = rec.view.getUint16(rec.base + FtraceOffset.repeatsCount, true);
  out.puts(` (repeats: ${count}, last_ts:${out.timeText(rec.timestamp - repeatsDelta(rec))})\n`);
}

function repeatsRaw(rec: RecordView, out: TraceSeq): void {
  const { functionIp, functionParent, repeatsCount } = FtraceOffset;
  const [ip, parent] = [functionIp, functionParent].map((offset) => rec.view.getBigUint64(rec.base + offset, true));
  out.puts(`${ip} ${parent} ${rec.view.getUint16(rec.base + repeatsCount, true)} ${repeatsDelta(rec)}\n`);
}

function stackLine(rec: RecordView, out: TraceSeq): void {
  out.puts('<stack trace>\n');
  for (let offset = FtraceOffset.stackCallers; offset + 8 <= rec.size; offset += 8) {
    const lo = rec.view.getUint32(rec.base + offset, true);
    const hi = rec.view.getUint32(rec.base + offset + 4, true);
    if (lo === ULONG_MAX_HALF && hi === ULONG_MAX_HALF) break;
    out.puts(' => ');
    if (lo === TRAMPOLINE_MARKER && hi === 0) out.puts('[FTRACE TRAMPOLINE]');
    else out.putIp(lo, hi);
    out.puts('\n');
  }
}

/** User addresses are shown bare: there is no map of user memory to name files from. */
function userStackLine(rec: RecordView, out: TraceSeq): void {
  out.puts('<user stack trace>\n');
  for (let offset = FtraceOffset.stackCallers; offset + 8 <= rec.size; offset += 8) {
    const ip = rec.view.getBigUint64(rec.base + offset, true);
    if (ip === 0n) break;
    out.puts(` =>  <${ip.toString(16).padStart(16, '0')}>\n`);
  }
}

function rawDataLine(rec: RecordView, out: TraceSeq): void {
  const { rawId, rawData } = FtraceOffset;
  const bytes = rec.bytes.subarray(rec.base + rawData, rec.base + rec.size);
  const hex = [...bytes].map((byte) => ` ${byte.toString(16).padStart(2, '0')}`).join('');
  out.puts(`# ${rec.view.getUint32(rec.base + rawId, true).toString(16)} buf:${hex}\n`);
}

/** How the entries print that this kernel writes (`kernel/trace/trace_output.c`). */
const PRINTERS: Record<string, EntryPrinter> = {
  function: {
    line: functionLine,
    raw: (rec, out) => out.puts(`${hexAt(rec, FtraceOffset.functionIp)} ${hexAt(rec, FtraceOffset.functionParent)}\n`),
    hex: (rec, out) => {
      const { functionIp, functionParent } = FtraceOffset;
      for (const offset of [functionIp, functionParent]) out.puts(`${hexAt(rec, offset).padStart(16, '0')} `);
    },
    binary: functionBinary,
  },
  func_repeats: { line: repeatsLine, raw: repeatsRaw },
  kernel_stack: { line: stackLine },
  user_stack: { line: userStackLine },
  print: {
    line: (rec, out) => {
      ipAt(rec, FtraceOffset.printIp, out);
      out.puts(`: ${textAt(rec, FtraceOffset.printText)}`);
    },
    raw: (rec, out) => out.puts(`# ${hexAt(rec, FtraceOffset.printIp)} ${textAt(rec, FtraceOffset.printText)}`),
    message: (rec, out) => out.puts(textAt(rec, FtraceOffset.printText)),
  },
  raw_data: { line: rawDataLine, raw: rawDataLine },
};

/** An entry of ftrace itself (system `ftrace`): its format can be read, it cannot be enabled as an event. */
export class FtraceEventCall extends TraceEventCall {
  override readonly ignoreEnable = true;
  readonly #printer: EntryPrinter | undefined;
  override readonly printMessage?: (rec: RecordView, out: TraceSeq) => void;

  constructor(init: { name: string; id: number; fields: readonly EventField[]; printFmt: string }) {
    super({ ...init, system: 'ftrace' });
    this.id = init.id;
    this.#printer = PRINTERS[init.name];
    const message = this.#printer?.message;
    if (message) this.printMessage = message;
  }

  /** Perf can open `function`; `print` only looks as if. */
  override get hasReg(): boolean {
    return this.name === 'function' || this.name === 'print';
  }

  /** Triggers can be set on `print`: markers run them. */
  override reg(): number {
    return this.name === 'print' ? 0 : -Errno.EINVAL;
  }

  override pushHitStack(machine: Machine, cpu: Cpu, trace: StackTrace): void {
    if (this.name === 'print') pushMarkerStack(machine, trace);
    else super.pushHitStack(machine, cpu, trace, false);
  }

  override get histStackSkip(): number {
    return this.name === 'print' ? 3 : super.histStackSkip;
  }

  override print(rec: RecordView, out: TraceSeq): void {
    this.printLine(rec, out);
  }

  override printLine(rec: RecordView, out: TraceSeq): void {
    if (this.#printer) this.#printer.line(rec, out);
    else super.printRaw(rec, out);
  }

  override printRaw(rec: RecordView, out: TraceSeq): void {
    if (this.#printer?.raw) this.#printer.raw(rec, out);
    else super.printRaw(rec, out);
  }

  override printHex(rec: RecordView, out: TraceSeq): void {
    if (this.#printer?.hex) this.#printer.hex(rec, out);
    else super.printHex(rec, out);
  }

  override printBinary(rec: RecordView, out: TraceSeq): void {
    if (this.#printer?.binary) this.#printer.binary(rec, out);
    else super.printBinary(rec, out);
  }
}
