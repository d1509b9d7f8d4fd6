import type { KernelTypes } from './kernel-types.ts';
import type { TreeCall, TreeRun, TreeTask } from './normalize.ts';
import { programTasks } from './normalize.ts';
import type { ScriptTask } from './script.ts';

/** Wakes a new task, makes one, gives it memory of its own. */
const WAKES = 'wake_up_new_task';
const COPIES = 'copy_process';
const NEW_MEMORY = 'mm_init';
/** System calls that a process makes, but none of its other threads. */
const PROCESS_CALLS = new Set(['__x64_sys_execve', '__x64_sys_execveat', '__x64_sys_exit_group']);
/** Bytes of a kernel stack, which is aligned to it. */
const STACK = 0x4000n;

/** Full names of tasks that the texts of a recording show. */
export interface TaskNames {
  /** Every full name seen. */
  readonly known: ReadonlySet<string>;
  /** Names of the program's tasks in order of appearance: the first, then one an exec. */
  readonly program: readonly (readonly string[])[];
  /** Name of the shell that started the program. */
  readonly parent: string;
}

/** The tasks of a workload, and which of them each task of the recording is. */
export interface TaskModel {
  readonly tasks: ScriptTask[];
  /** Index in `tasks` by recorded pid. */
  readonly byPid: Map<number, number>;
  /** Index in `tasks` by address of the task_struct. */
  readonly byAddress: Map<bigint, number>;
}

/** Works out the tasks of a run: which addresses they have, who is whose parent, what they are called. */
export function modelTasks(
  run: TreeRun,
  types: KernelTypes,
  names: TaskNames,
  initTask: bigint | undefined,
): TaskModel {
  const model: TaskModel = { tasks: [], byPid: new Map(), byAddress: new Map() };
  const addresses = findAddresses(run, types);
  const program = programTasks(run);
  const births = findBirths(run, addresses, types);
  for (const [i, task] of program.entries()) {
    const address = addresses.get(task.pid) ?? 0n;
    const inherited = i === 0 ? names.parent : undefined;
    const comm = names.program[i]?.[0] ?? inherited ?? task.name;
    add(model, {
      pid: task.pid,
      comm,
      kind: 'program',
      parent: -1,
      address,
      stackTop: stackTop(task),
      fromStart: i === 0,
    });
  }
  for (const [i, task] of program.entries()) if (i > 0) relate(model, i, task, births.get(task.pid));
  for (const task of run.tasks.values()) {
    if (program.includes(task)) continue;
    const idle = task.pid === 0;
    const address = idle && initTask !== undefined ? initTask : (addresses.get(task.pid) ?? 0n);
    const comm = idle ? 'swapper/0' : ([...names.known].find((name) => name.startsWith(task.name)) ?? task.name);
    add(model, {
      pid: task.pid,
      comm,
      kind: idle ? 'idle' : 'kthread',
      parent: -1,
      address,
      stackTop: 0n,
      fromStart: true,
    });
  }
  addUnseen(model, run, names, initTask);
  for (const [i, task] of model.tasks.entries()) if (task.leader !== i) task.parent = model.tasks[task.leader].parent;
  return model;
}

/** Says whose child a forked task is, and what it shares: a thread ends or goes on, but neither execs nor ends its process. */
function relate(model: TaskModel, index: number, task: TreeTask, birth: Birth | undefined): void {
  const parent = model.byPid.get(birth?.parent ?? -1) ?? 0;
  const mine = model.tasks[index];
  mine.parent = parent;
  mine.sharesMemory = birth?.sharesMemory === true;
  const ownProcess = task.roots.some((item) => item.kind === 'call' && PROCESS_CALLS.has(item.fn));
  if (!mine.sharesMemory || ownProcess) return;
  mine.leader = model.tasks[parent].leader;
}

function add(model: TaskModel, init: Omit<ScriptTask, 'leader' | 'sharesMemory'>): void {
  const index = model.tasks.length;
  const task = { ...init, leader: index, sharesMemory: false };
  model.tasks.push(task);
  model.byPid.set(task.pid, index);
  if (task.address !== 0n && !model.byAddress.has(task.address)) model.byAddress.set(task.address, index);
}

