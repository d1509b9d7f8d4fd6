/** Puts numbers and texts one behind the other, little-endian. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  /** A text that holds one character a byte, without an end mark. */
  text(text: string): this {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return this.bytes(bytes);
  }

  /** A text and a NUL. */
  string(text: string): this {
    return this.text(`${text}\0`);
  }

  number(value: number, size: 1 | 2 | 4 | 8): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
    return this.bytes(bytes.subarray(0, size));
  }

  /** A text behind its length, which takes `size` bytes. */
  counted(text: string, size: 4 | 8): this {
    return this.number(text.length, size).text(text);
  }

  /** Zeros up to a multiple of `unit`. */
  align(unit: number): this {
    const rest = this.#length % unit;
    return rest === 0 ? this : this.bytes(new Uint8Array(unit - rest));
  }

  /** What was put, in pieces. */
  get parts(): readonly Uint8Array[] {
    return this.#parts;
  }
}
