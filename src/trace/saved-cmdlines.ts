import { Errno } from '../abi/errno.ts';
import type { Task } from '../machine/task.ts';

const PAGE_SIZE = 4096;
const PID_MAX_DEFAULT = 0x8000;
const SAVED_CMDLINES_DEFAULT = 128;
/** Bytes of `struct saved_cmdlines_buffer` before the names: the map from pid to name, a pointer, two counters. */
const HEADER_BYTES = 4 * (PID_MAX_DEFAULT + 1) + 4 + 8 + 4 + 4;
/** Bytes of a name and the pid that it belongs to. */
const ELEMENT_BYTES = 16 + 4;

/** How many names fit where `wanted` do: the memory is a power of two pages, all of it is used. */
function capacityFor(wanted: number): number {
  let bytes = PAGE_SIZE;
  while (bytes < HEADER_BYTES + wanted * ELEMENT_BYTES) bytes *= 2;
  return Math.floor((bytes - HEADER_BYTES) / ELEMENT_BYTES);
}

/**
 * Names and thread group ids of the tasks that were traced, by pid (`kernel/trace/trace_sched_switch.c`). While some event records,
 * a cpu that stored a record notes the names of both tasks at its next switch or wake-up, and then waits for the next record.
 */
export class SavedCmdlines {
  #cmdlineRefs = 0;
  #tgidRefs = 0;
  /** By cpu: a record was stored since the last note. */
  readonly #wanted: boolean[] = [];
  #capacity = capacityFor(SAVED_CMDLINES_DEFAULT);
  #last = 0;
  /** Slot of a pid's low 15 bits. */
  readonly #slotOf = new Map<number, number>();
  readonly #slots: ({ pid: number; comm: string } | undefined)[] = [];
  #tgids: Map<number, number> | undefined;

  /** An event that wants names (or thread group ids) was enabled: `tracing_start_cmdline_record()`, `…_tgid_record()`. */
  start(what: 'cmdline' | 'tgid'): void {
    if (what === 'cmdline') this.#cmdlineRefs++;
    else this.#tgidRefs++;
  }

  /** It was disabled again. */
  stop(what: 'cmdline' | 'tgid'): void {
    if (what === 'cmdline') this.#cmdlineRefs--;
    else this.#tgidRefs--;
  }

  /** A cpu stored a record: its next switch is noted. */
  noteRecord(cpu: number): void {
    this.#wanted[cpu] = true;
  }

  /** A cpu goes from one task to another, or the running task wakes another. */
  noteSwitch(cpu: number, from: Task, to: Task): void {
    if (!this.#wanted[cpu] || (this.#cmdlineRefs === 0 && this.#tgidRefs === 0)) return;
    for (const task of [from, to]) {
      if (this.#cmdlineRefs > 0) this.#saveComm(task);
      if (this.#tgidRefs > 0 && task.pid !== 0) this.#tgids?.set(task.pid, task.tgid);
    }
    this.#wanted[cpu] = false;
  }

  #saveComm(task: Task): void {
    if (task.pid === 0) return;
    const key = task.pid & (PID_MAX_DEFAULT - 1);
    let slot = this.#slotOf.get(key);
    if (slot === undefined) {
      slot = (this.#last + 1) % this.#capacity;
      this.#last = slot;
      this.#slotOf.set(key, slot);
    }
    this.#slots[slot] = { pid: task.pid, comm: task.comm };
  }

  /** A task's name: `<idle>` for pid 0, `<...>` for one that was not noted (`trace_find_cmdline()`). */
  comm(pid: number): string {
    if (pid === 0) return '<idle>';
    if (pid < 0) return '<XXX>';
    const slot = this.#slotOf.get(pid & (PID_MAX_DEFAULT - 1));
    const saved = slot === undefined ? undefined : this.#slots[slot];
    return saved?.pid === pid ? saved.comm : '<...>';
  }

  /** A task's thread group id, 0 when unknown (`trace_find_tgid()`). */
  tgid(pid: number): number {
    return this.#tgids?.get(pid) ?? 0;
  }

  /** Makes room for thread group ids: `options/record-tgid` was set. */
  allocateTgids(): void {
    this.#tgids ??= new Map();
  }

  /** Content of `saved_cmdlines`. */
  text(): string {
    return this.#slots.map((slot) => (slot ? `${slot.pid} ${this.comm(slot.pid)}\n` : '')).join('');
  }

  /** Content of `saved_tgids`. */
  tgidsText(): string {
    const rows = [...(this.#tgids ?? [])].sort(([a], [b]) => a - b);
    return rows.map(([pid, tgid]) => `${pid} ${tgid}\n`).join('');
  }

  /** Number of names kept, content of `saved_cmdlines_size`. */
  get size(): number {
    return this.#capacity;
  }

  /**
   * Makes room for at least this many names and forgets those kept.
   * @returns 0, or −EINVAL for 0 and for more than there are pids
   */
  resize(wanted: bigint): number {
    if (wanted === 0n || wanted > BigInt(PID_MAX_DEFAULT)) return -Errno.EINVAL;
    this.#capacity = capacityFor(Number(wanted));
    this.#last = 0;
    this.#slotOf.clear();
    this.#slots.length = 0;
    return 0;
  }
}
