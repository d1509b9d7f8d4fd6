import type { FtraceRegs } from '../ftrace/ftrace-regs.ts';
import { FunctionSet } from '../ftrace/function-set.ts';
import type { Fgraph } from './fgraph.ts';
import type { GraphOps } from './graph-ops.ts';

/** Bits of a task's variable of the function_graph tracer: inside a function of `set_graph_function`; its depth; inside one of `set_graph_notrace`. */
const INSIDE = 1;
const DEPTH_SHIFT = 1;
const DEPTH_MASK = 0x3;
const HIDDEN = 1 << 3;

/** What the tracer does with an entry: nothing, record it, or keep the frame only to know when the hidden function returns. */
export type GraphVerdict = 'skip' | 'trace' | 'hide';

/**
 * `max_graph_depth`, `set_graph_function` and `set_graph_notrace`: which entries the function_graph tracer records. Its entry callback asks `enter()`
 * and wants the return unless the verdict is `skip`; its return callback asks `leave()`. `kernel/trace/trace.h:ftrace_graph_ignore_func()`
 */
export class GraphFilter {
  /** Deepest level to record; 0 is no limit. */
  maxDepth = 0;
  /** Record only what these call, and themselves; empty means everything. */
  functions = new FunctionSet();
  /** Do not record these nor what they call. */
  notrace = new FunctionSet();
  readonly #fgraph: Fgraph;

  constructor(fgraph: Fgraph) {
    this.#fgraph = fgraph;
  }

  enter(fn: number, depth: number, ops: GraphOps, fregs: FtraceRegs): GraphVerdict {
    const task = fregs.cpu.current;
    const state = this.#fgraph.taskVar(task, ops);
    if ((state & HIDDEN) !== 0) return 'skip';
    if (this.notrace.has(fn)) {
      this.#fgraph.setTaskVar(task, ops, state | HIDDEN);
      return 'hide';
    }
    let inside = (state & INSIDE) !== 0 || this.functions.isEmpty;
    if (!inside && this.functions.has(fn)) {
      inside = true;
      this.#fgraph.setTaskVar(task, ops, (state & HIDDEN) | INSIDE | ((depth & DEPTH_MASK) << DEPTH_SHIFT));
    }
    return inside && (this.maxDepth === 0 || depth < this.maxDepth) ? 'trace' : 'skip';
  }

  /**
   * Whether the return is to be recorded. The variable keeps two bits of the depth, as the kernel's does: a function of `set_graph_function` that
   * was entered deeper than 3 stays open until a return at the kept depth.
   */
  leave(depth: number, ops: GraphOps, fregs: FtraceRegs): boolean {
    const task = fregs.cpu.current;
    let state = this.#fgraph.taskVar(task, ops);
    if ((state & INSIDE) !== 0 && depth === ((state >>> DEPTH_SHIFT) & DEPTH_MASK)) state &= ~INSIDE;
    const hidden = (state & HIDDEN) !== 0;
    this.#fgraph.setTaskVar(task, ops, state & ~HIDDEN);
    return !hidden;
  }
}
