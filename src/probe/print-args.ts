import type { RecordView } from '../trace/record.ts';
import type { TraceSeq } from '../trace/trace-seq.ts';
import type { FetchType } from './fetch-types.ts';
import type { ProbeArg } from './probe-arg.ts';

/** Text of one value; `at` is its offset in the view's array. */
type PrintValue = (rec: RecordView, at: number, out: TraceSeq) => string;

const TWO_32 = 0x1_0000_0000;

/** Words below 2**53 are exact as numbers. */
function unsignedWord(view: DataView, at: number): string {
  const hi = view.getUint32(at + 4, true);
  return hi < 0x20_0000 ? String(hi * TWO_32 + view.getUint32(at, true)) : String(view.getBigUint64(at, true));
}

function signedWord(view: DataView, at: number): string {
  const hi = view.getInt32(at + 4, true);
  const short = hi >= -0x20_0000 && hi < 0x20_0000;
  return short ? String(hi * TWO_32 + view.getUint32(at, true)) : String(view.getBigInt64(at, true));
}

function hexWord(view: DataView, at: number): string {
  const hi = view.getUint32(at + 4, true);
  const lo = view.getUint32(at, true).toString(16);
  return hi === 0 ? lo : hi.toString(16) + lo.padStart(8, '0');
}

type Reader = (view: DataView, at: number) => number;
const UNSIGNED: Record<1 | 2 | 4, Reader> = {
  1: (view, at) => view.getUint8(at),
  2: (view, at) => view.getUint16(at, true),
  4: (view, at) => view.getUint32(at, true),
};
const SIGNED: Record<1 | 2 | 4, Reader> = {
  1: (view, at) => view.getInt8(at),
  2: (view, at) => view.getInt16(at, true),
  4: (view, at) => view.getInt32(at, true),
};

function symbolName({ view }: RecordView, at: number, out: TraceSeq): string {
  const lo = view.getUint32(at, true);
  const hi = view.getUint32(at + 4, true);
  return out.context.symbol(lo, hi, true) ?? `0x${hexWord(view, at)}`;
}

/** The bytes up to a NUL, wherever it comes: the length in the word only tells a fault from a string. */
function stringText({ bytes, view, base }: RecordView, at: number): string {
  const location = view.getUint32(at, true);
  if (location >>> 16 === 0) return '(fault)';
  let text = '';
  for (let i = base + (location & 0xffff); i < bytes.length && bytes[i] !== 0; i++)
    text += String.fromCharCode(bytes[i]!);
  return `"${text}"`;
}

function valuePrinter({ print, size }: FetchType): PrintValue {
  switch (print) {
    case 'string':
      return stringText;
    case 'symbol':
      return symbolName;
    case 'char':
      return ({ bytes }, at) => `'${String.fromCharCode(bytes[at]!)}'`;
    case 'unsigned': {
      if (size === 8) return ({ view }, at) => unsignedWord(view, at);
      const read = UNSIGNED[size];
      return ({ view }, at) => String(read(view, at));
    }
    case 'signed': {
      if (size === 8) return ({ view }, at) => signedWord(view, at);
      const read = SIGNED[size];
      return ({ view }, at) => String(read(view, at));
    }
    case 'hex': {
      if (size === 8) return ({ view }, at) => `0x${hexWord(view, at)}`;
      const read = UNSIGNED[size];
      return ({ view }, at) => `0x${read(view, at).toString(16)}`;
    }
  }
}

/** Prints the arguments of a record as ` name=value` each, arrays as `{1,2}`. */
export type PrintArgs = (rec: RecordView, out: TraceSeq) => void;

/**
 * Makes the printer of an event's arguments, `kernel/trace/trace_probe.c:trace_probe_print_args()`.
 * @param head bytes of the record before the first argument
 */
export function compilePrinter(args: readonly ProbeArg[], head: number): PrintArgs {
  const printers = args.map(({ name, type, count, offset }) => {
    const value = valuePrinter(type);
    return (rec: RecordView, out: TraceSeq): void => {
      const at = rec.base + head + offset;
      out.puts(` ${name}=`);
      if (count === 0) {
        out.puts(value(rec, at, out));
        return;
      }
      out.puts('{');
      for (let i = 0; i < count; i++) {
        out.puts(value(rec, at + i * type.size, out));
        out.puts(i === count - 1 ? '}' : ',');
      }
    };
  });
  return (rec, out) => {
    for (const print of printers) print(rec, out);
  };
}
