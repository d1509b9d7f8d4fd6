/** What the machine asks of a symbol table; `profile`'s has it. Addresses are unsigned 64-bit. */
export interface SymbolSource {
  lookupName(name: string): bigint | undefined;
  addressesOf(name: string): bigint[];
  at(addr: bigint): SymbolSpan | undefined;
  match(glob: string): Iterable<{ name: string; address: bigint }>;
  has(name: string): boolean;
  /** Every matching symbol by its number, and the halves of its address: the same as `match()` without making objects. */
  eachMatch?(glob: string, found: (entry: number) => void): void;
  low?(entry: number): number;
  high?(entry: number): number;
}

/** A symbol around an address: where it starts and how many bytes it has. */
export interface SymbolSpan {
  name: string;
  address: bigint;
  size: number;
  module?: string;
}

/** What the machine asks of a table of traceable functions, which are in address order; `profile`'s has it. */
export interface FunctionSource {
  readonly count: number;
  /** Addresses of the entry sites on the profile's arch, by function id. */
  readonly entryIps: BigUint64Array;
  name(id: number): string;
  symbolAddress(id: number): bigint;
  idAtSymbol(addr: bigint): number | undefined;
  idsByName(name: string): number[];
}

/** A function's prototype with BTF type ids, as `Btf.funcProto()` gives it. */
export interface Prototype {
  readonly returnType: number;
  readonly params: readonly { readonly name: string; readonly type: number }[];
}
