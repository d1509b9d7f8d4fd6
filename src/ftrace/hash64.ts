const GOLDEN_RATIO_LO = 0x80b583eb;
const GOLDEN_RATIO_HI = 0x61c88646;

/** Upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** The upper `bits` (at most 32) of a 64-bit value times the golden ratio, `include/linux/hash.h:hash_64()`. */
export function hash64(lo: number, hi: number, bits: number): number {
  const high =
    (multiplyHigh(lo >>> 0, GOLDEN_RATIO_LO) + Math.imul(lo, GOLDEN_RATIO_HI) + Math.imul(hi, GOLDEN_RATIO_LO)) >>> 0;
  return high >>> (32 - bits);
}
