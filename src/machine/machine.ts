import { Errno } from '../abi/errno.ts';
import { ARCHES, type Arch, type ArchName, type FprobeConfig, fprobeConfig } from './arch.ts';
import { MachineCalls } from './call-chain.ts';
import { CallPath, type EntryHook } from './call-path.ts';
import { Clock } from './clock.ts';
import { Cpu, type InterruptKind } from './cpu.ts';
import { type FunctionBody, Functions } from './functions.ts';
import { countContext, interruptStackTop, restoreContext, saveContext, uncountContext } from './interrupts.ts';
import { Kallsyms } from './kallsyms.ts';
import { KernelLog } from './kernel-log.ts';
import { Layout, THREAD_SIZE } from './layout.ts';
import { Memory } from './memory.ts';
import type { FunctionListener, Module, ModuleDefinition } from './module.ts';
import { ModuleLoader } from './module-loader.ts';
import type { FunctionSource, Prototype, SymbolSource } from './profile-view.ts';
import type { CallChain, StackTrace } from './stack-trace.ts';
import { Task } from './task.ts';

/** What a machine is made of. */
export interface MachineOptions {
  /** What it is; the profile's arch when not given. */
  arch?: ArchName | undefined;
  /** Arch of the kernel that symbols and functions are of; `x86_64` when not given. */
  profileArch?: ArchName;
  symbols: SymbolSource;
  functions: FunctionSource;
  /** Number of cpus, 1 when not given. */
  cpus?: number;
  clock?: Clock;
}

/** What a new task is; a missing pid is the next free one, a missing tgid the pid. */
export interface TaskOptions {
  comm: string;
  pid?: number;
  tgid?: number;
  parent?: Task;
  /** Address of its task_struct, where the caller has one. */
  address?: bigint;
  /** End of its kernel stack, a multiple of THREAD_SIZE, where the caller has one. */
  stackTop?: bigint;
  user?: Memory;
}

/** Told about tasks that come and go, and about which of them runs. */
export interface TaskListener {
  forked?(task: Task): void;
  exited?(task: Task): void;
  /** A cpu went from one task to another. */
  switched?(cpu: Cpu, from: Task, to: Task): void;
}

/** The simulated machine: cpus, tasks, memory, time, symbols and functions of one kernel. */
export class Machine {
  readonly arch: Arch;
  readonly config: FprobeConfig;
  readonly clock: Clock;
  readonly memory = new Memory();
  readonly log: KernelLog;
  readonly kallsyms: Kallsyms;
  readonly functions: Functions;
  readonly cpus: Cpu[];
  readonly taskListeners: TaskListener[] = [];
  #tasks: (Task | undefined)[] = [];
  #freeSlots: number[] = [];
  #nextPid = 1;
  #heap: bigint;
  #calls: CallPath;
  readonly #chain: CallChain = new MachineCalls(this);
  #modules: ModuleLoader;

