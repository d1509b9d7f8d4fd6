/**
 * One set of registers: a 64-bit slot each, by the arch's register index, as 32-bit halves (word 2n low, 2n+1 high) and,
 * for cold code, as bigints.
 */
export class Registers {
  readonly words: Uint32Array;
  readonly wide: BigUint64Array;

  constructor(count: number) {
    this.words = new Uint32Array(2 * count);
    this.wide = new BigUint64Array(this.words.buffer);
  }

  /** Takes over every register of another set of the same size. */
  copyFrom(other: Registers): void {
    const from = other.words;
    const to = this.words;
    for (let i = 0; i < to.length; i++) to[i] = from[i];
  }
}
