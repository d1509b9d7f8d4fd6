import { type Cpu, type Machine, Memory, type Task } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import {
  type KernelData,
  type Piece,
  Replay,
  type ReplayKernel,
  type ReplayOptions,
  type Workload,
} from '../workload/index.ts';
import { type CallName, ProcessPieces } from './process-pieces.ts';

/** What processes need of a kernel. */
interface ProcessKernel extends ReplayKernel {
  readonly profile: KernelProfile;
  readonly machine: Machine;
  readonly ftrace: { readonly sites: Uint8Array; readonly opsList: readonly unknown[] };
  readonly tracepoints: ReplayKernel['tracepoints'] & { readonly anyEnabled: boolean };
  readonly data: KernelData;
}

/** What a new process is. */
interface ProcessOptions {
  /** The next in line when left out. */
  readonly pid?: number | undefined;
  /** The parent's when left out. */
  readonly comm?: string | undefined;
  /** Cpu that it runs on: the parent's next neighbour when left out. */
  readonly cpu?: number;
  /** Whether the parent waits for it right away: the child runs, until {@link Processes.exit}. */
  readonly waited?: boolean;
}

/** What a system call is about. */
export interface SystemCall {
  /** Absolute path of the file. */
  readonly path: string;
  /** The path as the process gives it; the absolute one when left out. */
  readonly named?: string;
  /** Whether there is no such file. */
  readonly missing?: boolean;
  /** Bytes that are asked for or handed over. */
  readonly count?: number;
  /** File descriptor. */
  readonly fd?: number;
  /** Flags of an open, as open(2) takes them. */
  readonly flags?: number;
}

/** A child that its parent waits for. */
interface Waited {
  readonly parent: Task;
  /** What the two do; undefined as long as nobody looked. */
  readonly replay: Replay | undefined;
}

/** Nanoseconds that a fork, an exec and an exit take while nobody looks. */
const FORK_NS = 500_000;
const EXEC_NS = 900_000;
const EXIT_NS = 300_000;
/** Tracepoints of the timer interrupt that ends a sleep, in their order. */
const EXPIRY = [
  'hrtimer_cancel',
  'hrtimer_expire_entry',
  'sched_waking',
  'sched_wakeup',
  'hrtimer_expire_exit',
] as const;
/** What `schedule()` adds to the preempt count where it switches. */
const SWITCH_PREEMPT = 2;
/** O_LARGEFILE, which 64-bit kernels add to every open. */
const O_LARGEFILE = 0x8000n;

/**
 * The processes that use the files of a kernel: who they are, which of them runs, and what the kernel does for them. Each fork, exec, exit and
 * system call passes through the functions and tracepoints that a recorded one passed through, as long as anybody looks; otherwise only
 * time passes.
 */
export class Processes {
  /** The first of them, which the others descend from. */
  readonly first: Task;
  readonly #kernel: ProcessKernel;
  readonly #pieces: ProcessPieces;
  readonly #waited = new Map<Task, Waited>();
  /** Where the time of a timer interrupt is kept. */
  readonly #now: bigint;
  #current: Task;

  constructor(kernel: ProcessKernel, first: { readonly comm: string; readonly pid: number }) {
    this.#kernel = kernel;
    this.#pieces = ProcessPieces.of(kernel.profile);
    this.first = kernel.machine.createTask({ ...first, user: new Memory() });
    this.#current = this.first;
    this.#now = kernel.machine.allocate(8, 8, true);
    kernel.machine.switchTo(this.cpu, this.first);
  }

  /** The process that runs. */
  get current(): Task {
    return this.#current;
  }

  /** The cpu that it runs on. */
  get cpu(): Cpu {
    return this.#kernel.machine.cpus[this.#current.cpu]!;
  }

