import type { Btf } from '../btf/btf.ts';
import { type Fgraph, GraphFilter } from '../fgraph/index.ts';
import type { Ftrace } from '../ftrace/index.ts';
import type { Module } from '../machine/index.ts';
import { FtraceType } from '../trace/ftrace-event.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import type { Tracing } from '../trace/tracing.ts';
import { ArrayFunctions, type WaitingFunctions } from './array-functions.ts';
import { functionArgs } from './function-args.ts';
import { FunctionTracer } from './function-tracer.ts';
import { GraphFunctions } from './graph-functions.ts';
import { GraphLines } from './graph-lines.ts';
import { GraphTracer } from './graph-tracer.ts';
import { matchFunctions } from './match-functions.ts';

/** What function tracing is built on. */
interface FunctionTracingParts {
  readonly tracing: Tracing;
  readonly ftrace: Ftrace;
  readonly fgraph: Fgraph;
  readonly types: Btf;
}

/** Functions of a kernel as its trace arrays trace them: filters, commands at functions, and the tracers `function` and `function_graph`. */
export class FunctionTracing {
  readonly ftrace: Ftrace;
  /** `max_graph_depth`, `set_graph_function` and `set_graph_notrace`. */
  readonly graph: GraphFunctions;
  readonly #tracing: Tracing;
  readonly #functionTracer: FunctionTracer;
  readonly #arrays = new Map<TraceArray, ArrayFunctions>();

  constructor({ tracing, ftrace, fgraph, types }: FunctionTracingParts) {
    this.ftrace = ftrace;
    this.#tracing = tracing;
    const filter = new GraphFilter(fgraph);
    this.graph = new GraphFunctions(ftrace, filter);
    const functionsOf = (array: TraceArray) => this.of(array);
    this.#functionTracer = new FunctionTracer(ftrace, fgraph, functionsOf);
    tracing.tracers.set('function', this.#functionTracer);
    tracing.tracers.set('function_graph', new GraphTracer({ tracing, fgraph, filter, functionsOf }));
    for (const type of [FtraceType.GRAPH_ENT, FtraceType.GRAPH_RET]) {
      tracing.tracerRecords.set(type, (array) => new GraphLines(array, false));
    }
    tracing.printContext.functionArgs = functionArgs(ftrace.machine, types);
    tracing.arrayListeners.push({ going: (array) => this.#arrayGoing(array) });
    ftrace.machine.functionListeners.push({ coming: (_, module) => this.#moduleComing(module) });
  }

  /** The functions of a trace array. */
  of(array: TraceArray): ArrayFunctions {
    let functions = this.#arrays.get(array);
    if (!functions) {
      functions = new ArrayFunctions(array, this.ftrace);
      this.#arrays.set(array, functions);
    }
    return functions;
  }

  /** A pid list of functions of a trace array has changed (`kernel/trace/ftrace.c:ftrace_update_pid_func()`). */
  pidsChanged(array: TraceArray): void {
    this.#functionTracer.pidsChanged(array);
  }

  #arrayGoing(array: TraceArray): void {
    this.#arrays.get(array)?.removeProbes();
    this.#arrays.delete(array);
    this.#functionTracer.forget(array);
  }

  /** What filters were waiting for has come (`process_cached_mods()`). */
  #moduleComing(module: Module | undefined): void {
    if (!module) return;
    for (const array of this.#tracing.arrays) {
      const functions = this.#arrays.get(array);
      if (!functions) continue;
      for (const list of ['filter', 'notrace'] as const) this.#take(functions, list, module.name);
    }
  }

  #take(functions: ArrayFunctions, list: 'filter' | 'notrace', module: string): void {
    const { hash, waiting } = functions;
    const come = waiting[list].filter((each) => each.module === module);
    if (come.length === 0) return;
    waiting[list] = waiting[list].filter((each) => each.module !== module);
    const set = hash[list].clone();
    for (const each of come) this.#add(set, each);
    if (list === 'notrace') this.ftrace.replaceNotrace(hash, set);
    else this.ftrace.replaceFilter(hash, set, waiting.filter.length > 0);
  }

  #add(set: { add(fn: number): unknown; delete(fn: number): unknown }, { functions, module }: WaitingFunctions): void {
    const { fns, not } = matchFunctions(this.ftrace, functions, module);
    for (const fn of fns) {
      if (not) set.delete(fn);
      else set.add(fn);
    }
  }
}
