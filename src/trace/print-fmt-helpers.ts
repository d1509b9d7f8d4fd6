import type { EventField } from './event-field.ts';
import { bytesText } from './print-fields.ts';
import { asNumber, compileExpr, dynamicRange, type FieldScope, loadInt, type Operand } from './print-fmt-eval.ts';
import type { CExpr } from './print-fmt-parse.ts';
import type { RecordView } from './record.ts';
import type { TraceSeq } from './trace-seq.ts';

/** Compiles a call of a helper that only exists in formats; `undefined` when its arguments make no sense. */
type Helper = (args: readonly CExpr[], scope: FieldScope) => Operand | undefined;

function namedField(expr: CExpr | undefined, { fields }: FieldScope): EventField | undefined {
  return expr?.kind === 'name' ? fields.find((field) => field.name === expr.name) : undefined;
}

const hexByte = (byte: number) => byte.toString(16).padStart(2, '0');

const text = (get: (rec: RecordView, out: TraceSeq) => string): Operand => ({ kind: 'text', get });

const dynamicBytes: Helper = (args, scope) => {
  const field = namedField(args[0], scope);
  return field && { kind: 'bytes', elementType: { bits: 8, signed: false }, get: dynamicRange(field) };
};

const dynamicText: Helper = (args, scope) => {
  const field = namedField(args[0], scope);
  if (!field) return undefined;
  const range = dynamicRange(field);
  return text((rec) => {
    const { at, length } = range(rec);
    return bytesText(rec.bytes, at, length);
  });
};

const dynamicLength: Helper = (args, scope) => {
  const field = namedField(args[0], scope);
  if (!field) return undefined;
  const range = dynamicRange(field);
  return { kind: 'number', type: { bits: 32, signed: true }, get: (rec) => BigInt(range(rec).length) };
};

/** Value and name pairs of `__print_flags` and `__print_symbolic`. */
function pairsOf(args: readonly CExpr[], scope: FieldScope): [bigint, string][] {
  const pairs: [bigint, string][] = [];
  for (const arg of args) {
    if (arg.kind !== 'list') continue;
    const [value, name] = arg.items;
    if (!value || name?.kind !== 'string') continue;
    const operand = asNumber(compileExpr(value, scope));
    pairs.push([BigInt.asUintN(64, operand.get(NO_RECORD, NO_OUTPUT)), name.text]);
  }
  return pairs;
}

// The values of such pairs are constants: nothing looks at the record.
const NO_RECORD = undefined as unknown as RecordView;
const NO_OUTPUT = undefined as unknown as TraceSeq;

const unsignedOf = (operand: Operand, rec: RecordView, out: TraceSeq) =>
  BigInt.asUintN(64, asNumber(operand).get(rec, out));

/** `kernel/trace/trace_output.c:trace_print_flags_seq()` */
const printFlags: Helper = ([value, delimiter, ...rest], scope) => {
  if (!value || delimiter?.kind !== 'string') return undefined;
  const operand = compileExpr(value, scope);
  const pairs = pairsOf(rest, scope);
  return text((rec, out) => {
    let left = unsignedOf(operand, rec, out);
    const names: string[] = [];
    for (const [mask, name] of pairs) {
      if (left === 0n) break;
      if (mask === 0n || (left & mask) !== mask) continue;
      left &= ~mask;
      names.push(name);
    }
    if (left !== 0n) names.push(`0x${left.toString(16)}`);
    return names.join(delimiter.text);
  });
};

/** `kernel/trace/trace_output.c:trace_print_symbols_seq()` */
const printSymbolic: Helper = ([value, ...rest], scope) => {
  if (!value) return undefined;
  const operand = compileExpr(value, scope);
  const names = new Map<bigint, string>();
  for (const [key, name] of pairsOf(rest, scope)) if (!names.has(key)) names.set(key, name);
  return text((rec, out) => {
    const key = unsignedOf(operand, rec, out);
    return names.get(key) ?? `0x${key.toString(16)}`;
  });
};

const printHex =
  (separator: string): Helper =>
  ([pointer, length], scope) => {
    if (!pointer || !length) return undefined;
    const bytes = compileExpr(pointer, scope);
    const count = asNumber(compileExpr(length, scope));
    if (bytes.kind !== 'bytes') return undefined;
    return text((rec, out) => {
      const { at } = bytes.get(rec);
      return [...rec.bytes.subarray(at, at + Number(count.get(rec, out)))].map(hexByte).join(separator);
    });
  };

/** `kernel/trace/trace_output.c:trace_print_array_seq()` */
const printArray: Helper = ([pointer, length, elementSize], scope) => {
  if (!pointer || !length || !elementSize) return undefined;
  const bytes = compileExpr(pointer, scope);
  const count = asNumber(compileExpr(length, scope));
  const size = asNumber(compileExpr(elementSize, scope));
  if (bytes.kind !== 'bytes') return undefined;
  return text((rec, out) => {
    const { at } = bytes.get(rec);
    const step = Number(size.get(rec, out));
    const type = { bits: step * 8, signed: false };
    const items = Array.from({ length: Number(count.get(rec, out)) }, (_, i) => loadInt(rec.view, at + i * step, type));
    return `{${items.map((item) => `0x${item.toString(16)}`).join(',')}}`;
  });
};

const MS_PER_JIFFY = 4n;

/** Helpers by name; calls of anything else are functions of the kernel that a format cannot show. */
export const HELPERS: Readonly<Record<string, Helper>> = {
  __get_str: dynamicText,
  __get_rel_str: dynamicText,
  __get_dynamic_array: dynamicBytes,
  __get_rel_dynamic_array: dynamicBytes,
  __get_dynamic_array_len: dynamicLength,
  __get_bitmask: dynamicText,
  __get_cpumask: dynamicText,
  __print_flags: printFlags,
  __print_symbolic: printSymbolic,
  __print_hex: printHex(' '),
  __print_hex_str: printHex(''),
  __print_array: printArray,
  __builtin_expect: ([value], scope) => value && compileExpr(value, scope),
  jiffies_to_msecs: ([value], scope) => {
    const jiffies = value && asNumber(compileExpr(value, scope));
    return (
      jiffies && {
        kind: 'number',
        type: { bits: 32, signed: false },
        get: (rec, out) => jiffies.get(rec, out) * MS_PER_JIFFY,
      }
    );
  },
};
