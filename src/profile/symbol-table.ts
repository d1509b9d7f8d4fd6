import { Glob } from '../abi/glob.ts';
import { PackedNames } from './packed-names.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { unpackSections, wordsOf } from './section-file.ts';

const PAGE_SIZE = 4096n;
const WORD = 0xffff_ffffn;

/** Matches up to which sorting them is cheaper than going through the whole list. */
const MAX_SORTED = 1024;

/** A symbol and its address. */
export interface NamedAddress {
  readonly name: string;
  readonly address: bigint;
}

/** A line of /proc/kallsyms. */
export interface SymbolLine extends NamedAddress {
  /** As nm(1) has it: `t` and `T` text, `d` and `D` data, … */
  readonly type: string;
  readonly module?: string;
}

/** The symbol that an address lies in. */
export interface SymbolAt extends NamedAddress {
  /** Bytes up to the next symbol with another address. */
  readonly size: number;
  readonly module?: string;
}

/**
 * The symbols of a kernel, over the bytes of a section file. A symbol has two numbers: its **entry** counts in the order of names
 * (equal names: the kernel's before the modules', then by address), its **position** counts in the order of addresses (aliases of
 * one address as kallsyms lists them), the kernel's own before those of modules. Sections:
 *
 *     0 counts: symbols, symbols of the kernel itself      5 byAddress: entry, by position
 *     1 lows: low 32 bits of the address, by entry         6 types: character, by position
 *     2 highs: index into 3, by entry; empty = all 0       7 modules: 0 = kernel, else 1 + index into 8, by position; may be empty
 *     3 highWords: the high 32 bits that occur             8 moduleNames: each with a NUL
 *     4 blocks, 9 names: PackedNames, by entry
 */
export class SymbolTable {
  /** Number of symbols. */
  readonly count: number;
  readonly #coreCount: number;
  readonly #names: PackedNames;
  readonly #lows: Uint32Array;
  readonly #highs: Uint8Array;
  readonly #highWords: Uint32Array;
  readonly #byAddress: Uint32Array;
  readonly #types: Uint8Array;
  readonly #modules: Uint16Array;
  readonly #moduleNames: readonly string[];
  #coreRange: { start: bigint; end: bigint } | undefined;

