import { Errno } from '../abi/errno.ts';
import type { Cpu, PassedTracepoint } from '../machine/cpu.ts';
import type { Machine } from '../machine/machine.ts';

/** A plain probe of a tracepoint. The arguments are in the task's registers: the first is the probe's data, then those of TP_PROTO. */
export type TracepointCallback = (cpu: Cpu, tracepoint: Tracepoint) => void;

/** Stands for the stub among the probes of a tracepoint. */
const STUB: TracepointCallback = () => {};

/** Tracepoints whose probes may fault (`DECLARE_TRACE_SYSCALL()`). */
const SYSCALL_POINTS = new Set(['sys_enter', 'sys_exit']);

/** Bytes from `__traceiter_NAME` to where a probe that it calls returns. */
const CALL_OFFSET = 0x32n;

/** A static tracepoint, `struct tracepoint`. Reached through `Tracepoints`. */
export class Tracepoint implements PassedTracepoint {
  readonly name: string;
  /** Function id of `__probestub_NAME`; undefined where that function cannot be traced. */
  readonly stubFn: number | undefined;
  readonly #machine: Machine;
  readonly #mayFault: boolean;
  readonly #on: Set<Tracepoint>;
  /** Return address of the probes' calls, where there are several. */
  readonly callerLo: number;
  readonly callerHi: number;
  /** Its probes in the order in which they came; `STUB` stands for the stub. */
  #probes: readonly TracepointCallback[] = [];

  /** @param on the tracepoints that are enabled */
  constructor(machine: Machine, name: string, on: Set<Tracepoint>) {
    this.#machine = machine;
    this.#on = on;
    this.name = name;
    this.#mayFault = SYSCALL_POINTS.has(name);
    const stub = machine.kallsyms.lookupName(`__probestub_${name}`);
    this.stubFn = stub === undefined ? undefined : machine.functions.idAtSymbol(stub);
    const caller = (machine.kallsyms.lookupName(`__traceiter_${name}`) ?? 0n) + CALL_OFFSET;
    this.callerLo = Number(caller & 0xffffffffn);
    this.callerHi = Number(caller >> 32n);
  }

  /** Whether firing it has an effect (`trace_NAME_enabled()`). */
  get enabled(): boolean {
    return this.#probes.length > 0;
  }

  /** Whether there is only one probe, which the code calls itself (`kernel/tracepoint.c:tracepoint_update_call()`). */
  get isDirect(): boolean {
    return this.#probes.length === 1;
  }

  /** Whether the stub is one of its probes. */
  get stubRegistered(): boolean {
    return this.#probes.includes(STUB);
  }

  /** Makes `__probestub_NAME` one of its probes, traceable or not, for an fprobe on it to be hit. −EEXIST when it is one already. */
  registerStub(): number {
    return this.addCallback(STUB);
  }

  /** −ENOENT when the stub is not registered. */
  unregisterStub(): number {
    return this.removeCallback(STUB);
  }

  /** Adds a plain probe; −EEXIST when it is there already. `kernel/tracepoint.c:tracepoint_probe_register()` */
  addCallback(callback: TracepointCallback): number {
    if (this.#probes.includes(callback)) return -Errno.EEXIST;
    this.#setProbes([...this.#probes, callback]);
    return 0;
  }

  /** −ENOENT when it is not there. */
  removeCallback(callback: TracepointCallback): number {
    if (!this.#probes.includes(callback)) return -Errno.ENOENT;
    this.#setProbes(this.#probes.filter((other) => other !== callback));
    return 0;
  }

  /**
   * The current task of the cpu passes the tracepoint, with the arguments in its registers (argument 0 is for the probe's data, TP_PROTO's follow).
   * Calls its probes in the order in which they came, the stub through its entry site. Preemption is off meanwhile; at the tracepoints of
   * system calls, whose probes may fault, plain probes see to that themselves.
   */
  fire(cpu: Cpu): void {
    const probes = this.#probes;
    if (probes.length === 0) return;
    const outer = cpu.tracepoint;
    cpu.tracepoint = this;
    for (let i = 0; i < probes.length; i++) {
      const probe = probes[i]!;
      const counts = !this.#mayFault || probe !== STUB;
      if (counts) cpu.preemptCount++;
      if (probe === STUB) this.#callStub(cpu);
      else probe(cpu, this);
      if (counts) cpu.preemptCount--;
    }
    cpu.tracepoint = outer;
  }

  #setProbes(probes: readonly TracepointCallback[]): void {
    this.#probes = probes;
    if (this.enabled) this.#on.add(this);
    else this.#on.delete(this);
  }

  #callStub(cpu: Cpu): void {
    if (this.stubFn === undefined) return;
    this.#machine.enterFunction(cpu, this.stubFn, this.callerLo, this.callerHi);
    this.#machine.leaveFunction(cpu);
  }
}

/** The tracepoints of a kernel: those for which kallsyms has `__tracepoint_NAME` and `__probestub_NAME`; `__tracepoint_ext_NAME` belongs to another. */
export class Tracepoints {
  #machine: Machine;
  #found = new Map<string, Tracepoint>();
  readonly #on = new Set<Tracepoint>();

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.functionListeners.push({
      going: (functions) => {
        for (const [name, tracepoint] of this.#found) {
          if (tracepoint.stubFn !== undefined && functions.includes(tracepoint.stubFn)) {
            this.#found.delete(name);
            this.#on.delete(tracepoint);
          }
        }
      },
    });
  }

  /** Whether firing any of them has an effect. */
  get anyEnabled(): boolean {
    return this.#on.size > 0;
  }

  /** The tracepoint of a name; always the same object for a name. */
  find(name: string): Tracepoint | undefined {
    const known = this.#found.get(name);
    if (known) return known;
    const { kallsyms } = this.#machine;
    if (!kallsyms.has(`__tracepoint_${name}`) || !kallsyms.has(`__probestub_${name}`)) return undefined;
    const tracepoint = new Tracepoint(this.#machine, name, this.#on);
    this.#found.set(name, tracepoint);
    return tracepoint;
  }
}
