import { type CInt, commonType, wrap, wrapDouble } from './c-types.ts';
import type { RecordView } from './record.ts';
import type { TraceSeq } from './trace-seq.ts';

/**
 * A compiled number of a `print fmt`. All have their value as a bigint; most also have it as something quicker, which is what text is made of
 * when there are many records.
 */
export interface NumberOperand {
  readonly kind: 'number';
  readonly type: CInt;
  readonly get: (rec: RecordView, out: TraceSeq) => bigint;
  /** The same as a double, where that is always exact. */
  readonly small?: ((rec: RecordView, out: TraceSeq) => number) | undefined;
  /** Where in the record its 64 bits are, if it is nothing but a field. */
  readonly at?: number | undefined;
  /** The value, if it is always the same. */
  readonly constant?: bigint | undefined;
}

type Small = NonNullable<NumberOperand['small']>;

const INT: CInt = { bits: 32, signed: true };
const MAX_WORD = 0xffff_ffffn;

/** A number that is always the same. */
export function constant(value: bigint, type: CInt): NumberOperand {
  const exact = Number(value);
  return {
    kind: 'number',
    type,
    get: () => value,
    constant: value,
    ...(Number.isSafeInteger(exact) && { small: () => exact }),
  };
}

/** What stands for something that a format cannot show. */
export const UNKNOWN = constant(0n, INT);

/** The low 32 bits of a number, unsigned. */
export function lowOf({ small, at }: NumberOperand): Small | undefined {
  if (small) return (rec, out) => small(rec, out) >>> 0;
  return at === undefined ? undefined : (rec) => rec.view.getUint32(rec.base + at, true);
}

/** Whether a number is not 0. */
function truthOf({ small, at, get }: NumberOperand): (rec: RecordView, out: TraceSeq) => boolean {
  if (small) return (rec, out) => small(rec, out) !== 0;
  if (at === undefined) return (rec, out) => get(rec, out) !== 0n;
  return ({ view, base }) => view.getUint32(base + at, true) !== 0 || view.getUint32(base + at + 4, true) !== 0;
}

const isNeverNegative = ({ type, constant: value }: NumberOperand) =>
  value === undefined ? !type.signed : value >= 0n;

/** The double of a number in another type; `undefined` where it need not be exact there. */
function smallIn(operand: NumberOperand, type: CInt): Small | undefined {
  if (type.bits === 64) return type.signed || isNeverNegative(operand) ? operand.small : undefined;
  const low = lowOf(operand);
  return low && ((rec, out) => wrapDouble(low(rec, out), type));
}

const BINARY: Record<string, (a: bigint, b: bigint) => bigint> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? 0n : a / b),
  '%': (a, b) => (b === 0n ? 0n : a % b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << BigInt.asUintN(6, b),
  '>>': (a, b) => a >> BigInt.asUintN(6, b),
};

const shiftRight = (a: number, by: number) => (a < 0 ? a >> Math.min(by, 31) : by > 31 ? 0 : a >>> by);

