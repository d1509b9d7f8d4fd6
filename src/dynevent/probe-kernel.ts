import type { FprobeCore } from '../fprobe/index.ts';
import type { Tracepoints } from '../ftrace/index.ts';
import type { Machine } from '../machine/index.ts';
import type { ProbeTypes } from '../probe/probe-scope.ts';
import type { Tracing } from '../trace/tracing.ts';

/** What probe events ask of fprobe core. */
export type FprobeRegistry = Pick<
  FprobeCore,
  'registerFprobe' | 'registerFprobeIps' | 'unregisterFprobe' | 'isRegistered'
>;

/** The parts of a kernel that probe events are built on. */
export interface ProbeKernel {
  readonly machine: Machine;
  readonly types: ProbeTypes;
  readonly tracing: Tracing;
  readonly tracepoints: Tracepoints;
  readonly fprobes: FprobeRegistry;
}
