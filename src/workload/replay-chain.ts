import type { Cpu } from '../machine/cpu.ts';
import { pushEntryCode, pushInterruptEntry } from '../machine/entry-code.ts';
import type { Machine } from '../machine/machine.ts';
import type { CallChain, StackTrace } from '../machine/stack-trace.ts';
import { TAIL_CALL, type Workload } from './workload.ts';

/** Calls behind one in which a place in its caller is looked for. */
const LOOK_AHEAD = 4000;

/** Calls of `__schedule()`, which is not traced, by the function that they are in: bytes from its start. */
const SCHEDULE_CALLS: Readonly<Record<string, bigint>> = {
  schedule: 0x27n,
  preempt_schedule: 0x32n,
  do_task_dead: 0x49n,
};

/**
 * Where the calls of a workload come from: all of them, not only those that are patched. Functions that no recording shows
 * stand between a call and the one that it was made from when the return address is in another function.
 */
export class ReplayChain implements CallChain {
  /** The call that is entered or that a tracepoint fires in, −1 for none. */
  call = -1;
  readonly #workload: Workload;
  readonly #machine: Machine;
  /** By call: the place in its caller that is shown for it when it was not called from there directly, 0 for none. */
  readonly #between = new Map<number, bigint>();

  constructor(workload: Workload, machine: Machine) {
    this.#workload = workload;
    this.#machine = machine;
  }

  /** Where a tracepoint fires in a function is not recorded: the first place behind the entry site stands for it. */
  pushPlace(_cpu: Cpu, trace: StackTrace): void {
    if (this.call < 0) return;
    this.#machine.pushEntrySite(this.#workload.callFn[this.call], trace);
    this.#pushCallers(this.call, trace);
  }

  pushCallers(_cpu: Cpu, trace: StackTrace): void {
    this.#pushCallers(this.call, trace);
  }

  #pushCallers(from: number, trace: StackTrace): void {
    const { callParent, callFlags, siteWords } = this.#workload;
    let call = from;
    while (call >= 0) {
      // A jump leaves nothing on the stack.
      while ((callFlags[call] & TAIL_CALL) !== 0 && callParent[call] >= 0) call = callParent[call];
      trace.push(siteWords[2 * call], siteWords[2 * call + 1]);
      const caller = callParent[call];
      if (!this.#isIn(call, caller)) {
        const name = this.#siteName(call);
        if (caller < 0) pushEntryCode(this.#machine, name, trace);
        else this.#pushPlaceOf(caller, call, pushInterruptEntry(this.#machine, name, trace), trace);
      }
      call = caller;
    }
  }

  /** Whether a call returns into a caller's text. */
  #isIn(call: number, caller: number): boolean {
    if (caller < 0) return false;
    const { callFn } = this.#workload;
    return (
      this.#machine.kallsyms.at(this.#site(call))?.address === this.#machine.functions.symbolAddress(callFn[caller])
    );
  }

  #site(call: number): bigint {
    const { siteWords } = this.#workload;
    return (BigInt(siteWords[2 * call + 1]) << 32n) | BigInt(siteWords[2 * call]);
  }

  #siteName(call: number): string {
    return this.#machine.kallsyms.at(this.#site(call))?.name ?? '';
  }

  /**
   * The place in a caller whose callee is not recorded: that of its next recorded call. Without one the caller ended in a jump
   * to that callee and has left the stack, unless it was interrupted.
   */
  #pushPlaceOf(caller: number, call: number, interrupted: boolean, trace: StackTrace): void {
    let place = this.#between.get(call);
    if (place === undefined) {
      place = this.#nextPlace(caller, call);
      this.#between.set(call, place);
    }
    if (place !== 0n) trace.push(Number(place & 0xffffffffn), Number(place >> 32n));
    else if (interrupted) this.#machine.pushEntrySite(this.#workload.callFn[caller], trace);
  }

  #nextPlace(caller: number, call: number): bigint {
    const { callParent, callFn } = this.#workload;
    const { functions } = this.#machine;
    const schedule = SCHEDULE_CALLS[functions.name(callFn[caller])];
    if (schedule !== undefined && this.#siteName(call) === '__schedule')
      return functions.symbolAddress(callFn[caller]) + schedule;
    const end = Math.min(callParent.length, call + LOOK_AHEAD);
    for (let next = call + 1; next < end; next++)
      if (callParent[next] === caller && this.#isIn(next, caller)) return this.#site(next);
    return 0n;
  }
}
