import type { Cpu } from './cpu.ts';
import { pushEntryCode } from './entry-code.ts';
import type { Machine } from './machine.ts';
import type { CallChain, StackTrace } from './stack-trace.ts';

/** The calls that a machine was told of, on top of the kernel's entry code where the outermost of them is called from there. */
export class MachineCalls implements CallChain {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** A function's own place is not known: the first one behind its entry site stands for it. */
  pushPlace(cpu: Cpu, trace: StackTrace): void {
    const { current } = cpu;
    let top = current.callDepth - 1;
    if (top >= 0 && current.calls[top] >> 1 === cpu.tracepoint?.stubFn) top--;
    if (top < 0) return;
    this.#machine.pushEntrySite(current.calls[top] >> 1, trace);
    this.#pushReturns(cpu, top, trace);
  }

  pushCallers(cpu: Cpu, trace: StackTrace): void {
    this.#pushReturns(cpu, cpu.current.callDepth - 1, trace);
  }

  #pushReturns(cpu: Cpu, top: number, trace: StackTrace): void {
    const { returns } = cpu.current;
    for (let i = top; i >= 0; i--) trace.push(returns[2 * i], returns[2 * i + 1]);
    if (top < 0) return;
    const outermost = this.#machine.kallsyms.at((BigInt(returns[1]) << 32n) | BigInt(returns[0]));
    if (outermost) pushEntryCode(this.#machine, outermost.name, trace);
  }
}
