import { expect, test } from 'vitest';
import { ARCHES, type ArchName } from '../machine/arch.ts';
import { Registers } from '../machine/registers.ts';
import { testMachine } from '../machine/test-kernel.ts';
import { FtraceRegs, POISON } from './ftrace-regs.ts';

const POISON_64 = (BigInt(POISON) << 32n) | BigInt(POISON);
const names = Object.keys(ARCHES) as ArchName[];

/** A task at the entry of function 0, where register n holds 0x1000 + n; the stack has its word number times 16 in each word. */
function atEntry(arch: ArchName = 'x86_64') {
  const machine = testMachine({ functions: ['vfs_read', '-vfs_write'] }, { arch });
  const [cpu] = machine.cpus;
  const { wide } = cpu.current.regs;
  const sp = wide[machine.arch.spReg] - 0x200n;
  for (let reg = 0; reg < wide.length; reg++) wide[reg] = BigInt(0x1000 + reg);
  wide[machine.arch.spReg] = sp;
  for (let word = 0; word < 16; word++) machine.memory.writeUint(sp + BigInt(8 * word), 8, BigInt(16 * word));
  const fregs = new FtraceRegs(machine, cpu, 0);
  fregs.beginEntry(0);
  const value = (read: (regs: FtraceRegs) => boolean) => {
    const there = read(fregs);
    const got = (BigInt(fregs.hi) << 32n) | BigInt(fregs.lo);
    return there ? got : { missing: got };
  };
  return { machine, cpu, fregs, value, sp };
}

test('x86_64 at entry', () => {
  const { machine, value, sp } = atEntry();
  const { argRegs, linkReg, fpReg, retReg } = machine.arch;
  for (const [n, reg] of argRegs.entries()) expect(value((regs) => regs.argument(n))).toBe(BigInt(0x1000 + reg));
  // The seventh argument lies above the return address.
  expect(value((regs) => regs.argument(6))).toBe(16n);
  expect(value((regs) => regs.argument(7))).toBe(32n);
  expect(value((regs) => regs.stackPointer())).toBe(sp);
  expect(value((regs) => regs.stackNth(0))).toBe(0n);
  expect(value((regs) => regs.stackNth(2))).toBe(32n);
  expect(value((regs) => regs.returnAddress())).toBe(BigInt(0x1000 + linkReg));
  expect(value((regs) => regs.framePointer())).toBe(BigInt(0x1000 + fpReg));
  expect(value((regs) => regs.returnValue())).toBe(BigInt(0x1000 + retReg));
  // The call at the entry site is five bytes long.
  expect(value((regs) => regs.instructionPointer())).toBe(machine.functions.entryIp(0) + 5n);
  expect(machine.log.lines).toEqual([]);
});

test('x86_64 at return has no stack pointer and no arguments, and says who reads them', () => {
  const { machine, fregs, value } = atEntry();
  fregs.beginReturn();
  expect(value((regs) => regs.returnValue())).toBe(BigInt(0x1000 + machine.arch.retReg));
  expect(value((regs) => regs.stackPointer())).toEqual({ missing: POISON_64 });
  expect(value((regs) => regs.stackNth(0))).toEqual({ missing: POISON_64 });
  expect(value((regs) => regs.argument(0))).toEqual({ missing: POISON_64 });
  expect(value((regs) => regs.argument(0))).toEqual({ missing: POISON_64 });
  expect(machine.log.lines.map((line) => line.slice(15))).toEqual([
    'WARNING: a handler at the return of vfs_read reads sp, which ftrace_regs does not hold',
    'WARNING: a handler at the return of vfs_read reads di, which ftrace_regs does not hold',
  ]);
});

test('the stack ends with the thread stack that the pointer is in', () => {
  const { machine, cpu, value } = atEntry();
  const { wide } = cpu.current.regs;
  wide[machine.arch.spReg] = cpu.current.stackTop - 16n;
  machine.memory.writeUint(cpu.current.stackTop - 8n, 8, 7n);
  expect(value((regs) => regs.stackNth(1))).toBe(7n);
  expect(value((regs) => regs.stackNth(2))).toEqual({ missing: 0n });
  expect(value((regs) => regs.stackNth(1 << 20))).toEqual({ missing: 0n });
});

