import type { Cpu } from '../machine/cpu.ts';
import type { Machine } from '../machine/machine.ts';
import type { Task } from '../machine/task.ts';
import { CallState, setContext } from './call-state.ts';
import { ReplayChain } from './replay-chain.ts';
import { FactStore } from './replay-facts.ts';
import { type OwnTasks, ReplayTasks } from './replay-tasks.ts';
import { SyscallWork } from './syscall-work.ts';
import { StepKind, type Workload } from './workload.ts';

/** What a replay does with a tracepoint; `ftrace`'s has it. */
interface Point {
  readonly enabled: boolean;
  fire(cpu: Cpu): void;
}

/** The parts of a kernel that a replay runs on. */
export interface ReplayKernel {
  readonly machine: Machine;
  readonly ftrace: { readonly sites: Uint8Array };
  readonly tracepoints: { find(name: string): Point | undefined };
  /** Kernel data that follows the clock. */
  readonly data?: {
    update(): void;
    /** A task goes by another name. */
    renamed(task: Task): void;
  };
}

/** How a workload is replayed. */
export interface ReplayOptions extends OwnTasks {
  /** 0 keeps the recorded spacing; any other number stretches or shortens it a little, the same way each time. */
  readonly seed?: number;
  /** First step to be done: what is before it has happened while nobody looked. Every task up to there must be bound. */
  readonly from?: number;
}

/** How far to run: at most this many steps, or up to and with this time (nanoseconds since boot). */
export interface RunLimit {
  readonly steps?: number;
  readonly until?: number;
}

/** Most that a seed stretches or shortens a workload, in parts of it. */
const STRETCH = 0.05;
/** Flags of a switch, as `step-flags.ts` packs them: interrupts off, preemption off twice. */
const SWITCH_FLAGS = 1 | (2 << 5);
/** Flag for a lazy reschedule, as `step-flags.ts` packs it. */
const LAZY_FLAG = 16;
/** Steps in which a switch that a tracepoint announces happens. */
const LOOK_AHEAD = 100;
/** Bytes of stack between a function's return address and a tracepoint's probes. */
const POINT_FRAME = 0x80;

/**
 * Plays a workload on a machine: makes its tasks, calls its functions at their times with their arguments and return
 * addresses, fires its tracepoints. A call whose site is not patched costs a table look-up; memory is brought up to date
 * only when somebody looks.
 */
export class Replay {
  readonly workload: Workload;
  readonly #kernel: ReplayKernel;
  readonly #machine: Machine;
  readonly #tasks: ReplayTasks;
  readonly #facts: FactStore;
  readonly #state: CallState;
  readonly #chain: ReplayChain;
  /** By call: 1 while the machine knows that it is under way. */
  readonly #entered: Uint8Array;
  readonly #points: (Point | undefined)[];
  readonly #switchPoint: Point | undefined;
  readonly #syscalls: SyscallWork;
  readonly #scale: number;
  /** Next step. */
  #at = 0;
  /** Task of the workload that runs. */
  #current = 0;
  #started = false;
  /** Time of the machine at step 0. */
  #origin = 0;
  /** Flag of a task that is to let another one run soon, or 0. */
  #lazy = 0;
  /** Task that had the first cpu before. */
  #before: Task | undefined;

