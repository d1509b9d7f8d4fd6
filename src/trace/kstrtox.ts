import { Errno } from '../abi/errno.ts';
import { cString } from './ctype.ts';

const U64_MAX = (1n << 64n) - 1n;
const S64_MAX = (1n << 63n) - 1n;
/** Most bytes that the `…_from_user` parsers look at, sign and terminator aside. */
const USER_NUMBER_BYTES = 66;

/** A number from text, or the errno of its refusal. */
export type ParsedInteger = { readonly value: bigint; readonly errno?: undefined } | { readonly errno: number };

const PATTERN = {
  8: /^[0-7]+/,
  10: /^[0-9]+/,
  16: /^[0-9a-fA-F]+/,
} as const;
const PREFIX = { 8: '0o', 10: '', 16: '0x' } as const;

function radixOf(text: string, base: 0 | 10 | 16): { radix: 8 | 10 | 16; digits: string } {
  const hex = /^0[xX]/.test(text);
  if (base === 16) return { radix: 16, digits: hex ? text.slice(2) : text };
  if (base === 10 || !text.startsWith('0')) return { radix: 10, digits: text };
  return hex && /^..[0-9a-fA-F]/.test(text) ? { radix: 16, digits: text.slice(2) } : { radix: 8, digits: text };
}

function unsignedDigits(text: string, base: 0 | 10 | 16): ParsedInteger {
  const { radix, digits } = radixOf(text, base);
  const match = PATTERN[radix].exec(digits)?.[0];
  if (match === undefined) return { errno: -Errno.EINVAL };
  const value = BigInt(PREFIX[radix] + match);
  if (value > U64_MAX) return { errno: -Errno.ERANGE };
  const rest = digits.slice(match.length);
  return rest === '' || rest === '\n' ? { value } : { errno: -Errno.EINVAL };
}

/**
 * An unsigned 64-bit number that fills the whole text, but for one newline at its end (`lib/kstrtox.c:kstrtoull()`).
 * @param base 0 takes `0x…` as hexadecimal and a leading 0 as octal
 * @returns the value, −EINVAL, or −ERANGE when it has more than 64 bits
 */
export function kstrtoull(text: string, base: 0 | 10 | 16): ParsedInteger {
  const string = cString(text);
  return unsignedDigits(string.startsWith('+') ? string.slice(1) : string, base);
}

/** A signed 64-bit number, as {@link kstrtoull} otherwise (`lib/kstrtox.c:kstrtoll()`). */
export function kstrtoll(text: string, base: 0 | 10 | 16): ParsedInteger {
  const string = cString(text);
  const negative = string.startsWith('-');
  const parsed = negative ? unsignedDigits(string.slice(1), base) : kstrtoull(string, base);
  if (parsed.errno !== undefined) return parsed;
  if (parsed.value > S64_MAX + (negative ? 1n : 0n)) return { errno: -Errno.ERANGE };
  return negative ? { value: -parsed.value } : parsed;
}

/** What `kstrtoul_from_user()` makes of written bytes: as {@link kstrtoull} on the first 66 of them. */
export function kstrtoulFromUser(data: string, base: 0 | 10 | 16): ParsedInteger {
  return kstrtoull(data.slice(0, USER_NUMBER_BYTES), base);
}