/** Tasks that are only switched to, never seen: idle, the shell that waits for the program, kernel threads. */
function addUnseen(model: TaskModel, run: TreeRun, names: TaskNames, initTask: bigint | undefined): void {
  const main = model.tasks[0];
  const unseen: bigint[] = [];
  for (const { op, item } of run.steps) {
    if (op !== 'point' || item.kind !== 'point' || item.name !== 'sched_switch') continue;
    const next = argument(item.args, 'next');
    if (next !== undefined && !model.byAddress.has(next) && !unseen.includes(next)) unseen.push(next);
  }
  if (initTask !== undefined && !model.byAddress.has(initTask)) {
    add(model, {
      pid: 0,
      comm: 'swapper/0',
      kind: 'idle',
      parent: -1,
      address: initTask,
      stackTop: 0n,
      fromStart: true,
    });
  }
  const last = unseen.filter((address) => address !== initTask);
  const parent = last.pop() ?? 0n;
  for (const [i, address] of last.entries()) {
    add(model, {
      pid: 10 + i,
      comm: [...names.known].find((name) => name.startsWith('kworker')) ?? 'kworker/0:1',
      kind: 'kthread',
      parent: -1,
      address,
      stackTop: 0n,
      fromStart: true,
    });
  }
  add(model, {
    pid: Math.max(1, main.pid - 12),
    comm: names.parent,
    kind: 'parent',
    parent: -1,
    address: parent,
    stackTop: 0n,
    fromStart: true,
  });
  main.parent = model.tasks.length - 1;
}

/** Addresses of tasks: who runs before and after a switch says whose `prev` and `next` are; else the task that calls are mostly about. */
function findAddresses(run: TreeRun, types: KernelTypes): Map<number, bigint> {
  const votes = new Map<number, Map<bigint, number>>();
  const vote = (pid: number, address: bigint | undefined, weight: number) => {
    if (address === undefined || address === 0n) return;
    const mine = votes.get(pid) ?? new Map<bigint, number>();
    mine.set(address, (mine.get(address) ?? 0) + weight);
    votes.set(pid, mine);
  };
  let next: bigint | undefined;
  for (const { op, item } of run.steps) {
    const pid = item.task.pid;
    vote(pid, next, 100);
    next = undefined;
    if (item.kind === 'point') {
      if (item.name !== 'sched_switch') continue;
      vote(pid, argument(item.args, 'prev'), 1000);
      next = argument(item.args, 'next');
    } else if (op === 'enter') {
      const proto = types.functionType(item.fn);
      for (const [i, param] of (proto?.params ?? []).entries())
        if (param.points === 'task_struct') vote(pid, item.args[i]?.value, 1);
    }
  }
  const all = [...votes].flatMap(([pid, mine]) => [...mine].map(([address, weight]) => ({ pid, address, weight })));
  const program = new Set(programTasks(run).map((task) => task.pid));
  const found = new Map<number, bigint>();
  const taken = new Set<bigint>();
  for (const { pid, address } of all.sort((a, b) => b.weight - a.weight)) {
    if (found.has(pid) || (taken.has(address) && !program.has(pid))) continue;
    found.set(pid, address);
    taken.add(address);
  }
  return found;
}

/** How a task came to be. */
interface Birth {
  /** Pid of the task that made it. */
  readonly parent: number;
  readonly sharesMemory: boolean;
}

/** Births of forked tasks, by pid: who woke the new task first, and whether it was given memory of its own before. */
function findBirths(run: TreeRun, addresses: ReadonlyMap<number, bigint>, types: KernelTypes): Map<number, Birth> {
  const births = new Map<number, Birth>();
  const at = types.functionType(WAKES)?.params.findIndex((param) => param.points === 'task_struct') ?? 0;
  for (const { op, item } of run.steps) {
    if (op !== 'enter' || item.kind !== 'call' || item.fn !== WAKES) continue;
    const address = item.args[at]?.value ?? 0n;
    const child = [...run.tasks.keys()].find(
      (pid) => addresses.get(pid) === address && pid !== item.task.pid && !births.has(pid),
    );
    if (child === undefined) continue;
    const maker = item.parent?.children.find((other) => other.kind === 'call' && other.fn === COPIES);
    births.set(child, {
      parent: item.task.pid,
      sharesMemory: maker?.kind === 'call' && !callsBelow(maker, NEW_MEMORY),
    });
  }
  return births;
}

function callsBelow(call: TreeCall, fn: string): boolean {
  return call.children.some((child) => child.kind === 'call' && (child.fn === fn || callsBelow(child, fn)));
}

function stackTop(task: TreeTask): bigint {
  for (const item of task.roots) {
    if (item.kind !== 'call') continue;
    const regs = item.args.find(
      ({ name, value }) => (name === 'regs' || name === '__unused') && value >= 0xffffc90000000000n,
    );
    if (regs !== undefined) return (regs.value & ~(STACK - 1n)) + STACK;
  }
  return 0n;
}

function argument(
  args: readonly { readonly name: string; readonly value: bigint }[],
  name: string,
): bigint | undefined {
  return args.find((arg) => arg.name === name)?.value;
}
