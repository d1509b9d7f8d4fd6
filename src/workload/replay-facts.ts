import type { Machine } from '../machine/machine.ts';
import { Memory } from '../machine/memory.ts';
import { PAGE_FLAGS } from './object-kinds.ts';
import type { ReplayTasks } from './replay-tasks.ts';
import { valueKind } from './value-map.ts';
import type { Workload } from './workload.ts';
import { uintBytes } from './world.ts';

const PAGE = 4096;
/** Bytes of a `struct page`; its flags come first. */
const PAGE_STRUCT = 64;

/** Stores a workload's facts in memory as its steps are reached. Nothing is done until somebody looks: see {@link FactStore.reach}. */
export class FactStore {
  readonly #workload: Workload;
  readonly #machine: Machine;
  /** By task, what was stored in its user memory; a child gets a copy. */
  readonly #users: { address: bigint; bytes: Uint8Array }[][] = [];
  readonly #tasks: ReplayTasks;
  #next = 0;
  #mapped = false;

  constructor(workload: Workload, machine: Machine, tasks: ReplayTasks) {
    this.#workload = workload;
    this.#machine = machine;
    this.#tasks = tasks;
  }

  /** Lets memory hold everything that it holds before a step. */
  reach(step: number): void {
    const { facts } = this.#workload;
    if (!this.#mapped) this.#map();
    while (this.#next < facts.count && facts.at[this.#next] <= step) this.#store(this.#next++);
  }

  /** A child's user memory: a copy of its parent's, or that itself. */
  fork(parent: number, child: number): Memory {
    this.#users[parent] ??= [];
    const memory = this.#tasks.at(parent)?.user;
    if (this.#workload.tasks[child].sharesMemory && memory !== undefined) {
      this.#users[child] = this.#users[parent];
      return memory;
    }
    return this.#copy(parent, child);
  }

  #copy(parent: number, child: number): Memory {
    const memory = new Memory();
    this.#users[child] = [...(this.#users[parent] ?? [])];
    for (const { address, bytes } of this.#users[child]) put(memory, address, bytes);
    return memory;
  }

  /** A task starts over with empty user memory. */
  exec(task: number): Memory {
    this.#users[task] = [];
    return new Memory();
  }

  /** The pages that arguments point into; those of page structs hold pages in use, the others zeros. */
  #map(): void {
    this.#mapped = true;
    const { memory } = this.#machine;
    const zeros = new Uint8Array(PAGE);
    const structs = new Uint8Array(PAGE);
    const view = new DataView(structs.buffer);
    for (let at = 0; at < PAGE; at += PAGE_STRUCT) view.setBigUint64(at, PAGE_FLAGS, true);
    for (const page of this.#workload.pages) put(memory, page, valueKind(page) === 'page' ? structs : zeros);
  }

  #store(index: number): void {
    const { at: _at, space, address, offset, bytes, pid } = this.#workload.facts;
    let content = bytes.subarray(offset[index], offset[index + 1]);
    if (pid[index] === 1)
      content = uintBytes(
        BigInt(this.#tasks.pid(new DataView(content.buffer, content.byteOffset).getInt32(0, true))),
        content.length,
      );
    if (space[index] >= 0) {
      const memory = this.#tasks.at(space[index])?.user;
      if (memory === undefined) return;
      put(memory, address[index], content);
      this.#users[space[index]] ??= [];
      this.#users[space[index]].push({ address: address[index], bytes: content });
      return;
    }
    const { relocation } = this.#tasks;
    put(this.#machine.memory, relocation.address(address[index]), relocation.content(content));
  }
}

/** Stores bytes, mapping what is not mapped. */
function put(memory: Memory, address: bigint, bytes: Uint8Array): void {
  if (!memory.write(address, bytes)) {
    memory.map(address, bytes.length);
    memory.write(address, bytes);
  }
}
