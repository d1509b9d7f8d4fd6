import { asNumber, compileExpr, type FieldScope, type Operand } from './print-fmt-eval.ts';
import { parsePrintFmt } from './print-fmt-parse.ts';
import type { RecordView } from './record.ts';
import type { TraceSeq } from './trace-seq.ts';

/** Prints the text of a record, as its event's `print fmt` says, without the event's name and without newline. */
export type FormatPrinter = (rec: RecordView, out: TraceSeq) => void;

const CONVERSION = /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?(hh|h|ll|l|L|z|t|j)?(p[A-Za-z0-9]*|[diuxXocs%])/g;
const LENGTH_BITS: Record<string, number> = { hh: 8, h: 16, l: 64, ll: 64, L: 64, z: 64, t: 64, j: 64 };
const RADIX: Record<string, number> = { x: 16, X: 16, o: 8 };

interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly length: string;
  readonly letter: string;
}

function pad(text: string, { flags, width }: Conversion, zeros = false): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!zeros) return text.padStart(width);
  const sign = /^(-|0[xX])/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

/** A number by a conversion of printf, `lib/vsprintf.c:number()`. */
function formatNumber(value: bigint, conversion: Conversion): string {
  const { flags, length, letter, precision } = conversion;
  const bits = LENGTH_BITS[length] ?? 32;
  const signed = letter === 'd' || letter === 'i';
  const cut = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  const magnitude = cut < 0n ? -cut : cut;
  let digits = magnitude.toString(RADIX[letter] ?? 10).padStart(precision ?? 1, '0');
  if (letter === 'X') digits = digits.toUpperCase();
  if (flags.includes('#') && RADIX[letter] === 16) digits = `0${letter}${digits}`;
  const sign = cut < 0n ? '-' : flags.includes('+') && signed ? '+' : '';
  return pad(sign + digits, conversion, flags.includes('0') && precision === undefined);
}

/** What `%p` shows for a pointer: not the address, but always the same for it. */
function hashedPointer(address: bigint): string {
  if (address === 0n) return '(____ptrval____)'.replace(/./g, '0');
  let hash = 0x811c9dc5;
  for (let shift = 0n; shift < 64n; shift += 8n) {
    hash = Math.imul(hash ^ Number(BigInt.asUintN(8, address >> shift)), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(16, '0');
}

function formatPointer(operand: Operand, kind: string, rec: RecordView, out: TraceSeq): string {
  if (operand.kind === 'bytes') return formatBytes(operand.get(rec), kind, rec);
  const address = BigInt.asUintN(64, asNumber(operand).get(rec, out));
  const [lo, hi] = [Number(address & 0xffff_ffffn), Number(address >> 32n)];
  if (/^p[sS]/.test(kind)) return out.context.symbol(lo, hi, kind.startsWith('pS')) ?? `0x${address.toString(16)}`;
  return kind === 'px' || !out.hashPtr ? address.toString(16).padStart(16, '0') : hashedPointer(address);
}

/** `%pI4`, `%pM` and the like, of bytes in the record; others as hex. */
function formatBytes({ at, length }: { at: number; length: number }, kind: string, rec: RecordView): string {
  const bytes = [...rec.bytes.subarray(at, at + length)];
  if (kind.startsWith('pI4')) return bytes.slice(0, 4).join('.');
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  return kind.startsWith('pM') ? hex.slice(0, 6).join(':') : hex.join('');
}

function formatOne(operand: Operand, conversion: Conversion, rec: RecordView, out: TraceSeq): string {
  const { letter, precision } = conversion;
  if (letter.startsWith('p')) return pad(formatPointer(operand, letter, rec, out), conversion);
  if (letter === 's') {
    const text = operand.kind === 'text' ? operand.get(rec, out) : '';
    return pad(precision === undefined ? text : text.slice(0, precision), conversion);
  }
  const value = asNumber(operand).get(rec, out);
  return letter === 'c'
    ? pad(String.fromCharCode(Number(BigInt.asUintN(8, value))), conversion)
    : formatNumber(value, conversion);
}

/**
 * Compiles the `print fmt` of an event.
 * @returns its printer, or `undefined` when the kernel prints it with code that the format does not show
 */
export function compilePrintFmt(printFmt: string, scope: FieldScope): FormatPrinter | undefined {
  const parsed = parsePrintFmt(printFmt);
  if (!parsed) return undefined;
  const operands = parsed.args.map((arg) => compileExpr(arg, scope));
  const pieces: ((rec: RecordView, out: TraceSeq) => string)[] = [];
  let next = 0;
  let last = 0;
  const literal = (text: string) => {
    if (text !== '') pieces.push(() => text);
  };
  for (const match of parsed.format.matchAll(CONVERSION)) {
    const [whole, flags = '', width, precision, length = '', letter = ''] = match;
    literal(parsed.format.slice(last, match.index));
    last = match.index + whole.length;
    if (letter === '%') {
      literal('%');
      continue;
    }
    const star = (given: string | undefined) => (given === '*' ? operands[next++] : undefined);
    const [widthOperand, precisionOperand] = [star(width), star(precision)];
    const operand = operands[next++];
    if (!operand) return undefined;
    const fixed = { flags, length, letter };
    const amount = (given: string | undefined, from: Operand | undefined, rec: RecordView, out: TraceSeq) =>
      from ? Number(asNumber(from).get(rec, out)) : given === undefined ? undefined : Number(given);
    pieces.push((rec, out) => {
      const conversion = {
        ...fixed,
        width: amount(width, widthOperand, rec, out) ?? 0,
        precision: amount(precision, precisionOperand, rec, out),
      };
      return formatOne(operand, conversion, rec, out);
    });
  }
  literal(parsed.format.slice(last));
  return (rec, out) => {
    for (const piece of pieces) out.puts(piece(rec, out));
  };
}
