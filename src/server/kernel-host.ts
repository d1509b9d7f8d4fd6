import { HostProcesses, type MountedTree, ProcFiles, type Shown } from '../fuse/index.ts';
import type { Task } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import {
  type CallName,
  directory,
  SimulatedKernel,
  type SystemCall,
  systemFiles,
  type TraceDir,
  Tracefs,
} from '../tracefs/index.ts';
import { Replay, unpackWorkload, type Workload } from '../workload/index.ts';
import { controlFile } from './control-file.ts';

/** How a kernel is booted that others use. */
interface HostOptions {
  readonly cpus: number;
  readonly seed: number;
  /** Process that all descend from who use it, or 1. */
  readonly firstPid: number;
}

/**
 * Lowest event id of probes: above all that a running kernel has, so that perf_event_open(2), which reaches that one, refuses them
 * instead of counting another event.
 */
const FIRST_EVENT_ID = 32_768;
/**
 * Pid of the first task of a workload, above what a host usually gives its processes: those come under their own pids, which a
 * workload's must not have taken.
 */
const FIRST_WORKLOAD_PID = 4_000_000;
/** Path of the control file, as system calls name it. */
const CONTROL_PATH = '/control';

/** A simulated kernel that processes of the host use, in one order of what they do. */
export class KernelHost {
  readonly kernel: SimulatedKernel;
  readonly options: HostOptions;
  /** The tracing files in `tracing`, others of the system in `system`. */
  readonly files: Tracefs;
  readonly #session: TraceDir;
  readonly #processes: HostProcesses<Task>;
  readonly #workloads = new Map<string, Workload>();

  constructor(profile: KernelProfile, options: HostOptions) {
    const proc = new ProcFiles();
    const { firstPid: pid } = options;
    const first = { pid, comm: proc.look(pid)?.comm ?? 'init' };
    this.options = options;
    this.kernel = SimulatedKernel.boot(profile, { ...options, first, firstEventId: FIRST_EVENT_ID });
    this.kernel.machine.nextPid = FIRST_WORKLOAD_PID;
    const since = proc.look(process.pid)?.started ?? 0;
    this.#processes = new HostProcesses<Task>(this.kernel.processes, proc, { firstPid: pid, since });
    const system = systemFiles(this.kernel);
    const control = controlFile((workload, seed) => this.run(workload, seed));
    const files = { tracing: () => this.kernel.tracefs.root, system: () => system, control: () => control };
    this.#session = { ...directory(files), mode: 0o755 };
    this.files = new Tracefs(this.#session);
  }

  /** A process makes a system call on a file: it runs, time passes; `act` does what the file does. */
  call(pid: number, name: CallName, what: SystemCall, act: () => number): number {
    if (what.path === CONTROL_PATH) return act();
    this.kernel.tracefs.tick();
    return this.kernel.processes.call(this.#processes.enter(pid, name), name, what, act);
  }

  /** What a mount shows; `time` is that of all files, seconds since 1970. */
  tree(shows: Shown, time: number): MountedTree {
    const tracefs = this.kernel.tracefs.root;
    return {
      root: shows === 'tracing' ? tracefs : this.#session,
      tracefs,
      time,
      call: ({ pid }, name, what, act) => this.call(pid, name, what, act),
    };
  }

  /** Runs a workload to its end. Answers what is wrong with it, if anything. */
  run(name: string, seed = this.options.seed): string | undefined {
    const workload = this.#workload(name);
    if (typeof workload === 'string') return workload;
    new Replay(this.kernel, workload, { seed }).run();
    return undefined;
  }

  #workload(name: string): Workload | string {
    const known = this.#workloads.get(name);
    if (known) return known;
    const { workloads } = this.kernel.profile;
    const bytes = workloads.read(name);
    if (!bytes) return `no workload ${name} (there are ${workloads.names.join(' ')})`;
    const workload = unpackWorkload(bytes);
    if ('error' in workload) return `workload ${name}: ${workload.error}`;
    this.#workloads.set(name, workload);
    return workload;
  }
}
