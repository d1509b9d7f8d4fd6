import type { Btf } from '../btf/btf.ts';
import type { Machine } from '../machine/machine.ts';
import type { Task } from '../machine/task.ts';
import { KernelTypes } from './kernel-types.ts';
import { stringBytes, uintBytes } from './world.ts';

/** `jiffies` 0.25 s before the first five minutes are over, as a kernel starts: 32 bits, `include/linux/jiffies.h:INITIAL_JIFFIES`. */
const INITIAL_JIFFIES = 0xffffffffn - 300n * 250n + 1n;
/** Nanoseconds of a jiffy (HZ=250). */
const JIFFY = 4_000_000;
const PRIO = 120n;
/** `flags` of the idle task, of a kernel thread, of a program. */
const PF_IDLE = 0x20_0002n;
const PF_KTHREAD = 0x20_0000n;
const PF_RANDOMIZE = 0x40_0000n;
const COMM_LENGTH = 16;

/**
 * Data of the kernel that definitions fetch by symbol, and the task_structs of the machine's tasks: `linux_banner`,
 * `init_task`, `jiffies`; names, pids and parents of tasks as they are made.
 */
export class KernelData {
  readonly #machine: Machine;
  readonly #types: KernelTypes;
  readonly #jiffies: bigint | undefined;
  #ticks = -1;

  constructor(machine: Machine, btf: Btf, banner: string) {
    this.#machine = machine;
    this.#types = new KernelTypes(btf);
    this.#jiffies = machine.kallsyms.lookupName('jiffies');
    this.#put(machine.kallsyms.lookupName('linux_banner'), stringBytes(`${banner}\n`));
    const init = machine.kallsyms.lookupName('init_task');
    if (init !== undefined) this.#describe(init, machine.cpus[0].idle);
    for (const task of machine.tasks) this.#describe(task.address, task);
    machine.taskListeners.push({ forked: (task) => this.#describe(task.address, task) });
    this.update();
  }

  /** Brings what changes with time up to date: `jiffies`. Cheap when no tick has passed. */
  update(): void {
    const ticks = Math.floor(this.#machine.clock.now / JIFFY);
    if (ticks === this.#ticks) return;
    this.#ticks = ticks;
    this.#put(this.#jiffies, uintBytes(INITIAL_JIFFIES + BigInt(ticks), 8));
  }

  /** A task goes by another name. */
  renamed(task: Task): void {
    this.#putComm(task.address, task.comm);
  }

  #describe(address: bigint, task: Task): void {
    const idle = task.pid === 0;
    const flags = idle ? PF_IDLE : task.user === undefined ? PF_KTHREAD : PF_RANDOMIZE;
    const parent = task.parent?.address ?? this.#machine.kallsyms.lookupName('init_task') ?? 0n;
    const members: [string, bigint][] = [
      ['pid', BigInt(task.pid)],
      ['tgid', BigInt(task.tgid)],
      ['prio', PRIO],
      ['static_prio', PRIO],
      ['normal_prio', PRIO],
      ['flags', flags],
      ['group_leader', address],
      ['real_parent', parent],
      ['parent', parent],
      ['stack', task.stackTop - 0x4000n],
    ];
    const struct = this.#types.struct('task_struct');
    const size = struct === undefined ? undefined : this.#types.btf.sizeOf(struct);
    if (struct === undefined || size === undefined) return;
    this.#machine.memory.map(address, size);
    for (const [member, value] of members) {
      const place = this.#types.btf.memberPath(struct, member);
      if (place !== undefined) this.#put(address + BigInt(place.bitOffset / 8), uintBytes(value, place.bitSize / 8));
    }
    this.#putComm(address, task.comm);
  }

  #putComm(address: bigint, comm: string): void {
    const bytes = new Uint8Array(COMM_LENGTH);
    bytes.set(stringBytes(comm.slice(0, COMM_LENGTH - 1)));
    const offset = this.#types.offset('task_struct', 'comm');
    if (offset !== undefined) this.#put(address + BigInt(offset), bytes);
  }

  #put(address: bigint | undefined, bytes: Uint8Array): void {
    if (address === undefined) return;
    this.#machine.memory.map(address, bytes.length);
    this.#machine.memory.write(address, bytes);
  }
}
