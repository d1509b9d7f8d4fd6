import { syscallNumberByName } from '../abi/syscall-numbers.ts';
import type { Tracepoint } from '../ftrace/index.ts';
import type { Cpu } from '../machine/index.ts';
import type { EventSink, StaticEventCall } from '../trace/static-event.ts';
import type { CValue } from './c-value.ts';
import type { Assignments, EventProgram } from './event-program.ts';
import type { Hit } from './hit.ts';

/** Registers that a system call's arguments come in (x86_64). */
const ARGUMENTS = ['di', 'si', 'dx', 'r10', 'r8', 'r9'];

/** The two tracepoints that every system call passes, and what tells its number there. */
const NUMBERS = { sys_enter: 'id', sys_exit: 'regs->orig_ax' } as const;

/** Where a system call's own event is raised. */
export interface SyscallPlace {
  readonly tracepoint: keyof typeof NUMBERS;
  /** Number of the system call, −1 where it is not known. */
  readonly number: number;
  readonly assignments: Assignments;
}

/** The place of `sys_enter_NAME` and `sys_exit_NAME`; undefined for any other event. */
export function syscallOf(call: StaticEventCall): SyscallPlace | undefined {
  const match = call.system === 'syscalls' ? /^(sys_enter|sys_exit)_(\w+)$/.exec(call.name) : null;
  if (match === null) return undefined;
  const tracepoint = match[1] as SyscallPlace['tracepoint'];
  const own = call.fields.slice(1).map((field, i) => [field.name, `regs->${ARGUMENTS[i] ?? 'r9'}`]);
  const fields = tracepoint === 'sys_exit' ? { ret: 'ret' } : Object.fromEntries(own);
  return {
    tracepoint,
    number: syscallNumberByName(match[2]!),
    assignments: { ...fields, __syscall_nr: NUMBERS[tracepoint] },
  };
}

/** An expression that tells the number of the system call that passes a tracepoint. */
export function syscallNumberAt(tracepoint: SyscallPlace['tracepoint']): string {
  return NUMBERS[tracepoint];
}

/** Hands the system calls that pass a tracepoint to the events of theirs that are on (`kernel/trace/trace_syscalls.c:ftrace_syscall_enter()`). */
export class SyscallDispatcher {
  readonly #tracepoint: Tracepoint;
  readonly #number: CValue;
  readonly #hit: Hit;
  readonly #sinks = new Map<number, { readonly sink: EventSink; readonly program: EventProgram }[]>();

  constructor(tracepoint: Tracepoint, number: CValue, hit: Hit) {
    this.#tracepoint = tracepoint;
    this.#number = number;
    this.#hit = hit;
  }

  /** Lets system calls of a number go to a sink. */
  add(number: number, sink: EventSink, program: EventProgram): number {
    const first = this.#sinks.size === 0;
    this.#sinks.set(number, [...(this.#sinks.get(number) ?? []), { sink, program }]);
    return first ? this.#tracepoint.addCallback(this.#dispatch) : 0;
  }

  /** No more of them. */
  remove(number: number, sink: EventSink): void {
    const left = (this.#sinks.get(number) ?? []).filter((each) => each.sink !== sink);
    if (left.length > 0) this.#sinks.set(number, left);
    else this.#sinks.delete(number);
    if (this.#sinks.size === 0) this.#tracepoint.removeCallback(this.#dispatch);
  }

  readonly #dispatch = (cpu: Cpu): void => {
    const hit = this.#hit;
    hit.cpu = cpu;
    this.#number.load(hit);
    const sinks = hit.hi === 0 ? this.#sinks.get(hit.lo) : undefined;
    if (sinks === undefined) return;
    for (let i = 0; i < sinks.length; i++) recordHit(hit, cpu, sinks[i]!.sink, sinks[i]!.program);
  };
}

/** Puts the hit on a cpu into a sink. */
export function recordHit(hit: Hit, cpu: Cpu, sink: EventSink, program: EventProgram): void {
  hit.cpu = cpu;
  const writer = sink.begin(cpu, program.size(hit));
  if (writer === undefined) return;
  program.fill(hit, writer);
  sink.commit(cpu, writer);
}
