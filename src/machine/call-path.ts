import type { Arch } from './arch.ts';
import type { CallContext } from './call-context.ts';
import type { Cpu } from './cpu.ts';
import type { Machine } from './machine.ts';
import { Registers } from './registers.ts';
import type { StackTrace } from './stack-trace.ts';

/** What is patched into functions' entry sites; ftrace installs itself here. */
export interface EntryHook {
  /** By function id: 0 is a nop, there is nothing to do on a call. Replaced when functions are added: read it at each call. */
  readonly sites: Uint8Array;
  /** Runs what a patched site calls; true when the return was hooked. */
  enter(cpu: Cpu, fn: number): boolean;
  /** Runs what a hooked return goes to. */
  leave(cpu: Cpu): void;
  /** Adds the places in what a patched site calls, innermost first, up to the function itself. */
  pushSite(fn: number, trace: StackTrace): void;
}

const NO_HOOK: EntryHook = { sites: new Uint8Array(0), enter: () => false, leave: () => {}, pushSite: () => {} };

/** Calls and returns of simulated functions, by the arch's calling convention. Reached through `Machine`. */
export class CallPath {
  hook: EntryHook = NO_HOOK;
  #machine: Machine;
  #arch: Arch;
  #sp: number;
  #link: number;
  #pushes: boolean;
  /** Register sets that `call()` keeps for its callers; one a nesting level. */
  #saved: Registers[] = [];
  #savedDepth = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#arch = machine.arch;
    this.#sp = 2 * machine.arch.spReg;
    this.#link = 2 * machine.arch.linkReg;
    this.#pushes = machine.arch.returnOnStack;
  }

  enter(cpu: Cpu, fn: number, retLo: number, retHi: number): boolean {
    const task = cpu.current;
    const words = task.regs.words;
    if (this.#pushes) {
      const below = words[this.#sp] - 8;
      if (below < 0) words[this.#sp + 1]--;
      words[this.#sp] = below;
      this.#machine.memory.store64(words[this.#sp], words[this.#sp + 1], retLo, retHi);
    }
    words[this.#link] = retLo;
    words[this.#link + 1] = retHi;
    if (task.callDepth === task.calls.length) task.growCalls();
    const at = task.callDepth++;
    task.calls[at] = fn * 2;
    task.returns[2 * at] = retLo;
    task.returns[2 * at + 1] = retHi;
    const hook = this.hook;
    const hooked = hook.sites[fn] > 0 && hook.enter(cpu, fn);
    if (hooked) task.calls[at]++;
    return hooked;
  }

  leave(cpu: Cpu): void {
    const task = cpu.current;
    if (task.callDepth === 0) return;
    if (this.#pushes) {
      const words = task.regs.words;
      const above = words[this.#sp] + 8;
      if (above > 0xffffffff) words[this.#sp + 1]++;
      words[this.#sp] = above;
    }
    if ((task.calls[--task.callDepth] & 1) !== 0) this.hook.leave(cpu);
  }

  call(cpu: Cpu, fn: number, args: readonly bigint[], from: bigint): bigint {
    const arch = this.#arch;
    const task = cpu.current;
    const regs = task.regs;
    if (this.#savedDepth === this.#saved.length) this.#saved.push(new Registers(arch.registers.length));
    const saved = this.#saved[this.#savedDepth++];
    saved.copyFrom(regs);
    this.#passArguments(task.regs, args);
    this.enter(cpu, fn, Number(from & 0xffffffffn), Number((from >> 32n) & 0xffffffffn));
    const body = this.#machine.functions.definition(fn)?.body;
    const result = body?.(this.#context(cpu, fn)) ?? 0n;
    regs.wide[arch.retReg] = BigInt.asUintN(64, result);
    this.leave(cpu);
    const returned = regs.wide[arch.retReg];
    regs.copyFrom(saved);
    this.#savedDepth--;
    return returned;
  }

  /** The n-th argument of a function that has just been entered. */
  argument(cpu: Cpu, n: number): bigint {
    const arch = this.#arch;
    const wide = cpu.current.regs.wide;
    if (n < arch.argRegs.length) return wide[arch.argRegs[n]];
    const at = wide[arch.spReg] + BigInt(8 * (arch.stackArgs + n - arch.argRegs.length));
    return this.#machine.memory.readUint(at, 8) ?? 0n;
  }

  #passArguments(regs: Registers, args: readonly bigint[]): void {
    const arch = this.#arch;
    const inRegs = arch.argRegs.length;
    for (let n = 0; n < Math.min(args.length, inRegs); n++) regs.wide[arch.argRegs[n]] = BigInt.asUintN(64, args[n]);
    const onStack = args.slice(inRegs);
    if (onStack.length === 0) return;
    // The callee finds its first stack argument `stackArgs` longs above its stack pointer, which a push moves by one.
    const gap = arch.stackArgs - (this.#pushes ? 1 : 0);
    const sp = (regs.wide[arch.spReg] - BigInt(8 * (onStack.length + gap))) & ~0xfn;
    regs.wide[arch.spReg] = sp;
    onStack.forEach((value, i) => {
      this.#machine.memory.writeUint(sp + BigInt(8 * (gap + i)), 8, BigInt.asUintN(64, value));
    });
  }

  #context(cpu: Cpu, fn: number): CallContext {
    const machine = this.#machine;
    const passed = new Map<number, bigint>();
    for (let n = 0; n < this.#arch.argRegs.length; n++) passed.set(n, this.argument(cpu, n));
    return {
      machine,
      cpu,
      task: cpu.current,
      fn,
      argument: (n) => passed.get(n) ?? this.argument(cpu, n),
      call: (callee, ...args) => machine.call(cpu, callee, args, machine.functions.entryIp(fn) + 0x20n),
    };
  }
}
