import { Fgraph } from '../fgraph/fgraph.ts';
import { ShadowLayout } from '../fgraph/shadow-stack.ts';
import { Ftrace } from '../ftrace/ftrace.ts';
import type { ArchName } from '../machine/arch.ts';
import type { Cpu } from '../machine/cpu.ts';
import { Machine } from '../machine/machine.ts';
import type { FunctionSource, SymbolSource } from '../machine/profile-view.ts';
import type { Task } from '../machine/task.ts';
import { Fprobe, type FprobeOptions } from './fprobe.ts';
import { FprobeCore } from './fprobe-core.ts';
import { PooledFprobe, PooledFprobes, RETHOOK_NODE_BYTES } from './pooled-fprobes.ts';

/** Who is in the probed function at once. */
export interface MaxactiveScenario {
  readonly tasks: number;
  /** Calls that each task is in. */
  readonly depth: number;
  readonly cpus: number;
  /** Nodes of the pool; 0 for the default, two on each cpu. */
  readonly maxactive: number;
  /** Bytes that the entry handler hands to the exit handler. */
  readonly data: number;
  readonly arch?: ArchName;
}

/** What one design made of the calls. */
interface DesignOutcome {
  /** Calls whose return the exit handler did not see, or saw with wrong data. */
  readonly missed: number;
  /** What the kernel counts: `nmissed`, and frames that a shadow stack had no room for. */
  readonly counted: number;
  /** Bytes taken beforehand. */
  readonly bytes: number;
}

/** Both designs on the same calls. */
export interface MaxactiveOutcome {
  readonly calls: number;
  /** The design before 6.14. */
  readonly pool: DesignOutcome & { readonly nodes: number };
  /** The design since. `words` is what the deepest task used. */
  readonly shadow: DesignOutcome & { readonly words: number };
}

/** The kernel to run on, and the probed function. */
export interface MaxactiveKernel {
  readonly symbols: SymbolSource;
  readonly functions: FunctionSource;
  readonly fn: number;
}

const RETURN_LO = 0x81200100;
const RETURN_HI = 0xffffffff;

/** Lets every task into a function, some calls deep, before the first returns: once with a pool of nodes, once with shadow stacks. */
export function runMaxactive(kernel: MaxactiveKernel, scenario: MaxactiveScenario): MaxactiveOutcome {
  return {
    calls: scenario.tasks * scenario.depth,
    pool: withPool(kernel, scenario),
    shadow: withShadowStacks(kernel, scenario),
  };
}

function boot({ symbols, functions }: MaxactiveKernel, { cpus, arch }: MaxactiveScenario): Ftrace {
  return new Ftrace(new Machine({ symbols, functions, cpus, ...(arch && { arch }) }));
}

function withPool(kernel: MaxactiveKernel, scenario: MaxactiveScenario): MaxactiveOutcome['pool'] {
  const ftrace = boot(kernel, scenario);
  const fprobes = new PooledFprobes(ftrace);
  const witness = new Witness(scenario.data);
  const fprobe = new PooledFprobe({ ...witness.options, maxactive: scenario.maxactive });
  fprobes.register(fprobe, [kernel.fn]);
  const nodes = fprobe.pool?.length ?? 0;
  callAll(ftrace.machine, kernel.fn, scenario, () => {});
  return {
    missed: scenario.tasks * scenario.depth - witness.returned,
    counted: fprobe.nmissed,
    nodes,
    bytes: nodes * (RETHOOK_NODE_BYTES + fprobe.dataWords * ShadowLayout.WORD_BYTES),
  };
}

function withShadowStacks(kernel: MaxactiveKernel, scenario: MaxactiveScenario): MaxactiveOutcome['shadow'] {
  const ftrace = boot(kernel, scenario);
  const { machine } = ftrace;
  const fgraph = new Fgraph(machine, ftrace);
  const fprobes = new FprobeCore(machine, fgraph);
  const witness = new Witness(scenario.data);
  const fprobe = new Fprobe(witness.options);
  fprobes.registerFprobeIps(fprobe, [machine.functions.entryIp(kernel.fn)]);
  let words = 0;
  let overrun = 0;
  const tasks = callAll(machine, kernel.fn, scenario, (all) => {
    for (const task of all) {
      const stack = fgraph.stackOf(task);
      words = Math.max(words, stack?.current ?? 0);
      overrun += stack?.overrun ?? 0;
    }
  });
  return {
    missed: scenario.tasks * scenario.depth - witness.returned,
    counted: fprobe.nmissed + overrun,
    words,
    bytes: tasks.length * ShadowLayout.WORDS * ShadowLayout.WORD_BYTES,
  };
}

/** An fprobe's handlers that count the calls whose return comes with what their own entry left. */
class Witness {
  readonly options: FprobeOptions;
  returned = 0;
  #entered = 0;
  /** Numbers of the entries that each task has not returned from. */
  readonly #inside = new Map<Task, number[]>();

  constructor(entryDataSize: number) {
    this.options = {
      entryDataSize,
      entryHandler: (_fp, _fn, _retLo, _retHi, { cpu }, data) => {
        const number = ++this.#entered;
        data?.set(0, number, 0);
        const inside = this.#inside.get(cpu.current);
        if (inside) inside.push(number);
        else this.#inside.set(cpu.current, [number]);
        return 0;
      },
      exitHandler: (_fp, _fn, _retLo, _retHi, { cpu }, data) => {
        const number = this.#inside.get(cpu.current)?.pop();
        if (number !== undefined && (data === null || data.lo(0) === number)) this.returned++;
      },
    };
  }
}

/** Every task goes in as deep as it is told, in turns; then all return, in turns. */
function callAll(
  machine: Machine,
  fn: number,
  { tasks, depth, cpus }: MaxactiveScenario,
  whenInside: (tasks: Task[]) => void,
): Task[] {
  const all = Array.from({ length: tasks }, (_, n) => machine.createTask({ comm: `reader-${n}` }));
  const each = (action: (cpu: Cpu) => void) => {
    for (const [n, task] of all.entries()) {
      const cpu = machine.cpus[n % cpus];
      machine.switchTo(cpu, task);
      action(cpu);
    }
  };
  for (let level = 0; level < depth; level++) each((cpu) => machine.enterFunction(cpu, fn, RETURN_LO, RETURN_HI));
  whenInside(all);
  for (let level = 0; level < depth; level++) each((cpu) => machine.leaveFunction(cpu));
  return all;
}
