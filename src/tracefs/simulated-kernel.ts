import { BpfLinks } from '../bpf/index.ts';
import { createDynamicEvents, type DynamicEvents } from '../dynevent/index.ts';
import { StaticEventSource } from '../events/index.ts';
import { Fgraph } from '../fgraph/index.ts';
import { FprobeCore } from '../fprobe/index.ts';
import { Ftrace, Tracepoints } from '../ftrace/index.ts';
import { addHistTriggers, type HistKernel } from '../hist/index.ts';
import { type ArchName, Machine } from '../machine/index.ts';
import { PerfEvents } from '../perf/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { Enumerators } from '../trace/enumerators.ts';
import { ProfileEvents } from '../trace/static-event.ts';
import { Tracing } from '../trace/tracing.ts';
import { FunctionTracing } from '../tracer/index.ts';
import { KernelData } from '../workload/index.ts';
import { functionFiles, rootFunctionFiles } from './function-files.ts';
import { NO_COMMANDS } from './parts.ts';
import { Processes } from './processes.ts';
import { rootDirectory } from './root.ts';
import { Tracefs } from './tracefs.ts';

/** How to boot a {@link SimulatedKernel}. */
export interface BootOptions {
  /** Number of cpus, 1 when left out. */
  readonly cpus?: number;
  /** What it is; the profile's arch when left out. Symbols, types and memory stay those of the profile. */
  readonly arch?: ArchName;
  /** Whatever is drawn at random comes from here; 0 when left out. */
  readonly seed?: number;
  /** Lowest event id that probes get; what follows the kernel's own events when left out. */
  readonly firstEventId?: number;
  /** The process that uses the tracing files, or that those descend from who do; `rec` when left out. */
  readonly first?: { readonly comm: string; readonly pid: number };
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
  /** Filters of functions, commands at them, and their tracers. */
  readonly functions: FunctionTracing;
  /** What histograms share, and the synthetic events that they trace. */
  readonly hist: HistKernel;
  /** Perf events on trace events. */
  readonly perf: PerfEvents;
  readonly dynamicEvents: DynamicEvents;
  readonly tracefs: Tracefs;
  /** Data that definitions fetch by symbol, and what tasks look like in memory. */
  readonly data: KernelData;
  /** The processes that use the tracing files; the first runs on cpu 0. */
  readonly processes: Processes;

  private constructor(profile: KernelProfile, options: BootOptions) {
    this.profile = profile;
    this.seed = options.seed ?? 0;
    this.types = profile.btf;
    const { arch, cpus = 1 } = options;
    this.machine = new Machine({
      symbols: profile.symbols,
      functions: profile.functions,
      cpus,
      arch,
      profileArch: profile.arch,
    });
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
    this.hist = addHistTriggers(this.tracing);
    this.functions = new FunctionTracing(this);
    this.perf = new PerfEvents(this.tracing, this.ftrace);
    this.tracing.events.firstDynamicId = options.firstEventId ?? 0;
    this.dynamicEvents = createDynamicEvents(this);
    this.data = new KernelData(this.machine, profile.btf, profile.banner);
    this.processes = new Processes(this, options.first ?? READER);
    const root = rootDirectory({
      tracing: this.tracing,
      dynamicEvents: this.dynamicEvents,
      kprobeEvents: NO_COMMANDS,
      uprobeEvents: NO_COMMANDS,
      syntheticEvents: this.hist.synthetic,
      actor: () => this.processes.cpu,
      functionFiles: (array) => functionFiles(this.functions, array),
      rootFunctionFiles: rootFunctionFiles(profile, this.functions),
    });
    this.tracefs = new Tracefs(root, () => this.machine.clock.advance(OPERATION_NS));
  }

  /** Boots a kernel of a profile. The same profile, options and operations give the same bytes. */
  static boot(profile: KernelProfile, options: BootOptions = {}): SimulatedKernel {
    return new SimulatedKernel(profile, options);
  }

  /**
   * The first process forks children with clone(2), one after the other; each exits at once and is waited for.
   * @returns 0
   */
  fork(count: number): number {
    const { processes } = this;
    for (let i = 0; i < count; i++) processes.exit(processes.fork(processes.first, { waited: true }));
    return 0;
  }
}
