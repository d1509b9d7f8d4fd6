/** The registers of a hit, as `FtraceRegs` gives them: each call leaves its value in `lo` and `hi` (unsigned 32-bit halves). */
export interface FetchRegisters {
  readonly lo: number;
  readonly hi: number;
  /** The n-th argument of the function, 0-based. */
  argument(n: number): boolean;
  returnValue(): boolean;
  stackPointer(): boolean;
  /** The n-th word of the stack from the stack pointer up. */
  stackNth(n: number): boolean;
}

/** Memory as a fetch reads it; `Memory` of the machine is one. Addresses are unsigned 32-bit halves; what fails is a fault. */
export interface FetchMemory {
  /** Halves of the last load. */
  readonly lo: number;
  readonly hi: number;
  load64(lo: number, hi: number): boolean;
  copyOut(lo: number, hi: number, size: number, dest: Uint8Array, at: number): boolean;
  /** Bytes of a string with its NUL, at most `max`; negative for a fault. */
  stringLength(lo: number, hi: number, max: number): number;
  /** Copies a string, cut to `max` bytes with its NUL, and says how many bytes; negative for a fault. */
  copyString(lo: number, hi: number, max: number, dest: Uint8Array, at: number): number;
}

/** Words that the entry handler kept for the return; `EntryData` is one. */
interface FetchEntryData {
  /** Low 32 bits of the n-th word. */
  lo(word: number): number;
  /** High 32 bits of the n-th word. */
  hi(word: number): number;
}

/** What a fetch program works on. One object is filled anew for each hit. */
export class FetchContext {
  /** The value in flight, as unsigned 32-bit halves. */
  lo = 0;
  hi = 0;
  regs!: FetchRegisters;
  /** The kernel's memory. */
  memory!: FetchMemory;
  /** Memory of the current task's process; a kernel thread has none. */
  user: FetchMemory | undefined = undefined;
  /** Name of the current task, latin1. */
  comm = '';
  entryData: FetchEntryData | null = null;
  /** Bytes left for strings in the record. */
  room = 0;
  /** Where the next string goes: bytes from the record's start. */
  next = 0;
  /** `name+0x4/0x470` for an address in the kernel, `0x…` elsewhere. */
  readonly symbolAt: (lo: number, hi: number) => string;

  constructor(symbolAt: FetchContext['symbolAt']) {
    this.symbolAt = symbolAt;
  }

  /** Adds a signed 32-bit number of bytes to the value in flight; wraps at 2**64. */
  advance(offset: number): void {
    const sum = this.lo + offset;
    if (sum > 0xffff_ffff) this.hi = (this.hi + 1) >>> 0;
    else if (sum < 0) this.hi = (this.hi - 1) >>> 0;
    this.lo = sum >>> 0;
  }
}
