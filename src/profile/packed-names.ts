import type { Glob } from '../abi/glob.ts';
import { KSYM_NAME_LEN } from '../abi/limits.ts';

/** Names of a block; its first one is stored whole. */
const BLOCK = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Many names in byte order (as strcmp(3) has it), numbered from 0 up; equal names have one number each. Each name is stored as the
 * number of bytes it shares with the one before it, the bytes that differ, and a NUL; `blocks` has the byte offset of every 16th,
 * which shares nothing.
 *
 *     0 vfs_read NUL | 8 v NUL (vfs_readv) | 4 write NUL (vfs_write)
 */
export class PackedNames {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #blocks: Uint32Array;
  /** The name that the last walk stopped at, its length, and the offset behind it in `bytes`. */
  readonly #name = new Uint8Array(KSYM_NAME_LEN + 0xff);
  #length = 0;
  #next = 0;

  constructor(count: number, bytes: Uint8Array, blocks: Uint32Array) {
    this.count = count;
    this.#bytes = bytes;
    this.#blocks = blocks;
  }

  /** Packs names that are in byte order; `byteLength` is the sum of their lengths. */
  static pack(
    names: Iterable<Uint8Array>,
    count: number,
    byteLength: number,
  ): { bytes: Uint8Array; blocks: Uint32Array } {
    const bytes = new Uint8Array(byteLength + 2 * count);
    const blocks = new Uint32Array(Math.ceil(count / BLOCK));
    let before = new Uint8Array(0);
    let at = 0;
    let number = 0;
    for (const name of names) {
      if (number % BLOCK === 0) blocks[number / BLOCK] = at;
      const shared = number % BLOCK === 0 ? 0 : sharedBytes(before, name);
      bytes[at] = shared;
      bytes.set(name.subarray(shared), at + 1);
      at += name.length - shared + 2;
      before = Uint8Array.from(name);
      number++;
    }
    return { bytes: bytes.slice(0, at), blocks };
  }

  /** The name with this number; empty when there is none. */
  text(number: number): string {
    this.#seek(number);
    let text = '';
    for (let i = 0; i < this.#length; i++) {
      if (this.#name[i]! >= 0x80) return decoder.decode(this.#name.subarray(0, this.#length));
      text += String.fromCharCode(this.#name[i]!);
    }
    return text;
  }

  /** Numbers of the names equal to `name`: from `first` up to `end` (exclusive). */
  range(name: string): { first: number; end: number } {
    const key = encoder.encode(name);
    const first = this.#lowerBound(key);
    let end = first;
    for (; end < this.count && this.#compare(key) === 0; end++) this.#step(this.#next);
    return { first, end };
  }

  /** Number of the first name equal to `name`, or -1. */
  find(name: string): number {
    const key = encoder.encode(name);
    const number = this.#lowerBound(key);
    return number < this.count && this.#compare(key) === 0 ? number : -1;
  }

  /** Calls `found` with the number of each matching name, in order. */
  match(glob: Glob, found: (number: number) => void): void {
    const { prefix } = glob;
    for (let number = this.#lowerBound(prefix); number < this.count && this.#startsWith(prefix); number++) {
      if (glob.testBytes(this.#name, 0, this.#length)) found(number);
      this.#step(this.#next);
    }
  }

  /** Number of the first name that is not before `key`; that name is then unpacked. */
  #lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compareHead(middle, key) < 0) low = middle + 1;
      else high = middle;
    }
    let number = Math.max(0, low - 1) * BLOCK;
    const end = Math.min(low * BLOCK, this.count);
    this.#seek(number);
    for (; number < end && this.#compare(key) < 0; number++) this.#step(this.#next);
    return number;
  }

  /** Unpacks the name with this number. */
  #seek(number: number): void {
    this.#length = 0;
    this.#next = this.#blocks[Math.floor(number / BLOCK)] ?? this.#bytes.length;
    for (let i = number % BLOCK; i >= 0; i--) this.#step(this.#next);
  }

  /** Unpacks the name at an offset over the one before it. */
  #step(at: number): void {
    const bytes = this.#bytes;
    let length = bytes[at] ?? 0;
    let from = at + 1;
    for (; from < bytes.length && bytes[from] !== 0; from++) {
      if (length < this.#name.length - 1) this.#name[length++] = bytes[from]!;
    }
    this.#name[length] = 0;
    this.#length = length;
    this.#next = from + 1;
  }

  /** Negative when the first name of a block is before `key`, which holds no NUL. */
  #compareHead(block: number, key: Uint8Array): number {
    const bytes = this.#bytes;
    const start = this.#blocks[block]! + 1;
    for (let i = 0; i < key.length; i++) {
      const difference = (bytes[start + i] ?? 0) - key[i]!;
      if (difference !== 0) return difference;
    }
    return bytes[start + key.length] ?? 0;
  }

  /** Negative when the unpacked name is before `key`, 0 when it is the same. */
  #compare(key: Uint8Array): number {
    for (let i = 0; i < key.length; i++) {
      const difference = (i < this.#length ? this.#name[i]! : 0) - key[i]!;
      if (difference !== 0) return difference;
      if (i >= this.#length) return -1;
    }
    return this.#length - key.length;
  }

  #startsWith(prefix: Uint8Array): boolean {
    for (let i = 0; i < prefix.length; i++) if (i >= this.#length || this.#name[i] !== prefix[i]) return false;
    return true;
  }
}

function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length, 0xff);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared++;
  return shared;
}
