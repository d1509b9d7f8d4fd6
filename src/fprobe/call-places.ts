import type { Cpu } from '../machine/cpu.ts';
import type { Machine } from '../machine/machine.ts';
import type { StackTrace } from '../machine/stack-trace.ts';

/** A place in the tracing code: bytes from a symbol's start. */
export type CallPlace = readonly [symbol: string, offset: number];

/** Where the calls stand that lead from a function's entry site to an entry handler, innermost first, as 6.16 on x86_64 has them. */
export const ENTRY_HANDLER_CALLS: readonly CallPlace[] = [
  ['fprobe_entry', 0xe6],
  ['function_graph_enter_regs', 0x15c],
  ['ftrace_graph_func', 0x3c],
];
/** Where those stand that lead from a function's return to an exit handler; nothing can be unwound beyond. */
export const EXIT_HANDLER_CALLS: readonly CallPlace[] = [
  ['fprobe_return', 0x10f],
  ['ftrace_return_to_handler', 0x1a5],
  ['return_to_handler', 0x1e],
];

/** Addresses of places, of those whose symbols a kernel has. */
export function callAddresses(machine: Machine, places: readonly CallPlace[]): bigint[] {
  return places.flatMap(([symbol, offset]) => {
    const address = machine.kallsyms.lookupName(symbol);
    return address === undefined ? [] : [address + BigInt(offset)];
  });
}

/** Writes down the stack that a handler is called on, from its caller on. */
export function pushHandlerStack(machine: Machine, cpu: Cpu, trace: StackTrace, atReturn: boolean): void {
  const places = atReturn ? EXIT_HANDLER_CALLS : ENTRY_HANDLER_CALLS;
  for (const address of callAddresses(machine, places)) {
    trace.push(Number(address & 0xffffffffn), Number(address >> 32n));
  }
  if (!atReturn) machine.pushEntryStack(cpu, trace);
}
