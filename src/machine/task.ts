import type { Arch } from './arch.ts';
import type { Memory } from './memory.ts';
import { Registers } from './registers.ts';

/** Longest name of a task in bytes, its NUL included. */
export const TASK_COMM_LEN = 16;

/** What a task is doing: on a cpu, ready for one, waiting for a wake-up, or exited. */
export type TaskState = 'running' | 'runnable' | 'blocked' | 'dead';

/** A place in the text of a program that was linked without an address of its own choice. */
const USER_IP = 0x401000n;

/** A thread, `struct task_struct` as far as tracing sees it. */
export class Task {
  /** Dense slot, from 0; a slot is used again after its task has exited. */
  readonly index: number;
  pid: number;
  tgid: number;
  comm: string;
  parent: Task | undefined;
  /** Address of its task_struct. */
  readonly address: bigint;
  /** Its process's memory; undefined for a kernel thread. */
  user: Memory | undefined;
  /** The registers, live: an interrupt saves and restores them. */
  readonly regs: Registers;
  /** End of its kernel stack (the address after its last byte). */
  readonly stackTop: bigint;
  /** Bits of `current->trace_recursion`, as ftrace/recursion.ts lays them out. */
  recursion = 0;
  state: TaskState = 'runnable';
  /** Cpu that it runs on, or ran on last. */
  cpu = 0;
  /** Whether kernel/trace reports migration disabled, in nestings. */
  migrateDisable = 0;
  /** Functions that it is in: function id times 2, plus 1 when the return is hooked. */
  calls = new Int32Array(64);
  /** Return address of each of them in halves, low first, as it was before its return was hooked. */
  returns = new Uint32Array(128);
  /** Entries of `calls` in use. */
  callDepth = 0;
  /** Where its program goes on when it leaves the kernel. */
  userIp = USER_IP;

  constructor(options: {
    arch: Arch;
    index: number;
    pid: number;
    tgid: number;
    comm: string;
    parent: Task | undefined;
    address: bigint;
    user: Memory | undefined;
    stackTop: bigint;
  }) {
    this.index = options.index;
    this.pid = options.pid;
    this.tgid = options.tgid;
    this.comm = options.comm.slice(0, TASK_COMM_LEN - 1);
    this.parent = options.parent;
    this.address = options.address;
    this.user = options.user;
    this.stackTop = options.stackTop;
    this.regs = new Registers(options.arch.registers.length);
  }

  /** Room for one more entry in `calls`. */
  growCalls(): void {
    const larger = new Int32Array(this.calls.length * 2);
    larger.set(this.calls);
    this.calls = larger;
    const returns = new Uint32Array(this.returns.length * 2);
    returns.set(this.returns);
    this.returns = returns;
  }
}
