import type { RecordRef } from '../ring-buffer/index.ts';
import { latencyColumns } from './entry-flags.ts';
import { printEventFields } from './print-fields.ts';
import { recordPid, recordType } from './record.ts';
import type { TraceArray } from './trace-array.ts';
import { TraceSeq } from './trace-seq.ts';
import type { FollowingRecords, TracerLines } from './tracer.ts';

/** Where a record stands among those being read. */
interface LinePlace {
  /** Number of the record in this reading, from 0. */
  readonly index: number;
  /** Time of the record after it, its own when there is none. */
  readonly nextTime: number;
  /** The records behind it on its cpu; without it, none are known. */
  readonly following?: FollowingRecords;
}

/** How records are printed, apart from what the options of the trace array say. */
interface PrintHow {
  /** The tracer's own way of printing in this file. */
  readonly lines?: TracerLines | undefined;
  /** Whether with the columns of latency-format, whatever the option says. */
  readonly latency?: boolean | undefined;
}

const NONE_FOLLOW: FollowingRecords = { peek: () => undefined, take: () => {} };

/** Marks behind a time, by the nanoseconds until the next record: more than so many. */
const DELAY_MARKS: readonly [number, string][] = [
  [1e9, '$'],
  [1e8, '@'],
  [1e7, '*'],
  [1e6, '#'],
  [1e5, '!'],
  [1e4, '+'],
];

/** The mark of so many nanoseconds, a space for few (`kernel/trace/trace_output.c:trace_find_mark()`). */
export function delayMark(ns: number): string {
  return DELAY_MARKS.find(([least]) => ns > least)?.[1] ?? ' ';
}

const micros = (ns: number) => Math.floor(ns / 1000);
const hexBytes = (value: number | bigint, digits: number) => `${value.toString(16).padStart(digits, '0')} `;

/**
 * The same text in one piece. Text that was put together stays a tree of its pieces until somebody looks into it; a trace of such lines takes many
 * times its size, and the garbage collector most of the time.
 */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

/** Prints records of one trace array as lines of `trace` and `trace_pipe`, as its options say (`kernel/trace/trace.c:print_trace_line()`). */
export class TraceLinePrinter {
  readonly #array: TraceArray;
  readonly #seq: TraceSeq;
  readonly #inNs: boolean;
  readonly #tasks = new Map<number, string>();
  readonly #states = new Map<number, string>();
  readonly #lines: TracerLines | undefined;
  readonly #latency: boolean | undefined;

  constructor(array: TraceArray, { lines, latency }: PrintHow = {}) {
    this.#array = array;
    this.#lines = lines;
    this.#latency = latency;
    this.#inNs = array.clockInNs;
    this.#seq = new TraceSeq(array.tracing.printContext);
    this.#seq.symOffset = array.options['sym-offset'];
    this.#seq.symAddr = array.options['sym-addr'];
    this.#seq.printParent = array.options['print-parent'];
    this.#seq.hashPtr = array.options['hash-ptr'];
    this.#seq.verbose = array.options.verbose;
    this.#seq.inNs = this.#inNs;
  }

  /** Whether lines depend on the time of the record behind them. */
  get looksAhead(): boolean {
    return this.#latency ?? this.#array.options['latency-format'];
  }

  /** The line, or lines, of a record. */
  line(rec: RecordRef, place: LinePlace): string {
    const seq = this.#seq;
    seq.clear();
    const { lostEvents } = rec;
    if (lostEvents !== 0) seq.puts(`CPU:${rec.cpu} [LOST${lostEvents < 0 ? '' : ` ${lostEvents}`} EVENTS]\n`);
    this.#print(rec, place);
    if (seq.full) {
      seq.full = false;
      seq.puts('[LINE TOO BIG]\n');
    }
    return flat(seq.text);
  }

  #print(rec: RecordRef, place: LinePlace): void {
    const { options, tracing } = this.#array;
    const call = tracing.events.byId(recordType(rec));
    const seq = this.#seq;
    if (this.#lines?.print(rec, seq, place.following ?? NONE_FOLLOW)) return;
    if (call?.printMessage && options.trace_printk && options['printk-msg-only']) call.printMessage(rec, seq);
    else if (options.bin) this.#printBin(rec);
    else if (options.hex) this.#printHex(rec);
    else if (options.raw) this.#printRaw(rec);
    else {
      if (options['context-info']) seq.puts(this.looksAhead ? this.#latencyContext(rec, place) : this.#context(rec));
      const tracersOwn = tracing.tracerRecords.get(recordType(rec));
      if (!call) seq.puts(`Unknown type ${recordType(rec)}\n`);
      else if (options.fields) printEventFields(call, rec, seq);
      else if (tracersOwn) tracersOwn(this.#array).print(rec, seq, place.following ?? NONE_FOLLOW);
      else call.printLine(rec, seq);
    }
  }

  /** `            TASK-PID     [CPU] FLAGS    TIMESTAMP: ` (`trace_print_context()`). */
  #context(rec: RecordRef): string {
    return `${this.#task(recordPid(rec))}${this.#state(rec)}${this.#seq.timeText(rec.timestamp)}: `;
  }

  /** Task, pid and thread group, remembered while this printer is used. */
  #task(pid: number): string {
    const known = this.#tasks.get(pid);
    if (known !== undefined) return known;
    const { options, tracing } = this.#array;
    const tgid = options['record-tgid'] ? `${this.#tgid(pid)} ` : '';
    const text = `${tracing.cmdlines.comm(pid).padStart(16)}-${String(pid).padEnd(7)} ${tgid}`;
    this.#tasks.set(pid, text);
    return text;
  }

