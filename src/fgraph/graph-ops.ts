import { FtraceOps } from '../ftrace/ftrace-ops.ts';
import type { FtraceRegs } from '../ftrace/ftrace-regs.ts';
import type { OpsHash } from '../ftrace/ops-hash.ts';

/** Runs at a function's entry. `depth` counts the functions on the shadow stack below it. True: wants the return. */
export type GraphEntry = (fn: number, depth: number, ops: GraphOps, fregs: FtraceRegs) => boolean;
/** Runs at a function's return. `overrun` counts the frames of the task that found no room. */
export type GraphReturn = (fn: number, depth: number, overrun: number, ops: GraphOps, fregs: FtraceRegs) => void;

/** What a new graph ops is. */
export interface GraphOpsOptions {
  entry: GraphEntry;
  /** Nothing runs at the return when it is not given; the frame is kept all the same. */
  return?: GraphReturn;
  /** Names of the callbacks as kernel symbols, for `enabled_functions`. */
  entrySymbol: string;
  returnSymbol: string;
  /** Which functions it wants, where another ops has a say in that too; its own when left out. */
  hash?: OpsHash;
}

/** A user of function entries and returns, `struct fgraph_ops`. Its filter is that of `ops`: change it through `Ftrace`. */
export class GraphOps {
  entry: GraphEntry;
  return: GraphReturn;
  readonly ops: FtraceOps;
  /** Place among the graph ops while registered, or −1. */
  index = -1;

  constructor(options: GraphOpsOptions) {
    this.entry = options.entry;
    this.return = options.return ?? (() => {});
    this.ops = new FtraceOps({
      symbol: 'ftrace_graph_func',
      func: () => false,
      graph: { entry: options.entrySymbol, return: options.returnSymbol },
      ...(options.hash && { hash: options.hash }),
    });
  }

  /** The callbacks are others now; `enabled_functions` shows it. */
  nameCallbacks(entrySymbol: string, returnSymbol: string): void {
    if (!this.ops.graph) return;
    this.ops.graph.entry = entrySymbol;
    this.ops.graph.return = returnSymbol;
  }
}