  /** Lets a process run: it is the one that uses files from now on. */
  run(task: Task): void {
    if (task === this.#current || task.state === 'dead') return;
    const cpu = this.#kernel.machine.cpus[task.cpu]!;
    const old = this.cpu;
    if (old !== cpu) this.#switch(old, old.idle);
    if (cpu.current !== task) this.#switch(cpu, task);
    this.#current = task;
  }

  /** A process goes to another cpu. */
  moveTo(task: Task, cpu: number): void {
    const { machine } = this.#kernel;
    const target = machine.cpus[cpu];
    if (!target || task.cpu === cpu) return;
    const old = machine.cpus[task.cpu]!;
    const runs = task === this.#current;
    if (old.current === task) this.#switch(old, old.idle);
    task.cpu = cpu;
    if (runs) this.#switch(target, task);
  }

  /** A recording of the profile, ready to be replayed; undefined when there is none of this name. */
  workload(name: string): Workload | undefined {
    return this.#pieces.workload(name);
  }

  /**
   * A process forks. The child runs now when its parent waits for it; otherwise the parent goes on.
   * @returns the child
   */
  fork(parent: Task, options: ProcessOptions = {}): Task {
    this.run(parent);
    const { cpus } = this.#kernel.machine;
    const { waited = false, cpu = (parent.cpu + 1) % cpus.length, comm } = options;
    const pid = this.#unlessTaken(options.pid);
    const fork = this.#isQuiet ? undefined : this.#pieces.fork;
    const piece = waited ? fork?.waited : fork?.clone;
    if (!fork || !piece?.isWatched(this.#kernel)) return this.#forkUnseen(parent, { comm, pid, waited, cpu });
    const replay = this.#replay(piece, {
      bound: new Map([[0, parent]]),
      births: new Map([[1, { pid, comm, cpu }]]),
    });
    replay.run({ steps: piece.step('leave', 'wake_up_new_task') + 1 });
    replay.needResched();
    replay.run(waited ? { steps: fork.exitAt - replay.steps } : {});
    const child = replay.task(1)!;
    if (waited) {
      this.#waited.set(child, { parent, replay });
      this.#current = child;
    } else this.#replayIfWatched(fork.begin, child, parent);
    return child;
  }

  /** Takes in a process that was there before anybody looked: nothing passes through the kernel. */
  adopt(parent: Task, process: { readonly pid: number; readonly comm: string }): Task {
    const { comm } = process;
    const pid = this.#unlessTaken(process.pid);
    const task = this.#kernel.machine.createTask({
      comm,
      parent,
      user: new Memory(),
      ...(pid !== undefined && { pid }),
    });
    task.cpu = parent.cpu;
    return task;
  }

  /** A wanted pid; the next in line when somebody has it. */
  #unlessTaken(pid: number | undefined): number | undefined {
    return pid !== undefined && this.#kernel.machine.findTask(pid) ? undefined : pid;
  }

  /** A process runs another program: it has another name from now on. `path` is the program's, without a name of its own it is called after that. */
  exec(task: Task, path: string, comm = path.slice(path.lastIndexOf('/') + 1)): void {
    this.run(task);
    const call = this.#isQuiet ? undefined : this.#pieces.call('execve');
    if (call?.piece.isWatched(this.#kernel)) {
      const copy = call.piece.copy(renames(call.path, path), comm);
      new Replay(this.#kernel, copy, { bound: new Map([[0, task]]) }).run();
    } else this.#pass(EXEC_NS);
    task.comm = comm.slice(0, 15);
    this.#kernel.data.renamed(task);
  }

  /** A process exits. When its parent waits for it, that one runs then; otherwise whoever is told to. */
  exit(task: Task, code = 0): void {
    if (task.state === 'dead') return;
    this.run(task);
    const { machine } = this.#kernel;
    const waited = this.#waited.get(task);
    const parent = waited?.parent ?? task.parent;
    const fork = this.#isQuiet && !waited?.replay ? undefined : this.#pieces.fork;
    if (!fork || !parent) this.#pass(EXIT_NS);
    else if (waited) this.#exitWaited(task, waited, code);
    else this.#replayIfWatched(fork.exit, task, parent, code);
    this.#waited.delete(task);
    const next = waited?.parent ?? (parent && parent.state !== 'dead' ? parent : this.first);
    // The last switch is a part of the exit.
    if (machine.cpus[task.cpu]!.current === task && next.cpu === task.cpu) machine.switchTo(this.cpu, next);
    machine.exitTask(task);
    this.run(next);
  }

  /** A process waits for a child that has exited. */
  wait(parent: Task, child: Task): void {
    this.run(parent);
    if (!this.#isQuiet && this.#pieces.fork) this.#replayIfWatched(this.#pieces.fork.wait, parent, child);
  }

  /**
   * A process begins to wait for a child that runs; others may run.
   * @returns what ends its wait, to be called when the child has exited or a signal came
   */
  waitAsleep(parent: Task, child: Task): (interrupted?: boolean) => void {
    this.run(parent);
    const wait = this.#isQuiet ? undefined : this.#pieces.fork?.sleepingWait;
    if (!wait?.piece.isWatched(this.#kernel))
      return (interrupted = false) => (interrupted ? this.run(parent) : this.wait(parent, child));
    return this.#goAway(this.#replay(wait.piece, { bound: tasks(parent, child, this.cpu.idle) }), parent, wait.awayAt);
  }

  /**
   * A process makes a system call on a file. `act` is what the file does; it runs at its place in the call, and what it returns is the call's result.
   * @returns what `act` returned
   */
  call(task: Task, name: CallName, what: SystemCall, act: () => number): number {
    this.run(task);
    const call = this.#isQuiet ? undefined : this.#pieces.call(name, what.missing);
    if (!call?.piece.isWatched(this.#kernel)) return act();
    const { piece, path, actAt } = call;
    const copy = piece.copy(renames(path, what.path, what.named));
    const change = (param: string, to: number | undefined, recorded = piece.argument(param)) => {
      if (to !== undefined && recorded !== undefined)
        piece.setArgument(copy, { param, from: recorded, to: BigInt(to) });
    };
    change('count', what.count);
    change('fd', what.fd);
    change('flags', what.flags === undefined ? undefined : what.flags | Number(O_LARGEFILE));
    const replay = new Replay(this.#kernel, copy, { bound: new Map([[0, task]]) });
    replay.run({ steps: actAt });
    const result = act();
    piece.setResult(copy, BigInt(result), actAt);
    replay.resume();
    replay.run();
    return result;
  }

  /**
   * A process begins to sleep for so many nanoseconds; others may run.
   * @returns what ends its sleep, to be called when it is over or was interrupted
   */
  sleep(task: Task, ns: number): (interrupted?: boolean) => void {
    this.run(task);
    const sleep = this.#isQuiet ? undefined : this.#pieces.sleep;
    if (!sleep || !(sleep.piece.isWatched(this.#kernel) || this.#isExpiryWatched)) return () => this.run(task);
    const { piece, awayAt, asked } = sleep;
    const copy = piece.copy();
    piece.setArgument(copy, { param: 'rqtp', from: asked, to: BigInt(Math.round(ns)) });
    const cpu = this.cpu;
    return this.#goAway(new Replay(this.#kernel, copy, { bound: tasks(task, cpu.idle) }), task, awayAt, (replay) =>
      this.#expire(cpu, replay.address(piece.argument('timer') ?? 0n), task),
    );
  }

  /** Replays until the idle task takes a task's place. Returns what replays the rest, unless the task was interrupted. */
  #goAway(
    replay: Replay,
    task: Task,
    awayAt: number,
    comeBack: (replay: Replay) => void = () => {},
  ): (interrupted?: boolean) => void {
    const { cpu } = this;
    replay.run({ steps: awayAt });
    return (interrupted = false) => {
      if (interrupted) {
        replay.stop();
        this.run(task);
        return;
      }
      comeBack(replay);
      if (cpu.current === cpu.idle) this.#switch(cpu, task);
      replay.resume();
      replay.run();
      this.#current = task;
    };
  }

  get #isExpiryWatched(): boolean {
    return EXPIRY.some((name) => this.#kernel.tracepoints.find(name)?.enabled === true);
  }

  /** The timer interrupt that ends a sleep, as its tracepoints tell of it. */
  #expire(cpu: Cpu, timer: bigint, task: Task): void {
    const { machine, tracepoints } = this.#kernel;
    const args: Readonly<Record<(typeof EXPIRY)[number], readonly bigint[]>> = {
      hrtimer_cancel: [timer],
      hrtimer_expire_entry: [timer, this.#now],
      sched_waking: [task.address],
      sched_wakeup: [task.address],
      hrtimer_expire_exit: [timer],
    };
    if (!machine.irqEnter(cpu, 'hardirq')) return;
    cpu.irqsOff = true;
    machine.memory.writeUint(this.#now, 8, BigInt(Math.round(machine.clock.now)));
    const { wide } = cpu.current.regs;
    for (const name of EXPIRY) {
      const point = tracepoints.find(name);
      if (point?.enabled !== true) continue;
      for (const [n, value] of args[name].entries()) wide[machine.arch.argRegs[n + 1]!] = value;
      point.fire(cpu);
    }
    machine.irqExit(cpu);
  }

  /** Whether nothing at all is traced: no function patched, no tracepoint on. */
  get #isQuiet(): boolean {
    const { ftrace, tracepoints } = this.#kernel;
    return ftrace.opsList.length === 0 && !tracepoints.anyEnabled;
  }

  #forkUnseen(parent: Task, options: ProcessOptions & { readonly cpu: number }): Task {
    const { machine } = this.#kernel;
    const { pid, comm = parent.comm, waited, cpu } = options;
    this.#pass(FORK_NS);
    const child = machine.createTask({ comm, parent, user: new Memory(), ...(pid === undefined ? {} : { pid }) });
    child.cpu = cpu;
    if (waited) {
      this.#waited.set(child, { parent, replay: undefined });
      this.run(child);
    }
    return child;
  }

  /** Nobody may have looked when they began: then only what is left is replayed. */
  #exitWaited(task: Task, { parent, replay }: Waited, code: number): void {
    const fork = this.#pieces.fork!;
    if (!replay && !fork.waited.isWatched(this.#kernel)) {
      this.#pass(EXIT_NS);
      return;
    }
    const rest = replay ?? this.#replay(fork.waited, { bound: tasks(parent, task), from: fork.exitAt });
    setExitCode(fork.waited, rest, code);
    rest.resume();
    rest.run();
    this.#current = parent;
  }

  #replayIfWatched(piece: Piece, first: Task, second: Task, code = 0): void {
    if (!piece.isWatched(this.#kernel)) return;
    const replay = this.#replay(piece, { bound: tasks(first, second) });
    setExitCode(piece, replay, code);
    replay.run();
  }

  #replay(piece: Piece, options: ReplayOptions): Replay {
    return new Replay(this.#kernel, piece.copy(), options);
  }

  #switch(cpu: Cpu, task: Task): void {
    const { machine, tracepoints } = this.#kernel;
    const point = tracepoints.find('sched_switch');
    if (point?.enabled === true) {
      const { argRegs } = machine.arch;
      const { wide } = cpu.current.regs;
      for (const [n, value] of [0n, cpu.current.address, task.address, 0n].entries()) wide[argRegs[n + 1]!] = value;
      cpu.irqsOff = true;
      cpu.preemptCount += SWITCH_PREEMPT;
      point.fire(cpu);
      cpu.irqsOff = false;
      cpu.preemptCount -= SWITCH_PREEMPT;
    }
    machine.switchTo(cpu, task);
  }

  #pass(ns: number): void {
    this.#kernel.machine.clock.advance(ns);
  }
}

/** The exit code that the recorded child had is none: it is the only argument of these names that is 0. */
function setExitCode(piece: Piece, replay: Replay, code: number): void {
  if (code === 0) return;
  for (const param of ['code', 'exit_code'])
    piece.setArgument(replay.workload, { param, from: 0n, to: BigInt((code & 0xff) << 8) });
}

/** The machine's tasks for those of a workload, in their order. */
const tasks = (...list: readonly Task[]) => new Map(list.entries());

/** Recorded strings and what they are here: a path as it is given, its last name, its directory's name. */
function renames(from: string, to: string, named = to): Map<string, string> {
  const parts = (path: string) => {
    const [name = '/', dir] = path.split('/').filter(Boolean).reverse();
    return { name, dir };
  };
  const old = parts(from);
  const now = parts(to);
  const strings = new Map<string, string>();
  if (old.dir !== undefined && now.dir !== undefined) strings.set(old.dir, now.dir);
  strings.set(old.name, now.name);
  if (from !== '/') strings.set(from, named);
  return strings;
}
