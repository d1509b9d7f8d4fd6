import { Glob } from '../abi/glob.ts';
import type { SymbolSource, SymbolSpan } from './profile-view.ts';

/** The kernel's symbols: those of the profile, and those of modules and functions that came later. */
export class Kallsyms {
  #source: SymbolSource;
  #added: SymbolSpan[] = [];

  constructor(source: SymbolSource) {
    this.#source = source;
  }

  /** Adds a symbol of a module, or of a function defined at run time. */
  add(symbol: SymbolSpan): void {
    this.#added.push(symbol);
  }

  /** Symbols of modules, and of functions defined at run time, in the order of their coming. */
  get added(): readonly SymbolSpan[] {
    return this.#added;
  }

  /** Takes away every symbol that `gone` answers for. */
  removeWhere(gone: (symbol: SymbolSpan) => boolean): void {
    this.#added = this.#added.filter((symbol) => !gone(symbol));
  }

  /** The symbol around an address, `kernel/kallsyms.c:kallsyms_lookup()`. */
  at(addr: bigint): SymbolSpan | undefined {
    const added = this.#added.find((symbol) => symbol.address <= addr && addr < symbol.address + BigInt(symbol.size));
    return added ?? this.#source.at(addr);
  }

  /** An address as `%pS` prints it: `name+0x4/0x470`, with ` [module]` where it has one; `0x…` where no symbol is around it. */
  symbolAt(addr: bigint): string {
    const symbol = this.at(addr);
    if (!symbol) return `0x${addr.toString(16)}`;
    const offset = (addr - symbol.address).toString(16);
    const module = symbol.module ? ` [${symbol.module}]` : '';
    return `${symbol.name}+0x${offset}/0x${symbol.size.toString(16)}${module}`;
  }

  /** The address that a name stands for, `kernel/kallsyms.c:kallsyms_lookup_name()`; `module:name` asks one module only. */
  lookupName(name: string): bigint | undefined {
    const colon = name.indexOf(':');
    if (colon >= 0) {
      const module = name.slice(0, colon);
      const rest = name.slice(colon + 1);
      return this.#added.find((symbol) => symbol.module === module && symbol.name === rest)?.address;
    }
    return this.#source.lookupName(name) ?? this.#added.find((symbol) => symbol.name === name)?.address;
  }

  /** Every address of a name, the profile's first. */
  addressesOf(name: string): bigint[] {
    const added = this.#added.filter((symbol) => symbol.name === name).map((symbol) => symbol.address);
    return added.length > 0 ? [...this.#source.addressesOf(name), ...added] : this.#source.addressesOf(name);
  }

  has(name: string): boolean {
    return this.#source.has(name) || this.#added.some((symbol) => symbol.name === name);
  }

  /** Gives `found` the address halves of every symbol that a glob matches and another does not: the kernel's, then those of modules. */
  eachAddress(filter: string, notfilter: string | undefined, found: (lo: number, hi: number) => void): void {
    const not = notfilter === undefined ? undefined : new Glob(notfilter);
    const source = this.#source;
    if (source.eachMatch && source.low && source.high) {
      const excluded = new Set<number>();
      if (notfilter !== undefined) source.eachMatch(notfilter, (entry) => excluded.add(entry));
      source.eachMatch(filter, (entry) => {
        if (!excluded.has(entry)) found(source.low?.(entry) ?? 0, source.high?.(entry) ?? 0);
      });
    } else {
      for (const { name, address } of source.match(filter)) if (!not?.test(name)) found(...halves(address));
    }
    if (this.#added.length === 0) return;
    const glob = new Glob(filter);
    for (const { name, address } of this.#added) if (glob.test(name) && !not?.test(name)) found(...halves(address));
  }

  /** Symbols that a glob matches, the kernel's first, then those of modules. */
  *match(pattern: string): Iterable<{ name: string; address: bigint; module?: string }> {
    yield* this.#source.match(pattern);
    if (this.#added.length === 0) return;
    const glob = new Glob(pattern);
    for (const symbol of this.#added) if (glob.test(symbol.name)) yield symbol;
  }
}

const halves = (addr: bigint): [number, number] => [Number(addr & 0xffffffffn), Number(addr >> 32n)];
