import { formatDouble } from './format-double.ts';

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  e: '\x1b',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** Text with backslash sequences decoded; `\c` ends it. One character a byte. */
export function decodeEscapes(text: string): { readonly text: string; readonly stops: boolean } {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      out += text[at];
      continue;
    }
    const rest = text.slice(at + 1);
    const octal = /^0?[0-7]{1,3}/.exec(rest);
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
    if (rest.startsWith('c')) return { text: out, stops: true };
    if (octal) {
      out += String.fromCharCode(Number.parseInt(octal[0], 8) & 0xff);
      at += octal[0].length;
    } else if (hex) {
      out += String.fromCharCode(Number.parseInt(hex[1]!, 16));
      at += hex[0].length;
    } else if (rest[0] !== undefined && rest[0] in SIMPLE) {
      out += SIMPLE[rest[0]];
      at++;
    } else out += '\\';
  }
  return { text: out, stops: false };
}

const CONVERSION = /^%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+)?)?([diouxXcsbqeEfFgG%])/;

/** What printf(1) makes of a format and arguments: the format is used again while arguments are left. */
export function formatPrintf(format: string, args: readonly string[]): { text: string; errors: string[] } {
  const errors: string[] = [];
  const left = [...args];
  let text = '';
  do {
    const before = left.length;
    const round = formatOnce(format, left, errors);
    text += round.text;
    if (round.stops || left.length === before) break;
  } while (left.length > 0);
  return { text, errors };
}

function formatOnce(format: string, left: string[], errors: string[]): { text: string; stops: boolean } {
  let text = '';
  let at = 0;
  while (at < format.length) {
    if (format[at] === '\\') {
      const end = /^\\(0?[0-7]{1,3}|x[0-9a-fA-F]{1,2}|[abefnrtv\\'"])?/.exec(format.slice(at))![0].length;
      const decoded = decodeEscapes(format.slice(at, at + end));
      text += decoded.text;
      if (decoded.stops) return { text, stops: true };
      at += end;
      continue;
    }
    const match = format[at] === '%' ? CONVERSION.exec(format.slice(at)) : undefined;
    if (!match) {
      text += format[at++];
      continue;
    }
    at += match[0].length;
    const [, flags, widthText, precisionText, kind] = match as unknown as [string, string, string?, string?, string?];
    if (kind === '%') {
      text += '%';
      continue;
    }
    const width = widthText === '*' ? Number(left.shift() ?? 0) : Number(widthText ?? 0);
    const precision = precisionText === '*' ? Number(left.shift() ?? 0) : precisionText;
    const arg = left.shift();
    const made = convert(kind!, arg, flags, precision === undefined ? undefined : Number(precision), errors);
    text += pad(made.text, width, flags);
    if (made.stops) return { text, stops: true };
  }
  return { text, stops: false };
}

function convert(
  kind: string,
  arg: string | undefined,
  flags: string,
  precision: number | undefined,
  errors: string[],
): { text: string; stops?: boolean } {
  switch (kind) {
    case 's':
      return { text: (arg ?? '').slice(0, precision) };
    case 'q':
      return { text: /^[\w./-]+$/.test(arg ?? '') ? arg! : `'${(arg ?? '').replace(/'/g, "'\\''")}'` };
    case 'b': {
      const decoded = decodeEscapes(arg ?? '');
      return { text: decoded.text.slice(0, precision), stops: decoded.stops };
    }
    case 'c':
      return { text: (arg ?? '').slice(0, 1) };
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      return { text: formatInteger(kind, parseInteger(arg ?? '', errors), flags, precision) };
    default: {
      const value = Number(arg ?? '0');
      if (Number.isNaN(value)) errors.push(`${arg}: invalid number`);
      return { text: formatDouble(kind, value, flags, precision) };
    }
  }
}

function parseInteger(text: string, errors: string[]): bigint {
  if (text === '') return 0n;
  if (/^["']/.test(text)) return BigInt(text.charCodeAt(1) || 0);
  const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(text);
  if (!match) {
    errors.push(`${text}: invalid number`);
    return 0n;
  }
  if (match[0].length < text.length) errors.push(`${text}: invalid number`);
  const digits = match[2]!;
  const value = /^0[0-7]/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
  return match[1] === '-' ? -value : value;
}

/** An integer as C's `%d`, `%u`, `%o`, `%x` print it. */
export function formatInteger(kind: string, value: bigint, flags: string, precision: number | undefined): string {
  const isSigned = kind === 'd' || kind === 'i';
  const size = isSigned ? (value < 0n ? -value : value) : BigInt.asUintN(64, value);
  const base = kind === 'o' ? 8 : /x/i.test(kind) ? 16 : 10;
  let digits = size.toString(base);
  if (kind === 'X') digits = digits.toUpperCase();
  if (precision !== undefined) digits = digits.padStart(precision, '0');
  if (flags.includes('#') && value !== 0n) digits = (kind === 'o' ? '0' : base === 16 ? `0${kind}` : '') + digits;
  const sign =
    isSigned && value < 0n ? '-' : isSigned && flags.includes('+') ? '+' : isSigned && flags.includes(' ') ? ' ' : '';
  return sign + digits;
}

/** A conversion's text at the width that is asked for. */
export function pad(text: string, width: number, flags: string): string {
  if (flags.includes('-') || width < 0) return text.padEnd(Math.abs(width));
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
