import { Errno } from '../abi/errno.ts';
import type { Cpu, Machine, StackTrace } from '../machine/index.ts';
import { probeFields, probeHeadSize, probePrintFmt } from '../probe/event-layout.ts';
import { compilePrinter, type PrintArgs } from '../probe/print-args.ts';
import { TraceEventCall, type TraceReg } from '../trace/event-call.ts';
import { TRACE_ENTRY_SIZE } from '../trace/event-field.ts';
import type { TraceEventFile } from '../trace/event-file.ts';
import type { RecordView } from '../trace/record.ts';
import type { TraceSeq } from '../trace/trace-seq.ts';
import type { ProbeDefinition } from './definition.ts';
import type { RecordSink } from './hit-recorder.ts';
import type { ProbeEvent } from './probe-event.ts';
import { pushEntryProbeStack, pushReturnProbeStack } from './probe-stack.ts';

/** One event with all its probes (`struct trace_probe_event`): they have the same kind of arguments, so one layout serves all. */
export class ProbeEventCall extends TraceEventCall {
  readonly isReturn: boolean;
  /** The probes that hit it, oldest first. */
  readonly probes: ProbeEvent[] = [];
  /** Who gets its records: the event files, then perf. */
  readonly sinks: RecordSink[] = [];
  /** Whether perf has it open. */
  profiled = false;
  /** Event files among the sinks. */
  #files = 0;
  readonly #printArgs: PrintArgs;

  constructor(definition: ProbeDefinition) {
    const { group, event, args, isReturn } = definition;
    super({
      system: group,
      name: event,
      fields: probeFields(args, isReturn),
      printFmt: probePrintFmt(args, isReturn),
      dynamic: true,
    });
    this.isReturn = isReturn;
    this.#printArgs = compilePrinter(args, probeHeadSize(isReturn));
  }

  /** Whether anyone wants its hits. */
  get isEnabled(): boolean {
    return this.sinks.length > 0 || this.profiled;
  }

  /** `kernel/trace/trace_fprobe.c:fprobe_register()` */
  override reg(op: TraceReg, file?: TraceEventFile): number {
    const wasEnabled = this.isEnabled;
    switch (op) {
      case 'register':
        this.sinks.splice(this.#files++, 0, file!);
        break;
      case 'perf-register':
        this.profiled = true;
        if (this.perfSink) this.sinks.push(this.perfSink);
        break;
      case 'unregister': {
        const at = this.sinks.indexOf(file!);
        if (at < 0) return -Errno.ENOENT;
        this.sinks.splice(at, 1);
        this.#files--;
        break;
      }
      case 'perf-unregister':
        this.profiled = false;
        this.sinks.length = this.#files;
        break;
    }
    if (wasEnabled !== this.isEnabled) for (const probe of this.probes) probe.setEnabled(this.isEnabled);
    return 0;
  }

  override pushHitStack(machine: Machine, cpu: Cpu, trace: StackTrace, fromRegs: boolean): void {
    if (this.isReturn) pushReturnProbeStack(machine, cpu, trace, fromRegs);
    else pushEntryProbeStack(machine, cpu, trace);
  }

  /** `name: (vfs_read+0x4/0x470) a=1`, or `name: (ksys_read+0x6f/0xf0 <- vfs_read) a=1`. */
  override print(rec: RecordView, out: TraceSeq): void {
    const { view } = rec;
    const at = rec.base + TRACE_ENTRY_SIZE;
    const address = (offset: number, withOffset: boolean): void =>
      out.putIp(view.getUint32(at + offset, true), view.getUint32(at + offset + 4, true), withOffset);
    out.puts(`${this.name}: (`);
    if (this.isReturn) {
      address(8, true);
      out.puts(' <- ');
    }
    address(0, !this.isReturn);
    out.puts(')');
    this.#printArgs(rec, out);
  }
}
