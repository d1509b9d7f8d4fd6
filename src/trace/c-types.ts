/** A C integer: how many bits it has and whether it has a sign. */
export interface CInt {
  readonly bits: number;
  readonly signed: boolean;
}

const BITS: Record<string, number> = { char: 8, short: 16, int: 32, long: 64, bool: 8 };
const NAMED = /^_{0,2}([us])(8|16|32|64)$/;
/** Unsigned types of four bytes that formats name. */
const U32_NAMES = new Set(['gfp_t', 'dev_t', 'umode_t', 'uid_t', 'gid_t', '__be32', '__le32', 'tid_t']);

/** The integer that a C type name stands for; a pointer and what is not known count as unsigned 64 bits. */
export function integerType(type: string): CInt {
  if (type.includes('*')) return { bits: 64, signed: false };
  const words = type.split(/\s+/);
  const named = words.map((word) => NAMED.exec(word)).find((match) => match !== null);
  if (named) return { bits: Number(named[2]), signed: named[1] === 's' };
  if (words.some((word) => U32_NAMES.has(word))) return { bits: 32, signed: false };
  if (words.includes('enum')) return { bits: 32, signed: false };
  const word = ['char', 'short', 'long', 'int', 'bool'].find((candidate) => words.includes(candidate));
  if (word === undefined)
    return words.includes('unsigned') ? { bits: 32, signed: false } : { bits: 64, signed: !words.includes('size_t') };
  return { bits: BITS[word]!, signed: !words.includes('unsigned') && word !== 'bool' };
}

/** A value as an integer of this type holds it. */
export function wrap(value: bigint, { bits, signed }: CInt): bigint {
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** A whole number of at most 32 bits, given with any number of bits more, as an integer of this type holds it. */
export function wrapDouble(value: number, { bits, signed }: CInt): number {
  if (bits === 32) return signed ? value | 0 : value >>> 0;
  const shift = 32 - bits;
  return signed ? (value << shift) >> shift : (value << shift) >>> shift;
}

/** The type in which two operands meet: at least int, the wider one, unsigned when the wider one is. */
export function commonType(left: CInt, right: CInt): CInt {
  const bits = Math.max(32, left.bits, right.bits);
  const unsigned = (type: CInt) => !type.signed && type.bits === bits;
  return { bits, signed: !unsigned(left) && !unsigned(right) };
}
