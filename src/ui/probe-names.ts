import { ProbeEvent } from '../dynevent/index.ts';
import { maxOffset } from '../fgraph/index.ts';
import { type EngineSnapshot, type Fprobe, snapshotEngine } from '../fprobe/index.ts';
import type { SimulatedKernel } from '../tracefs/index.ts';
import type { StackNames } from './stacks-text.ts';

/** Calls fprobes by the events that definitions made of them. */
export class ProbeNames implements StackNames {
  readonly arch: StackNames['arch'];
  readonly room: number;
  readonly #kernel: SimulatedKernel;

  constructor(kernel: SimulatedKernel) {
    this.#kernel = kernel;
    this.arch = kernel.machine.arch;
    this.room = maxOffset(this.arch);
  }

  /** The engine as it is now. */
  snapshot(): EngineSnapshot {
    const { fgraph, fprobes } = this.#kernel;
    const events = this.#events();
    const nameOf = (fp: Fprobe) => events.find(({ fprobe }) => fprobe === fp)?.path ?? 'fprobe';
    return snapshotEngine(fgraph, fprobes, nameOf);
  }

  symbolAt(address: bigint): string {
    return this.#kernel.machine.kallsyms.symbolAt(address);
  }

  dataName(path: string, n: number): string | undefined {
    const definition = this.#events().find((event) => event.path === path)?.definition;
    const argument = definition?.entryArguments[n];
    if (definition === undefined || argument === undefined) return undefined;
    const name = this.#kernel.types.funcProto(definition.symbol)?.params[argument]?.name;
    return `argument ${argument + 1}${name ? `, ${name}` : ''}`;
  }

  #events(): ProbeEvent[] {
    return [...this.#kernel.dynamicEvents].filter((event) => event instanceof ProbeEvent);
  }
}
