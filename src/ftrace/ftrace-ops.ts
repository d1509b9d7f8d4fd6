import type { FtraceRegs } from './ftrace-regs.ts';
import { FunctionSet } from './function-set.ts';
import { OpsHash } from './ops-hash.ts';

/**
 * What runs when a function is entered. `ops` is the ops that it was registered with; the return address and the cpu are in `fregs`. True
 * when it hooked the return.
 */
export type FtraceFunc = (fn: number, ops: FtraceOps, fregs: FtraceRegs) => boolean;

/** What a new ops is. */
export interface FtraceOpsOptions {
  /** Name of the callback as a kernel symbol (`function_trace_call`), for `enabled_functions`. */
  symbol: string;
  func: FtraceFunc;
  /** Not part of the kernel image: its trampoline is freed when it is unregistered. */
  dynamic?: boolean;
  /** Wants a full pt_regs (` R` in `enabled_functions`). */
  saveRegs?: boolean;
  /** Does not guard itself against recursion, so ftrace does. */
  recursion?: boolean;
  /** For a graph ops: the symbols of its entry and return callbacks. */
  graph?: { entry: string; return: string };
  /** Which functions it wants, where another ops has a say in that too; its own when left out. */
  hash?: OpsHash;
}

/** A user of function entries, `struct ftrace_ops`: a callback and the functions it wants. */
export class FtraceOps {
  /** Name of {@link FtraceOps.func} as a kernel symbol. */
  symbol: string;
  func: FtraceFunc;
  readonly dynamic: boolean;
  readonly saveRegs: boolean;
  readonly recursion: boolean;
  readonly graph: { entry: string; return: string } | undefined;
  /** Functions wanted and not wanted. */
  readonly hash: OpsHash;
  /** Registered, itself or with a manager. */
  enabled = false;
  /** The ops that calls this one on its behalf. */
  managed: FtraceOps | undefined;
  /** Ops that this one manages, newest first. */
  subops: FtraceOps[] = [];
  /** Functions whose records count this ops. Ftrace only. */
  attached = new FunctionSet();
  /** Place among the registered ops, or −1. Ftrace only. */
  slot = -1;
  /** Address of its own trampoline, once it has one. Ftrace only. */
  trampoline: bigint | undefined;

  constructor(options: FtraceOpsOptions) {
    this.symbol = options.symbol;
    this.func = options.func;
    this.dynamic = options.dynamic ?? false;
    this.saveRegs = options.saveRegs ?? false;
    this.recursion = options.recursion ?? false;
    this.graph = options.graph;
    this.hash = options.hash ?? new OpsHash();
  }

  /** Functions wanted; empty means all. Change it through `Ftrace`. */
  get filter(): FunctionSet {
    return this.hash.filter;
  }

  /** Whether the callback wants a function. `kernel/trace/ftrace.c:ftrace_ops_test()` */
  test(fn: number): boolean {
    return this.hash.test(fn);
  }
}
