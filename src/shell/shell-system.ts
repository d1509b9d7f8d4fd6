import type { Task } from '../machine/index.ts';
import type { SimulatedKernel } from '../tracefs/index.ts';
import { Mounts } from './mounts.ts';
import { PROGRAM_NAMES } from './programs.ts';
import { rootTree } from './root-tree.ts';
import { Scheduler } from './scheduler.ts';
import { ShellProcess } from './shell-process.ts';
import { SIGINT } from './signals.ts';
import type { Stream } from './stream.ts';
import { Vfs } from './vfs.ts';

/** Where the tracing files are mounted, and where a shell begins. */
export const TRACING_DIR = '/sys/kernel/tracing';

/** Standard input, output and error of the first process. */
export interface Terminal {
  readonly stdin: Stream;
  readonly stdout: Stream;
  readonly stderr: Stream;
}

/** A simulated kernel with a file system around its tracing files, and the processes that use them. */
export class ShellSystem {
  readonly kernel: SimulatedKernel;
  readonly vfs: Vfs;
  readonly scheduler: Scheduler;
  readonly mounts = new Mounts();
  /** Live processes and those that nobody waited for yet, by pid. */
  readonly processes = new Map<number, ShellProcess>();
  /** The first process, a shell. */
  readonly init: ShellProcess;
  /** Group of the processes that Ctrl-C ends. */
  foreground = 0;
  #pipes = 1000;

  /** @param first the task of the first process */
  constructor(kernel: SimulatedKernel, terminal: Terminal, first: Task = kernel.processes.first) {
    this.kernel = kernel;
    this.scheduler = new Scheduler(kernel.machine.clock);
    this.vfs = new Vfs(rootTree(this), kernel.tracefs);
    this.init = new ShellProcess(this, first);
    this.processes.set(this.init.pid, this.init);
    this.init.cwd = TRACING_DIR;
    for (const stream of [terminal.stdin, terminal.stdout, terminal.stderr]) this.init.install(stream);
  }

  /** Sends every process a signal. */
  killAll(signal: number): void {
    for (const process of this.processes.values()) process.kill(signal);
  }

  /** Ctrl-C where a script runs: it goes to every process. */
  interrupt(): void {
    this.killAll(SIGINT);
  }

  /** Names of the programs that there are. */
  programs(): readonly string[] {
    return PROGRAM_NAMES;
  }

  /** Number of the next pipe. */
  nextPipe(): number {
    return this.#pipes++;
  }
}
