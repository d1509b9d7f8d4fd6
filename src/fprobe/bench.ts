import { Fgraph } from '../fgraph/fgraph.ts';
import { Ftrace } from '../ftrace/ftrace.ts';
import type { Cpu } from '../machine/cpu.ts';
import { Machine } from '../machine/machine.ts';
import type { FunctionSource, SymbolSource } from '../machine/profile-view.ts';
import { Fprobe } from './fprobe.ts';
import { FprobeCore } from './fprobe-core.ts';

/** One figure: nanoseconds of a call, or milliseconds of a registration. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ns' | 'ms';
}

/** Calls of one measurement. */
const CALLS = 200_000;
/** Measurements, of which the best counts. */
const ROUNDS = 7;
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
  run(CALLS);
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
 * the handlers do nothing but read two arguments.
 */
export function benchFprobe(symbols: SymbolSource, functions: FunctionSource, now: () => number): BenchRow[] {
  const rows: BenchRow[] = [];
  const add = (name: string, value: number, unit: 'ns' | 'ms') => rows.push({ name, value, unit });
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
  const hit = (name: string) =>
    add(
      name,
      perCall(now, (calls) => callMany(machine, cpu, middle, calls)),
      'ns',
    );
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
  hit('hit, entry and exit handler');
  for (const count of OTHERS) {
    const others: Fprobe[] = [];
    const start = now();
    for (let i = 0; i < count; i++) {
      const fn = i < middle ? i : i + 1;
      const other = new Fprobe({ entryHandler: () => 0, exitHandler: () => {} });
      fprobes.registerFprobeIps(other, at(fn));
      others.push(other);
    }
    add(`registering ${count} fprobes, each`, ((now() - start) * 1e6) / count, 'ns');
    hit(`entry and exit, ${count} fprobes on other functions`);
    for (const other of others) fprobes.unregisterFprobe(other);
  }
  fprobes.unregisterFprobe(both);

  let best = Number.POSITIVE_INFINITY;
  let bestOff = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const all = new Fprobe({ entryHandler: () => 0, exitHandler: () => {} });
    const start = now();
    fprobes.registerFprobe(all, '*');
    const registered = now();
    fprobes.unregisterFprobe(all);
    best = Math.min(best, registered - start);
    bestOff = Math.min(bestOff, now() - registered);
  }
  add(`registering * on ${functions.count} functions`, best, 'ms');
  add('unregistering it', bestOff, 'ms');
  return rows;
}
