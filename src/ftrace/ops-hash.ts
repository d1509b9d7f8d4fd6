import { FunctionSet } from './function-set.ts';

/** Which functions an ops wants, `struct ftrace_ops_hash`. Ops of one trace array share one. Change it through `Ftrace`. */
export class OpsHash {
  /** Functions wanted. */
  filter = new FunctionSet();
  /** Functions not wanted; empty means none is excluded. */
  notrace = new FunctionSet();
  /** Whether an empty filter wants none: it names functions of modules that are not loaded yet (`FTRACE_HASH_FL_MOD`). */
  waits = false;

  /** Whether the filter names no function, which means all of them (`ftrace_hash_empty()`). */
  get wantsAll(): boolean {
    return this.filter.isEmpty && !this.waits;
  }

  /** Whether a function is wanted. `kernel/trace/ftrace.c:hash_contains_ip()` */
  test(fn: number): boolean {
    return (this.wantsAll || this.filter.has(fn)) && !this.notrace.has(fn);
  }
}
