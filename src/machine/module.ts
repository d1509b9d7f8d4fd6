import type { FunctionBody } from './functions.ts';
import type { Prototype } from './profile-view.ts';

/** A function of a module to be loaded. */
export interface ModuleFunction {
  readonly name: string;
  readonly prototype?: Prototype;
  readonly body?: FunctionBody;
  /** Bytes of its text, 0x40 when not given. */
  readonly size?: number;
}

/** A module to be loaded. */
export interface ModuleDefinition {
  readonly name: string;
  readonly functions: readonly ModuleFunction[];
  /** Further symbols (data, tracepoints…), not traceable. */
  readonly symbols?: readonly { readonly name: string; readonly size?: number }[];
}

/** A loaded module. */
export class Module {
  readonly name: string;
  /** Start of its memory. */
  readonly base: bigint;
  /** Bytes of its memory. */
  readonly size: number;
  /** Function ids of its functions, in address order. */
  readonly functions: number[] = [];
  /** `going` while it is on its way out, then `gone`. */
  state: 'live' | 'going' | 'gone' = 'live';
  /** Users that keep it loaded, `module_refcount()`. */
  refs = 0;

  constructor(name: string, base: bigint, size: number) {
    this.name = name;
    this.base = base;
    this.size = size;
  }

  /** Keeps it from being unloaded; false when it is on its way out. `try_module_get()` */
  get(): boolean {
    if (this.state !== 'live') return false;
    this.refs++;
    return true;
  }

  /** Gives back what `get()` took. */
  put(): void {
    this.refs--;
  }

  /** Whether an address is within the module's memory. */
  has(addr: bigint): boolean {
    return addr >= this.base && addr < this.base + BigInt(this.size);
  }
}

/**
 * Told about functions that come and go, as module notifiers are. `coming` also runs for single functions defined at run
 * time, with the module undefined. `going` runs before the symbols and sites of the module go away.
 */
export interface FunctionListener {
  coming?(functions: readonly number[], module: Module | undefined): void;
  going?(functions: readonly number[], module: Module): void;
}
