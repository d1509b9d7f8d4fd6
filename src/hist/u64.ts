/*
 * Unsigned 64-bit arithmetic on pairs of unsigned 32-bit halves, without a bigint for each result.
 */

const TWO_32 = 0x1_0000_0000;
const TWO_53 = 2 ** 53;

/** A 64-bit number in halves; one object is used again and again. */
export interface Halves {
  lo: number;
  hi: number;
}

/** Gives a place the value of a bigint. */
export function setBig(into: Halves, value: bigint): void {
  into.lo = Number(BigInt.asUintN(32, value));
  into.hi = Number(BigInt.asUintN(32, value >> 32n));
}

/** The unsigned bigint of two halves. */
export function bigOf(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

/** into += (lo, hi) */
export function add(into: Halves, lo: number, hi: number): void {
  const low = into.lo + lo;
  into.hi = (into.hi + hi + (low >= TWO_32 ? 1 : 0)) >>> 0;
  into.lo = low >>> 0;
}

/** into −= (lo, hi) */
export function subtract(into: Halves, lo: number, hi: number): void {
  const low = into.lo - lo;
  into.hi = (into.hi - hi - (low < 0 ? 1 : 0)) >>> 0;
  into.lo = low >>> 0;
}

/** into = −into */
export function negate(into: Halves): void {
  const { lo, hi } = into;
  into.lo = 0;
  into.hi = 0;
  subtract(into, lo, hi);
}

/** High half of the product of two unsigned 32-bit numbers. */
function highProduct(a: number, b: number): number {
  const [aLow, aHigh] = [a & 0xffff, a >>> 16];
  const [bLow, bHigh] = [b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const low = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(low / 0x10000)) >>> 0;
}

/** into *= (lo, hi) */
export function multiply(into: Halves, lo: number, hi: number): void {
  const high = highProduct(into.lo, lo) + Math.imul(into.lo, hi) + Math.imul(into.hi, lo);
  into.lo = Math.imul(into.lo, lo) >>> 0;
  into.hi = high >>> 0;
}

/** into /= (lo, hi), which is not 0 */
export function divide(into: Halves, lo: number, hi: number): void {
  const value = into.hi * TWO_32 + into.lo;
  const by = hi * TWO_32 + lo;
  if (value < TWO_53 && by < TWO_53) {
    const quotient = Math.floor(value / by);
    into.lo = quotient >>> 0;
    into.hi = Math.floor(quotient / TWO_32);
  } else setBig(into, bigOf(into.lo, into.hi) / bigOf(lo, hi));
}

/** −1, 0 or 1 by the order of two unsigned numbers. */
export function compare(aLo: number, aHi: number, bLo: number, bHi: number): number {
  if (aHi !== bHi) return aHi > bHi ? 1 : -1;
  if (aLo !== bLo) return aLo > bLo ? 1 : -1;
  return 0;
}

/** Number of the highest bit that is set, from 1; 0 for 0 (`fls64()`). */
export function lastBit(lo: number, hi: number): number {
  return hi === 0 ? 32 - Math.clz32(lo) : 64 - Math.clz32(hi);
}
