import type { EventField } from './event-field.ts';
import { bytesText } from './print-fields.ts';
import { asNumber, compileExpr, dynamicRange, type FieldScope, type Operand } from './print-fmt-eval.ts';
import { loadInt, type NumberOperand } from './print-fmt-number.ts';
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

/** Values of flags whose names are remembered. */
const MAX_KNOWN = 1024;

// The values of such pairs are constants: nothing looks at the record.
const NO_RECORD = undefined as unknown as RecordView;
const NO_OUTPUT = undefined as unknown as TraceSeq;

const unsignedOf = ({ get }: NumberOperand, rec: RecordView, out: TraceSeq) => BigInt.asUintN(64, get(rec, out));

/** The value where it is one of 32 bits, unsigned; -1 where it is larger or not quick to have. */
function wordOf({ small, at }: NumberOperand): (rec: RecordView, out: TraceSeq) => number {
  const word = (value: number) => (value >= 0 && value <= 0xffff_ffff ? value : -1);
  if (small) return (rec, out) => word(small(rec, out));
  if (at === undefined) return () => -1;
  return ({ view, base }) => (view.getUint32(base + at + 4, true) === 0 ? view.getUint32(base + at, true) : -1);
}

/** The names of the bits of a value of 64 bits. */
function flagNames(value: bigint, pairs: readonly (readonly [bigint, string])[], delimiter: string): string {
  let left = value;
  const names: string[] = [];
  for (const [mask, name] of pairs) {
    if (left === 0n) break;
    if (mask === 0n || (left & mask) !== mask) continue;
    left &= ~mask;
    names.push(name);
  }
  if (left !== 0n) names.push(`0x${left.toString(16)}`);
  return names.join(delimiter);
}

/** `kernel/trace/trace_output.c:trace_print_flags_seq()` */
const printFlags: Helper = ([value, delimiter, ...rest], scope) => {
  if (!value || delimiter?.kind !== 'string') return undefined;
  const operand = asNumber(compileExpr(value, scope));
  const pairs = pairsOf(rest, scope);
  const word = wordOf(operand);
  // A value of 32 bits has only such bits; its names are found once.
  const known = new Map<number, string>();
  return text((rec, out) => {
    const key = word(rec, out);
    if (key < 0) return flagNames(unsignedOf(operand, rec, out), pairs, delimiter.text);
    let names = known.get(key);
    if (names === undefined) {
      names = flagNames(BigInt(key), pairs, delimiter.text);
      if (known.size < MAX_KNOWN) known.set(key, names);
    }
    return names;
  });
};

/** `kernel/trace/trace_output.c:trace_print_symbols_seq()` */
const printSymbolic: Helper = ([value, ...rest], scope) => {
  if (!value) return undefined;
  const operand = asNumber(compileExpr(value, scope));
  const names = new Map<bigint, string>();
  for (const [key, name] of pairsOf(rest, scope)) if (!names.has(key)) names.set(key, name);
  const word = wordOf(operand);
  const words = new Map([...names].map(([key, name]) => [Number(key), name]));
  return text((rec, out) => {
    const short = word(rec, out);
    if (short >= 0) return words.get(short) ?? `0x${short.toString(16)}`;
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
