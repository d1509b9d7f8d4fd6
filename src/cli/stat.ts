import { errnoName } from '../abi/errno.ts';
import { PerfEvent, type PerfEvents } from '../perf/index.ts';
import type { TraceEventCall } from '../trace/index.ts';
import { Replay } from '../workload/index.ts';
import { type DefinedOptions, definedKernel, sayKernelTalk } from './defined-kernel.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { put, putJson, say } from './output.ts';

interface StatOptions extends DefinedOptions {
  readonly enable: readonly string[];
  readonly allCpus?: boolean;
  readonly filter?: string;
  readonly json?: boolean;
}

/** What is counted when nothing is asked for. */
const DEFAULT_DEFINITIONS = ['f:read vfs_read', 'f:write vfs_write', 'f:open do_sys_openat2'];

/** A count as perf stat prints it, thousands apart. */
const grouped = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** `fprobe stat`: counts what events hit while a workload runs, with perf events, as perf stat does. */
export function stat(options: StatOptions): void {
  const asked = options.event.length > 0 || options.enable.length > 0;
  const session = definedKernel(options, asked ? options.event : DEFAULT_DEFINITIONS);
  if (!session) return;
  const { kernel, workload } = session;
  const { tracing, machine, perf } = kernel;
  const calls: TraceEventCall[] = [...tracing.events.dynamicEvents];
  for (const name of options.enable) {
    const [system = '', event = ''] = name.split(':');
    const call = tracing.events.find(system, event);
    if (!call || call.ignoreEnable) throw new UsageError(`no event ${name}: it takes SYSTEM:EVENT`);
    calls.push(call);
  }
  const replay = new Replay(kernel, workload, { seed: options.seed ?? 0 });
  replay.start();
  const program = replay.task(0);
  const targets = options.allCpus || !program ? machine.cpus.map(({ id }) => ({ cpu: id })) : [{ task: program }];
  const counters = calls.map((call) => ({
    name: `${call.system}:${call.name}`,
    events: targets.map((target) => opened(perf, call, target)),
  }));
  for (const { name, events } of counters) {
    const ret = Math.min(
      0,
      ...events.map((event) => (options.filter === undefined ? 0 : event.setFilter(options.filter))),
    );
    if (ret === 0) continue;
    say(`fprobe: ${name} does not take the filter: ${errnoName(ret)}`);
    process.exitCode = ExitStatus.REFUSED;
    return;
  }
  const began = machine.clock.now;
  replay.run();
  const seconds = (machine.clock.now - began) / 1e9;
  const rows = counters.map(({ name, events }) => ({
    event: name,
    count: events.reduce((sum, each) => sum + each.count, 0),
  }));
  for (const { events } of counters) for (const event of events) event.close();
  if (options.json) {
    for (const row of rows) if (!putJson(row)) return;
  } else {
    const what = options.allCpus ? 'system wide' : workload.name;
    const lines = rows.map(({ event, count }) => `${grouped(count).padStart(18)}      ${event}\n`);
    put(
      `\n Performance counter stats for '${what}':\n\n${lines.join('')}\n${seconds.toFixed(9).padStart(18)} seconds time elapsed\n\n`,
    );
  }
  sayKernelTalk(kernel);
}

function opened(perf: PerfEvents, call: TraceEventCall, target: object): PerfEvent {
  const event = perf.open({ config: call.id, inherit: true }, target);
  if (!(event instanceof PerfEvent))
    throw new UsageError(`${call.system}:${call.name} cannot be counted: ${errnoName(event)}`);
  return event;
}
