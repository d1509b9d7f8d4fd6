import type { Btf } from '../btf/index.ts';
import type { Tracepoints } from '../ftrace/index.ts';
import type { Cpu, Machine, Task } from '../machine/index.ts';
import { TaskStructs } from './task-structs.ts';

/** What {@link ForkSteps} needs of a kernel. */
interface ForkKernel {
  readonly machine: Machine;
  readonly types: Btf;
  readonly tracepoints: Tracepoints;
}

/** Flags that glibc's fork gives clone(2): CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID. */
const FORK_FLAGS = 0x1200000n;
const SIGCHLD = 17n;
/** The call in `__do_sys_clone()` returns to this many bytes from its start. */
const CALLER_OFFSET = 0x65n;
/** Nanoseconds in `kernel_clone()` before the child is there, after that, and until the child has gone. */
const BEFORE_NS = 180_000;
const AFTER_NS = 90_000;
const CHILD_NS = 400_000;

/** Simulates fork(2) as far as events see it: `kernel_clone()` with its arguments, its tracepoints, and a child that exits. */
export class ForkSteps {
  readonly #machine: Machine;
  readonly #tracepoints: Tracepoints;
  readonly #tasks: TaskStructs;
  /** Address of the `struct kernel_clone_args` on the caller's stack. */
  readonly #args: bigint;
  readonly #fn: number | undefined;
  readonly #from: bigint;

  constructor({ machine, types, tracepoints }: ForkKernel) {
    this.#machine = machine;
    this.#tasks = new TaskStructs(machine, types);
    this.#tracepoints = tracepoints;
    this.#fn = machine.functions.idsByName('kernel_clone')[0];
    this.#from = (machine.kallsyms.lookupName('__do_sys_clone') ?? 0n) + CALLER_OFFSET;
    const struct = types.findByName('kernel_clone_args', 'struct');
    const size = struct === undefined ? 0 : (types.sizeOf(struct) ?? 0);
    this.#args = machine.allocate(size + 8, 8, true);
    const put = (member: string, value: bigint) => {
      const at = struct === undefined ? undefined : types.memberPath(struct, member);
      if (at) machine.memory.writeUint(this.#args + BigInt(at.bitOffset / 8), at.bitSize / 8, value);
    };
    put('flags', FORK_FLAGS);
    put('exit_signal', SIGCHLD);
  }

  /** Makes a task's memory say who it is. */
  describe(task: Task): void {
    this.#tasks.describe(task);
  }

  /** The task on a cpu forks; the child runs, exits, and is waited for. */
  fork(cpu: Cpu, parent: Task): void {
    const machine = this.#machine;
    const { regs } = parent;
    const { arch } = machine;
    const hooked = this.#fn;
    regs.wide[arch.argRegs[0]!] = this.#args;
    if (hooked !== undefined) {
      machine.enterFunction(cpu, hooked, Number(this.#from & 0xffff_ffffn), Number(this.#from >> 32n));
    }
    machine.clock.advance(BEFORE_NS);
    const child = machine.createTask({ comm: parent.comm, parent });
    this.#tasks.describe(child);
    this.#fire(cpu, 'task_newtask', [child.address, FORK_FLAGS]);
    this.#fire(cpu, 'sched_process_fork', [parent.address, child.address]);
    machine.clock.advance(AFTER_NS);
    // The woken child is to run soon.
    cpu.needReschedLazy = true;
    regs.wide[arch.retReg] = BigInt(child.pid);
    if (hooked !== undefined) machine.leaveFunction(cpu);
    cpu.needReschedLazy = false;
    machine.switchTo(cpu, child);
    machine.clock.advance(CHILD_NS);
    machine.exitTask(child);
    machine.switchTo(cpu, parent);
  }

  #fire(cpu: Cpu, name: string, args: readonly bigint[]): void {
    const tracepoint = this.#tracepoints.find(name);
    if (!tracepoint) return;
    const { argRegs } = this.#machine.arch;
    const { wide } = cpu.current.regs;
    for (const [i, arg] of args.entries()) wide[argRegs[i + 1]!] = arg;
    tracepoint.fire(cpu);
  }
}
