import { Errno } from '../abi/errno.ts';
import type { EntryHook } from '../machine/call-path.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Machine } from '../machine/machine.ts';
import type { StackTrace } from '../machine/stack-trace.ts';
import { enabledFunctionsText, touchedFunctionsText } from './enabled-functions.ts';
import type { FtraceOps } from './ftrace-ops.ts';
import { FtraceRegs } from './ftrace-regs.ts';
import { FunctionSet } from './function-set.ts';
import { ftraceLocation } from './location.ts';
import { addSets, isPlainUnion, type ManagerSets, managerSets } from './manager-hash.ts';
import type { OpsHash } from './ops-hash.ts';
import { LIST_SITE, RecordFlag, Records, SOLE_SITE } from './records.ts';
import { RecursionStart, recursionTrylock, recursionUnlock } from './recursion.ts';
import { Trampolines } from './trampolines.ts';

/** Where calls return to, in bytes from the start: in a trampoline, in the list function, in what calls that. */
const TRAMPOLINE_CALL = 0x95n;
const LIST_CALL = 0x121n;
const SITE_CALL = 5n;

/** Runs at a hooked return; fgraph is the one that there is. */
export type ReturnHandler = (cpu: Cpu, fregs: FtraceRegs) => void;

/** Calls of functions: entry sites, the ops that want them, and what happens at an entry. `kernel/trace/ftrace.c` */
export class Ftrace implements EntryHook {
  readonly machine: Machine;
  /** By function id; 0 is a nop, there is nothing to do on a call. Read it anew at each call: it is replaced when it grows. */
  sites: Uint8Array;
  readonly records: Records;
  /** Registered ops, newest first. */
  readonly opsList: FtraceOps[] = [];
  #slots: (FtraceOps | undefined)[] = [];
  #trampolines = new Trampolines();
  #returnHandler: ReturnHandler = () => {};
  /** By cpu, by nesting level. */
  #regs: FtraceRegs[][];
  #levels: Int32Array;
  #regsSlots = 0;

