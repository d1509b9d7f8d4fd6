import { STACK_SIZE } from './stack-layout.ts';

/** A range of recorded addresses that lies elsewhere in a replay. */
interface Moved {
  readonly from: bigint;
  readonly end: bigint;
  readonly to: bigint;
}

/** Recorded addresses of a task that a replay does not make, but finds: its task_struct and its kernel stack. */
export class Relocation {
  readonly #moved: Moved[] = [];

  /** Whether no address has moved. */
  get none(): boolean {
    return this.#moved.length === 0;
  }

  /** A task_struct lies at another address; `size` in bytes. */
  moveTask(from: bigint, to: bigint, size: bigint): void {
    if (from !== to && from !== 0n) this.#moved.push({ from, end: from + size, to });
  }

  /** A kernel stack ends at another address. */
  moveStack(fromTop: bigint, toTop: bigint): void {
    const size = BigInt(STACK_SIZE);
    if (fromTop !== toTop && fromTop !== 0n) this.#moved.push({ from: fromTop - size, end: fromTop, to: toTop - size });
  }

  /** Where a recorded address is now. */
  address(address: bigint): bigint {
    for (const { from, end, to } of this.#moved) if (address >= from && address < end) return address - from + to;
    return address;
  }

  /** Bytes with a recorded address in them, as they are now. */
  content(bytes: Uint8Array): Uint8Array {
    if (this.none || bytes.length !== 8) return bytes;
    const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
    const now = this.address(value);
    if (now === value) return bytes;
    const moved = new Uint8Array(8);
    new DataView(moved.buffer).setBigUint64(0, now, true);
    return moved;
  }
}
