import { Preempt } from '../machine/cpu.ts';
import { type Cpu, type Machine, StackTrace } from '../machine/index.ts';
import type { RingBuffer } from '../ring-buffer/index.ts';
import { FtraceOffset, FtraceType, TRAMPOLINE_MARKER } from './ftrace-event.ts';
import type { TraceArray } from './trace-array.ts';

/** Traces that may be under way on a cpu at a time, `kernel/trace/trace.c:FTRACE_KSTACK_NESTING`. */
const NESTING = 4;
/** Addresses of a `user_stack` entry, `kernel/trace/trace.h:FTRACE_STACK_ENTRIES`. */
const USER_ENTRIES = 8;
/** Bytes in which the code of a trampoline is. */
const TRAMPOLINE_SIZE = 0x1000;

/** Where a stack trace begins, and how the stack is walked from there. */
export interface StackWalk {
  /**
   * Writes down the stack of a cpu that has just hit.
   * @param fromRegs whether the walk starts from the registers that came with the hit, where the arch keeps them all
   */
  pushHitStack(machine: Machine, cpu: Cpu, trace: StackTrace, fromRegs: boolean): void;
}

/** The memory that stack traces are taken in: some for each cpu, used again and again. */
export class StackTraces {
  readonly #traces: StackTrace[];
  readonly #inUse: Uint8Array;

  constructor(cpus: number) {
    this.#traces = Array.from({ length: cpus * NESTING }, () => new StackTrace());
    this.#inUse = new Uint8Array(cpus);
  }

  /** An empty trace, to be given back; `undefined` when too many are under way on this cpu. */
  take(cpu: Cpu): StackTrace | undefined {
    const level = this.#inUse[cpu.id]!;
    if (level === NESTING) return undefined;
    this.#inUse[cpu.id] = level + 1;
    const trace = this.#traces[cpu.id * NESTING + level]!;
    trace.clear();
    return trace;
  }

  /** Gives back the trace taken last on this cpu. */
  give(cpu: Cpu): void {
    this.#inUse[cpu.id]!--;
  }
}

/** Where a stack goes. */
interface StackPlace {
  readonly array: TraceArray;
  readonly buffer: RingBuffer;
  readonly cpu: Cpu;
  /** 1 for hits of events: preemption that reaching the event disabled is not shown. */
  readonly own: 0 | 1;
}

/** Records the kernel's stack as a `kernel_stack` entry (`kernel/trace/trace.c:__ftrace_trace_stack()`). */
export function recordKernelStack(place: StackPlace, walk: StackWalk, fromRegs: boolean): void {
  const { machine, stackTraces } = place.array.tracing;
  const trace = stackTraces.take(place.cpu);
  if (!trace) return;
  walk.pushHitStack(machine, place.cpu, trace, fromRegs);
  hideTrampoline(place.array.trampoline, trace);
  storeKernelStack(place, trace);
  stackTraces.give(place.cpu);
}

/** Lets places in the trampoline of a trace array's own functions be told as such. */
function hideTrampoline(trampoline: bigint | undefined, trace: StackTrace): void {
  if (trampoline === undefined) return;
  const [lo, hi] = [Number(trampoline & 0xffffffffn), Number(trampoline >> 32n)];
  const { words, count } = trace;
  for (let i = 0; i < 2 * count; i += 2) {
    if (words[i + 1] !== hi || words[i]! < lo || words[i]! >= lo + TRAMPOLINE_SIZE) continue;
    words[i] = TRAMPOLINE_MARKER;
    words[i + 1] = 0;
  }
}

function storeKernelStack({ array, buffer, cpu, own }: StackPlace, trace: StackTrace): void {
  const { stackSize, stackCallers } = FtraceOffset;
  const words = 2 * trace.count;
  const record = array.recorder.begin(cpu, FtraceType.STACK, stackCallers + 4 * words, own, buffer);
  if (!record) return;
  const { view, base } = record;
  view.setInt32(base + stackSize, trace.count, true);
  view.setInt32(base + stackSize + 4, 0, true);
  for (let i = 0; i < words; i++) view.setUint32(base + stackCallers + 4 * i, trace.words[i]!, true);
  array.recorder.commit(cpu, record);
}

/**
 * Records where the running program is as a `user_stack` entry: the place that its system call returns to. Programs are not unwound; threads of
 * the kernel have no such place (`kernel/trace/trace.c:ftrace_trace_userstack()`).
 */
export function recordUserStack({ array, buffer, cpu, own }: StackPlace): void {
  if (cpu.preemptCount & Preempt.NMI_MASK) return;
  const { userTgid, stackCallers } = FtraceOffset;
  const record = array.recorder.begin(cpu, FtraceType.USER_STACK, stackCallers + 8 * USER_ENTRIES, own, buffer);
  if (!record) return;
  const { view, base } = record;
  const task = cpu.current;
  view.setInt32(base + userTgid, task.tgid, true);
  view.setInt32(base + userTgid + 4, 0, true);
  for (let i = 0; i < USER_ENTRIES; i++) view.setBigUint64(base + stackCallers + 8 * i, 0n, true);
  if (task.user) view.setBigUint64(base + stackCallers, task.userIp, true);
  array.recorder.commit(cpu, record);
}
