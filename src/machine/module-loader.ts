import { Errno } from '../abi/errno.ts';
import type { FunctionBody, Functions } from './functions.ts';
import type { Kallsyms } from './kallsyms.ts';
import { Layout } from './layout.ts';
import { type FunctionListener, Module, type ModuleDefinition } from './module.ts';
import type { Prototype } from './profile-view.ts';

/** Bytes of a function's text where the definition does not say. */
const DEFAULT_SIZE = 0x40;
/** Functions start at multiples of this, after its padding. */
const ALIGN = 0x10;
const PAGE = 0x1000;

const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

/** Loads and unloads modules, and takes functions defined at run time in. Reached through `Machine`. */
export class ModuleLoader {
  readonly listeners: FunctionListener[] = [];
  #functions: Functions;
  #kallsyms: Kallsyms;
  #modules = new Map<string, Module>();
  #nextText: bigint = Layout.DEFINED_TEXT;

  constructor(functions: Functions, kallsyms: Kallsyms) {
    this.#functions = functions;
    this.#kallsyms = kallsyms;
  }

  find(name: string): Module | undefined {
    return this.#modules.get(name);
  }

  at(addr: bigint): Module | undefined {
    return [...this.#modules.values()].find((module) => module.has(addr));
  }

  define(name: string, prototype: Prototype | undefined, body: FunctionBody | undefined): number {
    const address = this.#nextText;
    this.#nextText += BigInt(DEFAULT_SIZE);
    this.#kallsyms.add({ name, address, size: DEFAULT_SIZE });
    const id = this.#functions.add({
      name,
      symbolAddress: address,
      size: DEFAULT_SIZE,
      prototype,
      body,
      module: undefined,
    });
    for (const listener of this.listeners) listener.coming?.([id], undefined);
    return id;
  }

  load(definition: ModuleDefinition): Module | number {
    if (this.#modules.has(definition.name)) return -Errno.EEXIST;
    const sizes = definition.functions.map((fn) => roundUp(fn.size ?? DEFAULT_SIZE, ALIGN));
    const dataSizes = (definition.symbols ?? []).map((symbol) => roundUp(symbol.size ?? 8, 8));
    const text = roundUp(
      sizes.reduce((sum, size) => sum + size, 0),
      PAGE,
    );
    const data = dataSizes.reduce((sum, size) => sum + size, 0);
    const size = roundUp(text + data, PAGE) || PAGE;
    const module = new Module(definition.name, this.#hole(size), size);
    let at = module.base;
    definition.functions.forEach((fn, i) => {
      this.#kallsyms.add({ name: fn.name, address: at, size: sizes[i], module: module.name });
      module.functions.push(
        this.#functions.add({
          name: fn.name,
          symbolAddress: at,
          size: sizes[i],
          prototype: fn.prototype,
          body: fn.body,
          module,
        }),
      );
      at += BigInt(sizes[i]);
    });
    at = module.base + BigInt(text);
    (definition.symbols ?? []).forEach((symbol, i) => {
      this.#kallsyms.add({ name: symbol.name, address: at, size: dataSizes[i], module: module.name });
      at += BigInt(dataSizes[i]);
    });
    this.#modules.set(module.name, module);
    for (const listener of this.listeners) listener.coming?.(module.functions, module);
    return module;
  }

  unload(name: string): number {
    const module = this.#modules.get(name);
    if (!module) return -Errno.ENOENT;
    if (module.refs > 0) return -Errno.EAGAIN;
    module.state = 'going';
    for (const listener of this.listeners) listener.going?.(module.functions, module);
    for (const id of module.functions) this.#functions.remove(id);
    this.#kallsyms.removeWhere((symbol) => symbol.module === name);
    this.#modules.delete(name);
    module.state = 'gone';
    return 0;
  }

  /** The lowest place where that many bytes are free. */
  #hole(size: number): bigint {
    let start: bigint = Layout.MODULES;
    for (const module of [...this.#modules.values()].sort((a, b) => Number(a.base - b.base))) {
      if (module.base - start >= BigInt(size)) break;
      start = module.base + BigInt(module.size);
    }
    return start;
  }
}
