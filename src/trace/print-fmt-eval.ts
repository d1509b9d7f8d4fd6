import { type CInt, commonType, integerType, wrap } from './c-types.ts';
import type { EventField } from './event-field.ts';
import { bytesText } from './print-fields.ts';
import { HELPERS } from './print-fmt-helpers.ts';
import type { CExpr } from './print-fmt-parse.ts';
import type { RecordView } from './record.ts';
import type { TraceSeq } from './trace-seq.ts';

/** A place in a record. */
interface ByteRange {
  /** Offset in the record's bytes. */
  readonly at: number;
  readonly length: number;
}

/** A compiled operand of a `print fmt`. */
export type Operand =
  | { readonly kind: 'number'; readonly type: CInt; readonly get: (rec: RecordView, out: TraceSeq) => bigint }
  | { readonly kind: 'text'; readonly get: (rec: RecordView, out: TraceSeq) => string }
  | { readonly kind: 'bytes'; readonly elementType: CInt; readonly get: (rec: RecordView) => ByteRange };

/** What names stand for while a `print fmt` is compiled. */
export interface FieldScope {
  readonly fields: readonly EventField[];
  /** Value of an enumerator of the kernel. */
  readonly enumerator?: ((name: string) => bigint | undefined) | undefined;
}

const INT: CInt = { bits: 32, signed: true };
const U64: CInt = { bits: 64, signed: false };

const constant = (value: bigint, type: CInt): Operand => ({ kind: 'number', type, get: () => value });
const UNKNOWN = constant(0n, INT);

/** The operand as a number: of bytes the first ones, of text 0. */
export function asNumber(operand: Operand): Extract<Operand, { kind: 'number' }> {
  if (operand.kind === 'number') return operand;
  if (operand.kind === 'text') return { kind: 'number', type: U64, get: () => 0n };
  return { kind: 'number', type: U64, get: (rec) => BigInt(operand.get(rec).at - rec.base) };
}

/** A number of so many bytes at an offset. */
export function loadInt(view: DataView, at: number, { bits, signed }: CInt): bigint {
  if (bits === 64) return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  const value = bits === 8 ? view.getUint8(at) : bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
  return wrap(BigInt(value), { bits, signed });
}

/** The bytes that a `__data_loc` or `__rel_loc` field stands for. */
export function dynamicRange(field: EventField): (rec: RecordView) => ByteRange {
  const base = field.type.startsWith('__rel_loc') ? field.offset + 4 : 0;
  return (rec) => {
    const at = rec.base + base + rec.view.getUint16(rec.base + field.offset, true);
    return { at, length: rec.view.getUint16(rec.base + field.offset + 2, true) };
  };
}

