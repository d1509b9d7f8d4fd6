import type { Donor } from './donor-pool.ts';
import type { FuncLine } from './func-text.ts';
import { KNOWN_SITES } from './known-sites.ts';
import type { TreeCall } from './normalize.ts';
import type { CodePlace } from './recorded-run.ts';

/** What the converter asks of a symbol table. */
export interface SymbolPlaces {
  addressesOf(name: string): bigint[];
  at(address: bigint): { readonly name: string; readonly size: number } | undefined;
}

/** Where a call returns to. */
interface CallSite {
  /** Return address; 0 when unknown. */
  readonly address: bigint;
  /** Its frame is its caller's: a jump, not a call. */
  readonly tail: boolean;
}

/** How the call sites of a run were found. */
interface SiteCounts {
  /** From the same call of the run with return addresses. */
  same: number;
  /** From the same call of the function tracer's run. */
  func: number;
  /** From a like call. */
  like: number;
  /** From another program's run of the function tracer, or the table of places known besides. */
  pool: number;
  /** Not known; somewhere in the caller. */
  guessed: number;
}

/** What a hooked return address looks like in a recording: the function was jumped to by one that is hooked too. */
const HOOKED = 'return_to_handler';

/** Return places by caller and function, from the function tracer's runs of all programs. */
export class SitePool {
  readonly #places = new Map<string, Map<string, { place: CodePlace; count: number }>>();

  /** Counts what the aligned lines of one run show. */
  add(lines: ReadonlyMap<TreeCall, FuncLine>): void {
    for (const [call, { caller }] of lines) {
      if (caller === undefined) continue;
      const key = pairKey(call);
      const counts = this.#places.get(key) ?? new Map<string, { place: CodePlace; count: number }>();
      const name = `${caller.symbol}+${caller.offset}`;
      counts.set(name, { place: caller, count: (counts.get(name)?.count ?? 0) + 1 });
      this.#places.set(key, counts);
    }
  }

  /** The place seen most for a call of this kind. */
  find(call: TreeCall): CodePlace | undefined {
    let best: { place: CodePlace; count: number } | undefined;
    for (const one of this.#places.get(pairKey(call))?.values() ?? [])
      if (best === undefined || one.count > best.count) best = one;
    return best?.place ?? KNOWN_SITES.get(pairKey(call));
  }
}

function pairKey(call: TreeCall): string {
  return `${call.parent?.fn ?? ''}>${call.fn}`;
}

/** Finds the return addresses of calls. */
export class CallSites {
  readonly counts: SiteCounts = { same: 0, func: 0, like: 0, pool: 0, guessed: 0 };
  readonly #symbols: SymbolPlaces;
  readonly #donors: ReadonlyMap<TreeCall, Donor>;
  readonly #lines: ReadonlyMap<TreeCall, FuncLine>;
  readonly #pool: SitePool;
  readonly #addresses = new Map<string, bigint | undefined>();

  constructor(
    symbols: SymbolPlaces,
    donors: ReadonlyMap<TreeCall, Donor>,
    lines: ReadonlyMap<TreeCall, FuncLine>,
    pool: SitePool,
  ) {
    this.#symbols = symbols;
    this.#donors = donors;
    this.#lines = lines;
    this.#pool = pool;
  }

  /** Where a call returns to. */
  site(call: TreeCall): CallSite {
    const { graft, returnTo } = call.source;
    if (graft !== undefined && returnTo !== undefined) return this.#found('pool', returnTo);
    const donor = this.#donors.get(call);
    const lent = donor?.call.source.returnTo;
    const line = this.#lines.get(call);
    if (donor?.kind === 'same' && lent !== undefined) return this.#found('same', lent);
    if (line?.caller !== undefined) return this.#fromLine(call, line.caller);
    if (lent !== undefined) return this.#found('like', lent);
    const pooled = this.#pool.find(call);
    if (pooled !== undefined) return this.#found('pool', pooled);
    this.counts.guessed++;
    const caller = call.parent === undefined ? undefined : this.#symbols.addressesOf(call.parent.fn)[0];
    const size = caller === undefined ? 0 : (this.#symbols.at(caller)?.size ?? 0);
    return { address: caller === undefined ? 0n : caller + BigInt(size >> 1), tail: false };
  }

  /** Address of a place in code; of symbols that share a name, the one with the size. */
  address(place: CodePlace): bigint | undefined {
    const key = `${place.symbol}/${place.size}`;
    if (!this.#addresses.has(key)) {
      const all = this.#symbols.addressesOf(place.symbol);
      this.#addresses.set(key, all.find((address) => this.#symbols.at(address)?.size === place.size) ?? all[0]);
    }
    const base = this.#addresses.get(key);
    return base === undefined ? undefined : base + BigInt(place.offset);
  }

  #found(how: 'same' | 'like' | 'pool', place: CodePlace): CallSite {
    this.counts[how]++;
    if (place.symbol === HOOKED) return { address: 0n, tail: true };
    return { address: this.address(place) ?? 0n, tail: false };
  }

  /** The function tracer shows a jumped-to function with its caller's own return address. */
  #fromLine(call: TreeCall, caller: CodePlace): CallSite {
    this.counts.func++;
    const address = this.address(caller) ?? 0n;
    const above = call.parent === undefined ? undefined : this.#lines.get(call.parent)?.caller;
    const tail =
      above !== undefined &&
      above.symbol === caller.symbol &&
      above.offset === caller.offset &&
      call.parent!.fn !== caller.symbol;
    return { address: tail ? 0n : address, tail };
  }
}
