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

/** Largest size of an ftrace hash, as a power of two. */
const MAX_BITS = 12;
/** Size of one that is being filled. */
const FILL_BITS = 10;

/**
 * Puts addresses in the order in which an ftrace_hash lists them that was filled in the given order and then moved into place: by bucket of the
 * final size; each bucket's newest first, turned round once by the move. `kernel/trace/ftrace.c:__ftrace_hash_move()`
 */
export function ftraceHashOrder(ips: readonly bigint[]): bigint[] {
  const finalBits = Math.min(MAX_BITS, ips.length < 2 ? 0 : 32 - Math.clz32(ips.length >> 1));
  const moved = fillBuckets(fillBuckets(ips, FILL_BITS).flat(), finalBits);
  return moved.flat();
}

/** Buckets of the given size, each with its newest first. */
function fillBuckets(ips: readonly bigint[], bits: number): bigint[][] {
  const buckets: bigint[][] = Array.from({ length: 1 << bits }, () => []);
  for (const ip of ips) {
    const bucket = bits === 0 ? 0 : hash64(Number(ip & 0xffffffffn), Number(ip >> 32n), bits);
    buckets[bucket].unshift(ip);
  }
  return buckets;
}
