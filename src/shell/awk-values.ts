import { formatDouble } from './format-double.ts';
import { formatInteger, pad } from './printf.ts';
import { extendedSource } from './regex.ts';

/** Text from outside that looks like a number, and counts as one in comparisons. */
class NumericText {
  readonly text: string;
  readonly number: number;

  constructor(text: string) {
    this.text = text;
    this.number = toNumber(text);
  }
}

/** A value; undefined is that of a variable that was never set. */
export type Value = number | string | NumericText | undefined;

const NUMBER = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/;
const LOOKS_NUMERIC = new RegExp(`${NUMBER.source}\\s*$`);

/** A value that came from outside. */
export const outside = (text: string): Value => (LOOKS_NUMERIC.test(text) ? new NumericText(text) : text);

/** The number that a value is: of a text, what it begins with. */
export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  if (value instanceof NumericText) return value.number;
  return Number(NUMBER.exec(value)?.[0] ?? 0);
}

/** The text that a value is. `format`: how numbers with a fraction are shown. */
export function toText(value: Value, format = '%.6g'): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  if (value instanceof NumericText) return value.text;
  if (Number.isInteger(value)) return Math.abs(value) < 1e16 ? String(value) : BigInt(value).toString();
  return awkFormat(format, [value]);
}

/** Whether a value counts as true. */
export function isTrue(value: Value): boolean {
  if (typeof value === 'string') return value !== '';
  return toNumber(value) !== 0;
}

/** Compares two values: as numbers when both are. Below 0, 0 or above 0. */
export function compare(left: Value, right: Value): number {
  if (typeof left !== 'string' && typeof right !== 'string') return toNumber(left) - toNumber(right);
  const [a, b] = [toText(left), toText(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

const CONVERSION = /%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z%])/g;

/** What `sprintf()` makes of a format. */
export function awkFormat(format: string, args: readonly Value[]): string {
  const left = [...args];
  const sized = (text: string | undefined) => (text === '*' ? toNumber(left.shift()) : text && Number(text));
  return format.replace(CONVERSION, (all, flags: string, widthText, precisionText, kind: string) => {
    if (kind === '%') return '%';
    const width = Number(sized(widthText) || 0);
    const hasPoint = all.includes('.');
    const precision = hasPoint ? Number(sized(precisionText) || 0) : undefined;
    if (!'diouxXcseEfFgG'.includes(kind)) return all;
    const arg = left.shift();
    if (kind === 's') return pad(toText(arg).slice(0, precision), width, flags.replace('0', ''));
    if (kind === 'c') {
      const char = typeof arg === 'string' ? arg.slice(0, 1) : String.fromCharCode(toNumber(arg) & 0xff);
      return pad(char, width, flags.replace('0', ''));
    }
    const value = toNumber(arg);
    if (!Number.isFinite(value)) return pad(formatDouble('f', value, flags), width, flags.replace('0', ''));
    if (!'diouxX'.includes(kind)) return pad(formatDouble(kind, value, flags, precision), width, flags);
    const text = formatInteger(kind, BigInt(Math.trunc(value)), flags, precision);
    return pad(text, width, precision === undefined ? flags : flags.replace('0', ''));
  });
}

const regexes = new Map<string, RegExp>();

/** An extended regular expression, to be used from `lastIndex` on. */
export function awkRegex(source: string): RegExp {
  let regex = regexes.get(source);
  if (!regex) {
    regex = new RegExp(extendedSource(source), 'g');
    if (regexes.size > 500) regexes.clear();
    regexes.set(source, regex);
  }
  regex.lastIndex = 0;
  return regex;
}

/** Splits a text by a separator as `FS` has it. `isSource`: it is a regular expression, even one of a single character. */
export function splitText(text: string, separator: string, isSource = false): string[] {
  if (text === '') return [];
  if (separator === ' ' && !isSource) return text.match(/[^ \t\n]+/g) ?? [];
  if (separator === '') return [...text];
  if (separator.length === 1 && !isSource) return text.split(separator);
  const fields: string[] = [];
  const regex = awkRegex(separator);
  let from = 0;
  for (let match = regex.exec(text); match; match = regex.exec(text)) {
    if (match[0] === '') {
      regex.lastIndex++;
      continue;
    }
    fields.push(text.slice(from, match.index));
    from = match.index + match[0].length;
  }
  fields.push(text.slice(from));
  return fields;
}