test.each(names)('%s hands out at entry and return what its table says, the rest is poison', (arch) => {
  const { machine, fregs } = atEntry(arch);
  const { registers, ftraceRegs } = machine.arch;
  for (const [held, begin] of [
    [ftraceRegs.entry, () => fregs.beginEntry(0)],
    [ftraceRegs.exit, () => fregs.beginReturn()],
  ] as const) {
    begin();
    for (let reg = 0; reg < registers.length; reg++) {
      expect(fregs.holds(reg), registers[reg]).toBe(held.includes(reg));
      expect(fregs.register(reg), registers[reg]).toBe(held.includes(reg));
      if (!held.includes(reg)) expect([fregs.lo, fregs.hi]).toEqual([POISON, POISON]);
    }
  }
});

test.each(names)(
  '%s: an argument that no register has is on the stack, or 0 where the arch does not look there',
  (arch) => {
    const { machine, value } = atEntry(arch);
    const { argRegs, stackArgs, fetchesStackArgs } = machine.arch;
    const word = BigInt(16 * stackArgs);
    if (!fetchesStackArgs) expect(value((regs) => regs.argument(argRegs.length))).toEqual({ missing: 0n });
    else if (stackArgs < 16) expect(value((regs) => regs.argument(argRegs.length))).toBe(word);
    expect(machine.log.lines).toEqual([]);
  },
);

test.each(names)('%s: partialRegs copies what there is', (arch) => {
  const { machine, cpu, fregs } = atEntry(arch);
  const { registers, ftraceRegs } = machine.arch;
  const regs = new Registers(registers.length);
  for (const [held, begin] of [
    [ftraceRegs.entry, () => fregs.beginEntry(0)],
    [ftraceRegs.exit, () => fregs.beginReturn()],
  ] as const) {
    begin();
    fregs.partialRegs(regs);
    for (let reg = 0; reg < registers.length; reg++) {
      const expected = held.includes(reg) ? cpu.current.regs.wide[reg] : POISON_64;
      expect(regs.wide[reg], registers[reg]).toBe(expected);
    }
  }
});

test('x86_64 marks an entry as no exception: code segment and orig_ax are 0', () => {
  const { machine, fregs } = atEntry();
  const regs = new Registers(machine.arch.registers.length);
  fregs.partialRegs(regs);
  const named = (name: string) => regs.wide[machine.arch.registers.indexOf(name)];
  expect([named('cs'), named('orig_ax'), named('flags'), named('ip')]).toEqual([
    0n,
    0n,
    POISON_64,
    machine.functions.entryIp(0) + 5n,
  ]);
});

test('x86_64: fillPerfRegs has ip, sp, and the flags of kernel mode', () => {
  const { machine, fregs, sp } = atEntry();
  const regs = new Registers(machine.arch.registers.length);
  regs.wide.fill(9n);
  fregs.fillPerfRegs(regs);
  const named = Object.fromEntries(machine.arch.registers.map((name, reg) => [name, regs.wide[reg]]));
  expect(named).toMatchObject({ ip: machine.functions.entryIp(0) + 5n, sp, cs: 0x10n, flags: 0n, ax: 9n });
});

test.each([
  ['arm64', { pstate: 0x5n }],
  ['riscv64', { status: 0x100n }],
  ['s390', { 'psw.mask': 0n }],
] as const)('%s: fillPerfRegs says kernel mode in its own way', (arch, expected) => {
  const { machine, fregs, sp } = atEntry(arch);
  const regs = new Registers(machine.arch.registers.length);
  fregs.fillPerfRegs(regs);
  const named = Object.fromEntries(machine.arch.registers.map((name, reg) => [name, regs.wide[reg]]));
  expect(named).toMatchObject({ ...expected, [machine.arch.registers[machine.arch.spReg]]: sp });
});

test('a handler may replace the return value', () => {
  const { machine, cpu, fregs } = atEntry();
  fregs.beginReturn();
  fregs.setReturnValue(5, 6);
  expect(cpu.current.regs.wide[machine.arch.retReg]).toBe((6n << 32n) | 5n);
});
