import { type CallPlace, callAddresses, ENTRY_HANDLER_CALLS, EXIT_HANDLER_CALLS } from '../fprobe/index.ts';
import type { Cpu, Machine, StackTrace } from '../machine/index.ts';

/** What lies between a probe's record and the function that is entered, innermost first, as 6.16 on x86_64 has it. */
const ENTRY: readonly CallPlace[] = [['fentry_trace_func', 0x1c1], ['fentry_dispatcher', 0x42], ...ENTRY_HANDLER_CALLS];
/** What lies above a record of a return; nothing can be unwound beyond. */
const RETURN: readonly CallPlace[] = [['fexit_trace_func', 0x1f3], ['fexit_dispatcher', 0x47], ...EXIT_HANDLER_CALLS];

/** Addresses of both, by machine. */
const known = new WeakMap<Machine, { readonly entry: readonly bigint[]; readonly return: readonly bigint[] }>();

function placesOf(machine: Machine) {
  let places = known.get(machine);
  if (!places) {
    places = { entry: callAddresses(machine, ENTRY), return: callAddresses(machine, RETURN) };
    known.set(machine, places);
  }
  return places;
}

function push(trace: StackTrace, addresses: readonly bigint[]): void {
  for (const address of addresses) trace.push(Number(address & 0xffffffffn), Number(address >> 32n));
}

/** Writes down the stack of a probe's hit at a function's entry. */
export function pushEntryProbeStack(machine: Machine, cpu: Cpu, trace: StackTrace): void {
  push(trace, placesOf(machine).entry);
  machine.pushEntryStack(cpu, trace);
}

/** Writes down the stack of a probe's hit at a return: with the registers it is the place returned to, and nothing can be unwound beyond. */
export function pushReturnProbeStack(machine: Machine, cpu: Cpu, trace: StackTrace, fromRegs: boolean): void {
  if (!fromRegs) {
    push(trace, placesOf(machine).return);
    return;
  }
  const { words } = cpu.current.regs;
  const { ipReg } = machine.arch;
  trace.push(words[2 * ipReg]!, words[2 * ipReg + 1]!);
}
