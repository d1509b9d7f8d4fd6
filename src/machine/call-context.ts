import type { Cpu } from './cpu.ts';
import type { Machine } from './machine.ts';
import type { Task } from './task.ts';

/** What the body of a function defined at run time sees. */
export interface CallContext {
  readonly machine: Machine;
  readonly cpu: Cpu;
  readonly task: Task;
  /** Function id of the function that runs. */
  readonly fn: number;
  /** The n-th argument (from 0) as the calling convention passes it, unsigned 64-bit. */
  argument(n: number): bigint;
  /** Calls another function from this one. */
  call(fn: number | string, ...args: bigint[]): bigint;
}