  private constructor(sections: readonly Uint8Array[]) {
    const words = (i: number) => wordsOf(sections[i]!);
    [this.count = 0, this.#coreCount = 0] = words(0);
    this.#lows = words(1);
    this.#highs = sections[2]!;
    this.#highWords = words(3);
    this.#byAddress = words(5);
    this.#types = sections[6]!;
    this.#modules = new Uint16Array(sections[7]!.buffer, sections[7]!.byteOffset, sections[7]!.length >>> 1);
    this.#moduleNames = new TextDecoder().decode(sections[8]).split('\0');
    this.#names = new PackedNames(this.count, sections[9]!, words(4));
  }

  /** Opens the bytes of `symbols.bin`. Nothing is decoded here. */
  static fromBytes(bytes: Uint8Array): SymbolTable | ProfileError {
    const sections = unpackSections(bytes, 'symbols', 10);
    if (isProfileError(sections)) return sections;
    const table = new SymbolTable(sections);
    const { count } = table;
    const sound =
      table.#coreCount <= count &&
      table.#lows.length === count &&
      (table.#highs.length === 0 || table.#highs.length === count) &&
      table.#byAddress.length === count &&
      table.#types.length === count &&
      (table.#modules.length === 0 || table.#modules.length === count);
    return sound ? table : { error: 'has tables of different lengths' };
  }

  /** Is there a symbol of this name? */
  has(name: string): boolean {
    return this.#names.find(name) >= 0;
  }

  /**
   * Address of a symbol. Of several with one name the one at the lowest address answers, one of the kernel before one of a module:
   * `kernel/kallsyms.c:kallsyms_lookup_name()`.
   */
  lookupName(name: string): bigint | undefined {
    const entry = name === '' ? -1 : this.#names.find(name);
    return entry < 0 ? undefined : this.#address(entry);
  }

  /** Addresses of all symbols of this name, in the order of `kernel/kallsyms.c:kallsyms_on_each_match_symbol()`. */
  addressesOf(name: string): bigint[] {
    const { first, end } = this.#names.range(name);
    return Array.from({ length: end - first }, (_, i) => this.#address(first + i));
  }

  /**
   * The symbol an address lies in; of several aliases the one that kallsyms lists first. As `kernel/kallsyms.c:kallsyms_lookup()`;
   * `undefined` outside the kernel's image and its modules. The last symbol of a module ends with its page.
   */
  at(address: bigint): SymbolAt | undefined {
    const range = this.#core();
    const core = address >= range.start && address < range.end;
    const position = core
      ? this.#positionAt(address, 0, this.#coreCount)
      : this.#positionAt(address, this.#coreCount, this.count);
    if (position < 0) return undefined;
    const entry = this.#byAddress[position]!;
    const start = this.#address(entry);
    const module = this.#moduleOf(position);
    const next = this.#nextAddress(position, start);
    const end = next ?? (module === undefined ? range.end : start + PAGE_SIZE - (start % PAGE_SIZE));
    if (module !== undefined && address >= end) return undefined;
    return {
      name: this.#names.text(entry),
      address: start,
      size: Number(end - start),
      ...(module !== undefined && { module }),
    };
  }

  /** Every symbol whose name matches the pattern, in the order of kallsyms: `kernel/kallsyms.c:kallsyms_on_each_symbol()`. */
  *match(pattern: string | Glob): Generator<NamedAddress> {
    const entries: number[] = [];
    this.eachMatch(pattern, (entry) => {
      entries.push(entry);
    });
    for (const entry of this.#inListOrder(entries))
      yield { name: this.#names.text(entry), address: this.#address(entry) };
  }

  /** Entries in the order of kallsyms: few are sorted, many are picked in one pass over the list. */
  #inListOrder(entries: number[]): Iterable<number> {
    if (entries.length <= MAX_SORTED) {
      const positions = entries.map((entry) => this.#positionOf(entry));
      if (!positions.includes(-1)) return positions.sort((a, b) => a - b).map((position) => this.#byAddress[position]!);
    }
    const matching = new Uint8Array(this.count);
    for (const entry of entries) matching[entry] = 1;
    return this.#byAddress.filter((entry) => matching[entry] === 1);
  }

  /** Position of an entry of the kernel itself in the list; -1 for one of a module. */
  #positionOf(entry: number): number {
    const low = this.low(entry);
    const high = this.high(entry);
    for (let at = this.#lastUpTo(low, high, 0, this.#coreCount); at >= 0; at--) {
      const other = this.#byAddress[at]!;
      if (other === entry) return at;
      if (this.low(other) !== low || this.high(other) !== high) break;
    }
    return -1;
  }

  /** All symbols as /proc/kallsyms lists them. */
  *lines(): Generator<SymbolLine> {
    for (let position = 0; position < this.count; position++) {
      const entry = this.#byAddress[position]!;
      const module = this.#moduleOf(position);
      const type = String.fromCharCode(this.#types[position]!);
      yield {
        address: this.#address(entry),
        type,
        name: this.#names.text(entry),
        ...(module !== undefined && { module }),
      };
    }
  }

  /** Calls `found` with the entry number of every symbol whose name matches, in the order of names; makes no strings. */
  eachMatch(pattern: string | Glob, found: (entry: number) => void): void {
    const glob = typeof pattern === 'string' ? new Glob(pattern) : pattern;
    this.#names.match(glob, found);
  }

  /** Name of an entry. */
  nameOf(entry: number): string {
    return this.#names.text(entry);
  }

  /** Low 32 bits of the address of an entry. */
  low(entry: number): number {
    return this.#lows[entry] ?? 0;
  }

  /** High 32 bits of the address of an entry. */
  high(entry: number): number {
    return this.#highWords[this.#highs.length === 0 ? 0 : this.#highs[entry]!] ?? 0;
  }

  /** Entry number of the symbol that `at()` would name for this address, given as two words; -1 when there is none. */
  entryAt(low: number, high: number): number {
    const position = this.#lastUpTo(low, high, 0, this.count);
    return position < 0 ? -1 : this.#byAddress[this.#firstAlias(position, 0)]!;
  }

  #address(entry: number): bigint {
    return (BigInt(this.high(entry)) << 32n) | BigInt(this.low(entry));
  }

  #moduleOf(position: number): string | undefined {
    const module = this.#modules[position] ?? 0;
    return module === 0 ? undefined : this.#moduleNames[module - 1];
  }

  /** The kernel's image, `include/asm-generic/sections.h:is_kernel()`. */
  #core(): { start: bigint; end: bigint } {
    if (this.#coreRange === undefined) {
      const first = this.#coreCount > 0 ? this.#address(this.#byAddress[0]!) : 0n;
      const last = this.#coreCount > 0 ? this.#address(this.#byAddress[this.#coreCount - 1]!) : -1n;
      this.#coreRange = {
        start: this.lookupName('_stext') ?? this.lookupName('_text') ?? first,
        end: this.lookupName('_end') ?? this.lookupName('_etext') ?? last + 1n,
      };
    }
    return this.#coreRange;
  }

  /** Position of the first alias of the last symbol at or below the address; -1 when there is none. */
  #positionAt(address: bigint, from: number, end: number): number {
    const position = this.#lastUpTo(Number(address & WORD), Number((address >> 32n) & WORD), from, end);
    return position < 0 ? -1 : this.#firstAlias(position, from);
  }

  /** Last position of [from, end) whose address is at most high:low; -1 when there is none. */
  #lastUpTo(low: number, high: number, from: number, end: number): number {
    let first = from;
    let last = end;
    while (first < last) {
      const middle = (first + last) >>> 1;
      const entry = this.#byAddress[middle]!;
      const entryHigh = this.high(entry);
      if (entryHigh < high || (entryHigh === high && this.low(entry) <= low)) first = middle + 1;
      else last = middle;
    }
    return first === from ? -1 : first - 1;
  }

  #firstAlias(position: number, from: number): number {
    const entry = this.#byAddress[position]!;
    const low = this.low(entry);
    const high = this.high(entry);
    let first = position;
    for (; first > from; first--) {
      const before = this.#byAddress[first - 1]!;
      if (this.low(before) !== low || this.high(before) !== high) break;
    }
    return first;
  }

  /** The next higher address in the kernel, or in the same module. */
  #nextAddress(position: number, address: bigint): bigint | undefined {
    const core = position < this.#coreCount;
    const end = core ? this.#coreCount : this.count;
    for (let i = position + 1; i < end; i++) {
      const next = this.#address(this.#byAddress[i]!);
      if (!core && this.#modules[i] !== this.#modules[position]) return undefined;
      if (next > address) return next;
    }
    return undefined;
  }
}
