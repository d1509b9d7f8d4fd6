import type { Arch } from '../machine/arch.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Functions } from '../machine/functions.ts';
import { THREAD_SIZE } from '../machine/layout.ts';
import type { Machine } from '../machine/machine.ts';
import type { Memory } from '../machine/memory.ts';
import type { Registers } from '../machine/registers.ts';

/** Each half of what a register reads as that ftrace_regs does not hold. */
export const POISON = 0x6b6b6b6b;

const STACK_MASK = ~(THREAD_SIZE - 1);

/** Registers of an arch that ftrace_regs holds, by index: bit 0 at entry, bit 1 at return. */
function heldRegisters(arch: Arch): Uint8Array {
  const held = new Uint8Array(arch.registers.length);
  for (const reg of arch.ftraceRegs.entry) held[reg] |= 1;
  for (const reg of arch.ftraceRegs.exit) held[reg] |= 2;
  return held;
}

/**
 * What a callback may see of the registers, `struct ftrace_regs`. One for each nesting level of a cpu, used again and again: valid only
 * while the callback runs. A reader leaves the value in `lo` and `hi` (unsigned 32-bit halves) and returns whether there is one. A
 * register that is not held reads as poison, and the kernel log says once that a handler read it.
 */
export class FtraceRegs {
  lo = 0;
  hi = 0;
  /** The cpu that the callback runs on. */
  readonly cpu: Cpu;
  /** Dense number over all cpus and nesting levels, for what callers keep beside. */
  readonly slot: number;
  /** Function that was entered or is returned from. */
  fn = 0;
  /** The live registers as 32-bit halves by the arch's index, whether held or not: for ftrace and fgraph, not for callbacks. */
  words: Uint32Array;
  /** 1 at entry, 2 at return. */
  #phase: 1 | 2 = 1;
  readonly #machine: Machine;
  readonly #memory: Memory;
  readonly #arch: Arch;
  readonly #held: Uint8Array;
  /** Registers already reported, with the bits of `#held`. */
  readonly #reported: Uint8Array;
  readonly #argRegs: Int32Array;
  readonly #functions: Functions;
  /** Words of the instruction pointer, and of the registers that an entry saves as 0. */
  readonly #ip: number;
  readonly #zero: Int32Array;
  readonly #siteSize: number;

  constructor(machine: Machine, cpu: Cpu, slot: number) {
    this.#machine = machine;
    this.#memory = machine.memory;
    this.#arch = machine.arch;
    this.cpu = cpu;
    this.slot = slot;
    this.#held = heldRegisters(machine.arch);
    this.#reported = new Uint8Array(this.#held.length);
    this.#argRegs = Int32Array.from(machine.arch.argRegs);
    this.words = cpu.current.regs.words;
    this.#functions = machine.functions;
    this.#ip = 2 * machine.arch.ipReg;
    this.#zero = Int32Array.from(machine.arch.ftraceRegs.zero ?? [], (reg) => 2 * reg);
    this.#siteSize = machine.arch.siteSize;
  }

  get atReturn(): boolean {
    return this.#phase === 2;
  }

  /** Ftrace only: the registers of the cpu's task at a function's entry. */
  beginEntry(fn: number): void {
    this.fn = fn;
    this.#phase = 1;
    const words = this.cpu.current.regs.words;
    this.words = words;
    const sites = this.#functions.entryWords;
    const ip = this.#ip;
    // Functions start at multiples of 16, so that the sum does not carry.
    words[ip] = sites[2 * fn] + this.#siteSize;
    words[ip + 1] = sites[2 * fn + 1];
    const zero = this.#zero;
    for (let i = 0; i < zero.length; i++) {
      words[zero[i]] = 0;
      words[zero[i] + 1] = 0;
    }
  }

  /** Ftrace only: the registers of the cpu's task at a function's return. */
  beginReturn(): void {
    this.#phase = 2;
    this.words = this.cpu.current.regs.words;
  }

