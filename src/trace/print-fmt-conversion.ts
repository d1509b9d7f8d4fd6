import { asNumber, type Operand } from './print-fmt-eval.ts';
import { lowOf, type NumberOperand } from './print-fmt-number.ts';
import type { RecordView } from './record.ts';
import type { TraceSeq } from './trace-seq.ts';

/** Makes a piece of a record's text. */
export type Piece = (rec: RecordView, out: TraceSeq) => string;

/** A conversion of printf; width and precision may come from operands. */
interface Conversion {
  readonly flags: string;
  readonly width: number | NumberOperand;
  readonly precision: number | NumberOperand | undefined;
  readonly length: string;
  readonly letter: string;
}

const LENGTH_BITS: Record<string, number> = { hh: 8, h: 16, l: 64, ll: 64, L: 64, z: 64, t: 64, j: 64 };
const RADIX: Record<string, number> = { x: 16, X: 16, o: 8 };
const TWO_32 = 2 ** 32;
/** High words below this make doubles that hold every bit. */
const EXACT_HIGH = 2 ** 21;

function pad(text: string, flags: string, width: number, zeros = false): string {
  if (text.length >= width) return text;
  if (flags.includes('-')) return text.padEnd(width);
  if (!zeros) return text.padStart(width);
  const sign = /^(-|0[xX])/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

const resolve = (amount: number | NumberOperand | undefined, rec: RecordView, out: TraceSeq) =>
  typeof amount === 'object' ? Number(amount.get(rec, out)) : amount;

/** A number by a conversion of printf, `lib/vsprintf.c:number()`. */
function formatNumber(value: bigint, { flags, length, letter }: Conversion, width: number, precision?: number): string {
  const bits = LENGTH_BITS[length] ?? 32;
  const signed = letter === 'd' || letter === 'i';
  const cut = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  const magnitude = cut < 0n ? -cut : cut;
  let digits = magnitude.toString(RADIX[letter] ?? 10).padStart(precision ?? 1, '0');
  if (letter === 'X') digits = digits.toUpperCase();
  if (flags.includes('#') && RADIX[letter] === 16) digits = `0${letter}${digits}`;
  const sign = cut < 0n ? '-' : flags.includes('+') && signed ? '+' : '';
  return pad(sign + digits, flags, width, flags.includes('0') && precision === undefined);
}

const hexWord = (word: number) => word.toString(16).padStart(8, '0');

/** The hex digits of 64 bits given as halves. */
export const hex64 = (lo: number, hi: number): string => (hi === 0 ? lo.toString(16) : hi.toString(16) + hexWord(lo));

/** The digits of a number without flags, where they can be had without bigints; `undefined` for the values of it that need them. */
type Digits = (rec: RecordView, out: TraceSeq) => string | undefined;

function quickDigits(operand: NumberOperand, { length, letter }: Conversion): Digits | undefined {
  const bits = LENGTH_BITS[length] ?? 32;
  const signed = letter === 'd' || letter === 'i';
  const radix = RADIX[letter] ?? 10;
  const { small, at } = operand;
  if (letter === 'X' || bits < 32) return undefined;
  if (bits === 32) {
    const low = lowOf(operand);
    return low && ((rec, out) => (signed ? low(rec, out) | 0 : low(rec, out)).toString(radix));
  }
  if (small) {
    return (rec, out) => {
      const value = small(rec, out);
      return signed || value >= 0 ? value.toString(radix) : undefined;
    };
  }
  if (at === undefined) return undefined;
  return ({ view, base }) => {
    const high = view.getUint32(base + at + 4, true);
    const low = view.getUint32(base + at, true);
    if (high < EXACT_HIGH) return (high * TWO_32 + low).toString(radix);
    return radix === 16 ? high.toString(16) + hexWord(low) : undefined;
  };
}

function numberPiece(operand: NumberOperand, conversion: Conversion): Piece {
  const { flags, width, precision } = conversion;
  const slow: Piece = (rec, out) =>
    formatNumber(operand.get(rec, out), conversion, resolve(width, rec, out) ?? 0, resolve(precision, rec, out));
  if (precision !== undefined || typeof width !== 'number' || /[+#]/.test(flags)) return slow;
  const quick = quickDigits(operand, conversion);
  if (!quick) return slow;
  const zeros = flags.includes('0');
  if (width === 0) return (rec, out) => quick(rec, out) ?? slow(rec, out);
  return (rec, out) => {
    const digits = quick(rec, out);
    return digits === undefined ? slow(rec, out) : pad(digits, flags, width, zeros);
  };
}

/** Highest errno that a pointer may hold, `include/linux/err.h:MAX_ERRNO`. */
const MAX_ERRNO = 4095;

/** What `%p` shows for a pointer: not the address, but always the same for it; null and errors as they are. */
function hashedPointer(lo: number, hi: number): string {
  if ((lo === 0 && hi === 0) || (hi === TWO_32 - 1 && lo >= TWO_32 - MAX_ERRNO)) return hexWord(hi) + hexWord(lo);
  let hash = 0x811c9dc5;
  for (let i = 0; i < 8; i++) {
    hash = Math.imul(hash ^ (((i < 4 ? lo : hi) >>> ((i & 3) * 8)) & 0xff), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(16, '0');
}

function addressText(lo: number, hi: number, kind: string, out: TraceSeq): string {
  if (kind.startsWith('ps') || kind.startsWith('pS')) {
    const symbol = out.context.symbol(lo, hi, kind.startsWith('pS'));
    return symbol ?? `0x${hex64(lo, hi)}`;
  }
  return kind === 'px' || !out.hashPtr ? hexWord(hi) + hexWord(lo) : hashedPointer(lo, hi);
}

/** `%pI4`, `%pM` and the like, of bytes in the record; others as hex. */
function bytesPiece(operand: Extract<Operand, { kind: 'bytes' }>, kind: string): Piece {
  return (rec) => {
    const { at, length } = operand.get(rec);
    const bytes = [...rec.bytes.subarray(at, at + length)];
    if (kind.startsWith('pI4')) return bytes.slice(0, 4).join('.');
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
    return kind.startsWith('pM') ? hex.slice(0, 6).join(':') : hex.join('');
  };
}

function pointerPiece(operand: Operand, kind: string): Piece {
  if (operand.kind === 'bytes') return bytesPiece(operand, kind);
  const { at, get } = asNumber(operand);
  if (at !== undefined) {
    return ({ view, base }, out) =>
      addressText(view.getUint32(base + at, true), view.getUint32(base + at + 4, true), kind, out);
  }
  return (rec, out) => {
    const address = BigInt.asUintN(64, get(rec, out));
    return addressText(Number(address & 0xffff_ffffn), Number(address >> 32n), kind, out);
  };
}

/** Compiles a conversion of an operand. */
export function compileConversion(operand: Operand, conversion: Conversion): Piece {
  const { flags, width, precision, letter } = conversion;
  const padded = (piece: Piece): Piece =>
    width === 0 ? piece : (rec, out) => pad(piece(rec, out), flags, resolve(width, rec, out) ?? 0);
  if (letter.startsWith('p')) return padded(pointerPiece(operand, letter));
  if (letter === 's') {
    const get = operand.kind === 'text' ? operand.get : () => '';
    return padded(precision === undefined ? get : (rec, out) => get(rec, out).slice(0, resolve(precision, rec, out)));
  }
  const number = asNumber(operand);
  if (letter !== 'c') return numberPiece(number, conversion);
  return padded((rec, out) => String.fromCharCode(Number(BigInt.asUintN(8, number.get(rec, out)))));
}
