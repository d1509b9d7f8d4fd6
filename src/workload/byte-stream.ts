/** Bytes that grow: unsigned and signed numbers of any size in groups of seven bits, lowest first. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** An integer from 0 to 2**53 − 1. */
  uint(value: number): void {
    let left = value;
    while (left >= 128) {
      this.byte((left % 128) | 128);
      left = Math.floor(left / 128);
    }
    this.byte(left);
  }

  /** A small integer of either sign. */
  int(value: number): void {
    this.uint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** An unsigned 64-bit value. */
  wide(value: bigint): void {
    let left = value;
    while (left >= 128n) {
      this.byte(Number(left & 127n) | 128);
      left >>= 7n;
    }
    this.byte(Number(left));
  }

  /** The difference of two 64-bit values, short when they are near. */
  difference(value: bigint, from: bigint): void {
    const delta = BigInt.asIntN(64, value - from);
    this.wide(BigInt.asUintN(64, delta < 0n ? -2n * delta - 1n : 2n * delta));
  }

  bytes(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Length, then characters of one byte each. */
  text(text: string): void {
    this.uint(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i) & 0xff);
  }

  /** What was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + by));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what a {@link ByteWriter} wrote. Past the end it reads zeros and says so in {@link ByteReader.overrun}. */
export class ByteReader {
  #bytes: Uint8Array;
  #at = 0;
  /** Something was read that is not there. */
  overrun = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) {
      this.overrun = true;
      return 0;
    }
    return this.#bytes[this.#at++];
  }

  uint(): number {
    let byte = this.byte();
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let scale = 128; scale < 2 ** 53; scale *= 128) {
      byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  }

  int(): number {
    const value = this.uint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  wide(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    return BigInt.asUintN(64, value);
  }

  difference(from: bigint): bigint {
    const folded = this.wide();
    const delta = (folded & 1n) === 1n ? -((folded + 1n) >> 1n) : folded >> 1n;
    return BigInt.asUintN(64, from + delta);
  }

  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) this.overrun = true;
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += taken.length;
    return taken;
  }

  text(): string {
    return String.fromCharCode(...this.bytes(this.uint()));
  }
}
