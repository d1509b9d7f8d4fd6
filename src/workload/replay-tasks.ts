import type { Cpu } from '../machine/cpu.ts';
import type { Machine } from '../machine/machine.ts';
import { Memory } from '../machine/memory.ts';
import type { Task } from '../machine/task.ts';
import { Relocation } from './relocation.ts';
import type { Workload } from './workload.ts';

/** Bytes of a task_struct with room to spare. */
const TASK_SIZE = 0x2000n;

/** What a forked task becomes that is the machine's own: it is at a place of its own, and stays when the replay ends. */
export interface Birth {
  /** The next in line when left out. */
  readonly pid?: number | undefined;
  /** The parent's when left out. */
  readonly comm?: string | undefined;
  readonly cpu: number;
}

/** Tasks that a replay does not take from the recording, by index in the workload. */
export interface OwnTasks {
  /** Tasks of the machine that stand for tasks of the workload. */
  readonly bound?: ReadonlyMap<number, Task>;
  /** Tasks that it forks. */
  readonly births?: ReadonlyMap<number, Birth>;
}

/** The tasks of a replay on a machine. */
export class ReplayTasks {
  readonly relocation = new Relocation();
  readonly #machine: Machine;
  readonly #workload: Workload;
  readonly #tasks: (Task | undefined)[];
  readonly #made = new Set<Task>();
  readonly #pids = new Map<number, number>();
  readonly #cpus: number[];
  readonly #births: ReadonlyMap<number, Birth>;

  constructor(workload: Workload, machine: Machine, { bound = new Map(), births = new Map() }: OwnTasks) {
    this.#workload = workload;
    this.#machine = machine;
    this.#tasks = workload.tasks.map(() => undefined);
    const programs = workload.tasks.map(({ kind }) => kind === 'program');
    let next = 0;
    this.#cpus = programs.map((program) => (program ? next++ % machine.cpus.length : 0));
    for (const [index, task] of bound) {
      const recorded = workload.tasks[index];
      if (recorded.kind === 'program') task.user ??= new Memory();
      this.#tasks[index] = task;
      this.#cpus[index] = task.cpu;
      this.#pids.set(recorded.pid, task.pid);
      this.relocation.moveTask(recorded.address, task.address, TASK_SIZE);
      this.relocation.moveStack(recorded.stackTop, task.stackTop);
    }
    this.#births = births;
    for (const [index, { cpu }] of births) {
      const { address, stackTop } = workload.tasks[index];
      this.#cpus[index] = cpu;
      this.relocation.moveTask(address, machine.nextPlace.address, TASK_SIZE);
      this.relocation.moveStack(stackTop, machine.nextPlace.stackTop);
    }
  }

  /** Creates the tasks that are there from the start, those that others descend from first. */
  start(): void {
    const { tasks } = this.#workload;
    const waiting = tasks
      .map((_, index) => index)
      .filter((index) => tasks[index].fromStart && this.#tasks[index] === undefined);
    waiting.sort((a, b) => Number(tasks[b].kind === 'parent') - Number(tasks[a].kind === 'parent'));
    for (const index of waiting) {
      if (tasks[index].kind === 'idle') this.#tasks[index] = this.#machine.cpus[this.#cpus[index]].idle;
      else this.create(index, tasks[index].kind === 'program' ? new Memory() : undefined);
    }
  }

  /** Creates a task of the workload, under its recorded pid where that is free and the next in line. */
  create(index: number, user: Memory | undefined, comm = this.#workload.tasks[index].comm): Task {
    const machine = this.#machine;
    const birth = this.#births.get(index);
    if (birth !== undefined) return this.#bear(index, birth, user, comm);
    const { pid, parent, address, stackTop, kind, leader } = this.#workload.tasks[index];
    // A program's pid is not used twice; those of kernel threads come back.
    const free = kind === 'program' ? pid >= machine.nextPid : machine.findTask(pid) === undefined;
    const above = this.#tasks[parent];
    const thread = leader === index ? undefined : this.#tasks[leader];
    const task = machine.createTask({
      comm,
      ...(free ? { pid } : {}),
      ...(thread === undefined ? {} : { tgid: thread.tgid }),
      ...(above === undefined ? {} : { parent: above }),
      ...(address === 0n ? {} : { address }),
      ...(stackTop === 0n ? {} : { stackTop }),
      ...(user === undefined ? {} : { user }),
    });
    this.#tasks[index] = task;
    this.#made.add(task);
    this.#pids.set(pid, task.pid);
    return task;
  }

  #bear(index: number, birth: Birth, user: Memory | undefined, parentComm: string): Task {
    const { pid, parent } = this.#workload.tasks[index];
    const above = this.#tasks[parent];
    const task = this.#machine.createTask({
      comm: birth.comm ?? parentComm,
      ...(birth.pid === undefined ? {} : { pid: birth.pid }),
      ...(above === undefined ? {} : { parent: above }),
      ...(user === undefined ? {} : { user }),
    });
    task.cpu = birth.cpu;
    this.#tasks[index] = task;
    this.#pids.set(pid, task.pid);
    return task;
  }

  /** The machine's task for one of the workload. */
  at(index: number): Task | undefined {
    return this.#tasks[index];
  }

  /** The pid that stands for a recorded one. */
  pid(recorded: number): number {
    return this.#pids.get(recorded) ?? recorded;
  }

  /** The cpu that a task of the workload runs on. */
  cpu(index: number): Cpu {
    return this.#machine.cpus[this.#cpus[index]];
  }

  /** Lets a task run on its cpu; the one that ran before, on another cpu, leaves that idle. */
  switchTo(from: number, to: number): void {
    const cpu = this.cpu(to);
    const old = this.cpu(from);
    if (old !== cpu) this.#machine.switchTo(old, old.idle);
    const task = this.#tasks[to];
    if (task !== undefined) this.#machine.switchTo(cpu, task);
  }

  /** A task of the workload is gone. */
  exit(index: number): void {
    const task = this.#tasks[index];
    if (task === undefined || !this.#made.delete(task)) return;
    this.#machine.exitTask(task);
  }

  /** Ends every task that the replay made. */
  end(): void {
    for (const task of this.#made) this.#machine.exitTask(task);
    this.#made.clear();
  }
}
