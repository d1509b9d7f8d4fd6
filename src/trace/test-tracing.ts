import { type Cpu, Machine } from '../machine/index.ts';
import type { TraceReg } from './event-call.ts';
import { TraceEventCall } from './event-call.ts';
import type { TraceEventFile } from './event-file.ts';
import type { StaticEventTable } from './event-registry.ts';
import { FtraceEventCall, FtraceType } from './ftrace-event.ts';
import type { RecordView } from './record.ts';
import type { TraceSeq } from './trace-seq.ts';
import { Tracing } from './tracing.ts';

/** For tests: an event with one number, which notes how it is switched. */
export class NumberEvent extends TraceEventCall {
  readonly regs: TraceReg[] = [];
  readonly files = new Set<TraceEventFile>();
  /** What the next `register` answers. */
  refusal = 0;

  constructor(system: string, name: string) {
    super({
      system,
      name,
      fields: [{ name: 'value', type: 'int', offset: 8, size: 4, signed: true }],
      printFmt: '"%d", REC->value',
      dynamic: true,
    });
  }

  override reg(op: TraceReg, file?: TraceEventFile): number {
    this.regs.push(op);
    if (op === 'register' && this.refusal !== 0) return this.refusal;
    if (file && op === 'register') this.files.add(file);
    if (file && op === 'unregister') this.files.delete(file);
    return 0;
  }

  override print(rec: RecordView, out: TraceSeq): void {
    out.puts(`${this.name}: ${rec.view.getInt32(rec.base + 8, true)}`);
  }

  /** Hits the event on a cpu wherever it is enabled, with preemption disabled as tracepoints and ftrace do. */
  hit(tracing: Tracing, value: number, cpuId = 0): void {
    const cpu = tracing.machine.cpus[cpuId]!;
    cpu.preemptCount++;
    this.#record(cpu, value);
    cpu.preemptCount--;
  }

  #record(cpu: Cpu, value: number): void {
    for (const file of this.files) {
      const writer = file.begin(cpu, 12);
      if (!writer) continue;
      writer.view.setInt32(writer.base + 8, value, true);
      file.commit(cpu, writer);
    }
  }
}

/** For tests: tracing on a machine without symbols, with the entries of markers and stacks as its only static events; task `t` (pid 7) runs on each cpu. */
export function makeTracing(cpus = 1): Tracing {
  const nothing = {
    lookupName: () => undefined,
    addressesOf: () => [],
    at: () => undefined,
    match: () => [],
    has: () => false,
  };
  const functions = {
    count: 0,
    entryIps: new BigUint64Array(),
    name: () => '',
    symbolAddress: () => 0n,
    idAtSymbol: () => undefined,
    idsByName: () => [],
  };
  const machine = new Machine({ symbols: nothing, functions, cpus });
  const entries = [
    ['kernel_stack', FtraceType.STACK],
    ['print', FtraceType.PRINT],
    ['user_stack', FtraceType.USER_STACK],
  ] as const;
  const calls = entries.map(([name, id]) => new FtraceEventCall({ name, id, fields: [], printFmt: '' }));
  const statics: StaticEventTable = {
    names: calls,
    get: (system, name) => (system === 'ftrace' ? calls.find((call) => call.name === name) : undefined),
    byId: (id) => calls.find((call) => call.id === id),
    firstFreeId: 1585,
  };
  const tracing = new Tracing(machine, '6.16.3', statics);
  for (const cpu of machine.cpus) machine.switchTo(cpu, machine.createTask({ comm: 't', pid: 7 + cpu.id }));
  return tracing;
}
