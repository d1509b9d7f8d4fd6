import type { Cpu } from '../machine/cpu.ts';
import type { Machine } from '../machine/machine.ts';

/** What is asked of a tracepoint. */
interface Point {
  readonly enabled: boolean;
}

/** A function that a system call passes only while somebody traces system calls. */
interface WorkFunction {
  readonly fn: number;
  /** Return addresses: in a system call, in a task that was forked. */
  readonly sites: readonly [bigint, bigint];
}

/** `SYSCALL_WORK_SYSCALL_TRACEPOINT`, the reason that the two functions are passed. */
const WORK = 2n;
/** Bytes of the user's registers at the end of a kernel stack, and of the frame below them. */
const STACK_USED = 0xd0n;
/** Where the two are called from, as recorded: bytes from the start of `do_syscall_64` and `ret_from_fork`. */
const FUNCTIONS = {
  sys_enter: { name: 'syscall_trace_enter', sites: [0x274n, 0n] },
  sys_exit: { name: 'syscall_exit_work', sites: [0x20an, 0x119n] },
} as const;

/**
 * The way that system calls go while `sys_enter` or `sys_exit` has a probe: through `syscall_trace_enter()` and `syscall_exit_work()`, which
 * fire them (`kernel/entry/common.c`).
 */
export class SyscallWork {
  readonly #machine: Machine;
  readonly #points: readonly (Point | undefined)[];
  readonly #functions: Readonly<Record<string, WorkFunction | undefined>>;

  constructor(machine: Machine, points: { find(name: string): Point | undefined }) {
    this.#machine = machine;
    this.#points = Object.keys(FUNCTIONS).map((name) => points.find(name));
    const [caller, forked] = ['do_syscall_64', 'ret_from_fork'].map((name) => machine.kallsyms.lookupName(name) ?? 0n);
    this.#functions = Object.fromEntries(
      Object.entries(FUNCTIONS).map(([point, { name, sites }]) => {
        const fn = machine.functions.idsByName(name)[0];
        return [point, fn === undefined ? undefined : { fn, sites: [caller + sites[0], forked + sites[1]] as const }];
      }),
    );
  }

  /** Whether system calls go that way now. */
  get on(): boolean {
    return this.#points.some((point) => point?.enabled === true);
  }

  /** The function that fires a tracepoint; undefined for one that is fired from elsewhere. */
  functionOf(point: string): WorkFunction | undefined {
    return this.#functions[point];
  }

  /** The task of a cpu enters it. `args` are the tracepoint's: the registers, and the number or the result. */
  enter(cpu: Cpu, { fn, sites }: WorkFunction, args: readonly bigint[], forked: boolean): void {
    const { argRegs, spReg } = this.#machine.arch;
    const { wide } = cpu.current.regs;
    const passed = this.#isExit(fn) ? [args[0] ?? 0n, WORK] : [...args, WORK];
    for (const [n, value] of passed.entries()) wide[argRegs[n]] = value;
    wide[spReg] = cpu.current.stackTop - STACK_USED;
    const site = sites[forked ? 1 : 0];
    this.#machine.enterFunction(cpu, fn, Number(site & 0xffffffffn), Number(site >> 32n));
  }

  /** And leaves it. */
  leave(cpu: Cpu, { fn }: WorkFunction, args: readonly bigint[]): void {
    if (!this.#isExit(fn)) cpu.current.regs.wide[this.#machine.arch.retReg] = args[1] ?? 0n;
    this.#machine.leaveFunction(cpu);
  }

  #isExit(fn: number): boolean {
    return this.#functions.sys_exit?.fn === fn;
  }
}
