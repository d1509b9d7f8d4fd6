import { Layout } from '../machine/layout.ts';

/** Bytes from one trampoline to the next: a page and the gap after it. */
const STRIDE = 0x2000n;

/** Where the trampolines of ops are; the lowest free place is given out first. */
export class Trampolines {
  #used: boolean[] = [];

  allocate(): bigint {
    const free = this.#used.indexOf(false);
    const at = free < 0 ? this.#used.length : free;
    this.#used[at] = true;
    return Layout.TRAMPOLINES + BigInt(at) * STRIDE;
  }

  free(addr: bigint): void {
    this.#used[Number((addr - Layout.TRAMPOLINES) / STRIDE)] = false;
  }
}
