import { Fgraph } from '../fgraph/fgraph.ts';
import { Ftrace } from '../ftrace/ftrace.ts';
import { FtraceOps } from '../ftrace/ftrace-ops.ts';
import { Machine } from '../machine/machine.ts';
import type { FunctionSource, SymbolSource } from '../machine/profile-view.ts';
import { Fprobe, type FprobeOptions } from './fprobe.ts';
import { FprobeCore } from './fprobe-core.ts';
import { PooledFprobe, PooledFprobes } from './pooled-fprobes.ts';

/** What one design costs with a number of fprobes, in nanoseconds. */
export interface DesignCost {
  /** Registering one of them. */
  readonly register: number;
  /** A call and return of a function that one of them probes. */
  readonly hit: number;
  /** The same while a tracer wants every function. */
  readonly traced: number;
}

/** An ops for each fprobe, as before Linux 6.14, and one for all. */
export interface DesignComparison {
  readonly fprobes: number;
  readonly own: DesignCost;
  readonly shared: DesignCost;
}

const COUNTS = [1, 10, 100, 1000] as const;
const ROUNDS = 5;
/** Calls before anything is measured. */
const WARM_UP = 20_000;
/** Milliseconds that a measurement of calls goes on, in slices of which the best counts: some are not interrupted on a busy machine. */
const MEASURED = 40;
const SLICE_CALLS = 500;
const RETURN_LO = 0x81001234;
const RETURN_HI = 0xffffffff;

/** One design on a kernel of its own. */
interface Design {
  readonly machine: Machine;
  readonly ftrace: Ftrace;
  /** Registers an fprobe at a function; the result unregisters it. */
  register(fn: number): () => void;
}

/** Measures both designs side by side, each fprobe with entry and exit handlers on a function of its own. `now` gives milliseconds. */
export function compareDesigns(
  symbols: SymbolSource,
  functions: FunctionSource,
  now: () => number,
): DesignComparison[] {
  return COUNTS.map((fprobes) => {
    const designs = [ownOps(symbols, functions), sharedOps(symbols, functions)];
    const [own, shared] = measure(designs, fprobes, now);
    return { fprobes, own: own!, shared: shared! };
  });
}

function ownOps(symbols: SymbolSource, functions: FunctionSource): Design {
  const machine = new Machine({ symbols, functions });
  const ftrace = new Ftrace(machine);
  const fprobes = new PooledFprobes(ftrace);
  return {
    machine,
    ftrace,
    register: (fn) => {
      const fp = new PooledFprobe(handlers());
      fprobes.register(fp, [fn]);
      return () => fprobes.unregister(fp);
    },
  };
}

function sharedOps(symbols: SymbolSource, functions: FunctionSource): Design {
  const machine = new Machine({ symbols, functions });
  const ftrace = new Ftrace(machine);
  const fprobes = new FprobeCore(machine, new Fgraph(machine, ftrace));
  return {
    machine,
    ftrace,
    register: (fn) => {
      const fp = new Fprobe(handlers());
      fprobes.registerFprobeIps(fp, [machine.functions.entryIp(fn)]);
      return () => fprobes.unregisterFprobe(fp);
    },
  };
}

let sum = 0;

/** The same work in both designs: an argument handed over, and the return value. */
function handlers(): FprobeOptions {
  return {
    entryDataSize: 8,
    entryHandler: (_fp, _fn, _retLo, _retHi, fregs, data) => {
      fregs.argument(0);
      if (data !== null) data.set(0, fregs.lo, fregs.hi);
      return 0;
    },
    exitHandler: (_fp, _fn, _retLo, _retHi, fregs, data) => {
      fregs.returnValue();
      sum = (sum + fregs.lo + (data === null ? 0 : data.lo(0))) | 0;
    },
  };
}

/** Rounds of the designs in turn, so that a machine that slows down slows down both; the best of each. */
function measure(designs: readonly Design[], fprobes: number, now: () => number): DesignCost[] {
  const costs = designs.map(() => ({ register: Infinity, hit: Infinity, traced: Infinity }));
  const tracers = designs.map(() => new FtraceOps({ symbol: 'function_trace_call', func: () => false }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [n, { machine, ftrace, register }] of designs.entries()) {
      const cost = costs[n]!;
      const first = machine.functions.count >> 1;
      const start = now();
      const unregister = Array.from({ length: fprobes }, (_, i) => register(first + i));
      cost.register = Math.min(cost.register, ((now() - start) * 1e6) / fprobes);
      cost.hit = Math.min(cost.hit, perCall(machine, first, now));
      ftrace.registerFunction(tracers[n]!);
      cost.traced = Math.min(cost.traced, perCall(machine, first, now));
      ftrace.unregisterFunction(tracers[n]!);
      for (const each of unregister) each();
    }
  }
  return costs;
}

/** Nanoseconds of a call and return. */
function perCall(machine: Machine, fn: number, now: () => number): number {
  const cpu = machine.cpus[0];
  if (cpu.current === cpu.idle) machine.switchTo(cpu, machine.createTask({ comm: 'bench' }));
  const run = (calls: number) => {
    for (let i = 0; i < calls; i++) {
      machine.enterFunction(cpu, fn, RETURN_LO, RETURN_HI);
      machine.leaveFunction(cpu);
    }
  };
  run(WARM_UP);
  let best = Number.POSITIVE_INFINITY;
  for (const begun = now(); now() - begun < MEASURED; ) {
    const start = now();
    run(SLICE_CALLS);
    best = Math.min(best, ((now() - start) * 1e6) / SLICE_CALLS);
  }
  return best;
}
