import { Glob } from '../abi/glob.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { unpackSections, wordsOf } from './section-file.ts';
import type { SymbolTable } from './symbol-table.ts';

const WORD = 0xffff_ffffn;

/**
 * The functions that can be traced. A function's id is its place in the order of addresses, which is the order of
 * `available_filter_functions_addrs`. Sections: 0 entry sites (64-bit words), 1 bytes from the symbol to the site (16-bit words).
 */
export class FunctionTable {
  /** Number of functions; ids are 0 … count - 1. */
  readonly count: number;
  /** Address of each entry site (the patched call, behind an ENDBR), by id. Not to be written. */
  readonly entryIps: BigUint64Array;
  readonly #words: Uint32Array;
  readonly #offsets: Uint16Array;
  readonly #symbols: () => SymbolTable;

  private constructor(sites: Uint8Array, offsets: Uint8Array, symbols: () => SymbolTable) {
    this.count = sites.length >>> 3;
    this.entryIps = new BigUint64Array(sites.buffer, sites.byteOffset, this.count);
    this.#words = wordsOf(sites);
    this.#offsets = new Uint16Array(offsets.buffer, offsets.byteOffset, offsets.length >>> 1);
    this.#symbols = symbols;
  }

  /** Opens the bytes of `functions.bin`; `symbols` is called when a name is first needed. */
  static fromBytes(bytes: Uint8Array, symbols: () => SymbolTable): FunctionTable | ProfileError {
    const sections = unpackSections(bytes, 'functions', 2);
    if (isProfileError(sections)) return sections;
    const table = new FunctionTable(sections[0]!, sections[1]!, symbols);
    return table.#offsets.length === table.count ? table : { error: 'has tables of different lengths' };
  }

  /** Address of a function's entry site: its `rec->ip`. */
  entryIp(id: number): bigint {
    return this.entryIps[id]!;
  }

  /** Address of the symbol that the entry site belongs to. */
  symbolAddress(id: number): bigint {
    return this.entryIps[id]! - BigInt(this.#offsets[id]!);
  }

  /** The name that `available_filter_functions` shows for a function. */
  name(id: number): string {
    return this.#symbols().at(this.entryIps[id]!)?.name ?? '';
  }

  /** The function whose entry site this is. */
  idAtIp(ip: bigint): number | undefined {
    const id = this.#firstFrom(Number(ip & WORD), Number((ip >> 32n) & WORD));
    return id < this.count && this.entryIps[id] === ip ? id : undefined;
  }

  /** The function that starts at this symbol address, `kernel/trace/ftrace.c:ftrace_location()`. */
  idAtSymbol(address: bigint): number | undefined {
    const id = this.#idAtSymbol(Number(address & WORD), Number((address >> 32n) & WORD));
    return id < 0 ? undefined : id;
  }

  /** The function that an address is the entry site or the first byte of, `kernel/trace/ftrace.c:ftrace_location()`. */
  idAt(address: bigint): number | undefined {
    return this.idAtIp(address) ?? this.idAtSymbol(address);
  }

  /** Functions shown under this name, in id order: what a function filter of the tracers matches. */
  idsByName(name: string): number[] {
    return this.idsBySymbol(name).filter((id) => this.name(id) === name);
  }

  /** Functions that have a symbol of this name, aliases included, in id order: what an fprobe on that symbol finds. */
  idsBySymbol(name: string): number[] {
    const ids = this.#symbols()
      .addressesOf(name)
      .map((address) => this.idAtSymbol(address))
      .filter((id) => id !== undefined);
    return [...new Set(ids)].sort((a, b) => a - b);
  }

  /** Functions whose shown name matches a pattern, in id order. */
  match(pattern: string | Glob): number[] {
    return this.#matching(pattern, true);
  }

  /** Functions of which any symbol matches a pattern, in id order: the filter of an fprobe, `kernel/trace/fprobe.c:filter_match_callback()`. */
  matchSymbols(pattern: string | Glob): number[] {
    return this.#matching(pattern, false);
  }

  /** Symbols with a prefix that an fprobe can be put on, aliases included, in the order of names, each once. */
  namesWithPrefix(prefix: string): string[] {
    const symbols = this.#symbols();
    const names: string[] = [];
    symbols.eachMatch(`${prefix}*`, (entry) => {
      if (this.#idAtSymbol(symbols.low(entry), symbols.high(entry)) < 0) return;
      const name = symbols.nameOf(entry);
      if (name !== names.at(-1)) names.push(name);
    });
    return names;
  }

  #matching(pattern: string | Glob, shownOnly: boolean): number[] {
    const symbols = this.#symbols();
    const found = new Uint8Array(this.count);
    symbols.eachMatch(typeof pattern === 'string' ? new Glob(pattern) : pattern, (entry) => {
      const low = symbols.low(entry);
      const high = symbols.high(entry);
      const id = this.#idAtSymbol(low, high);
      if (id >= 0 && (!shownOnly || symbols.entryAt(low, high) === entry)) found[id] = 1;
    });
    const ids: number[] = [];
    for (let id = 0; id < this.count; id++) if (found[id] === 1) ids.push(id);
    return ids;
  }

  /** Id of the first function whose entry site is at high:low or above it. */
  #firstFrom(low: number, high: number): number {
    const words = this.#words;
    let first = 0;
    let end = this.count;
    while (first < end) {
      const middle = (first + end) >>> 1;
      const siteHigh = words[2 * middle + 1]!;
      if (siteHigh < high || (siteHigh === high && words[2 * middle]! < low)) first = middle + 1;
      else end = middle;
    }
    return first;
  }

  #idAtSymbol(low: number, high: number): number {
    const id = this.#firstFrom(low, high);
    if (id >= this.count) return -1;
    const distance = (this.#words[2 * id + 1]! - high) * 2 ** 32 + (this.#words[2 * id]! - low);
    return distance === this.#offsets[id] ? id : -1;
  }
}
