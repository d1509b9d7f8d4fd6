import { Fgraph } from '../fgraph/index.ts';
import { FprobeCore } from '../fprobe/index.ts';
import { Ftrace, Tracepoints } from '../ftrace/index.ts';
import { type ArchName, Machine } from '../machine/index.ts';
import { isProfileError, type KernelProfile, loadProfile } from '../profile/index.ts';
import { ProfileEvents } from '../trace/static-event.ts';
import { Tracing } from '../trace/tracing.ts';
import { createDynamicEvents, type DynamicEvents, type ProbeKernel, runCommands } from './index.ts';

/** For tests and measurements: the real kernel's profile on a machine with dynamic events, and the few files that definitions show in. */
export class TestKernel implements ProbeKernel {
  readonly machine: Machine;
  readonly types: KernelProfile['btf'];
  readonly tracing: Tracing;
  readonly tracepoints: Tracepoints;
  readonly fprobes: FprobeCore;
  readonly dynamicEvents: DynamicEvents;

  constructor(profile: KernelProfile = builtinProfile(), arch?: ArchName) {
    const { symbols, functions, btf, events, release } = profile;
    this.machine = new Machine({ symbols, functions, ...(arch && { arch }) });
    this.types = btf;
    this.tracing = new Tracing(this.machine, release, new ProfileEvents(events));
    this.tracepoints = new Tracepoints(this.machine);
    this.fprobes = new FprobeCore(this.machine, new Fgraph(this.machine, new Ftrace(this.machine)));
    this.dynamicEvents = createDynamicEvents(this);
  }

  /** Appends to `dynamic_events`; `data` has one character a byte. Bytes written or a negative errno. */
  append(data: string): number {
    return runCommands(data, (command) => this.dynamicEvents.run(command));
  }

  /** Content of an event's `format`; `undefined` when there is no such event. */
  format(system: string, event: string): string | undefined {
    return this.tracing.events.find(system, event)?.formatText();
  }

  /** Content of `error_log`. */
  get errorLog(): string {
    return this.tracing.top.errorLog.text();
  }

  clearErrorLog(): void {
    this.tracing.top.errorLog.clear();
  }
}

/** The built-in profile. */
export function builtinProfile(): KernelProfile {
  const profile = loadProfile();
  if (isProfileError(profile)) throw new Error(profile.error);
  return profile;
}
