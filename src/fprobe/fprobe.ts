import type { FtraceRegs } from '../ftrace/ftrace-regs.ts';
import type { EntryData } from './entry-data.ts';

/** Bits of an fprobe's flags, `include/linux/fprobe.h`. */
export const FprobeFlag = {
  /** Soft-disabled: its sites stay patched, its handlers are not called. */
  DISABLED: 1,
  /** Its handlers are shared with a kprobe's: not to run while one runs. To be set before registering. */
  KPROBE_SHARED: 2,
} as const;

/**
 * Runs at a function's entry: function id, return address as two halves, registers, the probe's data (null without an exit handler or without size).
 * Non-zero cancels the exit handler of this call.
 */
export type FprobeEntryHandler = (
  fp: Fprobe,
  fn: number,
  retLo: number,
  retHi: number,
  fregs: FtraceRegs,
  data: EntryData | null,
) => number;

/** Runs at a function's return, with the data that the entry handler left. */
export type FprobeExitHandler = (
  fp: Fprobe,
  fn: number,
  retLo: number,
  retHi: number,
  fregs: FtraceRegs,
  data: EntryData | null,
) => void;

/** What a new fprobe is. */
export interface FprobeOptions {
  entryHandler?: FprobeEntryHandler;
  exitHandler?: FprobeExitHandler;
  /** Bytes for the entry handler to hand to the exit handler. */
  entryDataSize?: number;
  /** Bits of `FprobeFlag`. */
  flags?: number;
  /** Address of the struct in kernel memory; given out by the core when missing. */
  address?: bigint;
}

/** A node of the address table: one fprobe at one function. */
export class FprobeNode {
  readonly fn: number;
  /** Null once it has been deleted; its successor stays, for who walks the list meanwhile. */
  fp: Fprobe | null;
  next: FprobeNode | null = null;
  prev: FprobeNode | null = null;

  constructor(fn: number, fp: Fprobe) {
    this.fn = fn;
    this.fp = fp;
  }
}

/** A probe of function entries and returns, `struct fprobe`. Handlers, size and flags are set before it is registered. */
export class Fprobe {
  entryHandler: FprobeEntryHandler | undefined;
  exitHandler: FprobeExitHandler | undefined;
  /** Bytes; rounded up to words when registered. */
  entryDataSize: number;
  /** Bits of `FprobeFlag`. */
  flags: number;
  /** Calls that were missed since it was registered. */
  nmissed = 0;
  /** Address of the struct in kernel memory; 0 until it is registered for the first time, then fixed. */
  address: bigint;
  /** The address as signed 32-bit halves. */
  addressLo = 0;
  addressHi = 0;
  /** Words of entry data. Core only. */
  dataWords = 0;
  /** Its nodes while registered (`hlist_array`). Core only. */
  nodes: FprobeNode[] | undefined;
  /** Its neighbour in its bucket of the fprobe table. Core only. */
  nextInTable: Fprobe | null = null;

  constructor(options: FprobeOptions = {}) {
    this.entryHandler = options.entryHandler;
    this.exitHandler = options.exitHandler;
    this.entryDataSize = options.entryDataSize ?? 0;
    this.flags = options.flags ?? 0;
    this.address = options.address ?? 0n;
  }

  get disabled(): boolean {
    return (this.flags & FprobeFlag.DISABLED) !== 0;
  }
}
