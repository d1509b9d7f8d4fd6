import type { ProbeEvent } from '../dynevent/index.ts';
import type { Machine } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { type BootOptions, SimulatedKernel } from '../tracefs/index.ts';
import type { ExampleLine } from '../ui/explain-text.ts';
import { Replay, unpackWorkload } from '../workload/index.ts';

/** The first line of trace that a workload gives for a definition; `undefined` when it never hits it. */
function firstHit(
  profile: KernelProfile,
  name: string,
  definition: string,
  probe: ProbeEvent,
  options: BootOptions,
): string | undefined {
  const bytes = profile.workloads.read(name);
  const workload = bytes && unpackWorkload(bytes);
  if (workload === undefined || 'error' in workload) return undefined;
  const { symbol, isTracepoint, group, event } = probe.definition;
  if (!isTracepoint) {
    const ids = new Set(profile.functions.matchSymbols(symbol));
    if (!workload.callFn.some((id) => ids.has(id))) return undefined;
  }
  const kernel = SimulatedKernel.boot(profile, options);
  const { tracefs } = kernel;
  tracefs.append('dynamic_events', `${definition}\n`);
  tracefs.write('tracing_on', '0\n');
  tracefs.write(`events/${group}/${event}/enable`, '1\n');
  const replay = new Replay(kernel, workload, { seed: 0 });
  replay.start(true);
  tracefs.write('tracing_on', '1\n');
  replay.run();
  const text = tracefs.read('trace');
  return typeof text === 'string' ? text.split('\n').find((line) => line !== '' && !line.startsWith('#')) : undefined;
}

/** A line made up from the types of a record's fields. */
function madeUp({ definition }: ProbeEvent, machine: Machine): string {
  const { symbol, isReturn, isTracepoint, args, event } = definition;
  const name = symbol.replace(/[*?[].*$/, '...');
  const stub = isTracepoint ? `__probestub_${name}` : name;
  const { functions, kallsyms } = machine;
  const [id] = functions.idsByName(stub);
  const site = id === undefined ? `${stub}+0x4/0x10` : kallsyms.symbolAt(functions.entryIp(id));
  const values = args.map(({ name: each, type, count }) => {
    const one = type.isString
      ? '"..."'
      : type.print === 'hex'
        ? '0x0'
        : type.print === 'symbol'
          ? 'function+0x0/0x10'
          : type.print === 'char'
            ? "'a'"
            : '0';
    return ` ${each}=${count > 0 ? `{${Array(count).fill(one).join(',')}}` : one}`;
  });
  return `TASK-PID [000] ..... 1.000000: ${event}: (${isReturn ? `caller+0x10/0x20 <- ${stub}` : site})${values.join('')}`;
}

/** An example of what a definition prints: from the first recorded workload that hits it, else made up. */
export function exampleLine(
  profile: KernelProfile,
  definition: string,
  probe: ProbeEvent,
  machine: Machine,
  options: BootOptions,
): ExampleLine {
  for (const workload of profile.workloads.names) {
    const line = firstHit(profile, workload, definition, probe, options);
    if (line !== undefined) return { line, workload };
  }
  return { line: madeUp(probe, machine) };
}
