import type { KernelProfile } from '../profile/index.ts';
import { SimulatedKernel } from './simulated-kernel.ts';

/** One figure: nanoseconds of a call or line, or milliseconds of a write. */
interface FunctionTracerRow {
  readonly name: string;
  readonly value: number;
}

const CALLS = 200_000;
/** Measurements, of which the best counts. */
const ROUNDS = 4;
const BUFFER_KB = 32_768;
const TRACED = 'vfs_read';
const CALLER = 0xffffffff81715c3bn;

/** What is set before the calls: files and what is written to them. */
const TRACERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no tracer': {},
  function: { current_tracer: 'function' },
  'function, with arguments': { current_tracer: 'function', 'options/func-args': '1' },
  function_graph: { current_tracer: 'function_graph' },
  'function_graph, with arguments': { current_tracer: 'function_graph', 'options/funcgraph-args': '1' },
};

function best(now: () => number, run: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = now();
    run();
    least = Math.min(least, now() - start);
  }
  return least;
}

/**
 * Measures a call of a function under the tracers, and printing what they record as the text of `trace`.
 *
 * @param now nanoseconds of any clock
 */
export function benchTracedCalls(profile: KernelProfile, now: () => number): FunctionTracerRow[] {
  return Object.entries(TRACERS).flatMap(([title, files]) => {
    const { machine, tracefs } = SimulatedKernel.boot(profile);
    tracefs.write('buffer_size_kb', `${BUFFER_KB}\n`);
    tracefs.write('set_ftrace_filter', `${TRACED}\n`);
    for (const [file, text] of Object.entries(files)) tracefs.write(file, `${text}\n`);
    const cpu = machine.cpus[0]!;
    const [fn] = machine.functions.idsByName(TRACED);
    const [lo, hi] = [Number(CALLER & 0xffffffffn), Number(CALLER >> 32n)];
    const callMany = () => {
      for (let i = 0; i < CALLS; i++) {
        machine.enterFunction(cpu, fn!, lo, hi);
        machine.leaveFunction(cpu);
      }
    };
    const rows = [{ name: `a call, ${title}`, value: best(now, callMany) / CALLS }];
    if (title === 'no tracer') return rows;
    tracefs.write('trace', '');
    callMany();
    return [...rows, { name: `its text in trace, ${title}`, value: best(now, () => tracefs.read('trace')) / CALLS }];
  });
}

/** Writes that concern all functions: what stands before them, and the write. */
const WRITES: readonly (readonly [before: string, file: string, data: string])[] = [
  ['nop', 'set_ftrace_filter', '*'],
  ['nop', 'set_ftrace_filter', '*lock*'],
  ['function', 'set_ftrace_filter', '*'],
  ['function', 'set_ftrace_notrace', '*lock*'],
];

/**
 * Measures filters that name many functions, while no tracer is on and while one is, and turning a tracer on for all.
 *
 * @param now milliseconds of any clock
 */
export function benchFunctionFilters(profile: KernelProfile, now: () => number): FunctionTracerRow[] {
  const { tracefs } = SimulatedKernel.boot(profile);
  const rows = WRITES.map(([tracer, file, data]) => {
    tracefs.write('current_tracer', `${tracer}\n`);
    const value = best(now, () => tracefs.write(file, `${data}\n`));
    for (const each of ['set_ftrace_filter', 'set_ftrace_notrace']) tracefs.write(each, '');
    return { name: `${data} into ${file}, under ${tracer}`, value };
  });
  for (const tracer of ['function', 'function_graph']) {
    const value = best(now, () => {
      tracefs.write('current_tracer', `${tracer}\n`);
      tracefs.write('current_tracer', 'nop\n');
    });
    rows.push({ name: `${tracer} of all functions, on and off`, value });
  }
  rows.push({
    name: 'reading available_filter_functions',
    value: best(now, () => tracefs.read('available_filter_functions')),
  });
  return rows;
}
