import type { Script, ScriptCall, ScriptStep, ScriptTask } from './script.ts';
import { type StoreOptions, stringBytes, uintBytes, type World } from './world.ts';

const PRIO = 120n;
const STACK = 0x4000n;
const PF_KTHREAD = 0x20_0000n;
const PF_IDLE = 0x2n;
const PF_RANDOMIZE = 0x40_0000n;
const TASK_RUNNING = 0n;
const COMM_LENGTH = 16;

/** Members of a task that point to what it shares: by the function whose argument of that name is the running task's. */
const OWN_ARGUMENTS: readonly { readonly fn: string; readonly param: string; readonly members: readonly string[] }[] = [
  { fn: 'lock_vma_under_rcu', param: 'mm', members: ['mm', 'active_mm'] },
  { fn: 'lock_mm_and_find_vma', param: 'mm', members: ['mm', 'active_mm'] },
  { fn: 'expand_files', param: 'files', members: ['files'] },
  { fn: 'alloc_fd', param: 'files', members: ['files'] },
  { fn: 'do_dup2', param: 'files', members: ['files'] },
  { fn: 'commit_creds', param: 'new', members: ['cred', 'real_cred'] },
  { fn: 'process_measurement', param: 'cred', members: ['cred', 'real_cred'] },
  { fn: 'alloc_empty_file', param: 'cred', members: ['cred', 'real_cred'] },
];

/** Keeps the task_structs of a script: what they are called, who made them, what they own. */
export class TaskFacts {
  readonly #world: World;
  readonly #tasks: readonly ScriptTask[];
  readonly #addresses: bigint[];

  constructor(world: World, script: Script) {
    this.#world = world;
    this.#tasks = script.tasks;
    const size = world.types.btf.sizeOf(world.types.struct('task_struct') ?? 0) ?? 4096;
    for (const task of script.tasks) if (task.address === 0n) task.address = world.allocate(size);
    this.#addresses = script.tasks.map(({ address }) => address);
  }

  /** Tasks that are there from the start. */
  start(): void {
    for (const [i, task] of this.#tasks.entries()) if (task.fromStart) this.#store(i, task.comm, 0);
  }

  /** A fork or an exec. */
  change(step: ScriptStep): void {
    if (step.op === 'fork') {
      const { parent } = this.#tasks[step.child];
      this.#store(step.child, this.#comm(parent) ?? this.#tasks[step.child].comm, this.#world.at);
      for (const member of ['mm', 'active_mm', 'files', 'fs', 'cred', 'real_cred']) {
        const value = this.#load(parent, member);
        if (value !== 0n) this.#set(step.child, member, value, { exact: true });
      }
      this.#world.fork(step.task, step.child, this.#tasks[step.child].sharesMemory);
    } else if (step.op === 'exec' || step.op === 'rename') {
      this.#setComm(step.task, step.comm, { exact: true });
      if (step.op === 'exec') this.#world.exec(step.task);
    }
  }

  /** What a call of a task says about what the task owns. */
  enter(call: ScriptCall, task: number): void {
    for (const { fn, param, members } of OWN_ARGUMENTS) {
      if (fn !== call.name) continue;
      const value = call.args[call.argNames.indexOf(param)];
      if (value === undefined || value === 0n) continue;
      for (const member of members) this.#set(task, member, value);
    }
    if (call.name === 'mm_init') {
      const child = this.#addresses.indexOf(call.args[call.argNames.indexOf('p')] ?? 0n);
      const mm = call.args[call.argNames.indexOf('mm')];
      if (child >= 0 && child !== task && mm !== undefined)
        for (const member of ['mm', 'active_mm']) this.#set(child, member, mm);
    }
  }

  #store(index: number, comm: string, floor: number): void {
    const task = this.#tasks[index];
    const { kind, parent, pid, stackTop } = task;
    const options: StoreOptions = { floor, exact: floor > 0 };
    const initial: [string, bigint, boolean?][] = [
      ['pid', BigInt(pid), pid !== 0],
      ['tgid', BigInt(this.#tasks[task.leader].pid), pid !== 0],
      ['prio', PRIO],
      ['static_prio', PRIO],
      ['normal_prio', PRIO],
      ['policy', 0n],
      ['__state', TASK_RUNNING],
      ['flags', kind === 'kthread' ? PF_KTHREAD : kind === 'idle' ? PF_KTHREAD | PF_IDLE : PF_RANDOMIZE],
      ['group_leader', this.#addresses[task.leader]],
      ['stack', stackTop === 0n ? 0n : stackTop - STACK],
      ['real_parent', this.#addresses[parent] ?? this.#init()],
      ['parent', this.#addresses[parent] ?? this.#init()],
    ];
    for (const [member, value, isPid] of initial) this.#set(index, member, value, { ...options, pid: isPid ?? false });
    this.#setComm(index, comm, options);
    if (this.#load(index, 'cred') === 0n && floor === 0) {
      const size = this.#world.types.btf.sizeOf(this.#world.types.struct('cred') ?? 0) ?? 192;
      const cred = this.#world.allocate(size);
      for (const member of ['cred', 'real_cred']) this.#set(index, member, cred, options);
    }
  }

  /** The idle task stands for init where a parent is not known. */
  #init(): bigint {
    return this.#tasks.find(({ kind }) => kind === 'idle')?.address ?? 0n;
  }

  #setComm(index: number, comm: string, options: StoreOptions): void {
    const place = this.#world.member('task_struct', 'comm');
    if (place === undefined) return;
    const bytes = new Uint8Array(COMM_LENGTH);
    bytes.set(stringBytes(comm.slice(0, COMM_LENGTH - 1)));
    const object = this.#addresses[index];
    this.#world.store(object + BigInt(place.offset), bytes, { object, ...options });
  }

  #comm(index: number): string | undefined {
    const place = this.#world.member('task_struct', 'comm');
    const object = this.#addresses[index];
    return place === undefined || object === undefined ? undefined : this.#world.string(object + BigInt(place.offset));
  }

  #load(index: number, member: string): bigint {
    const object = this.#addresses[index];
    return object === undefined ? 0n : this.#world.loadMember('task_struct', object, member);
  }

  #set(index: number, member: string, value: bigint, options: StoreOptions = {}): void {
    const object = this.#addresses[index];
    const place = this.#world.member('task_struct', member);
    if (place !== undefined)
      this.#world.store(object + BigInt(place.offset), uintBytes(value, place.size), { object, ...options });
  }
}
