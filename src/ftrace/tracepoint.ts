import { Errno } from '../abi/errno.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Machine } from '../machine/machine.ts';

/** A plain probe of a tracepoint. The arguments are in the task's registers: the first is the probe's data, then those of TP_PROTO. */
export type TracepointCallback = (cpu: Cpu, tracepoint: Tracepoint) => void;

/** Bytes from `__traceiter_NAME` to where a probe that it calls returns. */
const CALL_OFFSET = 0x32n;

/** A static tracepoint, `struct tracepoint`. Reached through `Tracepoints`. */
export class Tracepoint {
  readonly name: string;
  /** Function id of `__probestub_NAME`; undefined where that function cannot be traced. */
  readonly stubFn: number | undefined;
  readonly #machine: Machine;
  /** Return address of the probes' calls. */
  readonly #callerLo: number;
  readonly #callerHi: number;
  #stub = false;
  #callbacks: TracepointCallback[] = [];

  constructor(machine: Machine, name: string) {
    this.#machine = machine;
    this.name = name;
    const stub = machine.kallsyms.lookupName(`__probestub_${name}`);
    this.stubFn = stub === undefined ? undefined : machine.functions.idAtSymbol(stub);
    const caller = (machine.kallsyms.lookupName(`__traceiter_${name}`) ?? 0n) + CALL_OFFSET;
    this.#callerLo = Number(caller & 0xffffffffn);
    this.#callerHi = Number(caller >> 32n);
  }

  /** Whether firing it has an effect (`trace_NAME_enabled()`). */
  get enabled(): boolean {
    return this.#stub || this.#callbacks.length > 0;
  }

  /** Whether the stub is one of its probes. */
  get stubRegistered(): boolean {
    return this.#stub;
  }

  /** Makes `__probestub_NAME` one of its probes, traceable or not, for an fprobe on it to be hit. −EEXIST when it is one already. */
  registerStub(): number {
    if (this.#stub) return -Errno.EEXIST;
    this.#stub = true;
    return 0;
  }

  /** −ENOENT when the stub is not registered. */
  unregisterStub(): number {
    if (!this.#stub) return -Errno.ENOENT;
    this.#stub = false;
    return 0;
  }

  /** Adds a plain probe; −EEXIST when it is there already. `kernel/tracepoint.c:tracepoint_probe_register()` */
  addCallback(callback: TracepointCallback): number {
    if (this.#callbacks.includes(callback)) return -Errno.EEXIST;
    this.#callbacks = [...this.#callbacks, callback];
    return 0;
  }

  /** −ENOENT when it is not there. */
  removeCallback(callback: TracepointCallback): number {
    if (!this.#callbacks.includes(callback)) return -Errno.ENOENT;
    this.#callbacks = this.#callbacks.filter((other) => other !== callback);
    return 0;
  }

  /**
   * The current task of the cpu passes the tracepoint, with the arguments in its registers (argument 0 is for the probe's data, TP_PROTO's follow).
   * Calls the plain probes, then the stub through its entry site. Preemption is off meanwhile.
   */
  fire(cpu: Cpu): void {
    if (!this.#stub && this.#callbacks.length === 0) return;
    cpu.preemptCount++;
    const callbacks = this.#callbacks;
    for (let i = 0; i < callbacks.length; i++) callbacks[i](cpu, this);
    if (this.#stub && this.stubFn !== undefined) {
      this.#machine.enterFunction(cpu, this.stubFn, this.#callerLo, this.#callerHi);
      this.#machine.leaveFunction(cpu);
    }
    cpu.preemptCount--;
  }
}

/** The tracepoints of a kernel: those for which kallsyms has `__tracepoint_NAME` and `__probestub_NAME`; `__tracepoint_ext_NAME` belongs to another. */
export class Tracepoints {
  #machine: Machine;
  #found = new Map<string, Tracepoint>();

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.functionListeners.push({
      going: (functions) => {
        for (const [name, tracepoint] of this.#found) {
          if (tracepoint.stubFn !== undefined && functions.includes(tracepoint.stubFn)) this.#found.delete(name);
        }
      },
    });
  }

  /** The tracepoint of a name; always the same object for a name. */
  find(name: string): Tracepoint | undefined {
    const known = this.#found.get(name);
    if (known) return known;
    const { kallsyms } = this.#machine;
    if (!kallsyms.has(`__tracepoint_${name}`) || !kallsyms.has(`__probestub_${name}`)) return undefined;
    const tracepoint = new Tracepoint(this.#machine, name);
    this.#found.set(name, tracepoint);
    return tracepoint;
  }
}
