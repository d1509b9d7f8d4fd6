import { type CInt, integerType } from './c-types.ts';
import type { EventField } from './event-field.ts';
import { bytesText } from './print-fields.ts';
import { HELPERS } from './print-fmt-helpers.ts';
import {
  binaryOperand,
  castOperand,
  choiceOperand,
  constant,
  fieldNumber,
  loadInt,
  type NumberOperand,
  textChoice,
  UNKNOWN,
  unaryOperand,
} from './print-fmt-number.ts';
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
  | NumberOperand
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

/** The operand as a number: of bytes the first ones, of text 0. */
export function asNumber(operand: Operand): NumberOperand {
  if (operand.kind === 'number') return operand;
  if (operand.kind === 'text') return constant(0n, U64);
  return { kind: 'number', type: U64, get: (rec) => BigInt(operand.get(rec).at - rec.base) };
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
  return fieldNumber(field.offset, { bits: field.size * 8, signed: field.signed });
}

function kernelText(rec: RecordView, offset: number, out: TraceSeq): string {
  const at = rec.base + offset;
  return out.context.kernelString(rec.view.getUint32(at, true), rec.view.getUint32(at + 4, true)) ?? '(null)';
}

const unary = (op: string, operand: Operand) =>
  op === '&' || op === '*' ? operand : unaryOperand(op, asNumber(operand));

function choice(test: Operand, yes: Operand, no: Operand): Operand {
  if (yes.kind !== 'text' && no.kind !== 'text') return choiceOperand(asNumber(test), asNumber(yes), asNumber(no));
  const text = (operand: Operand) => (operand.kind === 'text' ? operand.get : () => '');
  const pick = textChoice(asNumber(test), text(yes), text(no));
  return { kind: 'text', get: (rec, out) => pick(rec, out)(rec, out) };
}

function indexOperand(base: Operand, index: Operand): Operand {
  if (base.kind !== 'bytes') return UNKNOWN;
  const { get: indexOf } = asNumber(index);
  const { elementType: type } = base;
  const size = type.bits / 8;
  const place = (rec: RecordView, out: TraceSeq): number => {
    const range = base.get(rec);
    const offset = Number(indexOf(rec, out)) * size;
    return offset < 0 || offset + size > range.length ? -1 : range.at + offset;
  };
  const get = (rec: RecordView, out: TraceSeq) => {
    const at = place(rec, out);
    return at < 0 ? 0n : loadInt(rec.view, at, type);
  };
  return { kind: 'number', type, get };
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
      return unary(expr.op, compile(expr.operand));
    case 'binary':
      return binaryOperand(expr.op, asNumber(compile(expr.left)), asNumber(compile(expr.right)));
    case 'choice':
      return choice(compile(expr.test), compile(expr.yes), compile(expr.no));
    case 'cast': {
      const operand = compile(expr.operand);
      return operand.kind === 'number' ? castOperand(operand, integerType(expr.type)) : operand;
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
