import { Memory } from '../machine/memory.ts';
import type { LogEntry, ObjectTimes } from './fact-log.ts';
import type { KernelTypes } from './kernel-types.ts';

/** Where objects are put whose address no recording shows; above everything that the recorded machine had. */
const ARENA = 0xffff888100000000n;
const PAGE = 0x1000n;

/** How a store is meant. */
export interface StoreOptions {
  /** Start of the object that the member belongs to; the address itself unless told. */
  readonly object?: bigint;
  /** The value is a pid. */
  readonly pid?: boolean;
  /** The value changes exactly now, not when the object began. */
  readonly exact?: boolean;
  /** Step before which the value may not be. */
  readonly floor?: number;
  /** Step at which it is found out; the current one unless told. A late finding is stored even where memory holds it by now. */
  readonly at?: number;
}

/** User memory of one process, with what was stored in it. */
interface UserSpace {
  memory: Memory;
  stores: { address: bigint; bytes: Uint8Array }[];
}

/** The machine's memory as the converter follows it: what it holds at the current step, and the log of how that came about. */
export class World {
  readonly kernel = new Memory();
  readonly log: LogEntry[] = [];
  readonly times: ObjectTimes = { births: new Map(), settles: new Map(), touches: new Map() };
  /** Pages that arguments point into: readable, zero unless a fact says otherwise. */
  readonly pages = new Set<bigint>();
  readonly types: KernelTypes;
  /** Current step. */
  at = 0;
  readonly #users: UserSpace[] = [];
  #next = ARENA;

  constructor(types: KernelTypes) {
    this.types = types;
  }

  /** A fresh object of a size in bytes, zeroed. */
  allocate(size: number): bigint {
    const address = this.#next;
    this.#next += BigInt((size + 63) & ~63);
    for (let page = address & ~(PAGE - 1n); page < address + BigInt(size); page += PAGE) this.touch(page);
    return address;
  }

  /** Notes that there is memory at an address, without knowing what it holds. */
  touch(address: bigint): void {
    const page = address & ~(PAGE - 1n);
    if (this.pages.has(page)) return;
    this.pages.add(page);
    this.kernel.map(page, 4096);
  }

  /** Memory has been handed out: what it held before means nothing any more. */
  born(address: bigint, size: number): void {
    const births = this.times.births.get(address);
    if (births === undefined) this.times.births.set(address, [this.at]);
    else births.push(this.at);
    this.kernel.map(address, size);
    this.kernel.write(address, new Uint8Array(size));
  }

  /** Stores bytes in the kernel's memory and logs it. */
  store(address: bigint, bytes: Uint8Array, options: StoreOptions = {}): void {
    this.#store(this.kernel, -1, address, bytes, options);
  }

  /** Stores the low `size` bytes of a value. */
  storeUint(address: bigint, size: number, value: bigint, options: StoreOptions = {}): void {
    this.store(address, uintBytes(value, size), options);
  }

  /** Stores a member of a struct, by its path; nothing happens when there is no such member. Bitfields are left alone. */
  storeMember(struct: string, object: bigint, path: string, value: bigint, options: StoreOptions = {}): void {
    const place = this.member(struct, path);
    if (place === undefined) return;
    this.storeUint(object + BigInt(place.offset), place.size, value, { object, ...options });
  }

  /** Value of a member; 0 where nothing is mapped. */
  loadMember(struct: string, object: bigint, path: string): bigint {
    const place = this.member(struct, path);
    return place === undefined
      ? 0n
      : (this.kernel.readUint(object + BigInt(place.offset), Math.min(place.size, 8)) ?? 0n);
  }

  /** Byte offset and size of a member of whole bytes. */
  member(struct: string, path: string): { offset: number; size: number; type: number } | undefined {
    const id = this.types.struct(struct);
    const place = id === undefined ? undefined : this.types.btf.memberPath(id, path);
    if (place === undefined || place.bitOffset % 8 !== 0 || place.bitSize % 8 !== 0) return undefined;
    return { offset: place.bitOffset / 8, size: place.bitSize / 8, type: place.type };
  }

  /** Stores bytes in a task's user memory. */
  storeUser(task: number, address: bigint, bytes: Uint8Array, options: StoreOptions = {}): void {
    const space = this.#user(task);
    this.#store(space.memory, task, address, bytes, options);
    space.stores.push({ address, bytes });
  }

  /** What a task's user memory holds. */
  user(task: number): Memory {
    return this.#user(task).memory;
  }

  /** A child gets a copy of its parent's user memory, or that itself. */
  fork(parent: number, child: number, shared: boolean): void {
    if (shared) {
      this.#users[child] = this.#user(parent);
      return;
    }
    const copy: UserSpace = { memory: new Memory(), stores: [...this.#user(parent).stores] };
    for (const { address, bytes } of copy.stores) {
      copy.memory.map(address, bytes.length);
      copy.memory.write(address, bytes);
    }
    this.#users[child] = copy;
  }

  /** A task gets a new address space. */
  exec(task: number): void {
    this.#users[task] = { memory: new Memory(), stores: [] };
  }

  /** The string at an address of the kernel's memory. */
  string(address: bigint): string | undefined {
    return readString(this.kernel, address);
  }

  #user(task: number): UserSpace {
    this.#users[task] ??= { memory: new Memory(), stores: [] };
    return this.#users[task];
  }

  #store(memory: Memory, space: number, address: bigint, bytes: Uint8Array, options: StoreOptions): void {
    const held = memory.read(address, bytes.length);
    const seen = held?.every((byte, i) => byte === bytes[i]) === true;
    memory.map(address, bytes.length);
    if (!seen) memory.write(address, bytes);
    const { object = address, pid = false, exact = false, floor = -1, at = this.at } = options;
    this.log.push({ at, space, address, bytes, object, pid, seen: seen && options.at === undefined, exact, floor });
  }
}

/** Little-endian bytes of a value. */
export function uintBytes(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

/** Bytes of a string with its NUL; characters are bytes. */
export function stringBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length + 1);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The string at an address, up to 4096 bytes; undefined on a fault. */
export function readString(memory: Memory, address: bigint): string | undefined {
  let text = '';
  for (let i = 0n; i < 4096n; i++) {
    const byte = memory.readUint(address + i, 1);
    if (byte === undefined) return undefined;
    if (byte === 0n) return text;
    text += String.fromCharCode(Number(byte));
  }
  return text;
}
