import type { FprobeHeader } from '../machine/arch.ts';

/** Bits that a header has for the size of the entry data. */
export const FPROBE_DATA_SIZE_BITS = 4;
/** Most words of entry data: what the bits can say. */
export const MAX_FPROBE_DATA_WORDS = (1 << FPROBE_DATA_SIZE_BITS) - 1;

/** Place of the size in the high half of a packed word. */
const SHIFT = 32 - FPROBE_DATA_SIZE_BITS;
const POINTER_MASK = (1 << SHIFT) - 1;

/**
 * How an fprobe and the size of its data are written on the shadow stack, before the data. `include/asm-generic/fprobe.h`
 *
 *     packed    word 0   63 ── 60 size in words │ 59 ──────────── 0 pointer, whose top 4 bits are the arch's pattern
 *     two-word  word 0   pointer
 *               word 1   size in words
 *
 * `read()` leaves what it found in `lo`, `hi` (halves of the pointer, as signed 32-bit numbers) and `size`.
 */
export class HeaderCodec {
  /** Words of a header. */
  readonly words: 1 | 2;
  lo = 0;
  hi = 0;
  /** Words of data. */
  size = 0;
  readonly #pattern: number;

  constructor(header: FprobeHeader) {
    this.words = header.kind === 'packed' ? 1 : 2;
    this.#pattern = header.kind === 'packed' ? header.pattern : 0;
  }

  /** Whether a pointer and a size can be written. `arch_fprobe_header_encodable()` */
  encodable(hi: number, size: number): boolean {
    if (size > MAX_FPROBE_DATA_WORDS) return false;
    return this.words === 2 || hi >>> SHIFT === this.#pattern;
  }

  /** Writes a header at a word of a shadow stack; false when it cannot be written. `write_fprobe_header()` */
  write(stack: Uint32Array, at: number, lo: number, hi: number, size: number): boolean {
    if (!this.encodable(hi, size)) return false;
    stack[2 * at] = lo;
    if (this.words === 1) {
      stack[2 * at + 1] = (hi & POINTER_MASK) | (size << SHIFT);
      return true;
    }
    stack[2 * at + 1] = hi;
    stack[2 * at + 2] = size;
    stack[2 * at + 3] = 0;
    return true;
  }

  /** Reads the header at a word of a shadow stack. `read_fprobe_header()` */
  read(stack: Uint32Array, at: number): void {
    const hi = stack[2 * at + 1] | 0;
    this.lo = stack[2 * at] | 0;
    if (this.words === 1) {
      this.hi = (hi & POINTER_MASK) | (this.#pattern << SHIFT);
      this.size = hi >>> SHIFT;
    } else {
      this.hi = hi;
      this.size = stack[2 * at + 2] | 0;
    }
  }
}