  /** Takes over the entry sites of a machine. */
  constructor(machine: Machine) {
    this.machine = machine;
    this.records = new Records(machine.functions, this.#slots);
    this.sites = this.records.sites;
    this.#regs = machine.cpus.map(() => []);
    this.#levels = new Int32Array(machine.cpus.length);
    for (const cpu of machine.cpus) for (let level = 0; level < 8; level++) this.#addLevel(cpu);
    machine.setEntryHook(this);
    machine.functionListeners.push({
      coming: (functions) => this.#functionsComing(functions),
      going: (functions) => this.#functionsGoing(functions),
    });
  }

  /** FtraceRegs objects that there are, numbered 0… by `slot`. */
  get regsSlots(): number {
    return this.#regsSlots;
  }

  /** The registers of the innermost callback that runs on a cpu; undefined when none does. */
  regsInUse(cpu: Cpu): FtraceRegs | undefined {
    return this.#regs[cpu.id][this.#levels[cpu.id] - 1];
  }

  /**
   * A function whose site is not a nop has been called: runs what the site calls. The registers of the cpu's task hold the arguments,
   * the stack pointer and the return address (link slot; on x86 also the top of the stack). True when the return was hooked.
   */
  enter(cpu: Cpu, fn: number): boolean {
    const level = this.#levels[cpu.id]++;
    const levels = this.#regs[cpu.id];
    const fregs = level < levels.length ? levels[level] : this.#addLevel(cpu);
    fregs.beginEntry(fn);
    const site = this.sites[fn];
    let hooked = false;
    if (site === LIST_SITE) hooked = this.#callList(cpu, fn, fregs);
    else {
      const ops = site === SOLE_SITE ? this.records.soleOps(fn) : this.#slots[site - 1];
      if (ops !== undefined) hooked = ops.recursion ? this.#callGuarded(cpu, fn, ops, fregs) : ops.func(fn, ops, fregs);
    }
    this.#levels[cpu.id]--;
    return hooked;
  }

  /** A function whose return was hooked has returned (`return_to_handler`); the registers hold the return value. */
  leave(cpu: Cpu): void {
    const level = this.#levels[cpu.id]++;
    const levels = this.#regs[cpu.id];
    const fregs = level < levels.length ? levels[level] : this.#addLevel(cpu);
    fregs.beginReturn();
    this.#returnHandler(cpu, fregs);
    this.#levels[cpu.id]--;
  }

  /** The trampoline of the only ops that wants a function, or the list function and what calls it. */
  pushSite(fn: number, trace: StackTrace): void {
    const trampoline = this.sites[fn] === LIST_SITE ? undefined : this.records.soleOps(fn)?.trampoline;
    if (trampoline !== undefined) pushAddress(trace, trampoline + TRAMPOLINE_CALL);
    else {
      this.#pushSymbol(trace, 'arch_ftrace_ops_list_func', LIST_CALL);
      const regs = (this.records.flags(fn) & RecordFlag.REGS) !== 0;
      this.#pushSymbol(trace, regs ? 'ftrace_regs_call' : 'ftrace_call', SITE_CALL);
    }
  }

  /** Fgraph only: what a hooked return runs. */
  setReturnHandler(handler: ReturnHandler): void {
    this.#returnHandler = handler;
  }

  /** Starts calling an ops. −EBUSY when it is registered already. */
  registerFunction(ops: FtraceOps): number {
    if (ops.enabled) return -Errno.EBUSY;
    const free = this.#slots.indexOf(undefined);
    ops.slot = free < 0 ? this.#slots.length : free;
    this.#slots[ops.slot] = ops;
    this.opsList.unshift(ops);
    ops.trampoline ??= this.#trampolines.allocate();
    ops.enabled = true;
    this.#attach(ops);
    return 0;
  }

  /** Stops calling an ops. −EBUSY when it is not registered. */
  unregisterFunction(ops: FtraceOps): number {
    if (!ops.enabled || ops.managed) return -Errno.EBUSY;
    this.records.attach(ops, new FunctionSet());
    this.#slots[ops.slot] = undefined;
    ops.slot = -1;
    this.opsList.splice(this.opsList.indexOf(ops), 1);
    ops.enabled = false;
    if (ops.dynamic && ops.trampoline !== undefined) {
      this.#trampolines.free(ops.trampoline);
      ops.trampoline = undefined;
    }
    return 0;
  }

  /** Lets a manager call another ops on its behalf, and registers the manager with its first. −EBUSY when it is registered already. `ftrace_startup_subops()` */
  startupSubops(manager: FtraceOps, ops: FtraceOps): number {
    if (ops.enabled) return -Errno.EBUSY;
    const isFirst = manager.subops.length === 0;
    manager.subops.unshift(ops);
    setSets(manager, isFirst ? managerSets(manager.subops) : addSets(manager.hash, ops.hash));
    ops.enabled = true;
    ops.managed = manager;
    if (!manager.enabled) return this.registerFunction(manager);
    this.#attach(manager);
    return 0;
  }

  /** Takes an ops from its manager, and unregisters the manager with its last. −EINVAL when it is not there. `ftrace_shutdown_subops()` */
  shutdownSubops(manager: FtraceOps, ops: FtraceOps): number {
    if (ops.managed !== manager) return -Errno.EINVAL;
    manager.subops.splice(manager.subops.indexOf(ops), 1);
    ops.enabled = false;
    ops.managed = undefined;
    setSets(manager, managerSets(manager.subops));
    if (manager.subops.length === 0) return this.unregisterFunction(manager);
    this.#attach(manager);
    return 0;
  }

  /**
   * Adds the functions at some addresses (entry sites or symbols) to the filter of an ops, or removes them from it. −EINVAL where no function is,
   * −ENOENT when one to be removed is not in the filter; nothing changes then. `ftrace_set_filter_ips()`
   */
  setFilterIps(ops: FtraceOps, addrs: readonly bigint[], remove = false): number {
    const fns: number[] = [];
    for (const addr of addrs) {
      const fn = ftraceLocation(this.machine, addr);
      if (fn === undefined) return -Errno.EINVAL;
      fns.push(fn);
    }
    return this.setFilterFunctions(ops, fns, remove);
  }

  /** Adds functions to the filter of an ops, or removes them from it: −ENOENT when one to be removed is not in the filter; nothing changes then. */
  setFilterFunctions(ops: FtraceOps, fns: Iterable<number>, remove = false): number {
    const { filter } = ops;
    const changed = [...fns];
    if (remove && !removable(filter, changed)) return -Errno.ENOENT;
    const wasEmpty = filter.isEmpty;
    for (const fn of changed) {
      if (remove) filter.delete(fn);
      else filter.add(fn);
    }
    // A filter that becomes empty, or no longer is, concerns every function.
    if (wasEmpty !== filter.isEmpty || !isPlainUnion(ops.managed?.subops ?? [])) this.#update(ops);
    else if (ops.enabled) this.#updateFunctions(ops.managed ?? ops, changed);
    return 0;
  }

  /** Replaces the filter of a hash. `waits`: an empty one wants none. */
  replaceFilter(hash: OpsHash, filter: FunctionSet, waits = false): void {
    hash.filter = filter.clone();
    hash.waits = waits;
    this.#updateHash(hash);
  }

  /** Replaces the functions that are not wanted. */
  replaceNotrace(hash: OpsHash, notrace: FunctionSet): void {
    hash.notrace = notrace.clone();
    this.#updateHash(hash);
  }

  /** `kernel.ftrace_enabled`: 0 makes every site a nop. */
  setEnabled(enabled: boolean): void {
    this.records.setEnabled(enabled);
  }

  /** Symbol of what a site calls that has no trampoline of its own. `update_ftrace_function()` */
  get traceFunction(): string {
    const [first, second] = this.opsList;
    if (!first) return 'ftrace_stub';
    if (second || first.dynamic) return 'arch_ftrace_ops_list_func';
    return first.recursion ? 'ftrace_ops_assist_func' : first.symbol;
  }

  /** The text of `enabled_functions`. */
  enabledFunctions(): string {
    return enabledFunctionsText(this);
  }

  /** The text of `touched_functions`. */
  touchedFunctions(): string {
    return touchedFunctionsText(this);
  }

  #pushSymbol(trace: StackTrace, name: string, offset: bigint): void {
    const address = this.machine.kallsyms.lookupName(name);
    if (address !== undefined) pushAddress(trace, address + offset);
  }

