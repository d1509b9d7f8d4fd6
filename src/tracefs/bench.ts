import type { KernelProfile } from '../profile/index.ts';
import { SimulatedKernel } from './simulated-kernel.ts';

/** One figure: nanoseconds of one record or line. */
interface StaticEventRow {
  readonly name: string;
  readonly value: number;
}

const RECORDS = 100_000;
/** Measurements, of which the best counts. */
const ROUNDS = 4;
const BUFFER_KB = 16_384;

/** Static events with few and with many fields, strings, symbols and flags, and a filter for each. */
const EVENTS = [
  { event: 'sched:sched_switch', filter: 'prev_pid > 0 && next_comm ~ "k*"' },
  { event: 'kmem:kmem_cache_alloc', filter: 'bytes_req > 64' },
  { event: 'raw_syscalls:sys_enter', filter: 'id == 0' },
] as const;

/** A kernel and what makes its cpu 0 pass a tracepoint, the arguments being tasks where they are addresses. */
function bootFor(profile: KernelProfile, name: string) {
  const kernel = SimulatedKernel.boot(profile);
  const { machine, tracepoints, tracefs } = kernel;
  tracefs.write('buffer_size_kb', `${BUFFER_KB}\n`);
  const cpu = machine.cpus[0]!;
  const point = tracepoints.find(name);
  const args: Readonly<Record<string, readonly bigint[]>> = {
    sched_switch: [0n, cpu.current.address, cpu.idle.address, 1n],
    kmem_cache_alloc: [0xffffffff81715c3bn, cpu.current.address, cpu.current.address, 0xcc0n, 0xffffffffffffffffn],
    sys_enter: [cpu.current.address, 0n],
  };
  const pass = () => {
    const registers = cpu.current.regs.wide;
    for (const [i, arg] of (args[name] ?? []).entries()) registers[machine.arch.argRegs[i + 1]!] = arg;
    for (let i = 0; i < RECORDS; i++) point?.fire(cpu);
  };
  return { tracefs, pass };
}

/**
 * Measures static events: passing their tracepoints with the event off, on, and behind a filter, and printing them as the text of `trace`.
 *
 * @param now nanoseconds of any clock
 */
export function benchStaticEvents(profile: KernelProfile, now: () => number): StaticEventRow[] {
  const rows: StaticEventRow[] = [];
  for (const { event, filter } of EVENTS) {
    const [system, name] = event.split(':') as [string, string];
    const { tracefs, pass } = bootFor(profile, name);
    const measure = (title: string, run: () => unknown) => {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < ROUNDS; round++) {
        const start = now();
        run();
        best = Math.min(best, (now() - start) / RECORDS);
      }
      rows.push({ name: `${name}${title}`, value: best });
    };
    measure(', off', pass);
    tracefs.write(`events/${system}/${name}/enable`, '1\n');
    measure(', record', pass);
    tracefs.write(`events/${system}/${name}/filter`, `${filter}\n`);
    measure(`, record behind ${filter}`, pass);
    tracefs.write(`events/${system}/${name}/filter`, '0\n');
    tracefs.write('trace', '');
    pass();
    measure(', line of trace', () => tracefs.read('trace'));
  }
  return rows;
}
