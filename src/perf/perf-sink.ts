import type { Ftrace } from '../ftrace/index.ts';
import { type Cpu, type Machine, Registers, StackTrace } from '../machine/index.ts';
import { entryContext } from '../trace/entry-flags.ts';
import { type EventSink, type RecordWriter, TRACE_ENTRY_SIZE, type TraceEventCall } from '../trace/index.ts';
import type { PerfEvent } from './perf-event.ts';
import type { PerfHit } from './perf-sample.ts';

/** Bytes of the longest record that perf takes, `include/linux/trace_events.h:PERF_MAX_TRACE_SIZE`. */
const PERF_MAX_TRACE_SIZE = 8192;
/** Contexts that may each have a record under way on a cpu: task, soft interrupt, hard interrupt, NMI. */
const LEVELS = 4;

/** Memory for one record under way. */
class PerfSlot implements RecordWriter, PerfHit {
  readonly bytes = new Uint8Array(PERF_MAX_TRACE_SIZE);
  readonly view = new DataView(this.bytes.buffer);
  readonly base = 0;
  size = 0;
  rawSize = 0;
  ipLo = 0;
  ipHi = 0;
  busy = false;
}

/** The memory that hits are put together in for all perf events of a kernel, and where their registers come from. */
export class PerfSlots {
  readonly machine: Machine;
  readonly #ftrace: Ftrace;
  readonly #slots: PerfSlot[];
  /** By cpu: `perf_trace_buf`'s registers. */
  readonly #regs: readonly Registers[];
  readonly #place = new StackTrace();

  constructor(machine: Machine, ftrace: Ftrace) {
    this.machine = machine;
    this.#ftrace = ftrace;
    this.#slots = Array.from({ length: machine.cpus.length * LEVELS }, () => new PerfSlot());
    this.#regs = machine.cpus.map(() => new Registers(machine.arch.registers.length));
  }

  /** The slot of what runs on a cpu. */
  of(cpu: Cpu): PerfSlot {
    return this.#slots[cpu.id * LEVELS + cpu.interruptLevel()]!;
  }

  /** Finds where a hit is: of a function's entry or return in ftrace_regs, of a static event where its tracepoint is called (`perf_fetch_caller_regs()`). */
  findPlace(cpu: Cpu, hit: PerfHit): void {
    const fregs = this.#ftrace.regsInUse(cpu);
    if (fregs) {
      const regs = this.#regs[cpu.id]!;
      fregs.fillPerfRegs(regs);
      const ip = 2 * this.machine.arch.ipReg;
      hit.ipLo = regs.words[ip]!;
      hit.ipHi = regs.words[ip + 1]!;
      return;
    }
    this.#place.clear();
    this.machine.pushPlaceStack(cpu, this.#place);
    const found = this.#place.count > 0;
    hit.ipLo = found ? this.#place.words[0]! : 0;
    hit.ipHi = found ? this.#place.words[1]! : 0;
  }
}

/** Takes the hits of one trace event for the perf events that are open on it (`kernel/trace/trace_event_perf.c`). */
export class PerfSink implements EventSink {
  readonly #call: TraceEventCall;
  readonly #slots: PerfSlots;
  /** Open events, the newest first. */
  readonly events: PerfEvent[] = [];

  constructor(call: TraceEventCall, slots: PerfSlots) {
    this.#call = call;
    this.#slots = slots;
  }

  /** `perf_trace_buf_alloc()`: nothing when no event counts here now, or while a hit is under way in the same context. */
  begin(cpu: Cpu, size: number): RecordWriter | undefined {
    if (!this.#isWanted(cpu)) return undefined;
    const rawSize = ((size + 4 + 7) & ~7) - 4;
    const { machine } = this.#slots;
    if (rawSize > PERF_MAX_TRACE_SIZE) {
      machine.log.warnOnce('perf size', `perf buffer not large enough, wanted ${rawSize}, have ${PERF_MAX_TRACE_SIZE}`);
      return undefined;
    }
    const slot = this.#slots.of(cpu);
    if (slot.busy) return undefined;
    slot.busy = true;
    slot.size = Math.max(size, TRACE_ENTRY_SIZE);
    slot.rawSize = rawSize;
    const { bytes, view } = slot;
    bytes.fill(0, 0, rawSize);
    view.setUint16(0, this.#call.id, true);
    view.setUint16(2, entryContext(cpu, 0), true);
    view.setInt32(4, cpu.current.pid, true);
    return slot;
  }

  /** `perf_trace_buf_submit()` */
  commit(cpu: Cpu, writer: RecordWriter): void {
    const slot = writer as PerfSlot;
    this.#slots.findPlace(cpu, slot);
    const { events } = this;
    for (let i = 0; i < events.length; i++) if (events[i]!.isActive(cpu)) events[i]!.hit(cpu, writer, slot);
    slot.busy = false;
  }

  #isWanted(cpu: Cpu): boolean {
    for (let i = 0; i < this.events.length; i++) if (this.events[i]!.isActive(cpu)) return true;
    return false;
  }
}
