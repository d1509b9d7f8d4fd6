import type { Btf } from '../btf/index.ts';
import type { Tracepoints } from '../ftrace/index.ts';
import type { Machine } from '../machine/index.ts';
import type { Enumerators } from '../trace/enumerators.ts';
import type { EventSink, EventSource, StaticEventCall } from '../trace/static-event.ts';
import { assignmentsOf } from './assignments.ts';
import { EventProgram } from './event-program.ts';
import { compileExpression, type HitScope } from './expression.ts';
import { Hit } from './hit.ts';
import { recordHit, SyscallDispatcher, type SyscallPlace, syscallNumberAt, syscallOf } from './syscall-events.ts';

/** What static events are raised from. */
interface EventKernel {
  readonly machine: Machine;
  readonly types: Btf;
  readonly tracepoints: Tracepoints;
  readonly enumerators: Enumerators;
}

/** Raises the static events of a kernel: an event that is enabled has a callback on its tracepoint, one for each sink. */
export class StaticEventSource implements EventSource {
  readonly #kernel: EventKernel;
  readonly #hit: Hit;
  readonly #programs = new Map<StaticEventCall, EventProgram>();
  readonly #syscalls = new Map<string, SyscallDispatcher | undefined>();
  /** What takes a sink off its tracepoint. */
  readonly #attached = new Map<EventSink, () => void>();

  constructor(kernel: EventKernel) {
    this.#kernel = kernel;
    this.#hit = new Hit(kernel.machine);
  }

  attach(call: StaticEventCall, sink: EventSink): number {
    const syscall = syscallOf(call);
    if (syscall !== undefined) return this.#attachSyscall(call, sink, syscall);
    const tracepoint = this.#kernel.tracepoints.find(call.name);
    if (tracepoint === undefined) return 0;
    const program = this.#program(call, call.name);
    const hit = this.#hit;
    const callback = (cpu: Hit['cpu']) => recordHit(hit, cpu, sink, program);
    this.#attached.set(sink, () => tracepoint.removeCallback(callback));
    return tracepoint.addCallback(callback);
  }

  detach(sink: EventSink): void {
    this.#attached.get(sink)?.();
    this.#attached.delete(sink);
  }

  #attachSyscall(call: StaticEventCall, sink: EventSink, syscall: SyscallPlace): number {
    const { tracepoint, number } = syscall;
    if (!this.#syscalls.has(tracepoint)) this.#syscalls.set(tracepoint, this.#dispatcher(tracepoint));
    const dispatcher = this.#syscalls.get(tracepoint);
    if (dispatcher === undefined || number < 0) return 0;
    this.#attached.set(sink, () => dispatcher.remove(number, sink));
    return dispatcher.add(number, sink, this.#program(call, tracepoint, syscall));
  }

  #dispatcher(name: SyscallPlace['tracepoint']): SyscallDispatcher | undefined {
    const tracepoint = this.#kernel.tracepoints.find(name);
    const number = compileExpression(syscallNumberAt(name), this.#scope(name));
    return tracepoint && number && new SyscallDispatcher(tracepoint, number, this.#hit);
  }

  #program(call: StaticEventCall, tracepoint: string, syscall?: SyscallPlace): EventProgram {
    let program = this.#programs.get(call);
    if (program === undefined) {
      const assignments = syscall?.assignments ?? assignmentsOf(call.system, call.name);
      program = new EventProgram(call.fields, assignments, this.#scope(tracepoint));
      this.#programs.set(call, program);
    }
    return program;
  }

  #scope(tracepoint: string): HitScope {
    const { types, enumerators } = this.#kernel;
    const proto = types.funcProto(`__probestub_${tracepoint}`) ?? types.funcProto(`__traceiter_${tracepoint}`);
    return { types, params: proto?.params.slice(1) ?? [], enumerator: (name) => enumerators.value(name) };
  }
}
