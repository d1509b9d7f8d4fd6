import { Errno } from '../abi/errno.ts';
import { PAGE_SIZE, type Page, PageTable } from './page-table.ts';

const LOW = 0xffffffffn;
const TWO_32 = 0x1_0000_0000;

/**
 * A sparse address space of 4 KiB pages, little endian. The kernel has one, each process has one.
 *
 * Hot calls take an address as two unsigned 32-bit halves and leave what they loaded in `lo` and `hi`; they allocate
 * nothing. Cold calls take addresses as unsigned 64-bit bigints. An access to memory that is not mapped never throws:
 * it is a fault, and the result says so. Addresses wrap at 2**64.
 */
export class Memory {
  /** Low 32 bits of the last load, unsigned. */
  lo = 0;
  /** High 32 bits of the last load, unsigned. */
  hi = 0;
  #table = new PageTable();
  #lastLow = -1;
  #lastHigh = -1;
  #last: Page | undefined;

  /** Loads 8 bytes; false is a fault. */
  load64(lo: number, hi: number): boolean {
    const at = lo & 0xfff;
    if ((at & 3) === 0 && at <= PAGE_SIZE - 8) {
      const page = this.#find(lo, hi);
      if (page === undefined) return false;
      const word = at >>> 2;
      this.lo = page.words[word];
      this.hi = page.words[word + 1];
      return true;
    }
    return this.load(lo, hi, 8);
  }