  constructor(kernel: ReplayKernel, workload: Workload, options: ReplayOptions = {}) {
    const { machine, tracepoints } = kernel;
    this.workload = workload;
    this.#kernel = kernel;
    this.#machine = machine;
    this.#tasks = new ReplayTasks(workload, machine, options);
    this.#facts = new FactStore(workload, machine, this.#tasks);
    this.#entered = new Uint8Array(workload.callFn.length);
    this.#state = new CallState(workload, machine, this.#tasks, this.#entered);
    this.#chain = new ReplayChain(workload, machine);
    const found = new Map<string, Point | undefined>();
    this.#points = workload.points.map(({ name }) => {
      if (!found.has(name)) found.set(name, tracepoints.find(name));
      return found.get(name);
    });
    this.#switchPoint = tracepoints.find('sched_switch');
    this.#syscalls = new SyscallWork(machine, tracepoints);
    this.#scale = stretch((options.seed ?? 0) >>> 0);
    const { stepKind, stepValue } = workload;
    for (; this.#at < (options.from ?? 0); this.#at++) {
      const kind = stepKind[this.#at];
      if (kind === StepKind.SWITCH || kind === StepKind.SWITCH_DEAD) this.#current = stepValue[this.#at];
    }
  }

  /** Whether every step has been done. */
  get done(): boolean {
    return this.#at >= this.workload.stepKind.length;
  }

  /** Steps done so far. */
  get steps(): number {
    return this.#at;
  }

  /** Time of the next step, nanoseconds since boot; Infinity when there is none. */
  get nextTime(): number {
    return this.done ? Number.POSITIVE_INFINITY : this.#timeOf(this.#at);
  }

  /** The machine's task for a task of the workload; undefined before it is forked. */
  task(index: number): Task | undefined {
    return this.#tasks.at(index);
  }

  /**
   * Makes the tasks and lets the first one run. With `openCalls`, the calls that were under way when the recording began are entered, as they
   * were before tracing was on; switch tracing on after this for a trace that begins as the recording did.
   */
  start(openCalls = false): void {
    if (this.#started) return;
    this.#started = true;
    this.#origin = this.#machine.clock.now - Math.round((this.workload.stepTime[this.#at] ?? 0) * this.#scale);
    this.#tasks.start();
    const cpu = this.#tasks.cpu(this.#current);
    this.#before = cpu.current;
    const first = this.#tasks.at(this.#current);
    if (first !== undefined) this.#machine.switchTo(cpu, first);
    if (!openCalls) return;
    for (let call = 0; call < this.workload.openCalls; call++) {
      if (this.#kernel.ftrace.sites[this.workload.callFn[call]] !== 0) this.#enter(call);
    }
  }

  /** Does steps up to a limit. Returns whether the workload is done; its tasks are gone then. */
  run(limit: RunLimit = {}): boolean {
    this.start();
    if (this.done) return true;
    const { stepKind, stepValue, stepTime, callFn } = this.workload;
    const entered = this.#entered;
    const ftrace = this.#kernel.ftrace;
    const last = limit.steps === undefined ? stepKind.length : Math.min(stepKind.length, this.#at + limit.steps);
    const until = ((limit.until ?? Number.POSITIVE_INFINITY) - this.#origin) / this.#scale;
    while (this.#at < last && stepTime[this.#at] <= until) {
      const at = this.#at;
      const value = stepValue[at];
      switch (stepKind[at]) {
        case StepKind.ENTER:
          if (ftrace.sites[callFn[value]] !== 0) this.#enter(value);
          break;
        case StepKind.LEAVE:
          if (entered[value] !== 0) this.#leave(value);
          break;
        case StepKind.POINT:
          if (this.#points[value]?.enabled === true || this.#isWorked(value)) this.#fire(value);
          break;
        default:
          this.#change(stepKind[at], value);
      }
      this.#at = at + 1;
    }
    if (this.#at > 0) this.#passTime(this.#at - 1);
    if (this.done) this.#end();
    return this.done;
  }

  /** Others have been at work since the last step: the next one is now. */
  resume(): void {
    if (!this.done) this.#origin += Math.max(0, this.#machine.clock.now - this.#timeOf(this.#at));
  }

  /** Another task is to run soon (`TIF_NEED_RESCHED_LAZY`): flags say so up to the next switch. */
  needResched(): void {
    this.#lazy = LAZY_FLAG;
  }

  /** Where a recorded address of the kernel is in this replay. */
  address(recorded: bigint): bigint {
    return this.#tasks.relocation.address(recorded);
  }

  /** Stops before the end: the tasks are gone. */
  stop(): void {
    if (this.#started && !this.done) this.#end();
    this.#at = this.workload.stepKind.length;
  }

  #end(): void {
    this.#tasks.end();
    const before = this.#before;
    const cpu = before && this.#machine.cpus[before.cpu];
    if (cpu && cpu.current === cpu.idle && before.state !== 'dead') this.#machine.switchTo(cpu, before);
  }

  #timeOf(step: number): number {
    return this.#origin + Math.round(this.workload.stepTime[step] * this.#scale);
  }

  #passTime(step: number): void {
    const { clock } = this.#machine;
    const time = this.#timeOf(step);
    if (time > clock.now) clock.now = time;
  }

  /** Brings clock, memory and the cpu's context to the present step. */
  #arrive(cpu: Cpu, flags: number): void {
    this.#passTime(this.#at);
    this.#kernel.data?.update();
    this.#facts.reach(this.#at);
    setContext(cpu, flags | this.#lazy);
  }

  #enter(call: number): void {
    const cpu = this.#tasks.cpu(this.#current);
    this.#arrive(cpu, this.workload.callFlags[call]);
    this.#state.enter(cpu.current, call);
    this.#entered[call] = 1;
    this.#chain.call = call;
    cpu.chain = this.#chain;
    this.#machine.enterFunction(cpu, this.workload.callFn[call], this.#state.retLo, this.#state.retHi);
    this.#state.entered(cpu.current, call);
    cpu.chain = undefined;
    setContext(cpu, 0);
  }

  #leave(call: number): void {
    const cpu = this.#tasks.cpu(this.#current);
    this.#arrive(cpu, this.workload.callFlags[call]);
    this.#state.leave(cpu.current, call);
    this.#entered[call] = 0;
    this.#machine.leaveFunction(cpu);
    setContext(cpu, 0);
  }

  #fire(index: number): void {
    const { name, words, flags, inside, callSite, pids } = this.workload.points[index];
    const state = this.#state;
    const cpu = this.#tasks.cpu(this.#current);
    this.#arrive(cpu, flags);
    const task = cpu.current;
    const args = Array.from(new BigUint64Array(words.buffer), (value, n) =>
      state.value(value, (pids & (1 << n)) !== 0),
    );
    if (callSite && inside >= 0) {
      state.findReturn(task, inside);
      args[0] = (BigInt(state.retHi) << 32n) | BigInt(state.retLo);
    }
    if (name === 'sched_switch' && cpu !== this.#nextCpu()) args[2] = cpu.idle.address;
    if (inside >= 0) state.setStack(task, inside, -POINT_FRAME);
    this.#chain.call = inside;
    cpu.chain = this.#chain;
    const work = this.#syscalls.functionOf(name);
    const traced = work !== undefined && this.#kernel.ftrace.sites[work.fn] !== 0;
    if (traced) this.#syscalls.enter(cpu, work, args, inside >= 0);
    state.point(task, args);
    this.#points[index]?.fire(cpu);
    if (traced) this.#syscalls.leave(cpu, work, args);
    cpu.chain = undefined;
    setContext(cpu, 0);
  }

  /** Whether a system call's tracepoint is passed although nobody is on it: the other one has a probe, and somebody is on the function that fires it. */
  #isWorked(index: number): boolean {
    const work = this.#syscalls.functionOf(this.workload.points[index].name);
    return work !== undefined && this.#kernel.ftrace.sites[work.fn] !== 0 && this.#syscalls.on;
  }

  #change(kind: number, value: number): void {
    const tasks = this.#tasks;
    if (kind === StepKind.SWITCH || kind === StepKind.SWITCH_DEAD) {
      this.#switch(kind === StepKind.SWITCH_DEAD, value);
      return;
    }
    this.#passTime(this.#at);
    this.#facts.reach(this.#at - 1);
    const task = tasks.at(this.#current);
    if (kind === StepKind.FORK) tasks.create(value, this.#facts.fork(this.#current, value), task?.comm);
    else if (task !== undefined) {
      task.comm = this.workload.names[value] ?? task.comm;
      this.#kernel.data?.renamed(task);
      if (kind === StepKind.EXEC) task.user = this.#facts.exec(this.#current);
    }
  }

  #switch(dead: boolean, to: number): void {
    const tasks = this.#tasks;
    const from = this.#current;
    const cpu = tasks.cpu(to);
    const comes = cpu === tasks.cpu(from) ? undefined : tasks.at(to);
    if (comes !== undefined && cpu.current !== comes && this.#switchPoint?.enabled === true) {
      this.#arrive(cpu, SWITCH_FLAGS);
      this.#state.point(cpu.current, [0n, cpu.current.address, comes.address, 0n]);
      this.#switchPoint.fire(cpu);
      setContext(cpu, 0);
    }
    this.#lazy = 0;
    tasks.switchTo(from, to);
    if (dead) tasks.exit(from);
    this.#current = to;
  }

  /** The cpu of the task that is switched to next. */
  #nextCpu(): Cpu {
    const { stepKind, stepValue } = this.workload;
    const end = Math.min(stepKind.length, this.#at + LOOK_AHEAD);
    for (let step = this.#at + 1; step < end; step++) {
      const kind = stepKind[step];
      if (kind === StepKind.SWITCH || kind === StepKind.SWITCH_DEAD) return this.#tasks.cpu(stepValue[step]);
    }
    return this.#tasks.cpu(this.#current);
  }
}

/** What a seed makes of a time. */
function stretch(seed: number): number {
  if (seed === 0) return 1;
  const mixed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) >>> 0;
  return 1 + STRETCH * (mixed / 0x80000000 - 1);
}
