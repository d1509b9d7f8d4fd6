import { BpfLinks } from '../bpf/index.ts';
import { createDynamicEvents, type DynamicEvents } from '../dynevent/index.ts';
import { StaticEventSource } from '../events/index.ts';
import { Fgraph } from '../fgraph/index.ts';
import { FprobeCore } from '../fprobe/index.ts';
import { Ftrace, Tracepoints } from '../ftrace/index.ts';
import { type ArchName, type Cpu, Machine, Memory, type Task } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { Enumerators } from '../trace/enumerators.ts';
import { ProfileEvents } from '../trace/static-event.ts';
import { Tracing } from '../trace/tracing.ts';
import { ForkSteps } from './fork-steps.ts';
import { functionFiles, rootFunctionFiles } from './function-files.ts';
import { NO_COMMANDS } from './parts.ts';
import { rootDirectory } from './root.ts';
import { Tracefs } from './tracefs.ts';

/** How to boot a {@link SimulatedKernel}. */
export interface BootOptions {
  /** Number of cpus, 1 when left out. */
  readonly cpus?: number;
  /** What it is; `x86_64` when left out. Symbols, types and memory stay those of the profile. */
  readonly arch?: ArchName;
  /** Whatever is drawn at random comes from here; 0 when left out. */
  readonly seed?: number;
}

/** Nanoseconds since boot when the first file can be opened. */
const BOOT_NS = 5_000_000_000;
/** Nanoseconds that an operation on a file takes. */
const OPERATION_NS = 40_000;
/** Process that uses the tracing files. */
const READER = { comm: 'rec', pid: 146 } as const;

/** A whole simulated kernel: the machine, everything that traces it, and the tracing files. */
export class SimulatedKernel {
  readonly profile: KernelProfile;
  readonly seed: number;
  readonly machine: Machine;
  readonly types: KernelProfile['btf'];
  readonly ftrace: Ftrace;
  readonly fgraph: Fgraph;
  readonly fprobes: FprobeCore;
  /** BPF programs on functions. */
  readonly bpf: BpfLinks;
  readonly tracepoints: Tracepoints;
  readonly tracing: Tracing;
  readonly dynamicEvents: DynamicEvents;
  readonly tracefs: Tracefs;
  /** The process that uses the tracing files; it runs on cpu 0. */
  readonly reader: Task;
  readonly #forks: ForkSteps;

  private constructor(profile: KernelProfile, options: BootOptions) {
    this.profile = profile;
    this.seed = options.seed ?? 0;
    this.types = profile.btf;
    const { arch = 'x86_64', cpus = 1 } = options;
    this.machine = new Machine({ symbols: profile.symbols, functions: profile.functions, cpus, arch });
    this.machine.clock.advance(BOOT_NS);
    this.ftrace = new Ftrace(this.machine);
    this.fgraph = new Fgraph(this.machine, this.ftrace);
    this.fprobes = new FprobeCore(this.machine, this.fgraph);
    this.bpf = new BpfLinks(this.machine, this.fprobes);
    this.tracepoints = new Tracepoints(this.machine);
    const enumerators = new Enumerators(() => profile.btf);
    const { machine, types, tracepoints } = this;
    const source = new StaticEventSource({ machine, types, tracepoints, enumerators });
    const events = new ProfileEvents(profile.events, { enumerator: (name) => enumerators.value(name), source });
    this.tracing = new Tracing(this.machine, profile.release, events);
    this.dynamicEvents = createDynamicEvents(this);
    this.reader = this.machine.createTask({ ...READER, user: new Memory() });
    this.machine.switchTo(this.#cpu, this.reader);
    this.#forks = new ForkSteps(this);
    this.#forks.describe(this.reader);
    const root = rootDirectory({
      tracing: this.tracing,
      dynamicEvents: this.dynamicEvents,
      kprobeEvents: NO_COMMANDS,
      uprobeEvents: NO_COMMANDS,
      syntheticEvents: NO_COMMANDS,
      actor: () => this.#cpu,
      functionFiles,
      rootFunctionFiles: rootFunctionFiles(profile, this.ftrace),
    });
    this.tracefs = new Tracefs(root, () => this.machine.clock.advance(OPERATION_NS));
  }

  /** Boots a kernel of a profile. The same profile, options and operations give the same bytes. */
  static boot(profile: KernelProfile, options: BootOptions = {}): SimulatedKernel {
    return new SimulatedKernel(profile, options);
  }

  /**
   * The reader forks children with clone(2), one after the other; each exits at once and is waited for.
   * @returns 0
   */
  fork(count: number): number {
    for (let i = 0; i < count; i++) this.#forks.fork(this.#cpu, this.reader);
    return 0;
  }

  get #cpu(): Cpu {
    return this.machine.cpus[0]!;
  }
}
