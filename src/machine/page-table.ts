/** Bytes of a page. */
export const PAGE_SIZE = 4096;

/** One mapped page: the same 4,096 bytes as bytes and as 32-bit words. */
export class Page {
  readonly bytes = new Uint8Array(PAGE_SIZE);
  readonly words = new Uint32Array(this.bytes.buffer);
}

const FIRST_BITS = 6;

/**
 * Sparse table from page number to page. The key is an address as two unsigned 32-bit halves, its low 12 bits ignored.
 * Open addressing in typed arrays, so that a look-up allocates nothing; at most half full.
 */
export class PageTable {
  #bits = FIRST_BITS;
  #low = new Uint32Array(1 << FIRST_BITS);
  #high = new Uint32Array(1 << FIRST_BITS);
  #pages: (Page | undefined)[] = new Array(1 << FIRST_BITS).fill(undefined);
  #count = 0;

  /** Mapped pages. */
  get count(): number {
    return this.#count;
  }

  /** The page that holds the address, or undefined. */
  find(lo: number, hi: number): Page | undefined {
    const low = lo >>> 12;
    const mask = this.#low.length - 1;
    for (let slot = this.#home(low, hi); ; slot = (slot + 1) & mask) {
      const page = this.#pages[slot];
      if (page === undefined) return undefined;
      if (this.#low[slot] === low && this.#high[slot] === hi) return page;
    }
  }

  /** Maps a zeroed page at the address; a page already there stays as it is. */
  add(lo: number, hi: number): Page {
    const there = this.find(lo, hi);
    if (there) return there;
    if ((this.#count + 1) * 2 > this.#low.length) this.#grow();
    const page = new Page();
    this.#put(lo >>> 12, hi, page);
    this.#count++;
    return page;
  }

  /** Unmaps the page that holds the address. */
  remove(lo: number, hi: number): void {
    const low = lo >>> 12;
    const mask = this.#low.length - 1;
    let slot = this.#home(low, hi);
    while (this.#pages[slot] && !(this.#low[slot] === low && this.#high[slot] === hi)) slot = (slot + 1) & mask;
    if (!this.#pages[slot]) return;
    this.#pages[slot] = undefined;
    this.#count--;
    // Entries that probed past the hole are put again, so that none is cut off.
    for (let next = (slot + 1) & mask; this.#pages[next]; next = (next + 1) & mask) {
      const page = this.#pages[next] as Page;
      this.#pages[next] = undefined;
      this.#put(this.#low[next], this.#high[next], page);
    }
  }

  #home(low: number, hi: number): number {
    return (Math.imul(low ^ Math.imul(hi, 0x85ebca6b), 0x9e3779b1) >>> 0) >>> (32 - this.#bits);
  }

  #put(low: number, hi: number, page: Page): void {
    const mask = this.#low.length - 1;
    let slot = this.#home(low, hi);
    while (this.#pages[slot]) slot = (slot + 1) & mask;
    this.#low[slot] = low;
    this.#high[slot] = hi;
    this.#pages[slot] = page;
  }

  #grow(): void {
    const low = this.#low;
    const high = this.#high;
    const pages = this.#pages;
    this.#bits++;
    this.#low = new Uint32Array(1 << this.#bits);
    this.#high = new Uint32Array(1 << this.#bits);
    this.#pages = new Array(1 << this.#bits).fill(undefined);
    pages.forEach((page, slot) => {
      if (page) this.#put(low[slot], high[slot], page);
    });
  }
}