  /** Loads 1, 2, 4 or 8 bytes, zero-extended; unaligned and page-crossing addresses are allowed; false is a fault. */
  load(lo: number, hi: number, size: 1 | 2 | 4 | 8): boolean {
    const at = lo & 0xfff;
    const page = this.#find(lo, hi);
    if (page === undefined) return false;
    if (at > PAGE_SIZE - size) return this.#loadCrossing(lo, hi, size);
    const bytes = page.bytes;
    this.hi = 0;
    switch (size) {
      case 1:
        this.lo = bytes[at];
        return true;
      case 2:
        this.lo = bytes[at] | (bytes[at + 1] << 8);
        return true;
      case 8:
        this.hi = (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24)) >>> 0;
    }
    this.lo = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
    return true;
  }

  /** Stores 8 bytes given as two halves; false is a fault, and nothing is stored. */
  store64(lo: number, hi: number, valueLo: number, valueHi: number): boolean {
    const at = lo & 0xfff;
    if ((at & 3) === 0 && at <= PAGE_SIZE - 8) {
      const page = this.#find(lo, hi);
      if (page === undefined) return false;
      const word = at >>> 2;
      page.words[word] = valueLo;
      page.words[word + 1] = valueHi;
      return true;
    }
    return this.#storeBytes(lo, hi, valueLo, valueHi);
  }

  /** Copies `size` bytes to `dest[at…]`; false is a fault (bytes before it may have been copied). Mirrors mm/maccess.c:copy_from_kernel_nofault(). */
  copyOut(lo: number, hi: number, size: number, dest: Uint8Array, at: number): boolean {
    let left = size;
    let to = at;
    while (left > 0) {
      const page = this.#find(lo, hi);
      if (page === undefined) return false;
      const from = lo & 0xfff;
      const chunk = Math.min(left, PAGE_SIZE - from);
      const bytes = page.bytes;
      for (let i = 0; i < chunk; i++) dest[to + i] = bytes[from + i];
      left -= chunk;
      to += chunk;
      const next = lo + chunk;
      if (next >= TWO_32) hi = (hi + 1) >>> 0;
      lo = next >>> 0;
    }
    return true;
  }

  /** Length of the string at an address in bytes with its NUL, `max` if there is none before; −EFAULT. Mirrors kernel/trace/trace_probe_kernel.h:fetch_store_strlen(). */
  stringLength(lo: number, hi: number, max: number): number {
    return this.#string(lo, hi, max, undefined, 0);
  }

  /**
   * Copies the string at an address to `dest[at…]`: bytes with the NUL, which replaces the last byte where the string is
   * `max` long or longer; −EFAULT with `dest[at]` cleared. Mirrors mm/maccess.c:strncpy_from_kernel_nofault().
   */
  copyString(lo: number, hi: number, max: number, dest: Uint8Array, at: number): number {
    const length = this.#string(lo, hi, max, dest, at);
    if (length < 0) dest[at] = 0;
    else if (length > 0) dest[at + length - 1] = 0;
    return length;
  }

  /** Maps zeroed pages over `size` bytes at `addr`; pages already there keep what they hold. */
  map(addr: bigint, size: number): void {
    this.#eachPage(addr, size, (lo, hi) => this.#table.add(lo, hi));
    this.#last = undefined;
    this.#lastLow = -1;
  }

  /** Unmaps every page that the `size` bytes at `addr` touch. */
  unmap(addr: bigint, size: number): void {
    this.#eachPage(addr, size, (lo, hi) => this.#table.remove(lo, hi));
    this.#last = undefined;
    this.#lastLow = -1;
  }

  /** Whether the byte at `addr` is mapped. */
  isMapped(addr: bigint): boolean {
    return this.#find(Number(addr & LOW), Number(addr >> 32n)) !== undefined;
  }

  /** Stores bytes; false is a fault, and nothing is stored. */
  write(addr: bigint, bytes: Uint8Array): boolean {
    let mapped = true;
    this.#eachPage(addr, bytes.length, (lo, hi) => {
      if (!this.#table.find(lo, hi)) mapped = false;
    });
    if (!mapped) return false;
    for (let done = 0; done < bytes.length; ) {
      const here = addr + BigInt(done);
      const at = Number(here & 0xfffn);
      const chunk = Math.min(bytes.length - done, PAGE_SIZE - at);
      const page = this.#find(Number(here & LOW), Number((here >> 32n) & LOW)) as Page;
      page.bytes.set(bytes.subarray(done, done + chunk), at);
      done += chunk;
    }
    return true;
  }

  /** Stores the low `size` bytes (1–8) of a value; false is a fault. */
  writeUint(addr: bigint, size: number, value: bigint): boolean {
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
    return this.write(addr, bytes);
  }

  /** A copy of `size` bytes, or undefined on a fault. */
  read(addr: bigint, size: number): Uint8Array | undefined {
    const bytes = new Uint8Array(size);
    return this.copyOut(Number(addr & LOW), Number(addr >> 32n), size, bytes, 0) ? bytes : undefined;
  }

  /** The unsigned value of `size` bytes (1–8), or undefined on a fault. */
  readUint(addr: bigint, size: number): bigint | undefined {
    const bytes = this.read(addr, size);
    return bytes?.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  #find(lo: number, hi: number): Page | undefined {
    const low = lo >>> 12;
    if (low === this.#lastLow && hi === this.#lastHigh) return this.#last;
    const page = this.#table.find(lo, hi);
    if (page !== undefined) {
      this.#lastLow = low;
      this.#lastHigh = hi;
      this.#last = page;
    }
    return page;
  }

  #loadCrossing(lo: number, hi: number, size: number): boolean {
    let low = 0;
    let high = 0;
    for (let i = 0; i < size; i++) {
      const next = lo + i;
      const page = this.#find(next >>> 0, next >= TWO_32 ? (hi + 1) >>> 0 : hi);
      if (page === undefined) return false;
      const byte = page.bytes[next & 0xfff];
      if (i < 4) low |= byte << (8 * i);
      else high |= byte << (8 * (i - 4));
    }
    this.lo = low >>> 0;
    this.hi = high >>> 0;
    return true;
  }

  #storeBytes(lo: number, hi: number, valueLo: number, valueHi: number): boolean {
    const end = lo + 7;
    const endHi = end >= TWO_32 ? (hi + 1) >>> 0 : hi;
    if (!this.#find(lo, hi) || !this.#find(end >>> 0, endHi)) return false;
    for (let i = 0; i < 8; i++) {
      const next = lo + i;
      const page = this.#find(next >>> 0, next >= TWO_32 ? endHi : hi) as Page;
      page.bytes[next & 0xfff] = i < 4 ? valueLo >>> (8 * i) : valueHi >>> (8 * (i - 4));
    }
    return true;
  }

  #string(lo: number, hi: number, max: number, dest: Uint8Array | undefined, at: number): number {
    let done = 0;
    while (done < max) {
      const page = this.#find(lo, hi);
      if (page === undefined) return -Errno.EFAULT;
      const from = lo & 0xfff;
      const chunk = Math.min(max - done, PAGE_SIZE - from);
      const bytes = page.bytes;
      for (let i = 0; i < chunk; i++) {
        const byte = bytes[from + i];
        if (dest !== undefined) dest[at + done + i] = byte;
        if (byte === 0) return done + i + 1;
      }
      done += chunk;
      const next = lo + chunk;
      if (next >= TWO_32) hi = (hi + 1) >>> 0;
      lo = next >>> 0;
    }
    return max;
  }

  #eachPage(addr: bigint, size: number, visit: (lo: number, hi: number) => void): void {
    if (size <= 0) return;
    const last = addr + BigInt(size - 1);
    for (let page = addr & ~0xfffn; page <= last; page += 4096n) visit(Number(page & LOW), Number((page >> 32n) & LOW));
  }
}
