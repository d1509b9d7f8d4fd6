import type { Arch, ArchSelects } from './arch.ts';

const numbered = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);
const pick = (registers: readonly string[], names: string) => names.split(' ').map((name) => registers.indexOf(name));

const ALL: ArchSelects = {
  HAVE_DYNAMIC_FTRACE: true,
  HAVE_DYNAMIC_FTRACE_WITH_ARGS: true,
  HAVE_FTRACE_REGS_HAVING_PT_REGS: true,
  HAVE_FTRACE_GRAPH_FUNC: true,
  HAVE_FUNCTION_GRAPH_FREGS: true,
  HAVE_REGS_AND_STACK_ACCESS_API: true,
};

const ARM64 = [...numbered('x', 0, 28), 'fp', 'lr', 'sp', 'pc', 'pstate'];

/** arm64: an ftrace_regs of its own; two patched slots after a BTI. */
export const arm64: Arch = {
  name: 'arm64',
  wordSize: 8,
  endian: 'little',
  registers: ARM64,
  argRegs: pick(ARM64, 'x0 x1 x2 x3 x4 x5 x6 x7'),
  stackArgs: 0,
  fetchesStackArgs: false,
  retReg: ARM64.indexOf('x0'),
  spReg: ARM64.indexOf('sp'),
  ipReg: ARM64.indexOf('pc'),
  fpReg: ARM64.indexOf('fp'),
  linkReg: ARM64.indexOf('lr'),
  returnOnStack: false,
  entryOffset: 8,
  siteSize: 4,
  landingPad: { name: 'bti c', size: 4 },
  symaddr: 'landing-pad',
  maxEntryOffset: 8,
  ftraceRegs: {
    whole: false,
    entry: pick(ARM64, 'x0 x1 x2 x3 x4 x5 x6 x7 x8 fp lr sp pc'),
    exit: pick(ARM64, 'x0 x1 x2 x3 x4 x5 x6 x7 fp pc'),
  },
  perfRegs: { copied: pick(ARM64, 'pc fp sp'), set: [[ARM64.indexOf('pstate'), 0x5n]] },
  heapBase: 0xffff000004000000n,
  header: { kind: 'packed', pattern: 0xf },
  framePointerTest: true,
  selects: { ...ALL, HAVE_FTRACE_REGS_HAVING_PT_REGS: false },
};

const RISCV = [
  ...'pc ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7'.split(' '),
  ...numbered('s', 2, 11),
  ...numbered('t', 3, 6),
  'status',
];

/** riscv64: an ftrace_regs of its own; the entry site is the symbol. */
export const riscv64: Arch = {
  name: 'riscv64',
  wordSize: 8,
  endian: 'little',
  registers: RISCV,
  argRegs: pick(RISCV, 'a0 a1 a2 a3 a4 a5 a6 a7'),
  stackArgs: 0,
  fetchesStackArgs: false,
  retReg: RISCV.indexOf('a0'),
  spReg: RISCV.indexOf('sp'),
  ipReg: RISCV.indexOf('pc'),
  fpReg: RISCV.indexOf('s0'),
  linkReg: RISCV.indexOf('ra'),
  returnOnStack: false,
  entryOffset: 0,
  siteSize: 8,
  landingPad: undefined,
  symaddr: 'none',
  maxEntryOffset: 0,
  ftraceRegs: {
    whole: false,
    entry: pick(RISCV, 'pc ra sp s0 t1 a0 a1 a2 a3 a4 a5 a6 a7'),
    exit: pick(RISCV, 'pc s0 a0 a1'),
  },
  perfRegs: { copied: pick(RISCV, 'pc s0 sp'), set: [[RISCV.indexOf('status'), 0x100n]] },
  heapBase: 0xff60000004000000n,
  header: { kind: 'packed', pattern: 0xf },
  framePointerTest: true,
  selects: { ...ALL, HAVE_FTRACE_REGS_HAVING_PT_REGS: false },
};

const LOONGARCH = [
  ...'zero ra tp sp'.split(' '),
  ...numbered('a', 0, 7),
  ...numbered('t', 0, 8),
  ...'u0 fp'.split(' '),
  ...numbered('s', 0, 8),
  'era',
  'prmd',
];

/** LoongArch: kernel pointers have no fixed top bits, so the fprobe header takes two words. */
export const loongarch: Arch = {
  name: 'loongarch',
  wordSize: 8,
  endian: 'little',
  registers: LOONGARCH,
  argRegs: pick(LOONGARCH, 'a0 a1 a2 a3 a4 a5 a6 a7'),
  stackArgs: 0,
  fetchesStackArgs: true,
  retReg: LOONGARCH.indexOf('a0'),
  spReg: LOONGARCH.indexOf('sp'),
  ipReg: LOONGARCH.indexOf('era'),
  fpReg: LOONGARCH.indexOf('fp'),
  linkReg: LOONGARCH.indexOf('ra'),
  returnOnStack: false,
  entryOffset: 0,
  siteSize: 4,
  landingPad: undefined,
  symaddr: 'none',
  maxEntryOffset: 0,
  ftraceRegs: {
    whole: true,
    entry: pick(LOONGARCH, 'ra sp a0 a1 a2 a3 a4 a5 a6 a7 fp era'),
    exit: pick(LOONGARCH, 'a0 a1 fp era'),
  },
  perfRegs: { copied: [], set: [] },
  heapBase: 0x9000000004000000n,
  header: { kind: 'two-word' },
  framePointerTest: false,
  selects: ALL,
};

