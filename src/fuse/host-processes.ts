import type { ProcessSource, ProcessState } from './proc-source.ts';

/** The simulated kernel's side of processes; `Processes` of tracefs has it. */
interface SimulatedProcesses<Task> {
  /** The task that all others descend from. */
  readonly first: Task;
  fork(parent: Task, options: { readonly pid?: number; readonly comm?: string; readonly waited?: boolean }): Task;
  exec(task: Task, path: string, comm: string): void;
  exit(task: Task): void;
  wait(parent: Task, child: Task): void;
  /** Takes in a process that was there before anybody looked. */
  adopt(parent: Task, process: { readonly pid: number; readonly comm: string }): Task;
}

/** A host process that is known. */
interface Known<Task> {
  readonly pid: number;
  readonly task: Task;
  readonly parent: Known<Task> | undefined;
  readonly children: Map<number, Known<Task>>;
  state: ProcessState;
  /** Whether it has used a file: it has run for most of its life then. */
  used: boolean;
}

/** Page faults that a parent inherited from children that are known: at the least, and at the most. */
interface Explained {
  least: number;
  most: number;
}

/** Page faults, at the least, of a child that a shell forks and that does next to nothing: dash's has 22, busybox's 24, bash's 48. */
const CHILD_FAULTS = 20;
/** Children of one program differ: some have this part of the faults of another. */
const SPREAD = 0.8;
/** Page faults that a process may have had since it was last looked at: one that used a file, and one that was only seen. */
const LATER_FAULTS = { used: 2, seen: 300 } as const;
/** Pids that are given out only once, before pids start again: `RESERVED_PIDS`. */
const RESERVED_PIDS = 300;
/** Counts of unseen children for which the host is taken to be busy, once pids were given to others than those that are followed. */
const BUSY = 32;
/** Looks after which all that are known are held against /proc. */
const SWEEP = 256;

/**
 * Follows the processes of the host that use a mount, and tells the simulated kernel: who is new was forked, whose name changed has run
 * another program, who is gone has exited. Children that lived and died between two looks are noticed by the page faults that their
 * parent inherits. As many pids were given out meanwhile, unless others than those that are followed got some: then faults must tell how many
 * there were.
 */
export class HostProcesses<Task> {
  readonly #processes: SimulatedProcesses<Task>;
  readonly #source: ProcessSource;
  /** Clock ticks after the host's boot: who started earlier was there before. */
  readonly #since: number;
  readonly #known = new Map<number, Known<Task>>();
  /** Last pid of the host when its new pids were counted, and pids that became known since. */
  #lastPid: number;
  #newlyKnown: number[] = [];
  /** Pids that were found to have been given out at this look, and that nobody who is known has. */
  #missing = 0;
  /** Counts of unseen children until the host is taken to be quiet again. */
  #busy = 0;
  /** Least page faults that a child of a program was seen to have, by the program's name. */
  readonly #childFaults = new Map<string, number>();
  #looks = 0;
  #before = { pid: 0, call: '' };

