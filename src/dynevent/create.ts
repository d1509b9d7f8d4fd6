import { type HistKernel, SynthEvents } from '../hist/index.ts';
import type { ErrorSink } from './command-log.ts';
import { DynamicEvents } from './dynamic-events.ts';
import { FprobeCheck } from './fprobe-check.ts';
import { fprobeKind } from './fprobe-event.ts';
import { KernelTypes } from './kernel-types.ts';
import { otherKinds } from './other-kinds.ts';
import { ProbeEvents } from './probe-events.ts';
import type { ProbeKernel } from './probe-kernel.ts';
import { tprobeKind } from './tprobe-event.ts';

/** How dynamic events are set up. */
export interface DynamicEventsOptions {
  /** Takes the errors of definitions; without it they go to the top level's `error_log`. */
  readonly onError?: ErrorSink;
}

/** A kernel for dynamic events. Without fprobe core it only tells what is accepted: functions are looked up, none is probed. */
type DynamicEventsKernel = Omit<ProbeKernel, 'fprobes'> &
  Partial<Pick<ProbeKernel, 'fprobes'>> & { readonly hist?: HistKernel };

/** Sets up a kernel's dynamic events with every kind that is built. */
export function createDynamicEvents(kernel: DynamicEventsKernel, options: DynamicEventsOptions = {}): DynamicEvents {
  const { machine, tracing, tracepoints } = kernel;
  const log: ErrorSink =
    options.onError ??
    (({ subsystem, command, text, position }) => tracing.top.errorLog.add(subsystem, command, text, position));
  const fprobes = kernel.fprobes ?? new FprobeCheck(machine);
  const used: ProbeKernel = {
    machine,
    tracing,
    tracepoints,
    fprobes,
    types: new KernelTypes(machine, kernel),
  };
  const list = new DynamicEvents(tracing.events);
  const probes = new ProbeEvents(used, list, log);
  for (const kind of otherKinds(used, log)) list.addKind(kind);
  const synthetic = kernel.hist?.synthetic ?? new SynthEvents(tracing);
  synthetic.join(list, log);
  list.addKind(synthetic);
  if (machine.config.FPROBE_EVENTS) {
    list.addKind(probes.kind(fprobeKind(fprobes)));
    list.addKind(probes.kind(tprobeKind(used)));
  }
  return list;
}
