import type { Arch } from './arch.ts';
import type { CallContext } from './call-context.ts';
import type { Module } from './module.ts';
import type { FunctionSource, Prototype } from './profile-view.ts';

/** The body of a function defined at run time; its result goes to the return register (0 for nothing). */
// biome-ignore lint/suspicious/noConfusingVoidType: a body without a result is a function that returns nothing
export type FunctionBody = (call: CallContext) => bigint | void;

/** A function defined at run time. */
export interface FunctionDefinition {
  readonly name: string;
  readonly symbolAddress: bigint;
  /** Bytes of its text. */
  readonly size: number;
  readonly prototype: Prototype | undefined;
  readonly body: FunctionBody | undefined;
  readonly module: Module | undefined;
}

/**
 * The traceable functions by function id: those of the profile in address order, then those defined later. An id is
 * never used again; a function of a module that has gone keeps its id and is no longer live.
 */
export class Functions {
  /** Entry sites by function id as 32-bit halves (word 2n low, 2n+1 high); replaced when it grows. */
  entryWords: Uint32Array;
  #ips: BigUint64Array;
  #arch: Arch;
  #source: FunctionSource;
  #defined: FunctionDefinition[] = [];
  #live: boolean[] = [];
  #byIp = new Map<bigint, number>();
  #bySymbol = new Map<bigint, number>();
  #byName = new Map<string, number[]>();

  /** @param sourceArch arch that the profile's entry sites are of */
  constructor(source: FunctionSource, arch: Arch, sourceArch: Arch) {
    this.#source = source;
    this.#arch = arch;
    this.#ips = new BigUint64Array(source.count + 1024);
    if (arch === sourceArch) this.#ips.set(source.entryIps.subarray(0, source.count));
    else for (let id = 0; id < source.count; id++) this.#ips[id] = otherEntryIp(source, id, arch, sourceArch);
    this.entryWords = new Uint32Array(this.#ips.buffer);
  }

  /** Function ids given out so far. */
  get count(): number {
    return this.#source.count + this.#defined.length;
  }

  /** Ids there is room for before `entryWords` grows. */
  get capacity(): number {
    return this.#ips.length;
  }

  /** Ids below this are the profile's. */
  get profileCount(): number {
    return this.#source.count;
  }

  /** Address of a function's entry site, what ftrace calls its ip. */
  entryIp(id: number): bigint {
    return this.#ips[id];
  }

  name(id: number): string {
    return this.definition(id)?.name ?? this.#source.name(id);
  }

  symbolAddress(id: number): bigint {
    return this.definition(id)?.symbolAddress ?? this.#source.symbolAddress(id);
  }

  /** What `defineFunction()` or a module said of a function; undefined for those of the profile. */
  definition(id: number): FunctionDefinition | undefined {
    const n = id - this.#source.count;
    return n < 0 ? undefined : this.#defined[n];
  }

  /** Name of the module a function is in, undefined for the kernel's. */
  moduleName(id: number): string | undefined {
    return this.definition(id)?.module?.name;
  }

  /** Whether a function can be called: not after its module has gone. */
  isLive(id: number): boolean {
    return id < this.#source.count ? id >= 0 : this.#live[id - this.#source.count] === true;
  }

  /** The live function whose entry site is at `ip`. */
  idAtIp(ip: bigint): number | undefined {
    return this.#byIp.get(ip) ?? this.#searchProfile(ip);
  }

  /** The live function whose symbol is at `addr`. */
  idAtSymbol(addr: bigint): number | undefined {
    return this.#bySymbol.get(addr) ?? this.#source.idAtSymbol(addr);
  }

  /** The live function whose entry site or symbol is at an address given as halves; −1 when there is none. Makes no bigint for addresses far from any function. */
  idAtHalves(lo: number, hi: number): number {
    const words = this.entryWords;
    let first = 0;
    let end = this.#source.count;
    while (first < end) {
      const middle = (first + end) >>> 1;
      const high = words[2 * middle + 1];
      if (high < hi || (high === hi && words[2 * middle] < lo)) first = middle + 1;
      else end = middle;
    }
    const isNear = first < this.#source.count && words[2 * first + 1] === hi;
    const distance = isNear ? words[2 * first] - lo : Number.POSITIVE_INFINITY;
    if (distance === 0) return first;
    const addr = () => (BigInt(hi) << 32n) | BigInt(lo);
    if (distance <= this.#arch.maxEntryOffset && this.#source.symbolAddress(first) === addr()) return first;
    if (this.#byIp.size === 0) return -1;
    return this.#byIp.get(addr()) ?? this.#bySymbol.get(addr()) ?? -1;
  }

  /** Live functions of a name, in id order. */
  idsByName(name: string): number[] {
    return [...this.#source.idsByName(name), ...(this.#byName.get(name) ?? [])];
  }

  /** Gives a function the next id. The entry site is where the arch puts it behind a landing pad. */
  add(definition: FunctionDefinition): number {
    const id = this.count;
    if (id === this.#ips.length) this.#grow();
    const ip = definition.symbolAddress + BigInt(this.#arch.entryOffset);
    this.#ips[id] = ip;
    this.#defined.push(definition);
    this.#live.push(true);
    this.#byIp.set(ip, id);
    this.#bySymbol.set(definition.symbolAddress, id);
    this.#byName.set(definition.name, [...(this.#byName.get(definition.name) ?? []), id]);
    return id;
  }

  /** Takes a function defined at run time away. */
  remove(id: number): void {
    const definition = this.definition(id);
    if (!definition) return;
    this.#live[id - this.#source.count] = false;
    this.#byIp.delete(this.#ips[id]);
    this.#bySymbol.delete(definition.symbolAddress);
    const left = (this.#byName.get(definition.name) ?? []).filter((other) => other !== id);
    if (left.length > 0) this.#byName.set(definition.name, left);
    else this.#byName.delete(definition.name);
  }

  #searchProfile(ip: bigint): number | undefined {
    const ips = this.#ips;
    let low = 0;
    let high = this.#source.count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (ips[middle] === ip) return middle;
      if (ips[middle] < ip) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  #grow(): void {
    const larger = new BigUint64Array(this.#ips.length * 2);
    larger.set(this.#ips);
    this.#ips = larger;
    this.entryWords = new Uint32Array(larger.buffer);
  }
}

/** The entry site of a profile's function on an arch that is not the profile's: it has that arch's landing pad where the profile's has its own. */
function otherEntryIp(source: FunctionSource, id: number, arch: Arch, sourceArch: Arch): bigint {
  const symbol = source.symbolAddress(id);
  const pad = (of: Arch) => of.landingPad?.size ?? 0;
  const hasPad = source.entryIps[id] - symbol >= BigInt(sourceArch.entryOffset) || pad(sourceArch) === 0;
  return symbol + BigInt(arch.entryOffset - (hasPad ? 0 : pad(arch)));
}
