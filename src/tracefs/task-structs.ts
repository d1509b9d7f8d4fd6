import type { Btf } from '../btf/index.ts';
import type { Machine, Task } from '../machine/index.ts';

/** Writes into the `task_struct` of tasks what probes look at: name, pid, thread group. */
export class TaskStructs {
  readonly #machine: Machine;
  readonly #size: number;
  /** Offset and size in bytes, by member. */
  readonly #places = new Map<string, { at: number; size: number }>();

  constructor(machine: Machine, types: Btf) {
    this.#machine = machine;
    const struct = types.findByName('task_struct', 'struct');
    this.#size = struct === undefined ? 0 : (types.sizeOf(struct) ?? 0);
    for (const member of ['comm', 'pid', 'tgid']) {
      const place = struct === undefined ? undefined : types.memberPath(struct, member);
      if (place) this.#places.set(member, { at: place.bitOffset / 8, size: place.bitSize / 8 });
    }
  }

  /** Makes a task's memory say who it is. */
  describe(task: Task): void {
    const { memory } = this.#machine;
    if (this.#size === 0) return;
    memory.map(task.address, this.#size);
    for (const [member, { at, size }] of this.#places) {
      const bytes = new Uint8Array(size);
      if (member === 'comm') for (let i = 0; i < size - 1; i++) bytes[i] = task.comm.charCodeAt(i) || 0;
      else new DataView(bytes.buffer).setInt32(0, member === 'pid' ? task.pid : task.tgid, true);
      memory.write(task.address + BigInt(at), bytes);
    }
  }
}