  #updateHash(hash: OpsHash): void {
    for (const ops of this.#registered()) if (ops.hash === hash) this.#update(ops);
  }

  /** Every ops that is called, by itself or by its manager. */
  #registered(): FtraceOps[] {
    return this.opsList.flatMap((ops) => [ops, ...ops.subops]);
  }

  #update(ops: FtraceOps): void {
    if (ops.managed) setSets(ops.managed, managerSets(ops.managed.subops));
    if (ops.enabled) this.#attach(ops.managed ?? ops);
  }

  /** As {@link Ftrace.#update}, for some functions of a filter; that of a manager is the union of its ops' filters. */
  #updateFunctions(ops: FtraceOps, fns: Iterable<number>): void {
    const { live } = this.records;
    const { subops, filter } = ops;
    for (const fn of fns) {
      if (subops.length > 0) {
        if (subops.some((sub) => sub.filter.has(fn))) filter.add(fn);
        else filter.delete(fn);
      }
      this.records.attachOne(ops, fn, live.has(fn) && ops.test(fn));
    }
  }

  #attach(ops: FtraceOps): void {
    this.records.attach(ops, this.records.wanted(ops));
  }

  #callGuarded(cpu: Cpu, fn: number, ops: FtraceOps, fregs: FtraceRegs): boolean {
    const bit = recursionTrylock(cpu, RecursionStart.LIST);
    if (bit < 0) return false;
    const hooked = ops.func(fn, ops, fregs);
    recursionUnlock(cpu, bit);
    return hooked;
  }

  /** `__ftrace_ops_list_func()` */
  #callList(cpu: Cpu, fn: number, fregs: FtraceRegs): boolean {
    const bit = recursionTrylock(cpu, RecursionStart.LIST);
    if (bit < 0) return false;
    let hooked = false;
    const list = this.opsList;
    for (let i = 0; i < list.length; i++) {
      const ops = list[i];
      if (ops.attached.has(fn) && ops.func(fn, ops, fregs)) hooked = true;
    }
    recursionUnlock(cpu, bit);
    return hooked;
  }

  #addLevel(cpu: Cpu): FtraceRegs {
    const fregs = new FtraceRegs(this.machine, cpu, this.#regsSlots++);
    this.#regs[cpu.id].push(fregs);
    return fregs;
  }

  #functionsComing(functions: readonly number[]): void {
    this.records.addFunctions(functions);
    this.sites = this.records.sites;
    // Only who wants all functions wants these: a filter cannot name them yet.
    for (const ops of this.opsList) if (ops.hash.wantsAll) this.#attach(ops);
  }

  /** `ftrace_release_mod()`: the records go. What hashes have of them matches nothing any more, and keeps a filter from being empty. */
  #functionsGoing(functions: readonly number[]): void {
    this.records.removeFunctions(functions);
    for (const { attached } of this.opsList) for (const fn of functions) attached.delete(fn);
  }
}

function pushAddress(trace: StackTrace, address: bigint): void {
  trace.push(Number(address & 0xffffffffn), Number(address >> 32n));
}

function setSets({ hash }: FtraceOps, { filter, notrace }: ManagerSets): void {
  hash.filter = filter;
  hash.notrace = notrace;
}

/** Whether every function is in the filter, and is named once. */
function removable(filter: FunctionSet, fns: readonly number[]): boolean {
  return new Set(fns).size === fns.length && fns.every((fn) => filter.has(fn));
}