const S390 = [...numbered('r', 0, 15), 'psw.mask', 'psw.addr'];

/** s390: kernel addresses start at zero, so the header's pattern is 0; entry and return both save the whole set. */
export const s390: Arch = {
  name: 's390',
  wordSize: 8,
  endian: 'big',
  registers: S390,
  argRegs: pick(S390, 'r2 r3 r4 r5 r6'),
  stackArgs: 20,
  fetchesStackArgs: true,
  retReg: S390.indexOf('r2'),
  spReg: S390.indexOf('r15'),
  ipReg: S390.indexOf('psw.addr'),
  fpReg: S390.indexOf('r11'),
  linkReg: S390.indexOf('r14'),
  returnOnStack: false,
  entryOffset: 0,
  siteSize: 6,
  landingPad: undefined,
  symaddr: 'none',
  maxEntryOffset: 0,
  ftraceRegs: {
    whole: true,
    entry: pick(S390, 'r2 r3 r4 r5 r6 r14 r15 psw.addr'),
    exit: pick(S390, 'r2 r3 r4 r5 r14 r15 psw.addr'),
  },
  perfRegs: { copied: pick(S390, 'psw.addr r15'), set: [[S390.indexOf('psw.mask'), 0n]] },
  heapBase: 0x0000000084000000n,
  header: { kind: 'packed', pattern: 0x0 },
  framePointerTest: false,
  selects: ALL,
};

const POWERPC = [...numbered('r', 0, 31), 'nip', 'msr', 'orig_gpr3', 'ctr', 'link', 'xer', 'ccr'];

/** powerpc64 (ELFv2, mprofile-kernel): kernel pointers start with 0xc. */
export const powerpc64: Arch = {
  name: 'powerpc64',
  wordSize: 8,
  endian: 'little',
  registers: POWERPC,
  argRegs: pick(POWERPC, 'r3 r4 r5 r6 r7 r8 r9 r10'),
  stackArgs: 12,
  fetchesStackArgs: true,
  retReg: POWERPC.indexOf('r3'),
  spReg: POWERPC.indexOf('r1'),
  ipReg: POWERPC.indexOf('nip'),
  fpReg: POWERPC.indexOf('r31'),
  linkReg: POWERPC.indexOf('link'),
  returnOnStack: false,
  entryOffset: 12,
  siteSize: 4,
  landingPad: undefined,
  symaddr: 'none',
  maxEntryOffset: 16,
  ftraceRegs: {
    whole: true,
    entry: pick(POWERPC, 'r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 nip msr link'),
    exit: pick(POWERPC, 'r3 r4 nip'),
  },
  perfRegs: { copied: pick(POWERPC, 'nip r1'), set: [[POWERPC.indexOf('msr'), 0x8000000000001033n]] },
  heapBase: 0xc000000004000000n,
  header: { kind: 'packed', pattern: 0xc },
  framePointerTest: false,
  selects: ALL,
  withArgsIf: 'patchable function entry, mprofile-kernel or PPC32',
};

const ARM = [...numbered('r', 0, 10), 'fp', 'ip', 'sp', 'lr', 'pc', 'cpsr'];

/** arm (32 bit): neither DYNAMIC_FTRACE_WITH_ARGS nor a graph function, so no fprobe. */
export const arm: Arch = {
  name: 'arm',
  wordSize: 4,
  endian: 'little',
  registers: ARM,
  argRegs: pick(ARM, 'r0 r1 r2 r3'),
  stackArgs: 0,
  fetchesStackArgs: true,
  retReg: ARM.indexOf('r0'),
  spReg: ARM.indexOf('sp'),
  ipReg: ARM.indexOf('pc'),
  fpReg: ARM.indexOf('fp'),
  linkReg: ARM.indexOf('lr'),
  returnOnStack: false,
  entryOffset: 4,
  siteSize: 4,
  landingPad: undefined,
  symaddr: 'none',
  maxEntryOffset: 4,
  ftraceRegs: { whole: false, entry: pick(ARM, 'r0 r1 r2 r3 fp sp lr pc'), exit: pick(ARM, 'r0 r1 r2 r3 fp pc') },
  perfRegs: { copied: pick(ARM, 'pc fp sp'), set: [[ARM.indexOf('cpsr'), 0x13n]] },
  heapBase: 0xc4000000n,
  header: { kind: 'two-word' },
  framePointerTest: true,
  selects: {
    ...ALL,
    HAVE_DYNAMIC_FTRACE_WITH_ARGS: false,
    HAVE_FTRACE_REGS_HAVING_PT_REGS: false,
    HAVE_FTRACE_GRAPH_FUNC: false,
  },
};
