import { type Cpu, Preempt } from '../machine/cpu.ts';
import type { Machine } from '../machine/machine.ts';
import type { Task } from '../machine/task.ts';
import type { ReplayTasks } from './replay-tasks.ts';
import { layStack } from './stack-layout.ts';
import { PID_RESULT, TAIL_CALL, type Workload } from './workload.ts';

/**
 * Puts a task's registers and stack in the state that a call of a workload finds, and a cpu in the context that it is
 * made in.
 */
export class CallState {
  /** Return address found last, in halves. */
  retLo = 0;
  retHi = 0;
  readonly #workload: Workload;
  readonly #machine: Machine;
  readonly #tasks: ReplayTasks;
  /** By call: 1 while the machine knows that it is under way. */
  readonly #entered: Uint8Array;
  #depths: Uint16Array | undefined;
  /** By call, where the arch keeps return addresses in a register: what that register held once the call had been entered, in halves. */
  #links: Uint32Array | undefined;
  /** Longs between the stack pointer before a call and the first argument on the stack. */
  readonly #stackArgs: number;

  constructor(workload: Workload, machine: Machine, tasks: ReplayTasks, entered: Uint8Array) {
    this.#workload = workload;
    this.#machine = machine;
    this.#tasks = tasks;
    this.#entered = entered;
    const { stackArgs, returnOnStack } = machine.arch;
    this.#stackArgs = stackArgs - (returnOnStack ? 1 : 0);
    if (!returnOnStack) this.#links = new Uint32Array(2 * workload.callFn.length);
  }

  /** Arguments, return address and stack pointer of a call that is about to be entered. */
  enter(task: Task, call: number): void {
    const { callArgs, argWords, callPids } = this.#workload;
    const { words } = task.regs;
    const { argRegs, spReg } = this.#machine.arch;
    const first = callArgs[call];
    const end = callArgs[call + 1];
    const count = Math.min(end - first, argRegs.length);
    const pids = callPids[call];
    for (let n = 0; n < count; n++) {
      const reg = argRegs[n];
      words[2 * reg] = argWords[2 * (first + n)];
      words[2 * reg + 1] = argWords[2 * (first + n) + 1];
      this.#localize(words, reg, (pids & (1 << n)) !== 0);
    }
    this.findReturn(task, call);
    this.setStack(task, call, 8);
    // What no register has lies above where the return address will be.
    for (let n = first + count; n < end; n++) {
      const at = words[2 * spReg] + 8 * (this.#stackArgs + n - first - count);
      this.#machine.memory.store64(at, words[2 * spReg + 1], argWords[2 * n], argWords[2 * n + 1]);
    }
  }

  /** A call has been entered: its function keeps the link register for its return. */
  entered(task: Task, call: number): void {
    if (this.#links === undefined) return;
    const { linkReg } = this.#machine.arch;
    const { words } = task.regs;
    this.#links[2 * call] = words[2 * linkReg];
    this.#links[2 * call + 1] = words[2 * linkReg + 1];
  }

  /** Result and stack pointer of a call that returns. */
  leave(task: Task, call: number): void {
    const { hasResult, resultWords, callPids } = this.#workload;
    if (hasResult[call] !== 0) {
      const { words } = task.regs;
      const { retReg } = this.#machine.arch;
      words[2 * retReg] = resultWords[2 * call];
      words[2 * retReg + 1] = resultWords[2 * call + 1];
      this.#localize(words, retReg, (callPids[call] & PID_RESULT) !== 0);
    }
    this.setStack(task, call, this.#links === undefined ? 0 : 8);
  }

  /** Puts a tracepoint's arguments where its probes find them: behind the place of the probe's data. */
  point(task: Task, args: readonly bigint[]): void {
    const { argRegs, spReg } = this.#machine.arch;
    const { wide } = task.regs;
    const inRegs = argRegs.length - 1;
    for (const [n, value] of args.entries()) {
      if (n < inRegs) wide[argRegs[n + 1]] = value;
      else this.#machine.memory.writeUint(wide[spReg] + BigInt(8 * (this.#stackArgs + n - inRegs)), 8, value);
    }
  }

  /** A recorded value as it is in this replay. */
  value(value: bigint, pid: boolean): bigint {
    if (!pid) return this.#tasks.relocation.address(value);
    const recorded = Number(BigInt.asIntN(32, value));
    return recorded > 0 ? BigInt(this.#tasks.pid(recorded)) : value;
  }

  /** Finds where a call returns to. A call that jumped finds what its caller was given, which may be hooked by now. */
  findReturn(task: Task, call: number): void {
    const { callFlags, callParent, siteWords } = this.#workload;
    let owner = call;
    /** The innermost of the calls that share the return address which the machine knows of. */
    let known = this.#entered[call] !== 0 ? call : -1;
    while ((callFlags[owner] & TAIL_CALL) !== 0 && callParent[owner] >= 0) {
      owner = callParent[owner];
      if (known < 0 && this.#entered[owner] !== 0) known = owner;
    }
    this.retLo = siteWords[2 * owner];
    this.retHi = siteWords[2 * owner + 1];
    if (known < 0) return;
    if (this.#links !== undefined) {
      this.retLo = this.#links[2 * known];
      this.retHi = this.#links[2 * known + 1];
      return;
    }
    const { memory, arch } = this.#machine;
    this.setStack(task, call, 0);
    const { words } = task.regs;
    if (!memory.load64(words[2 * arch.spReg], words[2 * arch.spReg + 1])) return;
    this.retLo = memory.lo;
    this.retHi = memory.hi;
  }

  /** Puts the stack pointer at a call's return address, or `above` bytes above it. */
  setStack(task: Task, call: number, above: number): void {
    this.#depths ??= layStack(this.#workload);
    const { spReg } = this.#machine.arch;
    task.regs.wide[spReg] = task.stackTop;
    const { words } = task.regs;
    // A stack that ends at a multiple of 4 GiB would borrow from the high word.
    const low = words[2 * spReg] + above - this.#depths[call];
    if (low < 0) words[2 * spReg + 1]--;
    words[2 * spReg] = low;
  }

  /** Turns a recorded value in a register into this replay's. */
  #localize(words: Uint32Array, reg: number, pid: boolean): void {
    if (!pid && this.#tasks.relocation.none) return;
    const value = this.value((BigInt(words[2 * reg + 1]) << 32n) | BigInt(words[2 * reg]), pid);
    words[2 * reg] = Number(value & 0xffffffffn);
    words[2 * reg + 1] = Number(value >> 32n);
  }
}

/** Lets a cpu be in the context that flags say, as `step-flags.ts` packs them. */
export function setContext(cpu: Cpu, flags: number): void {
  cpu.irqsOff = (flags & 1) !== 0;
  cpu.needResched = (flags & 2) !== 0;
  cpu.needReschedLazy = (flags & 16) !== 0;
  const softirq = (flags & 8) === 0 ? 0 : Preempt.SOFTIRQ_OFFSET;
  const hardirq = (flags & 4) === 0 ? 0 : Preempt.HARDIRQ_OFFSET;
  cpu.preemptCount = ((flags & 0x1ff) >> 5) + softirq + hardirq;
}
