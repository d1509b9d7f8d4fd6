import { Errno } from '../abi/errno.ts';
import type { FetchContext } from '../probe/fetch-context.ts';
import { compileRecord } from '../probe/record-program.ts';
import { resolveSymbols } from '../probe/resolve-symbol.ts';
import { CommandLog, type ErrorSink } from './command-log.ts';
import { type DefinitionForm, type ProbeDefinition, parseDefinition } from './definition.ts';
import type { DynamicEventKind, DynamicEvents } from './dynamic-events.ts';
import { createFetchContext, HitRecorder } from './hit-recorder.ts';
import { type ProbeAttachment, ProbeEvent } from './probe-event.ts';
import { ProbeEventCall } from './probe-event-call.ts';
import type { ProbeKernel } from './probe-kernel.ts';

/** What tells probes on functions and probes on tracepoints apart. */
export interface ProbeKind extends DefinitionForm {
  /** Where a probe's fprobe goes. */
  attachment(symbol: string): ProbeAttachment;
}

/**
 * First argument (0-based) in which a new probe differs from the event's, −1 when their arguments are alike
 * (`kernel/trace/trace_probe.c:trace_probe_compare_arg_type()`).
 */
function findDifference(a: ProbeDefinition, b: ProbeDefinition): number {
  if (a.args.length !== b.args.length) return Math.min(a.args.length, b.args.length);
  return a.args.findIndex((arg, i) => {
    const other = b.args[i]!;
    return arg.type !== other.type || arg.count !== other.count || arg.name !== other.name;
  });
}

const isSameProbe = (a: ProbeDefinition, b: ProbeDefinition): boolean =>
  a.symbol === b.symbol && a.args.every((arg, i) => arg.comm === b.args[i]!.comm);

/** The events made of fprobes, on functions and on tracepoints: they share names, so that one event may have several probes. */
export class ProbeEvents {
  readonly #kernel: ProbeKernel;
  readonly #list: DynamicEvents;
  readonly #log: ErrorSink;
  readonly #context: FetchContext;
  /** The event of each group and name. */
  readonly #calls = new Map<string, ProbeEventCall>();

  constructor(kernel: ProbeKernel, list: DynamicEvents, log: ErrorSink) {
    this.#kernel = kernel;
    this.#list = list;
    this.#log = log;
    this.#context = createFetchContext(kernel);
  }

  /** Makes the kind of dynamic event for one form of definition. */
  kind(kind: ProbeKind): DynamicEventKind {
    return {
      create: (words) =>
        words[0]![0] === kind.letter && words.length > 1 ? this.#create(words, kind) : -Errno.ECANCELED,
    };
  }

  /** Takes an event out of the registry, with its files; 0 or −EBUSY. */
  removeCall(call: ProbeEventCall): number {
    const ret = this.#kernel.tracing.events.remove(call);
    if (ret === 0) this.#calls.delete(`${call.system}/${call.name}`);
    return ret;
  }

  /** Takes a probe off its event and off the list. */
  forget(probe: ProbeEvent): void {
    const { probes } = probe.call;
    probes.splice(probes.indexOf(probe), 1);
    this.#list.remove(probe);
  }

  #create(words: readonly string[], kind: ProbeKind): number {
    const log = new CommandLog('trace_fprobe', words, this.#log);
    const definition = parseDefinition(log, kind, this.#kernel.types);
    return typeof definition === 'number' ? definition : this.#register(definition, kind, log);
  }

  /** `kernel/trace/trace_fprobe.c:register_trace_fprobe()` and what its caller makes of the errno */
  #register(definition: ProbeDefinition, kind: ProbeKind, log: CommandLog): number {
    const call = this.#calls.get(`${definition.group}/${definition.event}`);
    const ret = call === undefined ? this.#addCall(definition, kind, log) : this.#append(definition, call, kind, log);
    if (ret === 0) return 0;
    if (ret === -Errno.ENOENT) log.add('BAD_PROBE_ADDR', 1);
    else if (ret !== -Errno.EEXIST && ret !== -Errno.ENOMEM) log.add('FAIL_REG_PROBE', 1);
    return -Errno.EINVAL;
  }

  #addCall(definition: ProbeDefinition, kind: ProbeKind, log: CommandLog): number {
    const { events } = this.#kernel.tracing;
    if (events.find(definition.group, definition.event) !== undefined) {
      log.add('EVENT_EXIST', 0);
      return -Errno.EEXIST;
    }
    const call = new ProbeEventCall(definition);
    const added = events.add(call);
    if (added !== 0) return added;
    const ret = this.#addProbe(definition, call, kind);
    if (ret === 0) this.#calls.set(`${call.system}/${call.name}`, call);
    else events.remove(call);
    return ret;
  }

  /** `kernel/trace/trace_fprobe.c:append_trace_fprobe()` */
  #append(definition: ProbeDefinition, call: ProbeEventCall, kind: ProbeKind, log: CommandLog): number {
    const first = call.probes[0]!.definition;
    const difference = findDifference(definition, first);
    if (definition.isReturn !== first.isReturn || definition.isTracepoint !== first.isTracepoint)
      log.add('DIFF_PROBE_TYPE', 0);
    else if (difference >= 0) log.add('DIFF_ARG_TYPE', difference + 2);
    else if (call.probes.some((probe) => isSameProbe(probe.definition, definition))) log.add('SAME_PROBE', 0);
    else return this.#addProbe(definition, call, kind);
    return -Errno.EEXIST;
  }

  #addProbe(definition: ProbeDefinition, call: ProbeEventCall, kind: ProbeKind): number {
    const { machine } = this.#kernel;
    const symbols = resolveSymbols(definition.args, (name) => machine.kallsyms.lookupName(name));
    if (typeof symbols === 'number') return symbols;
    const program = compileRecord(definition.args, symbols);
    const recorder = new HitRecorder(machine, this.#context, program, definition.isReturn);
    const probe = new ProbeEvent(definition, call, recorder, kind.attachment(definition.symbol), this);
    const ret = probe.attach();
    if (ret !== 0) return ret;
    call.probes.push(probe);
    this.#list.add(probe);
    return 0;
  }
}
