import { Tracepoints } from '../ftrace/index.ts';
import { type ArchName, Machine } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { ProfileEvents } from '../trace/static-event.ts';
import { Tracing } from '../trace/tracing.ts';
import type { CommandError } from './command-log.ts';
import { createDynamicEvents } from './create.ts';
import type { DynamicEvents } from './dynamic-events.ts';
import { ProbeEvent } from './probe-event.ts';
import { runCommands } from './run-command.ts';

/** What the kernel answers to one write to `dynamic_events`. */
export interface DefinitionAnswer {
  /** Bytes taken, or a negative errno. */
  readonly ret: number;
  /** What it logs meanwhile, oldest first; an accepted write may log, too. */
  readonly errors: readonly CommandError[];
}

/** Tells what a kernel of a profile answers to definitions, one after the other, without running it: nothing is probed. */
export class DefinitionCheck {
  readonly machine: Machine;
  readonly #events: DynamicEvents;
  #errors: CommandError[] = [];

  constructor(profile: KernelProfile, arch?: ArchName) {
    const { symbols, functions, events, release } = profile;
    const machine = new Machine({ symbols, functions, arch, profileArch: profile.arch });
    this.machine = machine;
    const parts = {
      machine,
      tracing: new Tracing(machine, release, new ProfileEvents(events)),
      tracepoints: new Tracepoints(machine),
      get types() {
        return profile.btf;
      },
    };
    this.#events = createDynamicEvents(parts, { onError: (error) => this.#errors.push(error) });
  }

  /** Appends `data` (one character a byte) to `dynamic_events`; what is accepted counts for the next one. */
  run(data: string): DefinitionAnswer {
    this.#errors = [];
    const ret = runCommands(data, (command) => this.#events.run(command));
    return { ret, errors: this.#errors };
  }

  /** The probes that were defined and are still there, oldest first. */
  get probes(): ProbeEvent[] {
    return [...this.#events].filter((event) => event instanceof ProbeEvent);
  }

  /** Forgets what was defined. */
  clear(): void {
    this.#events.releaseAll();
  }
}
