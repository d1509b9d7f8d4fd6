import { Errno } from '../abi/errno.ts';
import { isAlnum, isAlpha } from '../trace/ctype.ts';
import type { EventField } from '../trace/event-field.ts';
import { kstrtoull } from '../trace/kstrtox.ts';
import type { SynthLog } from './synth-log.ts';
import { TEXT_SIZE } from './tracing-map.ts';

/** A field of a synthetic event (`struct synth_field`). */
export interface SynthField {
  /** As `format` shows it, `__data_loc` included. */
  readonly type: string;
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly kind: 'number' | 'string' | 'stack';
  /** Whether the record holds where it is, and its bytes behind the fields. */
  readonly isDynamic: boolean;
}

/** Bytes of a field in the record. */
const SLOT_SIZE = 8;
const MAX_SIZE_DIGITS = 3;

/** Size and conversion by type (`synth_field_size()`, `synth_field_fmt()`). */
const NUMBERS: Readonly<Record<string, readonly [size: number, format: string]>> = {
  s64: [8, '%lld'],
  u64: [8, '%llu'],
  s32: [4, '%d'],
  u32: [4, '%u'],
  s16: [2, '%d'],
  u16: [2, '%u'],
  s8: [1, '%d'],
  u8: [1, '%u'],
  char: [1, '%d'],
  'unsigned char': [1, '%u'],
  int: [4, '%d'],
  'unsigned int': [4, '%u'],
  long: [8, '%ld'],
  'unsigned long': [8, '%lu'],
  bool: [1, '%d'],
  pid_t: [4, '%d'],
  gfp_t: [4, '%x'],
};

/** Conversion that a field is printed with; `undefined` for texts and stacks. */
export function numberFormat(type: string): string | undefined {
  return NUMBERS[type]?.[1];
}

/** Whether a text is a name as C has them (`is_good_name()`). */
export function isGoodName(text: string): boolean {
  const isLetter = (code: number) => isAlpha(code) || code === 0x5f;
  if (!isLetter(text.charCodeAt(0))) return false;
  for (let i = 1; i < text.length; i++) if (!isLetter(text.charCodeAt(i)) && !isAlnum(text.charCodeAt(i))) return false;
  return true;
}

/** Bytes of `char[N]`, 0 without a length, −EINVAL for what is none (`synth_field_string_size()`). */
function stringSize(type: string): number {
  const start = type.indexOf('char[') + 'char['.length;
  const end = type.indexOf(']');
  if (end < start || end !== type.length - 1 || end - start > MAX_SIZE_DIGITS) return -Errno.EINVAL;
  if (end === start) return 0;
  const size = kstrtoull(type.slice(start, end), 0);
  return size.errno !== undefined || size.value > TEXT_SIZE ? -Errno.EINVAL : Number(size.value);
}

/** What a type says: its size, 0 for texts and stacks of any length; a negative errno for none. */
function measure(type: string): { readonly size: number; readonly kind: SynthField['kind'] } {
  const number = Object.hasOwn(NUMBERS, type) ? NUMBERS[type] : undefined;
  if (number) return { size: number[0], kind: 'number' };
  if (type.includes('char[')) return { size: stringSize(type), kind: 'string' };
  return { size: 0, kind: type.includes('long[') ? 'stack' : 'number' };
}

/** Takes one field, `TYPE NAME` or `unsigned TYPE NAME`, off the front of some words (`parse_synth_field()`). Returns a negative errno for what is none. */
export function parseSynthField(words: string[], log: SynthLog): SynthField | number {
  const first = words.shift()!;
  const prefix = first === 'unsigned' ? 'unsigned ' : '';
  if (prefix !== '' && words.length < 2) return log.refuse('INCOMPLETE_TYPE', first);
  const base = prefix === '' ? first : words.shift()!;
  const declared = words.shift();
  if (declared === undefined) return log.refuse('INVALID_FIELD', base);
  const bracket = declared.indexOf('[');
  const name = bracket < 0 ? declared : declared.slice(0, bracket);
  const array = bracket < 0 ? '' : declared.slice(bracket);
  if (!isGoodName(name)) return log.refuse('BAD_NAME', declared);
  const type = `${prefix}${base}${array}`;
  const { size, kind } = measure(type);
  if (size < 0) return array === '' ? log.refuse('INVALID_TYPE', base) : log.refuse('INVALID_ARRAY_SPEC', declared);
  if (size === 0 && kind === 'number') return log.refuse('INVALID_TYPE', base);
  const isDynamic = size === 0;
  const whole = isDynamic ? `__data_loc ${type}` : type;
  const signed = !whole.startsWith('u') && whole !== 'gfp_t';
  return { type: whole, name, size: isDynamic ? SLOT_SIZE : size, signed, kind, isDynamic };
}

/** How a field was declared, without `__data_loc`. */
export function declaration({ type, name }: SynthField): string {
  return `${type.replace(/^__data_loc /, '')} ${name}`;
}

/** Bytes that a field takes among the fields of a record. */
export function slotSize({ kind, isDynamic }: SynthField): number {
  return kind === 'string' && !isDynamic ? TEXT_SIZE : SLOT_SIZE;
}

/** A field as `format`, filters and histograms see it. */
export function eventField({ type, name, size, signed, kind, isDynamic }: SynthField, offset: number): EventField {
  const filterType =
    kind === 'number' ? 'other' : kind === 'stack' ? 'stacktrace' : isDynamic ? 'dyn-string' : 'string';
  return { name, type, offset, size, signed, filterType };
}