const elementType = (type: string) => integerType(type.replace(/\[.*$/, '').replace(/^__(data|rel)_loc /, ''));

function fieldOperand(field: EventField): Operand {
  if (field.type.includes('[')) {
    const isText = /\bchar\b/.test(field.type);
    const range = (rec: RecordView) => ({ at: rec.base + field.offset, length: field.size });
    if (isText) return { kind: 'text', get: (rec) => bytesText(rec.bytes, rec.base + field.offset, field.size) };
    return { kind: 'bytes', elementType: elementType(field.type), get: range };
  }
  if (/^(const )?char \*$/.test(field.type))
    return { kind: 'text', get: (rec, out) => kernelText(rec, field.offset, out) };
  if (![1, 2, 4, 8].includes(field.size)) {
    return {
      kind: 'bytes',
      elementType: { bits: 8, signed: false },
      get: (rec) => ({ at: rec.base + field.offset, length: field.size }),
    };
  }
  const type = { bits: field.size * 8, signed: field.signed };
  return { kind: 'number', type, get: (rec) => loadInt(rec.view, rec.base + field.offset, type) };
}

function kernelText(rec: RecordView, offset: number, out: TraceSeq): string {
  const at = rec.base + offset;
  return out.context.kernelString(rec.view.getUint32(at, true), rec.view.getUint32(at + 4, true)) ?? '(null)';
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

const truth = (value: boolean) => (value ? 1n : 0n);
const COMPARE: Record<string, (a: bigint, b: bigint) => bigint> = {
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a < b),
  '<=': (a, b) => truth(a <= b),
  '>': (a, b) => truth(a > b),
  '>=': (a, b) => truth(a >= b),
  '&&': (a, b) => truth(a !== 0n && b !== 0n),
  '||': (a, b) => truth(a !== 0n || b !== 0n),
};

function binaryOperand(op: string, left: Operand, right: Operand): Operand {
  const [a, b] = [asNumber(left), asNumber(right)];
  const meet = commonType(a.type, b.type);
  const compare = COMPARE[op];
  if (compare)
    return {
      kind: 'number',
      type: INT,
      get: (rec, out) => compare(wrap(a.get(rec, out), meet), wrap(b.get(rec, out), meet)),
    };
  const compute = BINARY[op]!;
  const type = op === '<<' || op === '>>' ? commonType(a.type, INT) : meet;
  return {
    kind: 'number',
    type,
    get: (rec, out) => wrap(compute(wrap(a.get(rec, out), type), wrap(b.get(rec, out), meet)), type),
  };
}

function unaryOperand(op: string, operand: Operand): Operand {
  if (op === '&' || op === '*') return operand;
  const { type, get } = asNumber(operand);
  const wide = commonType(type, INT);
  if (op === '!') return { kind: 'number', type: INT, get: (rec, out) => truth(get(rec, out) === 0n) };
  if (op === '~') return { kind: 'number', type: wide, get: (rec, out) => wrap(~get(rec, out), wide) };
  return op === '-' ? { kind: 'number', type: wide, get: (rec, out) => wrap(-get(rec, out), wide) } : operand;
}

function choiceOperand(test: Operand, yes: Operand, no: Operand): Operand {
  const condition = asNumber(test);
  const pick = (rec: RecordView, out: TraceSeq) => condition.get(rec, out) !== 0n;
  if (yes.kind === 'text' || no.kind === 'text') {
    const text = (operand: Operand, rec: RecordView, out: TraceSeq) =>
      operand.kind === 'text' ? operand.get(rec, out) : '';
    return { kind: 'text', get: (rec, out) => text(pick(rec, out) ? yes : no, rec, out) };
  }
  const [a, b] = [asNumber(yes), asNumber(no)];
  const type = commonType(a.type, b.type);
  return { kind: 'number', type, get: (rec, out) => wrap((pick(rec, out) ? a : b).get(rec, out), type) };
}

function indexOperand(base: Operand, index: Operand): Operand {
  if (base.kind !== 'bytes') return UNKNOWN;
  const at = asNumber(index);
  const { elementType: type } = base;
  const size = type.bits / 8;
  return {
    kind: 'number',
    type,
    get: (rec, out) => {
      const range = base.get(rec);
      const offset = Number(at.get(rec, out)) * size;
      return offset < 0 || offset + size > range.length ? 0n : loadInt(rec.view, range.at + offset, type);
    },
  };
}

/** Compiles an expression. What is not known, as a function of the kernel that formats cannot show, is 0. */
export function compileExpr(expr: CExpr, scope: FieldScope): Operand {
  const compile = (inner: CExpr) => compileExpr(inner, scope);
  switch (expr.kind) {
    case 'number':
      return constant(expr.value, { bits: expr.long ? 64 : 32, signed: !expr.unsigned });
    case 'string':
      return { kind: 'text', get: () => expr.text };
    case 'field': {
      const field = scope.fields.find((candidate) => candidate.name === expr.name);
      return field ? fieldOperand(field) : UNKNOWN;
    }
    case 'index':
      return indexOperand(compile(expr.base), compile(expr.index));
    case 'member':
      return expr.base.kind === 'field' || expr.base.kind === 'cast' ? compile(expr.base) : UNKNOWN;
    case 'unary':
      return unaryOperand(expr.op, compile(expr.operand));
    case 'binary':
      return binaryOperand(expr.op, compile(expr.left), compile(expr.right));
    case 'choice':
      return choiceOperand(compile(expr.test), compile(expr.yes), compile(expr.no));
    case 'cast': {
      const operand = compile(expr.operand);
      if (operand.kind !== 'number') return operand;
      const type = integerType(expr.type);
      return { kind: 'number', type, get: (rec, out) => wrap(operand.get(rec, out), type) };
    }
    case 'sizeof':
      return constant(BigInt(integerType(expr.type).bits / 8), U64);
    case 'name': {
      const value = scope.enumerator?.(expr.name);
      return value === undefined ? UNKNOWN : constant(value, value > 0xffff_ffffn ? U64 : INT);
    }
    case 'call':
      return HELPERS[expr.name]?.(expr.args, scope) ?? UNKNOWN;
    default:
      return UNKNOWN;
  }
}