  /** The n-th argument, from 0: a register, or a word of the stack at entry. Where the arch leaves the stack alone, 0. */
  argument(n: number): boolean {
    if (n < this.#argRegs.length) return this.register(this.#argRegs[n]);
    if (!this.#arch.fetchesStackArgs) {
      this.lo = 0;
      this.hi = 0;
      return false;
    }
    return this.stackNth(n - this.#argRegs.length + this.#arch.stackArgs);
  }

  returnValue(): boolean {
    return this.register(this.#arch.retReg);
  }

  stackPointer(): boolean {
    return this.register(this.#arch.spReg);
  }

  framePointer(): boolean {
    return this.register(this.#arch.fpReg);
  }

  /** At entry the address after the entry site, at return the address that the function returns to. */
  instructionPointer(): boolean {
    return this.register(this.#arch.ipReg);
  }

  /** Where the function returns to: on x86 the top of the stack, elsewhere the link register; at return the instruction pointer. */
  returnAddress(): boolean {
    if (this.#phase === 2) return this.register(this.#arch.ipReg);
    return this.register(this.#arch.linkReg);
  }

  /** The n-th 8-byte word from the stack pointer up, within its kernel stack. `kernel/ptrace.c:regs_get_kernel_stack_nth()` */
  stackNth(n: number): boolean {
    if (!this.register(this.#arch.spReg)) return false;
    const sp = this.lo;
    const at = sp + 8 * n;
    this.lo = 0;
    const hi = this.hi;
    this.hi = 0;
    if (at > 0xffffffff || ((at ^ sp) & STACK_MASK) !== 0) return false;
    const memory = this.#memory;
    if (!memory.load64(at, hi)) return false;
    this.lo = memory.lo;
    this.hi = memory.hi;
    return true;
  }

  /** A register by the arch's index. */
  register(reg: number): boolean {
    if ((this.#held[reg] & this.#phase) === 0) {
      this.#reportMissing(reg);
      this.lo = POISON;
      this.hi = POISON;
      return false;
    }
    this.lo = this.words[2 * reg];
    this.hi = this.words[2 * reg + 1];
    return true;
  }

  /** A register whole, whether held or not: as `words`, for ftrace and fgraph. */
  wide(reg: number): bigint {
    return (BigInt(this.words[2 * reg + 1]) << 32n) | BigInt(this.words[2 * reg]);
  }

  /** Whether ftrace_regs holds a register here; says nothing in the log. */
  holds(reg: number): boolean {
    return (this.#held[reg] & this.#phase) !== 0;
  }

  /** Replaces what the function returns. */
  setReturnValue(lo: number, hi: number): void {
    this.#set(this.#arch.retReg, lo, hi);
  }

  /**
   * Fills a whole register set for BPF from what there is, the rest with poison (where ftrace_regs is a whole pt_regs, it is handed out
   * as it is, with what the stack held before). `include/linux/ftrace_regs.h:ftrace_partial_regs()`
   */
  partialRegs(dest: Registers): void {
    const count = this.#held.length;
    for (let reg = 0; reg < count; reg++) {
      const held = (this.#held[reg] & this.#phase) !== 0;
      dest.words[2 * reg] = held ? this.words[2 * reg] : POISON;
      dest.words[2 * reg + 1] = held ? this.words[2 * reg + 1] : POISON;
    }
  }

  /** Fills what perf reads of a register set: ip, sp, frame pointer where the arch's unwinder wants it, and flags that say kernel mode. `ftrace_fill_perf_regs()` */
  fillPerfRegs(dest: Registers): void {
    const arch = this.#arch;
    for (const reg of arch.perfRegs.copied) {
      const held = (this.#held[reg] & this.#phase) !== 0;
      dest.words[2 * reg] = held ? this.words[2 * reg] : 0;
      dest.words[2 * reg + 1] = held ? this.words[2 * reg + 1] : 0;
    }
    for (const [reg, value] of arch.perfRegs.set) dest.wide[reg] = value;
  }

  #set(reg: number, lo: number, hi: number): void {
    this.words[2 * reg] = lo;
    this.words[2 * reg + 1] = hi;
  }

  #reportMissing(reg: number): void {
    if ((this.#reported[reg] & this.#phase) !== 0) return;
    this.#reported[reg] |= this.#phase;
    const name = this.#arch.registers[reg];
    const when = this.#phase === 1 ? 'entry' : 'return';
    this.#machine.log.warnOnce(
      `ftrace_regs ${name} ${when}`,
      `a handler at the ${when} of ${this.#machine.functions.name(this.fn)} reads ${name}, which ftrace_regs does not hold`,
    );
  }
}
