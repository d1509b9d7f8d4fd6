import { Fgraph } from '../fgraph/fgraph.ts';
import { Ftrace } from '../ftrace/ftrace.ts';
import type { Cpu } from '../machine/cpu.ts';
import { Machine } from '../machine/machine.ts';
import type { FunctionSource, SymbolSource } from '../machine/profile-view.ts';
import { Fprobe } from './fprobe.ts';
import { FprobeCore } from './fprobe-core.ts';

/** One figure: nanoseconds of a call, milliseconds of a registration, memory. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ns' | 'ms' | 'KiB';
  readonly note?: string;
}

/** Calls before anything is measured. */
const WARM_UP = 200_000;
/** Calls of one measurement: few, so that some are not interrupted on a busy machine. */
const CALLS = 2000;
/** Measurements, of which the best counts. */
const ROUNDS = 300;
/** Registrations of `*`, of which the best counts. */
const ALL_ROUNDS = 7;
/** Other fprobes that are registered while one is hit. */
const OTHERS = [1, 100, 10_000] as const;

interface Kernel {
  machine: Machine;
  ftrace: Ftrace;
  fprobes: FprobeCore;
  cpu: Cpu;
}

function boot(symbols: SymbolSource, functions: FunctionSource): Kernel {
  const machine = new Machine({ symbols, functions });
  const ftrace = new Ftrace(machine);
  const fprobes = new FprobeCore(machine, new Fgraph(machine, ftrace));
  const cpu = machine.cpus[0];
  machine.switchTo(cpu, machine.createTask({ comm: 'bench' }));
  return { machine, ftrace, fprobes, cpu };
}

/** Calls and returns of one function. */
function callMany(machine: Machine, cpu: Cpu, fn: number, calls: number): void {
  for (let i = 0; i < calls; i++) {
    machine.enterFunction(cpu, fn, 0x81001234, 0xffffffff);
    machine.leaveFunction(cpu);
  }
}

/** Best nanoseconds a call over the rounds. */
function perCall(now: () => number, run: (calls: number) => void): number {
  run(WARM_UP);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = now();
    run(CALLS);
    best = Math.min(best, ((now() - start) * 1e6) / CALLS);
  }
  return best;
}

/**
 * Measures the hit path over a profile's symbols and functions. `now` gives milliseconds (`performance.now`). The unprobed call includes pushing its return address;
 * the handlers do nothing but read two arguments. `heap` collects garbage and gives the bytes in use.
 */
export function benchFprobe(
  symbols: SymbolSource,
  functions: FunctionSource,
  now: () => number,
  heap: () => number,
): BenchRow[] {
  const rows: BenchRow[] = [];
  const add = (name: string, value: number, unit: BenchRow['unit'], note = '') =>
    rows.push({ name, value, unit, note });
  const { machine, ftrace, fprobes, cpu } = boot(symbols, functions);
  const middle = functions.count >> 1;
  let sum = 0;
  const reading = (fp: Fprobe) => {
    fp.entryHandler = (_fp, _fn, _retLo, _retHi, fregs, data) => {
      fregs.argument(0);
      sum = (sum + fregs.lo) | 0;
      fregs.argument(1);
      if (data !== null) data.set(0, fregs.lo, fregs.hi);
      return 0;
    };
    return fp;
  };
  const hit = (name: string, before?: number) => {
    const value = perCall(now, (calls) => callMany(machine, cpu, middle, calls));
    add(name, value, 'ns', before === undefined ? '' : `${(value / before).toFixed(2)} of the cost alone`);
    return value;
  };
  const at = (fn: number) => [machine.functions.entryIp(fn)];

  hit('unprobed call');
  add(
    'unprobed call, site test alone',
    perCall(now, (calls) => {
      for (let i = 0; i < calls; i++) if (ftrace.sites[middle] !== 0) ftrace.enter(cpu, middle);
    }),
    'ns',
  );

  const entryOnly = reading(new Fprobe());
  fprobes.registerFprobeIps(entryOnly, at(middle));
  hit('hit, entry handler');
  fprobes.unregisterFprobe(entryOnly);

  const both = reading(new Fprobe({ entryDataSize: 8 }));
  both.exitHandler = (_fp, _fn, _retLo, _retHi, fregs, data) => {
    fregs.returnValue();
    sum = (sum + fregs.lo + (data === null ? 0 : data.lo(0))) | 0;
  };
  fprobes.registerFprobeIps(both, at(middle));
  const alone = hit('hit, entry and exit handler');
  for (const count of OTHERS) {
    const others: Fprobe[] = [];
    const start = now();
    for (let i = 0; i < count; i++) {
      const fn = i < middle ? i : i + 1;
      const other = new Fprobe({ entryHandler: () => 0, exitHandler: () => {} });
      fprobes.registerFprobeIps(other, at(fn));
      others.push(other);
    }
    add(`registering fprobes, each of ${count}`, ((now() - start) * 1e6) / count, 'ns');
    hit(`entry and exit, other functions' fprobes: ${count}`, alone);
    for (const other of others) fprobes.unregisterFprobe(other);
  }
  fprobes.unregisterFprobe(both);

  const registerAll = () => {
    const all = new Fprobe({ entryHandler: () => 0, exitHandler: () => {} });
    const start = now();
    fprobes.registerFprobe(all, '*');
    const registered = now();
    fprobes.unregisterFprobe(all);
    return [registered - start, now() - registered] as const;
  };
  registerAll();
  const before = heap();
  const times = Array.from({ length: ALL_ROUNDS }, registerAll);
  const memory = heap() - before;
  add(`registering * on ${functions.count} functions`, Math.min(...times.map(([on]) => on)), 'ms');
  add('unregistering it', Math.min(...times.map(([, off]) => off)), 'ms');
  add(`memory more than before, ${ALL_ROUNDS} times later`, memory / 1024, 'KiB');
  return rows;
}
