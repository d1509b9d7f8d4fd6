import { Errno } from '../abi/errno.ts';
import { isDigit } from '../trace/ctype.ts';
import { kstrtoll, kstrtoull, type ParsedInteger } from '../trace/kstrtox.ts';

const MAX_U32 = 0xffff_ffffn;

/** Whether a decimal digit stands at an index. */
export const isDigitAt = (text: string, at: number): boolean => isDigit(text.charCodeAt(at));

/** A number behind a backslash: as `kstrtoul()` takes it, or with one sign before it (`kernel/trace/trace_probe.c:str_to_immediate()`). */
export function parseImmediateNumber(text: string): ParsedInteger {
  if (isDigitAt(text, 0)) return kstrtoull(text, 0);
  if (text[0] === '-') return kstrtoll(text, 0);
  return text[0] === '+' ? kstrtoll(text.slice(1), 0) : { errno: -Errno.EINVAL };
}

/** A whole text as an unsigned 32-bit number, `lib/kstrtox.c:kstrtouint()` with base 0; negative when it is none. */
export function kstrtouint(text: string): number {
  const { value } = kstrtoull(text, 0) as { value?: bigint };
  return value === undefined || value > MAX_U32 ? -1 : Number(value);
}

/** A number at the start of a text. */
interface Leading {
  /** Wrapped to 64 bits. */
  readonly value: bigint;
  /** Index past the number. */
  readonly end: number;
}

const LEADING = { 10: /\d*/y, 0: /0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*|/y } as const;

/**
 * The number that starts at an index: decimal digits, or with base 0 hexadecimal ones behind `0x` and octal ones behind `0`, too.
 * No digits make 0. Mirrors `lib/vsprintf.c:simple_strtoul()`.
 */
export function simpleStrtoul(text: string, at: number, base: 0 | 10): Leading {
  const pattern = LEADING[base];
  pattern.lastIndex = at;
  const digits = pattern.exec(text)?.[0] ?? '';
  const octal = base === 0 && /^0\d/.test(digits);
  return { value: BigInt.asUintN(64, BigInt(octal ? `0o${digits}` : digits)), end: at + digits.length };
}