  /** @param firstPid the process that the first task stands for */
  constructor(
    processes: SimulatedProcesses<Task>,
    source: ProcessSource,
    options: { firstPid: number; since: number },
  ) {
    this.#processes = processes;
    this.#source = source;
    this.#since = options.since;
    this.#lastPid = source.lastPid();
    const state = source.look(options.firstPid);
    if (state)
      this.#known.set(options.firstPid, {
        pid: options.firstPid,
        task: processes.first,
        parent: undefined,
        children: new Map(),
        state,
        used: true,
      });
  }

  /**
   * A process makes a system call on a file: all that can be seen to have happened to it since has happened. One that has just opened a file
   * is not looked at again. Answers its task.
   */
  enter(pid: number, call: string): Task {
    const before = this.#before;
    this.#before = { pid, call };
    if (before.pid === pid && before.call === 'openat' && call !== 'openat') {
      const known = this.#known.get(pid);
      if (known) return known.task;
    }
    this.#missing = 0;
    if (++this.#looks % SWEEP === 0) this.#sweep();
    const known = pid > 0 ? this.#see(pid) : undefined;
    if (!known) return this.#processes.first;
    known.used = true;
    return known.task;
  }

  /** Brings a process up to date, its parents first. */
  #see(pid: number): Known<Task> | undefined {
    const state = this.#source.look(pid);
    const known = this.#known.get(pid);
    if (!state || (known && known.state.started !== state.started)) {
      if (known) this.#exit(known);
      if (!state) return undefined;
    } else if (known) {
      this.#update(known, state);
      return known;
    }
    return this.#take(pid, state);
  }

  #take(pid: number, state: ProcessState): Known<Task> | undefined {
    const leader = this.#source.leader(pid);
    const parentPid = leader === pid ? state.ppid : leader;
    const parent = parentPid > 0 && parentPid !== pid ? this.#see(parentPid) : undefined;
    // Seeing the parent may have shown the child already.
    const seen = this.#known.get(pid);
    if (seen) return seen;
    return this.#add(pid, state, parent);
  }

  #add(pid: number, state: ProcessState, parent: Known<Task> | undefined): Known<Task> {
    const processes = this.#processes;
    const from = parent?.task ?? processes.first;
    const isNew = state.started >= this.#since;
    const task = isNew ? processes.fork(from, { pid }) : processes.adopt(from, { pid, comm: state.comm });
    const known: Known<Task> = { pid, task, parent, children: new Map(), state, used: false };
    this.#known.set(pid, known);
    parent?.children.set(pid, known);
    if (!isNew) return known;
    this.#newlyKnown.push(pid);
    this.#forkUnseen(known, this.#unseen(state.comm, state.childFaults, { least: 0, most: 0 }));
    if (state.comm !== (parent?.state.comm ?? '')) this.#exec(known);
    return known;
  }

  #update(known: Known<Task>, state: ProcessState): void {
    const before = known.state;
    known.state = state;
    // The children that can be told apart were mostly forked afterwards.
    if (state.comm !== before.comm) this.#exec(known);
    this.#forkUnseen(known, this.#reap(known, state.childFaults - before.childFaults));
    for (const pid of this.#source.children(known.pid)) {
      if (known.children.has(pid)) continue;
      const child = this.#source.look(pid);
      if (child) this.#add(pid, child, known);
    }
  }

  /** Children that are gone have exited. How many more there must have been, whose faults were inherited as well. */
  #reap(parent: Known<Task>, inherited: number): number {
    const explained = { least: 0, most: 0 };
    for (const child of parent.children.values()) {
      const state = this.#source.look(child.pid);
      if (state?.started === child.state.started) continue;
      explain(explained, child);
      this.#exit(child);
      this.#processes.wait(parent.task, child.task);
    }
    return this.#unseen(parent.state.comm, inherited, explained);
  }

  /** How many children a process had that nobody saw, by the page faults that it inherited and that no known child explains. */
  #unseen(comm: string, inherited: number, explained: Explained): number {
    if (inherited <= 0) return 0;
    this.#countPids();
    const missing = this.#missing;
    const possible = Math.floor((inherited - explained.least) / CHILD_FAULTS);
    this.#busy = missing > possible ? BUSY : Math.max(0, this.#busy - 1);
    const rest = inherited - explained.most;
    const least = this.#childFaults.get(comm) ?? CHILD_FAULTS;
    // One pid, no known child: that is what a child of this program has.
    if (missing === 1 && explained.most === 0 && possible > 0 && !(inherited > least && least > CHILD_FAULTS))
      this.#childFaults.set(comm, Math.floor(inherited * SPREAD));
    const likely = rest < CHILD_FAULTS ? 0 : Math.max(1, Math.floor(rest / least));
    const count = Math.max(0, Math.min(missing, this.#busy > 0 ? likely : possible));
    this.#missing -= count;
    return count;
  }

  /** Adds the pids that were given out since they were last counted to those that are missing. */
  #countPids(): void {
    const from = this.#lastPid;
    const last = this.#source.lastPid();
    if (last === from) return;
    // They start again from the lowest when they have reached the highest.
    const given = last > from ? last - from : this.#source.maxPid() - from + Math.max(0, last - RESERVED_PIDS);
    const isNew = (pid: number) => (last > from ? pid > from && pid <= last : pid > from || pid <= last);
    this.#missing += Math.max(0, given - this.#newlyKnown.filter(isNew).length);
    this.#newlyKnown = [];
    this.#lastPid = last;
  }

  /** A process forks children that exit at once and are waited for. */
  #forkUnseen({ task }: Known<Task>, count: number): void {
    for (let i = 0; i < count; i++) this.#processes.exit(this.#processes.fork(task, { waited: true }));
  }

  #exec(known: Known<Task>): void {
    const { pid, task, state } = known;
    this.#processes.exec(task, this.#source.program(pid) ?? state.comm, state.comm);
  }

  #exit(known: Known<Task>): void {
    for (const child of known.children.values()) if (!this.#source.look(child.pid)) this.#exit(child);
    this.#processes.exit(known.task);
    this.#known.delete(known.pid);
    known.parent?.children.delete(known.pid);
    this.#source.forget(known.pid);
  }

  #sweep(): void {
    for (const known of [...this.#known.values()]) {
      if (known.task === this.#processes.first || !this.#known.has(known.pid)) continue;
      const state = this.#source.look(known.pid);
      if (state?.started !== known.state.started) this.#exit(known);
    }
  }
}

/** Adds what a parent inherits from a child that has exited: its own page faults, and those of its children. */
function explain<Task>(explained: Explained, { state, used, children }: Known<Task>): void {
  const faults = state.faults + state.childFaults;
  explained.least += faults;
  explained.most += faults + (used ? LATER_FAULTS.used : LATER_FAULTS.seen);
  for (const child of children.values()) explain(explained, child);
}
