import { Fgraph } from '../fgraph/fgraph.ts';
import { Ftrace } from '../ftrace/ftrace.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Machine, MachineOptions } from '../machine/machine.ts';
import { type TestKernel, testMachine } from '../machine/test-kernel.ts';
import { FprobeCore } from './fprobe-core.ts';

/** What the engine's symbols are called, for `enabled_functions`. */
const ENGINE_SYMBOLS = ['return_to_handler', 'ftrace_graph_func', 'fprobe_entry', 'fprobe_return', 'ftrace_stub'];

/** A made-up kernel with the whole engine on it, and one task running on its first cpu; for tests. */
export function testBoot(functions: readonly string[], options: Partial<MachineOptions> = {}): TestEngine {
  const kernel: TestKernel = { functions, symbols: ENGINE_SYMBOLS };
  const machine = testMachine(kernel, options);
  const ftrace = new Ftrace(machine);
  const fgraph = new Fgraph(machine, ftrace);
  const [cpu] = machine.cpus;
  machine.switchTo(cpu, machine.createTask({ comm: 'test' }));
  return { machine, ftrace, fgraph, fprobes: new FprobeCore(machine, fgraph), cpu };
}

/** The parts of a booted engine. */
interface TestEngine {
  machine: Machine;
  ftrace: Ftrace;
  fgraph: Fgraph;
  fprobes: FprobeCore;
  cpu: Cpu;
}
