import { FETCH_INSN_MAX } from '../abi/limits.ts';

/** Where a value comes from: the first step of a program. */
export type FetchSource =
  /** The n-th word of the stack, 0 at the stack pointer. */
  | { readonly op: 'stack'; readonly index: number }
  | { readonly op: 'stack-pointer' }
  | { readonly op: 'return-value' }
  /** The n-th argument of the probed function, 0-based. */
  | { readonly op: 'argument'; readonly index: number }
  /** A word that the entry handler kept; `offset` in bytes from the start of the entry data. */
  | { readonly op: 'entry-data'; readonly offset: number }
  | { readonly op: 'immediate'; readonly value: bigint }
  /** Address of a symbol, `SYM`, `SYM+OFF` or `SYM-OFF`; looked up when the event is registered. */
  | { readonly op: 'symbol'; readonly expression: string }
  /** Name of the current task. */
  | { readonly op: 'comm' }
  /** The immediate string itself. */
  | { readonly op: 'text'; readonly text: string };

/** Reads the word at the value plus `offset` bytes, in kernel or user memory. */
export interface DereferenceStep {
  readonly op: 'dereference';
  readonly offset: number;
  readonly user: boolean;
}

/** Puts the value, or what lies at the value plus `offset` bytes, into the record. Sizes in bytes. */
export type StoreStep =
  | { readonly op: 'store-raw'; readonly size: number }
  | { readonly op: 'store-memory'; readonly offset: number; readonly size: number; readonly user: boolean }
  | { readonly op: 'store-string'; readonly offset: number; readonly user: boolean }
  | { readonly op: 'store-symbol-string' };

/** Shifts a stored value of `baseSize` bytes left, then right (bits, each 0–255 as the kernel keeps them in a byte). */
export interface BitfieldStep {
  readonly op: 'bitfield';
  readonly baseSize: number;
  readonly left: number;
  readonly right: number;
}

/** Repeats the store for that many elements. */
interface ArrayStep {
  readonly op: 'array';
  readonly count: number;
}

/** One step of a fetch program, `kernel/trace/trace_probe.h:enum fetch_op`. */
export type FetchStep = FetchSource | DereferenceStep | StoreStep | BitfieldStep | ArrayStep;

/** Whether a program can take one more step: its last place is kept for the end. A symbol takes two places. */
export function hasRoom(steps: readonly FetchStep[]): boolean {
  return steps.length + (steps[0]?.op === 'symbol' ? 1 : 0) < FETCH_INSN_MAX - 1;
}
