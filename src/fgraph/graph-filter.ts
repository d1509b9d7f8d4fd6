import type { FtraceRegs } from '../ftrace/ftrace-regs.ts';
import { FunctionSet } from '../ftrace/function-set.ts';
import { Preempt } from '../machine/cpu.ts';
import type { Fgraph } from './fgraph.ts';
import type { GraphOps } from './graph-ops.ts';

/** Bits of a task's variable of the function_graph tracer: inside a function of `set_graph_function`; its depth; inside one of `set_graph_notrace`. */
const INSIDE = 1;
const DEPTH_SHIFT = 1;
const DEPTH_MASK = 0x3;
const HIDDEN = 1 << 3;
/** Bit of `task.recursion`: what is traced began in an interrupt, so that interrupts are to be seen (`TRACE_IRQ_BIT`). */
const FROM_IRQ = 1 << 10;

/** What the tracer does with an entry: nothing, record it, or keep the frame only to know when the hidden function returns. */
export type GraphVerdict = 'skip' | 'trace' | 'hide';

/**
 * `max_graph_depth`, `set_graph_function`, `set_graph_notrace` and `funcgraph-irqs`: which entries the function_graph tracer records. Its entry
 * callback asks `enter()` and wants the return unless the verdict is `skip`; its return callback asks `leave()`.
 * `kernel/trace/trace.h:ftrace_graph_ignore_func()`
 */
export class GraphFilter {
  /** Deepest level to record; 0 is no limit. */
  maxDepth = 0;
  /** Record only what these call, and themselves; empty means everything. */
  functions = new FunctionSet();
  /** Do not record these nor what they call. */
  notrace = new FunctionSet();
  /** Do not record what runs in interrupts. */
  skipIrqs = false;
  readonly #fgraph: Fgraph;

  constructor(fgraph: Fgraph) {
    this.#fgraph = fgraph;
  }

  /** @param ignored whether the task is not to be traced; what hides is noted all the same */
  enter(fn: number, depth: number, ops: GraphOps, fregs: FtraceRegs, ignored = false): GraphVerdict {
    const task = fregs.cpu.current;
    const state = this.#fgraph.taskVar(task, ops);
    if ((state & HIDDEN) !== 0) return 'skip';
    if (this.notrace.has(fn)) {
      this.#fgraph.setTaskVar(task, ops, state | HIDDEN);
      return 'hide';
    }
    if (ignored) return 'skip';
    const inIrq = (fregs.cpu.preemptCount & Preempt.HARDIRQ_MASK) !== 0;
    let inside = (state & INSIDE) !== 0 || this.functions.isEmpty;
    if (!inside && this.functions.has(fn)) {
      inside = true;
      this.#fgraph.setTaskVar(task, ops, (state & HIDDEN) | INSIDE | ((depth & DEPTH_MASK) << DEPTH_SHIFT));
      if (inIrq) task.recursion |= FROM_IRQ;
      else task.recursion &= ~FROM_IRQ;
    }
    if (!inside || (this.maxDepth !== 0 && depth >= this.maxDepth)) return 'skip';
    return this.skipIrqs && inIrq && (task.recursion & FROM_IRQ) === 0 ? 'skip' : 'trace';
  }

  /**
   * Whether the return is to be recorded. The variable keeps two bits of the depth, as the kernel's does: a function of `set_graph_function` that
   * was entered deeper than 3 stays open until a return at the kept depth.
   */
  leave(depth: number, ops: GraphOps, fregs: FtraceRegs): boolean {
    this.finish(depth, ops, fregs);
    const task = fregs.cpu.current;
    const state = this.#fgraph.taskVar(task, ops);
    const hidden = (state & HIDDEN) !== 0;
    if (hidden) this.#fgraph.setTaskVar(task, ops, state & ~HIDDEN);
    return !hidden;
  }

  /** The part of {@link GraphFilter.leave} that is about `set_graph_function` (`ftrace_graph_addr_finish()`). */
  finish(depth: number, ops: GraphOps, fregs: FtraceRegs): void {
    const task = fregs.cpu.current;
    const state = this.#fgraph.taskVar(task, ops);
    if ((state & INSIDE) !== 0 && depth === ((state >>> DEPTH_SHIFT) & DEPTH_MASK))
      this.#fgraph.setTaskVar(task, ops, state & ~INSIDE);
  }
}
