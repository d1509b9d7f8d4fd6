import type { EntryData } from '../fprobe/index.ts';
import type { FtraceRegs } from '../ftrace/index.ts';
import type { Cpu, Machine } from '../machine/index.ts';
import { probeHeadSize } from '../probe/event-layout.ts';
import { FetchContext } from '../probe/fetch-context.ts';
import { ProbeMemory } from '../probe/probe-memory.ts';
import type { RecordProgram } from '../probe/record-program.ts';
import { TRACE_ENTRY_SIZE } from '../trace/event-field.ts';
import type { RecordWriter } from '../trace/record.ts';
import type { ProbeKernel } from './probe-kernel.ts';

/** Takes records: an event file, or perf. */
export interface RecordSink {
  /** Starts a record of `size` bytes, the common header included; `undefined` when none is wanted. */
  begin(cpu: Cpu, size: number): RecordWriter | undefined;
  /** Ends it. */
  commit(cpu: Cpu, writer: RecordWriter): void;
}

/** Makes the context that all hits of a kernel's probes fetch in: no hit starts while another one stores. */
export function createFetchContext({ machine, tracing }: ProbeKernel): FetchContext {
  const { printContext } = tracing;
  const number = (half: number) => half.toString(16);
  const ctx = new FetchContext(
    (lo, hi) =>
      printContext.symbol(lo, hi, true) ?? `0x${hi === 0 ? number(lo) : number(hi) + number(lo).padStart(8, '0')}`,
  );
  ctx.memory = machine.arch.name === 's390' ? machine.memory : new ProbeMemory(machine.memory, () => ctx.user);
  return ctx;
}

/** Turns the hits of one probe into records. */
export class HitRecorder {
  readonly #machine: Machine;
  readonly #ctx: FetchContext;
  readonly #program: RecordProgram;
  readonly #head: number;

  constructor(machine: Machine, ctx: FetchContext, program: RecordProgram, isReturn: boolean) {
    this.#machine = machine;
    this.#ctx = ctx;
    this.#program = program;
    this.#head = probeHeadSize(isReturn);
  }

  /**
   * Writes a record into each sink (`kernel/trace/trace_fprobe.c:fentry_trace_func()`, `fexit_trace_func()`).
   * @param fn function id
   * @param retLo low half of the address that the function returns to, which a return's record holds
   * @param data what the entry handler kept
   */
  record(
    sinks: readonly RecordSink[],
    fn: number,
    retLo: number,
    retHi: number,
    regs: FtraceRegs,
    data: EntryData | null,
  ): void {
    const ctx = this.#ctx;
    const head = this.#head;
    const { cpu } = regs;
    ctx.regs = regs;
    ctx.user = cpu.current.user;
    ctx.comm = cpu.current.comm;
    ctx.entryData = data;
    const dataSize = this.#program.dataSize(ctx);
    const size = head + this.#program.fixedSize + dataSize;
    const ips = this.#machine.functions.entryWords;
    for (let i = 0; i < sinks.length; i++) {
      const sink = sinks[i]!;
      const writer = sink.begin(cpu, size);
      if (writer === undefined) continue;
      const { view } = writer;
      const at = writer.base + TRACE_ENTRY_SIZE;
      view.setUint32(at, ips[2 * fn]!, true);
      view.setUint32(at + 4, ips[2 * fn + 1]!, true);
      if (head > TRACE_ENTRY_SIZE + 8) {
        view.setUint32(at + 8, retLo, true);
        view.setUint32(at + 12, retHi, true);
      }
      this.#program.store(ctx, writer, head, dataSize);
      sink.commit(cpu, writer);
    }
  }
}
