import { expect, test } from 'vitest';
import { ARCHES, type ArchName, fprobeConfig } from './arch.ts';

const names = Object.keys(ARCHES) as ArchName[];

test.each([
  ['x86_64', 'yes yes yes', 'on', 'di si dx cx r8 r9', 'ax', '(ret)', '1 word 0xf'],
  ['i386', 'no yes yes', 'off', 'ax dx cx', 'ax', '(ret)', '2 words'],
  ['arm64', 'yes yes yes', 'on', 'x0 x1 x2 x3 x4 x5 x6 x7', 'x0', 'lr', '1 word 0xf'],
  ['riscv64', 'yes yes yes', 'on', 'a0 a1 a2 a3 a4 a5 a6 a7', 'a0', 'ra', '1 word 0xf'],
  ['loongarch', 'yes yes yes', 'on', 'a0 a1 a2 a3 a4 a5 a6 a7', 'a0', 'ra', '2 words'],
  ['s390', 'yes yes yes', 'on', 'r2 r3 r4 r5 r6', 'r2', 'r14', '1 word 0x0'],
  ['powerpc64', 'yes yes yes', 'on', 'r3 r4 r5 r6 r7 r8 r9 r10', 'r3', 'link', '1 word 0xc'],
  ['arm', 'no no yes', 'off', 'r0 r1 r2 r3', 'r0', 'lr', '2 words'],
] as const)(
  '%s: what it selects, its arguments, its return, its header',
  (name, selects, fprobe, args, ret, link, header) => {
    const arch = ARCHES[name];
    const yes = (value: boolean) => (value ? 'yes' : 'no');
    const {
      HAVE_DYNAMIC_FTRACE_WITH_ARGS: withArgs,
      HAVE_FTRACE_GRAPH_FUNC: graph,
      HAVE_FUNCTION_GRAPH_FREGS: fregs,
    } = arch.selects;
    expect(`${yes(withArgs)} ${yes(graph)} ${yes(fregs)}`).toBe(selects);
    expect(fprobeConfig(arch.selects).FPROBE ? 'on' : 'off').toBe(fprobe);
    expect(arch.argRegs.map((reg) => arch.registers[reg]).join(' ')).toBe(args);
    expect(arch.registers[arch.retReg]).toBe(ret);
    expect(arch.registers[arch.linkReg]).toBe(link);
    expect(arch.header.kind === 'packed' ? `1 word 0x${arch.header.pattern.toString(16)}` : '2 words').toBe(header);
  },
);

test.each(names)('%s: every register that it names exists', (name) => {
  const arch = ARCHES[name];
  const named = [
    ...arch.argRegs,
    arch.retReg,
    arch.spReg,
    arch.ipReg,
    arch.fpReg,
    arch.linkReg,
    ...arch.ftraceRegs.entry,
    ...arch.ftraceRegs.exit,
    ...arch.perfRegs.copied,
    ...arch.perfRegs.set.map(([reg]) => reg),
  ];
  for (const reg of named) expect(arch.registers[reg]).toBeTypeOf('string');
  expect(new Set(arch.registers).size).toBe(arch.registers.length);
});

test.each(names)('%s: what fprobe needs is in ftrace_regs at entry, and the return value at return', (name) => {
  const { ftraceRegs, argRegs, spReg, ipReg, linkReg, retReg } = ARCHES[name];
  for (const reg of [...argRegs, spReg, ipReg, linkReg]) expect(ftraceRegs.entry).toContain(reg);
  for (const reg of [retReg, ipReg]) expect(ftraceRegs.exit).toContain(reg);
});

test.each(names)('%s: kernel data has addresses that a packed header can hold', (name) => {
  const { header, heapBase } = ARCHES[name];
  if (header.kind === 'packed') expect(Number(heapBase >> 60n)).toBe(header.pattern);
});

test('fprobe events need the stack access API besides fprobe', () => {
  const { selects } = ARCHES.x86_64;
  expect(fprobeConfig(selects)).toEqual({ DYNAMIC_FTRACE_WITH_ARGS: true, FPROBE: true, FPROBE_EVENTS: true });
  expect(fprobeConfig({ ...selects, HAVE_REGS_AND_STACK_ACCESS_API: false }).FPROBE_EVENTS).toBe(false);
  expect(fprobeConfig({ ...selects, HAVE_DYNAMIC_FTRACE: false }).FPROBE).toBe(false);
});
