import { Errno } from '../abi/errno.ts';
import { ftraceLocation } from '../ftrace/index.ts';
import type { Machine } from '../machine/index.ts';
import type { FprobeRegistry } from './probe-kernel.ts';

/** Patterns whose answer is kept. */
const MAX_KNOWN = 4096;

/** Answers as fprobe core does whether an fprobe can be registered, and plants nothing: for checking definitions. */
export class FprobeCheck implements FprobeRegistry {
  readonly #machine: Machine;
  /** Whether a pattern has functions. */
  readonly #known = new Map<string, boolean>();

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.functionListeners.push({ coming: () => this.#known.clear(), going: () => this.#known.clear() });
  }

  registerFprobe(_: unknown, filter: string): number {
    if (!this.#machine.config.FPROBE) return -Errno.EOPNOTSUPP;
    let found = this.#known.get(filter);
    if (found === undefined) {
      found = this.#hasFunctions(filter);
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(filter, found);
    }
    return found ? 0 : -Errno.ENOENT;
  }

  registerFprobeIps(): number {
    return this.#machine.config.FPROBE ? 0 : -Errno.EOPNOTSUPP;
  }

  unregisterFprobe(): number {
    return 0;
  }

  isRegistered(): boolean {
    return true;
  }

  #hasFunctions(filter: string): boolean {
    for (const { address } of this.#machine.kallsyms.match(filter)) {
      if (ftraceLocation(this.#machine, address) !== undefined) return true;
    }
    return false;
  }
}
