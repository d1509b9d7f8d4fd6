import { AwkError } from './awk-lexer.ts';
import { awkFormat, awkRegex, compare, outside, toNumber, toText, type Value } from './awk-values.ts';

/** What functions need of the program that calls them. */
export interface FunctionHost {
  text(value: Value): string;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** State of `rand()`. */
  seed: number;
  setMatch(start: number, length: number): void;
}

type AwkBuiltin = (host: FunctionHost, args: readonly Value[]) => Value;

const bits = (value: Value) => BigInt.asUintN(64, BigInt(Math.trunc(toNumber(value))));
const bitwise =
  (act: (a: bigint, b: bigint) => bigint): AwkBuiltin =>
  (_, args) =>
    Number(BigInt.asUintN(53, args.map(bits).reduce(act)));

const math =
  (act: (value: number) => number): AwkBuiltin =>
  (_, [value]) =>
    act(toNumber(value));

function substr(host: FunctionHost, [value, from, length]: readonly Value[]): string {
  const text = host.text(value);
  const first = Math.round(toNumber(from));
  const last = length === undefined ? text.length + 1 : first + Math.round(toNumber(length));
  return text.slice(Math.max(first, 1) - 1, Math.max(Math.max(first, 1) - 1, last - 1));
}

function strtonum(host: FunctionHost, [value]: readonly Value[]): number {
  if (typeof value === 'number') return value;
  const text = host.text(value).trim();
  if (/^[-+]?0[xX][0-9a-fA-F]/.test(text)) {
    const digits = /0[xX]([0-9a-fA-F]+)/.exec(text)![1]!;
    return Number(`${text.startsWith('-') ? '-' : ''}${Number(BigInt(`0x${digits}`))}`);
  }
  return /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : toNumber(text);
}

/** The next number of a row that is the same each time. */
function rand(host: FunctionHost): number {
  host.seed = (Math.imul(host.seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return host.seed / 0x8000_0000;
}

/** Functions of values alone; those that change variables or files are elsewhere. */
export const AWK_FUNCTIONS: Readonly<Record<string, AwkBuiltin>> = {
  and: bitwise((a, b) => a & b),
  atan2: (_, [y, x]) => Math.atan2(toNumber(y), toNumber(x)),
  compl: (_, [value]) => Number(BigInt.asUintN(53, ~bits(value))),
  cos: math(Math.cos),
  exp: math(Math.exp),
  index: (host, [text, part]) => host.text(text).indexOf(host.text(part)) + 1,
  int: math((value) => Math.trunc(value) + 0),
  log: math(Math.log),
  lshift: (_, [value, by]) => Number(BigInt.asUintN(64, bits(value) << bits(by))),
  match: (host, [text, pattern]) => {
    const found = awkRegex(host.text(pattern)).exec(host.text(text));
    host.setMatch(found ? found.index + 1 : 0, found ? found[0].length : -1);
    return found ? found.index + 1 : 0;
  },
  or: bitwise((a, b) => a | b),
  rand,
  rshift: (_, [value, by]) => Number(bits(value) >> bits(by)),
  sin: math(Math.sin),
  sprintf: (host, [format, ...args]) => awkFormat(host.text(format), args),
  sqrt: math(Math.sqrt),
  srand: (host, [seed]) => {
    const before = host.seed;
    host.seed = seed === undefined ? Math.trunc(host.seconds) : toNumber(seed);
    return before;
  },
  strftime: (host, [format, time]) =>
    formatTime(format === undefined ? '%c' : host.text(format), time === undefined ? host.seconds : toNumber(time)),
  strtonum,
  substr,
  systime: (host) => Math.trunc(host.seconds),
  tolower: (host, [text]) => host.text(text).toLowerCase(),
  toupper: (host, [text]) => host.text(text).toUpperCase(),
  xor: bitwise((a, b) => a ^ b),
};

function formatTime(format: string, seconds: number): string {
  const iso = new Date(Math.trunc(seconds) * 1000).toISOString();
  const parts: Readonly<Record<string, string>> = {
    Y: iso.slice(0, 4),
    m: iso.slice(5, 7),
    d: iso.slice(8, 10),
    H: iso.slice(11, 13),
    M: iso.slice(14, 16),
    S: iso.slice(17, 19),
    F: iso.slice(0, 10),
    T: iso.slice(11, 19),
    c: `${iso.slice(0, 10)} ${iso.slice(11, 19)}`,
    s: String(Math.trunc(seconds)),
    '%': '%',
  };
  return format.replace(/%(.)/g, (all, letter: string) => parts[letter] ?? all);
}

/** Replaces matches in a text: all (`g`), or the n-th. `whole` knows `\\1` in the replacement, as `gensub()` does. Returns the text and how many there were. */
export function substitute(
  text: string,
  {
    source,
    replacement,
    which,
    whole = false,
  }: { source: string; replacement: string; which: number | 'g'; whole?: boolean },
): { text: string; count: number } {
  const regex = awkRegex(source);
  let out = '';
  let from = 0;
  let count = 0;
  let seen = 0;
  let afterMatch = -1;
  for (let match = regex.exec(text); match; match = regex.exec(text)) {
    if (match[0] === '') {
      regex.lastIndex++;
      if (match.index === afterMatch) continue;
    }
    afterMatch = match.index + match[0].length;
    seen++;
    if (which !== 'g' && seen !== which) continue;
    out += text.slice(from, match.index) + filledIn(replacement, match, whole);
    from = afterMatch;
    count++;
    if (which !== 'g') break;
  }
  return { text: out + text.slice(from), count };
}

function filledIn(replacement: string, match: RegExpExecArray, whole: boolean): string {
  return replacement.replace(/\\\\&|\\&|&|\\\\|\\(\d)/g, (all, digit?: string) => {
    if (all === '&') return match[0];
    if (all === '\\&') return '&';
    if (all === '\\\\&') return `\\${match[0]}`;
    if (all === '\\\\') return '\\';
    return whole ? (match[Number(digit)] ?? '') : all;
  });
}

/** Sorts the values of an array, or its indices, into one that is numbered from 1. Returns how many there are. */
export function sortInto(from: ReadonlyMap<string, Value>, to: Map<string, Value>, byIndex: boolean): number {
  const values = byIndex ? [...from.keys()].sort() : [...from.values()].sort(compare);
  to.clear();
  for (const [i, value] of values.entries()) to.set(String(i + 1), value);
  return values.length;
}

/** A text in parts, numbered from 1. */
export function fillWith(array: Map<string, Value>, parts: readonly string[]): number {
  array.clear();
  for (const [i, part] of parts.entries()) array.set(String(i + 1), outside(part));
  return parts.length;
}

/** What two numbers make. Throws {@link AwkError}. */
export function calculate(op: string, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
    case '%':
      if (b === 0) throw new AwkError(`division by zero${op === '%' ? ' in %' : ''}`);
      return op === '/' ? a / b : a % b;
    default:
      return a ** b;
  }
}

/** The index that several keys are together. */
export const joinKeys = (keys: readonly Value[], separator: string): string =>
  keys.map((key) => toText(key)).join(separator);
