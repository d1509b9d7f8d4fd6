import type { Btf } from '../btf/index.ts';
import { type CType, type CValue, INT, LONG, ULONG } from './c-value.ts';
import type { Hit } from './hit.ts';

/** Makes the value of a call from those of its arguments; undefined when the types do not have what it needs. */
type KernelFunction = (args: readonly CValue[], types: Btf) => CValue | undefined;

/** Start of the `struct page` of page frame 0, and bytes of each (x86_64 without a random base). */
const VMEMMAP = { lo: 0, hi: 0xffffea00, shift: 6 } as const;

/** Bits of a task's state that tell what it is reported as, `include/linux/sched.h`. */
const TaskState = {
  REPORT: 0x7f,
  IDLE: 0x402,
  REPORT_IDLE: 0x80,
  RTLOCK_WAIT: 0x1000,
  FROZEN: 0x8000,
  UNINTERRUPTIBLE: 2,
} as const;
const REPORT_MAX = 0x100;
/** Nanoseconds of a tick (HZ=250), and the ticks that a kernel starts with. */
const JIFFY = 4_000_000;
const INITIAL_JIFFIES = 2 ** 32 - 300 * 250;

/** `include/linux/sched.h:__task_state_index()`: the number of the state's highest reported bit, from 1; 0 is running. */
function stateIndex(state: number, exitState: number): number {
  if ((state & TaskState.IDLE) === TaskState.IDLE) return 32 - Math.clz32(TaskState.REPORT_IDLE);
  if ((state & (TaskState.RTLOCK_WAIT | TaskState.FROZEN)) !== 0) return 32 - Math.clz32(TaskState.UNINTERRUPTIBLE);
  return 32 - Math.clz32((state | exitState) & TaskState.REPORT);
}

/** Value of a call that is computed from the low words of its arguments. */
function ofWords(type: CType, args: readonly CValue[], compute: (a: number, b: number, c: number) => number): CValue {
  const [a, b, c] = args;
  return {
    type,
    load: (hit) => {
      let [first, second, third] = [0, 0, 0];
      if (a) {
        a.load(hit);
        first = hit.lo;
      }
      if (b) {
        b.load(hit);
        second = hit.lo;
      }
      if (c) {
        c.load(hit);
        third = hit.lo;
      }
      hit.set(compute(first, second, third), 0);
    },
  };
}

const map =
  (type: CType, change: (hit: Hit) => void): KernelFunction =>
  ([value]) =>
    value && {
      type,
      load: (hit) => {
        value.load(hit);
        change(hit);
      },
    };

/** The functions that expressions may call, by the kernel's names; each with what it answers there. */
export const KERNEL_FUNCTIONS: Readonly<Record<string, KernelFunction>> = {
  /** `kernel/sched/…:__trace_sched_switch_state(preempt, prev_state, exit_state)` */
  sched_switch_state: (args) =>
    ofWords(LONG, args, (preempt, state, exitState) => {
      if (preempt !== 0) return REPORT_MAX;
      const index = stateIndex(state, exitState);
      return index === 0 ? 0 : 1 << (index - 1);
    }),
  /** Number of a page's frame, all ones for no page. */
  page_to_pfn: map(ULONG, (hit) => {
    if (!hit.isTrue) hit.set(-1, -1);
    else {
      const { shift } = VMEMMAP;
      const high = hit.hi - VMEMMAP.hi;
      hit.set((hit.lo >>> shift) | (high << (32 - shift)), high >>> shift);
    }
  }),
  /** A number that stands for a pointer: always the same one, which does not tell the pointer. */
  mm_ptr_to_hash: map({ kind: 'int', size: 4, signed: false }, (hit) => {
    hit.set(Math.imul(Math.imul(hit.lo ^ (hit.lo >>> 15), 0x2c1b3c6d) ^ hit.hi, 0x297a2d39), 0);
  }),
  /** The clock, nanoseconds since boot. */
  ktime_get: () => ({
    type: LONG,
    load: (hit) => {
      const { now } = hit.machine.clock;
      hit.set(now % 2 ** 32, Math.floor(now / 2 ** 32));
    },
  }),
  /** Ticks, counted from five minutes before they overflow 32 bits. */
  jiffies: () => ({
    type: ULONG,
    load: (hit) => {
      const ticks = Math.floor(hit.machine.clock.now / JIFFY) + INITIAL_JIFFIES;
      hit.set(ticks % 2 ** 32, Math.floor(ticks / 2 ** 32));
    },
  }),
  smp_processor_id: () => ({ type: INT, load: (hit) => hit.set(hit.cpu.id, 0) }),
};