  /** Cpu and flags, remembered in the same way. */
  #state(rec: RecordRef): string {
    const flags = rec.bytes[rec.base + 2]!;
    const count = rec.bytes[rec.base + 3]!;
    const key = (rec.cpu << 16) | (flags << 8) | count;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const columns = this.#array.options['irq-info'] ? latencyColumns(flags, count) : '';
    const text = `[${String(rec.cpu).padStart(3, '0')}] ${columns}`;
    this.#states.set(key, text);
    return text;
  }

  #tgid(pid: number): string {
    const tgid = this.#array.tracing.cmdlines.tgid(pid);
    return tgid === 0 ? '(-------)' : `(${String(tgid).padStart(7)})`;
  }

  /** `trace_print_lat_context()`. */
  #latencyContext(rec: RecordRef, place: LinePlace): string {
    const { options, tracing } = this.#array;
    const pid = recordPid(rec);
    const comm = tracing.cmdlines.comm(pid);
    const [flags, count] = [rec.bytes[rec.base + 2]!, rec.bytes[rec.base + 3]!];
    const cpu = String(rec.cpu).padStart(3);
    if (!options.verbose) {
      const columns = latencyColumns(flags, count);
      return `${comm.slice(0, 8).padStart(8)}-${String(pid).padEnd(7)} ${cpu}${columns}${this.#delay(rec.timestamp, place.nextTime)}`;
    }
    const numbers = `${flags} ${(count & 0xf).toString(16).padStart(8, '0')} ${place.index.toString(16).padStart(8, '0')}`;
    return `${comm.padStart(16)} ${String(pid).padStart(7)} ${cpu} ${numbers} ${this.#verboseDelay(rec.timestamp, place.nextTime)}`;
  }

  /** Time since the buffer was emptied, and how long until the next record (`lat_print_timestamp()`). */
  #delay(time: number, next: number): string {
    const since = time - this.#array.timeStart;
    if (!this.#inNs) return ` ${String(since).padStart(4)}: `;
    const gap = micros(next - time) * 1000;
    return ` ${String(micros(since)).padStart(4)}us${delayMark(gap)}: `;
  }

  #verboseDelay(time: number, next: number): string {
    const since = time - this.#array.timeStart;
    if (!this.#inNs) return `[${time.toString(16).padStart(16, '0')}] ${since} (+${next - time}): `;
    const millis = (us: number) => `${Math.floor(us / 1000)}.${String(us % 1000).padStart(3, '0')}ms`;
    return `[${micros(time).toString(16).padStart(8, '0')}] ${millis(micros(since))} (+${millis(micros(next - time))}): `;
  }

  #printRaw(rec: RecordRef): void {
    const { options, tracing } = this.#array;
    const call = tracing.events.byId(recordType(rec));
    if (options['context-info']) this.#seq.puts(`${recordPid(rec)} ${rec.cpu} ${rec.timestamp} `);
    if (call) call.printRaw(rec, this.#seq);
    else this.#seq.puts(`${recordType(rec)} ?\n`);
  }

  #printHex(rec: RecordRef): void {
    const { options, tracing } = this.#array;
    if (options['context-info']) {
      this.#seq.puts(hexBytes(recordPid(rec) >>> 0, 8) + hexBytes(rec.cpu, 8) + hexBytes(BigInt(rec.timestamp), 16));
    }
    tracing.events.byId(recordType(rec))?.printHex(rec, this.#seq);
    this.#seq.puts('\n');
  }

  #printBin(rec: RecordRef): void {
    const { options, tracing } = this.#array;
    if (options['context-info']) {
      const head = new DataView(new ArrayBuffer(16));
      head.setInt32(0, recordPid(rec), true);
      head.setInt32(4, rec.cpu, true);
      head.setBigUint64(8, BigInt(rec.timestamp), true);
      this.#seq.puts(String.fromCharCode(...new Uint8Array(head.buffer)));
    }
    tracing.events.byId(recordType(rec))?.printBinary(rec, this.#seq);
  }
}
