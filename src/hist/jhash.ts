/*
 * Bob Jenkins' lookup3 hash of bytes, as `include/linux/jhash.h` has it: three words are mixed in twelve bytes at a time.
 */

const INITIAL = 0xdeadbeef;

const rol = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The hash of `length` bytes with initial value 0, unsigned 32-bit. */
export function jhash(bytes: Uint8Array, at: number, length: number): number {
  let a = (INITIAL + length) | 0;
  let b = a;
  let c = a;
  let k = at;
  let left = length;
  for (; left > 12; left -= 12, k += 12) {
    a = (a + wordAt(bytes, k)) | 0;
    b = (b + wordAt(bytes, k + 4)) | 0;
    c = (c + wordAt(bytes, k + 8)) | 0;
    a = ((a - c) | 0) ^ rol(c, 4);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rol(a, 6);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rol(b, 8);
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ rol(c, 16);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rol(a, 19);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rol(b, 4);
    b = (b + a) | 0;
  }
  if (left === 0) return c >>> 0;
  // The last bytes, up to twelve, fill the three words from the lowest byte up.
  for (let i = 0; i < left; i++) {
    const byte = bytes[k + i]! << (8 * (i & 3));
    if (i < 4) a = (a + byte) | 0;
    else if (i < 8) b = (b + byte) | 0;
    else c = (c + byte) | 0;
  }
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  c = ((c ^ b) - rol(b, 24)) | 0;
  return c >>> 0;
}
