import type { ArchName } from '../abi/arch-names.ts';
import type { ProfileError } from './profile-error.ts';
import { packSections } from './section-file.ts';
import type { SymbolTable } from './symbol-table.ts';

/** Farthest that an entry site may be behind its symbol, in bytes, `FTRACE_MCOUNT_MAX_OFFSET` of any arch and then some. */
const MAX_OFFSET = 256;
/** What stands in the list for a weak function that another one replaced, `FTRACE_INVALID_FUNCTION`. */
const INVALID = '__ftrace_invalid_address__';
const MAX_LINE = 1024;

/** Entry sites: bytes from the symbol to the site, by the site's address. */
export interface FoundSites {
  readonly sites: ReadonlyMap<bigint, number>;
  /** Lines that did not fit the symbols. */
  readonly unknown: number;
  /** What was not known and had to be guessed, a sentence; `undefined` when all of it was known. */
  readonly guess?: string;
}

/** Makes the bytes of `functions.bin`. */
export function packFunctions(sites: ReadonlyMap<bigint, number>): Uint8Array {
  const ips = BigUint64Array.from(sites.keys()).sort();
  const offsets = Uint16Array.from(ips, (ip) => sites.get(ip)!);
  return packSections('functions', [ips, offsets]);
}

function linesOf(text: Uint8Array): string[] {
  const lines = new TextDecoder().decode(text).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Reads a list of traceable functions, with addresses (`ADDRESS NAME [MODULE]`) or without (`NAME [MODULE]`). */
export function sitesOfList(text: Uint8Array, symbols: SymbolTable, arch: ArchName): FoundSites | ProfileError {
  const lines = linesOf(text);
  if (lines.length === 0) return { error: 'has no functions' };
  const withAddresses = /^[0-9a-f]{1,16} [^\s[]/i.test(lines[0]!);
  const found = withAddresses ? sitesWithAddresses(lines, symbols) : sitesByName(lines, symbols, arch);
  if ('error' in found || found.sites.size > 0) return found;
  return { error: 'names no function at an address where kallsyms has it: are both from the same boot?' };
}

function sitesWithAddresses(lines: readonly string[], symbols: SymbolTable): FoundSites | ProfileError {
  const sites = new Map<bigint, number>();
  let unknown = 0;
  for (const [i, line] of lines.entries()) {
    const match = line.length < MAX_LINE ? /^([0-9a-f]{1,16}) (\S+)(?:\s+\[\S+\])?$/i.exec(line) : null;
    if (match === null) return { error: `line ${i + 1} is not "ADDRESS NAME"` };
    if (match[2]!.startsWith(INVALID)) continue;
    const ip = BigInt(`0x${match[1]}`);
    const symbol = symbols.at(ip);
    const offset = symbol === undefined ? -1 : Number(ip - symbol.address);
    if (symbol?.name === match[2] && offset < MAX_OFFSET) sites.set(ip, offset);
    else unknown++;
  }
  return { sites, unknown };
}

/** The list is in the order of addresses, which tells functions of one name apart. */
function sitesByName(lines: readonly string[], symbols: SymbolTable, arch: ArchName): FoundSites | ProfileError {
  const offset = usualOffset(symbols, arch);
  const sites = new Map<bigint, number>();
  let unknown = 0;
  let last = 0n;
  const places: { readonly candidates: readonly bigint[] }[] = [];
  for (const [i, line] of lines.entries()) {
    const match = line.length < MAX_LINE ? /^([\w.$]+)(?:\s+\[(\S+)\])?$/.exec(line) : null;
    if (match === null) return { error: `line ${i + 1} is not "ADDRESS NAME"` };
    const [, name = '', module] = match;
    if (name.startsWith(INVALID)) continue;
    const candidates = symbols.addressesOf(name).filter((address) => {
      const at = symbols.at(address);
      return at?.name === name && at.module === module;
    });
    if (candidates.length === 0) unknown++;
    else places.push({ candidates });
  }
  for (const [i, { candidates }] of places.entries()) {
    const next =
      candidates.length === 1 ? undefined : places.slice(i + 1, i + 50).find((one) => one.candidates.length === 1);
    const bound = next?.candidates[0];
    const between = candidates.find((at) => at > last && (bound === undefined || bound < last || at < bound));
    const address = between ?? candidates.find((at) => !sites.has(at + BigInt(offset))) ?? candidates[0]!;
    sites.set(address + BigInt(offset), offset);
    last = address;
  }
  const guess = `the list of functions has no addresses: entry sites are taken to be at SYMBOL+0x${offset.toString(16)}`;
  return { sites, unknown, guess };
}

/** Entry sites whose addresses alone are known. Those in no symbol, or far from its start, are left out. */
export function sitesOfIps(ips: readonly bigint[], symbols: SymbolTable): FoundSites | ProfileError {
  const sites = new Map<bigint, number>();
  let unknown = 0;
  for (const ip of ips) {
    const symbol = symbols.at(ip);
    const offset = symbol === undefined ? MAX_OFFSET : Number(ip - symbol.address);
    if (offset < MAX_OFFSET) sites.set(ip, offset);
    else unknown++;
  }
  return sites.size > 0 ? { sites, unknown } : { error: 'has entry sites at no symbol' };
}

/** Bytes from a symbol to its entry site where nothing tells them: as most functions of such a kernel have them. */
export function usualOffset(symbols: SymbolTable, arch: ArchName): number {
  switch (arch) {
    case 'x86_64':
      // Kernels with indirect branch tracking start functions with an ENDBR.
      return symbols.has('ibt_selftest') || symbols.has('ibt_save') ? 4 : 0;
    case 'arm64':
      return 8;
    case 'powerpc64':
      return 12;
    case 'arm':
      return 4;
    default:
      return 0;
  }
}
