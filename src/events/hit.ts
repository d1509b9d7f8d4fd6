import type { Cpu, Machine, Memory } from '../machine/index.ts';

/** What the expressions of one hit are evaluated over, and where they leave their value. One object is used for every hit. */
export class Hit {
  readonly machine: Machine;
  /** The cpu that passed the tracepoint. */
  cpu: Cpu;
  /** Low and high half of the value found last, unsigned. */
  lo = 0;
  hi = 0;

  constructor(machine: Machine) {
    this.machine = machine;
    this.cpu = machine.cpus[0]!;
  }

  /** The kernel's memory. */
  get memory(): Memory {
    return this.machine.memory;
  }

  /** Leaves a value. Halves may be any 32-bit integers. */
  set(lo: number, hi: number): void {
    this.lo = lo >>> 0;
    this.hi = hi >>> 0;
  }

  /** Leaves argument `n` of the tracepoint's prototype; argument 0 of the call is the probe's data. */
  argument(n: number): void {
    const { argRegs, spReg } = this.machine.arch;
    const { words } = this.cpu.current.regs;
    const reg = argRegs[n + 1];
    if (reg !== undefined) {
      this.lo = words[2 * reg]!;
      this.hi = words[2 * reg + 1]!;
      return;
    }
    this.lo = words[2 * spReg]!;
    this.hi = words[2 * spReg + 1]!;
    this.advance(8 * (n + 1 - argRegs.length));
    this.dereference(8, false);
  }

  /** Adds bytes to the value, as to an address. */
  advance(bytes: number): void {
    const lo = this.lo + bytes;
    if (lo > 0xffff_ffff) this.hi = (this.hi + 1) >>> 0;
    if (lo < 0) this.hi = (this.hi - 1) >>> 0;
    this.lo = lo >>> 0;
  }

  /** Puts what is at an address in its place; 0 where nothing is mapped. */
  dereference(size: 1 | 2 | 4 | 8, signed: boolean): void {
    const { memory } = this;
    if (!memory.load(this.lo, this.hi, size)) {
      this.set(0, 0);
      return;
    }
    this.lo = memory.lo;
    this.hi = memory.hi;
    if (size < 8) this.narrow(size, signed);
  }

  /** Cuts the value to an integer of so many bytes and widens it by its sign. */
  narrow(size: number, signed: boolean): void {
    if (size >= 8) return;
    const spare = 32 - 8 * size;
    const low = signed ? (this.lo << spare) >> spare : (this.lo << spare) >>> spare;
    this.set(low, signed && low < 0 ? -1 : 0);
  }

  /** Whether the value is not 0. */
  get isTrue(): boolean {
    return this.lo !== 0 || this.hi !== 0;
  }
}
