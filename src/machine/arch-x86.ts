import type { Arch } from './arch.ts';
import { Layout } from './layout.ts';

const REGISTERS_64 = 'r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss (ret)'.split(' ');
const r64 = (names: string) => names.split(' ').map((name) => REGISTERS_64.indexOf(name));

/** x86_64 with IBT: fentry calls after an ENDBR, a partial pt_regs as ftrace_regs (`arch/x86/kernel/ftrace_64.S`). */
export const x86_64: Arch = {
  name: 'x86_64',
  wordSize: 8,
  endian: 'little',
  registers: REGISTERS_64,
  argRegs: r64('di si dx cx r8 r9'),
  stackArgs: 1,
  fetchesStackArgs: true,
  retReg: REGISTERS_64.indexOf('ax'),
  spReg: REGISTERS_64.indexOf('sp'),
  ipReg: REGISTERS_64.indexOf('ip'),
  fpReg: REGISTERS_64.indexOf('bp'),
  linkReg: REGISTERS_64.indexOf('(ret)'),
  returnOnStack: true,
  entryOffset: 4,
  siteSize: 5,
  landingPad: { name: 'endbr64', size: 4 },
  symaddr: 'landing-pad',
  maxEntryOffset: 4,
  ftraceRegs: {
    whole: true,
    entry: r64('bp r9 r8 ax cx dx si di orig_ax ip cs sp (ret)'),
    exit: r64('bp ax dx ip'),
    zero: r64('orig_ax cs'),
  },
  perfRegs: {
    copied: r64('ip sp'),
    set: [
      [REGISTERS_64.indexOf('cs'), 0x10n],
      [REGISTERS_64.indexOf('flags'), 0n],
    ],
  },
  heapBase: Layout.HEAP,
  header: { kind: 'packed', pattern: 0xf },
  framePointerTest: false,
  selects: {
    HAVE_DYNAMIC_FTRACE: true,
    HAVE_DYNAMIC_FTRACE_WITH_ARGS: true,
    HAVE_FTRACE_REGS_HAVING_PT_REGS: true,
    HAVE_FTRACE_GRAPH_FUNC: true,
    HAVE_FUNCTION_GRAPH_FREGS: true,
    HAVE_REGS_AND_STACK_ACCESS_API: true,
  },
};

const REGISTERS_32 = 'bx cx dx si di bp ax ds es fs gs orig_ax ip cs flags sp ss (ret)'.split(' ');
const r32 = (names: string) => names.split(' ').map((name) => REGISTERS_32.indexOf(name));

/** i386: arguments in registers (-mregparm=3); no ftrace_regs with arguments, so no fprobe. */
export const i386: Arch = {
  name: 'i386',
  wordSize: 4,
  endian: 'little',
  registers: REGISTERS_32,
  argRegs: r32('ax dx cx'),
  stackArgs: 1,
  fetchesStackArgs: true,
  retReg: REGISTERS_32.indexOf('ax'),
  spReg: REGISTERS_32.indexOf('sp'),
  ipReg: REGISTERS_32.indexOf('ip'),
  fpReg: REGISTERS_32.indexOf('bp'),
  linkReg: REGISTERS_32.indexOf('(ret)'),
  returnOnStack: true,
  entryOffset: 0,
  siteSize: 5,
  landingPad: undefined,
  symaddr: 'landing-pad',
  maxEntryOffset: 0,
  ftraceRegs: { whole: false, entry: r32('ax dx cx bp ip sp (ret)'), exit: r32('ax dx bp ip') },
  perfRegs: { copied: r32('ip sp'), set: [] },
  heapBase: 0xc2000000n,
  header: { kind: 'two-word' },
  framePointerTest: false,
  selects: {
    HAVE_DYNAMIC_FTRACE: true,
    HAVE_DYNAMIC_FTRACE_WITH_ARGS: false,
    HAVE_FTRACE_REGS_HAVING_PT_REGS: false,
    HAVE_FTRACE_GRAPH_FUNC: true,
    HAVE_FUNCTION_GRAPH_FREGS: true,
    HAVE_REGS_AND_STACK_ACCESS_API: true,
  },
};