/** The same on operands of 32 bits; what does not fit is cut off afterwards. */
const BINARY_32: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => Math.imul(a, b),
  '/': (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  '%': (a, b) => (b === 0 ? 0 : a % b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => ((b & 63) > 31 ? 0 : a << (b & 63)),
  '>>': (a, b) => shiftRight(a, b & 63),
};

const COMPARE: Record<string, (a: bigint | number, b: bigint | number) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function condition(holds: (rec: RecordView, out: TraceSeq) => boolean): NumberOperand {
  return {
    kind: 'number',
    type: INT,
    get: (rec, out) => (holds(rec, out) ? 1n : 0n),
    small: (rec, out) => (holds(rec, out) ? 1 : 0),
  };
}

function comparison(op: string, a: NumberOperand, b: NumberOperand): NumberOperand {
  const compare = COMPARE[op]!;
  const meet = commonType(a.type, b.type);
  const [x, y] = [smallIn(a, meet), smallIn(b, meet)];
  if (x && y) return condition((rec, out) => compare(x(rec, out), y(rec, out)));
  return condition((rec, out) => compare(wrap(a.get(rec, out), meet), wrap(b.get(rec, out), meet)));
}

/** `a & b` of 64 bits where one of them is a mask within the low word. */
function masked(a: NumberOperand, b: NumberOperand): Small | undefined {
  const [mask, other] = a.constant === undefined ? [b, a] : [a, b];
  const low = lowOf(other);
  if (mask.constant === undefined || mask.constant < 0n || mask.constant > MAX_WORD || !low) return undefined;
  const bits = Number(mask.constant);
  return (rec, out) => (low(rec, out) & bits) >>> 0;
}

function smallBinary(op: string, a: NumberOperand, b: NumberOperand, type: CInt): Small | undefined {
  if (type.bits === 64) return op === '&' ? masked(a, b) : undefined;
  const compute = BINARY_32[op]!;
  const [x, y] = [smallIn(a, type), smallIn(b, type)];
  return x && y && ((rec, out) => wrapDouble(compute(x(rec, out), y(rec, out)), type));
}

/** `a op b` as C has it. */
export function binaryOperand(op: string, a: NumberOperand, b: NumberOperand): NumberOperand {
  if (op === '&&' || op === '||') {
    const [x, y] = [truthOf(a), truthOf(b)];
    return condition(op === '&&' ? (rec, out) => x(rec, out) && y(rec, out) : (rec, out) => x(rec, out) || y(rec, out));
  }
  if (COMPARE[op]) return comparison(op, a, b);
  const compute = BINARY[op]!;
  const meet = commonType(a.type, b.type);
  const type = op === '<<' || op === '>>' ? commonType(a.type, INT) : meet;
  if (a.constant !== undefined && b.constant !== undefined)
    return constant(wrap(compute(wrap(a.constant, type), wrap(b.constant, meet)), type), type);
  return {
    kind: 'number',
    type,
    get: (rec, out) => wrap(compute(wrap(a.get(rec, out), type), wrap(b.get(rec, out), meet)), type),
    small: smallBinary(op, a, b, type),
  };
}

/** `!a`, `~a`, `-a`, `+a`. */
export function unaryOperand(op: string, operand: NumberOperand): NumberOperand {
  const wide = commonType(operand.type, INT);
  if (op === '!') {
    const truth = truthOf(operand);
    return condition((rec, out) => !truth(rec, out));
  }
  if (op === '~') return binaryOperand('^', castOperand(operand, wide), constant(wrap(-1n, wide), wide));
  return op === '-' ? binaryOperand('-', constant(0n, wide), operand) : operand;
}

/** `(type)a`. */
export function castOperand(operand: NumberOperand, type: CInt): NumberOperand {
  const { get, at, constant: value } = operand;
  if (value !== undefined) return constant(wrap(value, type), type);
  return {
    kind: 'number',
    type,
    get: (rec, out) => wrap(get(rec, out), type),
    small: smallIn(operand, type),
    at: type.bits === 64 ? at : undefined,
  };
}

/** `test ? yes : no` of numbers. */
export function choiceOperand(test: NumberOperand, yes: NumberOperand, no: NumberOperand): NumberOperand {
  const holds = truthOf(test);
  const type = commonType(yes.type, no.type);
  const [x, y] = [smallIn(yes, type), smallIn(no, type)];
  return {
    kind: 'number',
    type,
    get: (rec, out) => wrap((holds(rec, out) ? yes : no).get(rec, out), type),
    small: x && y && ((rec, out) => (holds(rec, out) ? x(rec, out) : y(rec, out))),
  };
}

/** Which of two texts a number chooses. */
export function textChoice<T>(test: NumberOperand, yes: T, no: T): (rec: RecordView, out: TraceSeq) => T {
  const holds = truthOf(test);
  return (rec, out) => (holds(rec, out) ? yes : no);
}

/** Reads a number of at most 32 bits. */
function loadSmall(view: DataView, at: number, { bits, signed }: CInt): number {
  if (bits === 8) return signed ? view.getInt8(at) : view.getUint8(at);
  if (bits === 16) return signed ? view.getInt16(at, true) : view.getUint16(at, true);
  return signed ? view.getInt32(at, true) : view.getUint32(at, true);
}

/** Reads a number of so many bytes. */
export function loadInt(view: DataView, at: number, type: CInt): bigint {
  if (type.bits !== 64) return BigInt(loadSmall(view, at, type));
  return type.signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
}

/** The number that a field of the record is. */
export function fieldNumber(offset: number, type: CInt): NumberOperand {
  const get = (rec: RecordView) => loadInt(rec.view, rec.base + offset, type);
  if (type.bits === 64) return { kind: 'number', type, get, at: offset };
  return { kind: 'number', type, get, small: (rec) => loadSmall(rec.view, rec.base + offset, type) };
}
