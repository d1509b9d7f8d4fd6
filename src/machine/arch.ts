import { arm, arm64, loongarch, powerpc64, riscv64, s390 } from './arch-others.ts';
import { i386, x86_64 } from './arch-x86.ts';

/** Names of the arches that the machine can be. */
export type ArchName = 'x86_64' | 'i386' | 'arm64' | 'riscv64' | 'loongarch' | 's390' | 'powerpc64' | 'arm';

/**
 * How an fprobe and the size of its entry data are written on the shadow stack, `include/asm-generic/fprobe.h`: packed in
 * one word, where the top 4 bits of a kernel pointer are always `pattern`; or in two words (pointer, size).
 */
export type FprobeHeader = { kind: 'packed'; pattern: number } | { kind: 'two-word' };

/** How `ftrace_get_symaddr()` finds the symbol from an entry site: by stepping back over a landing pad, or not at all. */
type SymaddrRule = 'landing-pad' | 'none';

/** What the arch's Kconfig selects of what fprobe needs, after the series. */
export interface ArchSelects {
  HAVE_DYNAMIC_FTRACE: boolean;
  HAVE_DYNAMIC_FTRACE_WITH_ARGS: boolean;
  HAVE_FTRACE_REGS_HAVING_PT_REGS: boolean;
  HAVE_FTRACE_GRAPH_FUNC: boolean;
  HAVE_FUNCTION_GRAPH_FREGS: boolean;
  HAVE_REGS_AND_STACK_ACCESS_API: boolean;
}

/** One arch as data. Register numbers are indices into `registers`. */
export interface Arch {
  readonly name: ArchName;
  /** Bytes of a `long`: 4 or 8. Slots of registers and of the shadow stack are 8 bytes on every arch. */
  readonly wordSize: 4 | 8;
  readonly endian: 'little' | 'big';
  /** Names as pt_regs has them, in its order; on x86 a last one, `(ret)`, stands for the return address on the stack. */
  readonly registers: readonly string[];
  /** Registers of the arguments, first to last; further ones are on the stack. */
  readonly argRegs: readonly number[];
  /** Longs between the stack pointer at a function's entry and the first argument on the stack. */
  readonly stackArgs: number;
  /** Whether `ftrace_regs_get_argument()` looks on the stack for what no register has; elsewhere it answers 0. */
  readonly fetchesStackArgs: boolean;
  readonly retReg: number;
  readonly spReg: number;
  readonly ipReg: number;
  readonly fpReg: number;
  /** Holds the return address at a function's entry. */
  readonly linkReg: number;
  /** Whether a call pushes the return address (x86) instead of putting it in a register. */
  readonly returnOnStack: boolean;
  /** Bytes from a symbol that starts with the landing pad (where the arch has one) to its entry site; without the pad it is that much nearer. */
  readonly entryOffset: number;
  /** Bytes of the call at an entry site: handlers at entry see the instruction pointer after it. */
  readonly siteSize: number;
  /** The instruction at the start of functions that may be called indirectly, and its bytes. */
  readonly landingPad: { readonly name: string; readonly size: number } | undefined;
  readonly symaddr: SymaddrRule;
  /** Bytes after its symbol that an entry site may lie before it counts as a weak function's left-over, `FTRACE_MCOUNT_MAX_OFFSET`. */
  readonly maxEntryOffset: number;
  /** What ftrace_regs holds: registers at entry, registers at return (`ip` is set by fgraph at return). */
  readonly ftraceRegs: {
    readonly whole: boolean;
    readonly entry: readonly number[];
    readonly exit: readonly number[];
    /** Of those at entry, what is saved as 0: it tells that this is no exception. */
    readonly zero?: readonly number[];
  };
  /** What `ftrace_fill_perf_regs()` copies, and what it sets besides. */
  readonly perfRegs: {
    readonly copied: readonly number[];
    readonly set: readonly (readonly [reg: number, value: bigint])[];
  };
  /** First address of what `Machine.allocate()` hands out: kernel data in the arch's address layout. */
  readonly heapBase: bigint;
  readonly header: FprobeHeader;
  /** Whether a frame keeps the frame pointer, `HAVE_FUNCTION_GRAPH_FP_TEST`. */
  readonly framePointerTest: boolean;
  readonly selects: ArchSelects;
  /** What selects WITH_ARGS, where that depends on how the kernel is built. */
  readonly withArgsIf?: string;
}

/** Every arch by its name. */
export const ARCHES: Readonly<Record<ArchName, Arch>> = {
  x86_64,
  i386,
  arm64,
  riscv64,
  loongarch,
  s390,
  powerpc64,
  arm,
};

/** What the Kconfig of `kernel/trace` makes of an arch's selects. */
export interface FprobeConfig {
  /** CONFIG_DYNAMIC_FTRACE_WITH_ARGS */
  DYNAMIC_FTRACE_WITH_ARGS: boolean;
  /** CONFIG_FPROBE: register_fprobe() and its like work; without it they answer −EOPNOTSUPP. */
  FPROBE: boolean;
  /** CONFIG_FPROBE_EVENTS: `f` and `t` definitions are known to dynamic_events. */
  FPROBE_EVENTS: boolean;
}

/** Works out which of the options are on, as `kernel/trace/Kconfig` has the dependencies. */
export function fprobeConfig(selects: ArchSelects): FprobeConfig {
  const withArgs = selects.HAVE_DYNAMIC_FTRACE && selects.HAVE_DYNAMIC_FTRACE_WITH_ARGS;
  const fprobe = withArgs && selects.HAVE_FUNCTION_GRAPH_FREGS && selects.HAVE_FTRACE_GRAPH_FUNC;
  return {
    DYNAMIC_FTRACE_WITH_ARGS: withArgs,
    FPROBE: fprobe,
    FPROBE_EVENTS: fprobe && selects.HAVE_REGS_AND_STACK_ACCESS_API,
  };
}