  constructor(options: MachineOptions) {
    const profileArch = options.profileArch ?? 'x86_64';
    this.arch = ARCHES[options.arch ?? profileArch];
    this.#heap = this.arch.heapBase;
    this.config = fprobeConfig(this.arch.selects);
    this.clock = options.clock ?? new Clock();
    this.log = new KernelLog(this.clock);
    this.kallsyms = new Kallsyms(options.symbols);
    this.functions = new Functions(options.functions, this.arch, ARCHES[profileArch]);
    this.#calls = new CallPath(this);
    this.#modules = new ModuleLoader(this.functions, this.kallsyms);
    this.cpus = Array.from({ length: options.cpus ?? 1 }, (_, id) => this.#bringUp(id));
  }

  /** Live tasks in slot order, the idle tasks among them. */
  get tasks(): Task[] {
    return this.#tasks.filter((task) => task !== undefined);
  }

  /** The pid that the next task gets unless it is told one. */
  get nextPid(): number {
    return this.#nextPid;
  }

  /** Numbers the tasks to come from here on, unless they are told a pid. Not below one that was given out. */
  set nextPid(pid: number) {
    this.#nextPid = Math.max(this.#nextPid, pid);
  }

  /** The task in a slot. */
  task(index: number): Task | undefined {
    return this.#tasks[index];
  }

  /** A live task by pid; the idle tasks (pid 0) are not found. */
  findTask(pid: number): Task | undefined {
    return this.#tasks.find((task) => task !== undefined && task.pid === pid && pid !== 0);
  }

  /** Creates a task that is ready to run, with a kernel stack, and tells the listeners (fork). */
  createTask(options: TaskOptions): Task {
    const pid = options.pid ?? this.#nextPid;
    this.#nextPid = Math.max(this.#nextPid, pid + 1);
    return this.#addTask({ ...options, pid });
  }

  /** Where the next task's task_struct and the end of its kernel stack will be, unless it is told other places. */
  get nextPlace(): { readonly address: bigint; readonly stackTop: bigint } {
    const index = this.#freeSlots.at(-1) ?? this.#tasks.length;
    const stack = Layout.STACKS + BigInt(index) * Layout.STACK_STRIDE;
    return {
      address: Layout.TASKS + BigInt(index) * Layout.TASK_STRUCT_SIZE,
      stackTop: stack + BigInt(THREAD_SIZE),
    };
  }

  /** Ends a task: it leaves its cpu, its slot and stack are free again, the listeners are told. */
  exitTask(task: Task): void {
    if (task.state === 'dead') return;
    const cpu = this.cpus[task.cpu];
    if (cpu.current === task) this.switchTo(cpu, cpu.idle);
    task.state = 'dead';
    for (const listener of this.taskListeners) listener.exited?.(task);
    this.#tasks[task.index] = undefined;
    this.#freeSlots.push(task.index);
    this.memory.unmap(task.stackTop - BigInt(THREAD_SIZE), THREAD_SIZE);
  }

  /** Puts a task on a cpu; the one that ran there stays runnable unless it blocks. −EBUSY in an interrupt, or when the task runs elsewhere or is dead. */
  switchTo(cpu: Cpu, task: Task): number {
    if (cpu.current === task) return 0;
    if (cpu.nested > 0 || task.state === 'dead') return -Errno.EBUSY;
    const isIdle = this.cpus.some((other) => other.idle === task);
    if (isIdle ? task !== cpu.idle : task.state === 'running') return -Errno.EBUSY;
    const from = cpu.current;
    if (from.state === 'running') from.state = 'runnable';
    cpu.current = task;
    task.state = 'running';
    task.cpu = cpu.id;
    for (const listener of this.taskListeners) listener.switched?.(cpu, from, task);
    return 0;
  }

  /** Puts the task of a cpu to sleep; the cpu goes idle. −EBUSY in an interrupt or when idle. */
  block(cpu: Cpu): number {
    const task = cpu.current;
    if (task === cpu.idle) return -Errno.EBUSY;
    const result = this.switchTo(cpu, cpu.idle);
    if (result === 0) task.state = 'blocked';
    return result;
  }

  /** Makes a sleeping task runnable; true when it slept. */
  wake(task: Task): boolean {
    if (task.state !== 'blocked') return false;
    task.state = 'runnable';
    return true;
  }

  /**
   * An interrupt arrives on a cpu: registers are saved, its stack is taken, and the preempt count says so. With `counted` false the
   * last step waits for `irqCount()`: the first instructions of an interrupt run before the count changes. False, and nothing happens, where
   * what runs is not weaker: a softirq interrupts tasks, a hardirq those and softirqs, an NMI all but an NMI.
   */
  irqEnter(cpu: Cpu, kind: InterruptKind, counted = true): boolean {
    if (!saveContext(this.arch, cpu, kind)) return false;
    if (counted) countContext(cpu);
    return true;
  }

  /** The preempt count takes note of the innermost interrupt. */
  irqCount(cpu: Cpu): void {
    countContext(cpu);
  }

  /** The preempt count forgets the innermost interrupt, which has a few instructions to go. */
  irqUncount(cpu: Cpu): void {
    uncountContext(cpu);
  }

  /** The innermost interrupt of a cpu returns; every function entered in it must have returned. False when there is none. */
  irqExit(cpu: Cpu): boolean {
    return restoreContext(cpu);
  }

  /** Installs what patched entry sites call. */
  setEntryHook(hook: EntryHook): void {
    this.#calls.hook = hook;
  }

  /**
   * The current task of a cpu calls a function: pushes the return address (or puts it in the link register), runs what its entry site is
   * patched with. Arguments and stack pointer are in the task's registers. True when the return is hooked. Allocates nothing.
   */
  enterFunction(cpu: Cpu, fn: number, retLo: number, retHi: number): boolean {
    return this.#calls.enter(cpu, fn, retLo, retHi);
  }

  /** The innermost function that the cpu's task entered returns; the return register holds its result. */
  leaveFunction(cpu: Cpu): void {
    this.#calls.leave(cpu);
  }

  /**
   * Writes down the stack as it is at the entry of the function that a cpu's task is in: what its site calls, then the function,
   * then its callers.
   */
  pushEntryStack(cpu: Cpu, trace: StackTrace): void {
    const { calls, callDepth } = cpu.current;
    if (callDepth === 0) return;
    const fn = calls[callDepth - 1] >> 1;
    this.#calls.hook.pushSite(fn, trace);
    this.pushEntrySite(fn, trace);
    if (fn === cpu.tracepoint?.stubFn) this.pushPlaceStack(cpu, trace);
    else (cpu.chain ?? this.#chain).pushCallers(cpu, trace);
  }

  /** Writes down the stack from the code that a cpu's task runs, or that called the tracepoint which it passes. */
  pushPlaceStack(cpu: Cpu, trace: StackTrace): void {
    const { tracepoint } = cpu;
    if (tracepoint?.isDirect === false) trace.push(tracepoint.callerLo, tracepoint.callerHi);
    (cpu.chain ?? this.#chain).pushPlace(cpu, trace);
  }

  /** The place where a function goes on behind the call at its entry site. */
  pushEntrySite(fn: number, trace: StackTrace): void {
    const words = this.functions.entryWords;
    trace.push(words[2 * fn] + this.arch.siteSize, words[2 * fn + 1]);
  }

  /**
   * Calls a function by id or name with the arch's calling convention, runs its body (functions of the profile have none and return 0),
   * and gives its result. The caller's registers are as before afterwards. `from` is the return address. An unknown or dead function returns 0.
   */
  call(cpu: Cpu, fn: number | string, args: readonly bigint[] = [], from = 0xffffffff81001000n): bigint {
    const id = typeof fn === 'number' ? fn : this.functions.idsByName(fn)[0];
    return id === undefined || !this.functions.isLive(id) ? 0n : this.#calls.call(cpu, id, args, from);
  }

  /** Defines a traceable function outside any module, with a kallsyms name. Returns its function id. */
  defineFunction(name: string, prototype?: Prototype, body?: FunctionBody): number {
    return this.#modules.define(name, prototype, body);
  }

  /** Loads a module; −EEXIST when one of that name is loaded. */
  loadModule(definition: ModuleDefinition): Module | number {
    return this.#modules.load(definition);
  }

  /** Unloads a module: listeners are told (`going`), then its functions and symbols are gone. −ENOENT when not loaded, −EAGAIN while somebody uses it. */
  unloadModule(name: string): number {
    return this.#modules.unload(name);
  }

  /** A loaded module. */
  module(name: string): Module | undefined {
    return this.#modules.find(name);
  }

  /** The module whose memory an address is in. */
  moduleAt(addr: bigint): Module | undefined {
    return this.#modules.at(addr);
  }

  /** Functions that come and go are told to these, in order. */
  get functionListeners(): FunctionListener[] {
    return this.#modules.listeners;
  }

  /** Hands out a kernel address for `size` bytes, never the same twice; the memory is mapped when `mapped` is set. */
  allocate(size: number, align = 8, mapped = false): bigint {
    const mask = BigInt(align - 1);
    const addr = (this.#heap + mask) & ~mask;
    this.#heap = addr + BigInt(size);
    if (mapped) this.memory.map(addr, size);
    return addr;
  }

  #bringUp(id: number): Cpu {
    const idle = this.#addTask({ comm: `swapper/${id}`, pid: 0 });
    idle.state = 'running';
    idle.cpu = id;
    const cpu = new Cpu(id, idle, this.arch.registers.length);
    for (const kind of ['hardirq', 'nmi'] as const) {
      this.memory.map(interruptStackTop(cpu, kind) - BigInt(THREAD_SIZE), THREAD_SIZE);
    }
    return cpu;
  }

  #addTask(options: TaskOptions & { pid: number }): Task {
    const next = this.nextPlace;
    const index = this.#freeSlots.pop() ?? this.#tasks.length;
    const { address = next.address, stackTop = next.stackTop } = options;
    const stack = stackTop - BigInt(THREAD_SIZE);
    this.memory.map(stack, THREAD_SIZE);
    const task = new Task({
      arch: this.arch,
      index,
      pid: options.pid,
      tgid: options.tgid ?? options.pid,
      comm: options.comm,
      parent: options.parent,
      address,
      user: options.user,
      stackTop,
    });
    task.regs.wide[this.arch.spReg] = task.stackTop - Layout.STACK_HEADROOM;
    this.#tasks[index] = task;
    for (const listener of this.taskListeners) listener.forked?.(task);
    return task;
  }
}
