import type { ProfileError } from './profile-error.ts';
import { packSections } from './section-file.ts';
import type { SymbolTable } from './symbol-table.ts';

/** Farthest that an entry site may be behind its symbol, in bytes, `FTRACE_MCOUNT_MAX_OFFSET` of any arch and then some. */
const MAX_OFFSET = 256;

/** The bytes of `functions.bin`, how many functions it holds, and how many lines did not fit the symbols. */
interface BuiltFunctions {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly unknown: number;
}

/** Makes `functions.bin` from the text of `available_filter_functions_addrs`: lines `ADDRESS NAME`, with an optional ` [MODULE]`. */
export function buildFunctions(text: Uint8Array, symbols: SymbolTable): BuiltFunctions | ProfileError {
  const sites = new Map<bigint, number>();
  let unknown = 0;
  const lines = new TextDecoder().decode(text).split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return { error: 'has no functions' };
  for (const [i, line] of lines.entries()) {
    const match = line.length < 1024 ? /^([0-9a-f]{1,16}) (\S+)(?:\s+\[\S+\])?$/i.exec(line) : null;
    if (match === null) return { error: `line ${i + 1} is not "ADDRESS NAME"` };
    const ip = BigInt(`0x${match[1]}`);
    const symbol = symbols.at(ip);
    const offset = symbol === undefined ? -1 : Number(ip - symbol.address);
    if (symbol?.name === match[2] && offset < MAX_OFFSET) sites.set(ip, offset);
    else unknown++;
  }
  if (sites.size === 0)
    return { error: 'names no function at an address where kallsyms has it: are both from the same boot?' };
  const ips = BigUint64Array.from(sites.keys()).sort();
  const offsets = Uint16Array.from(ips, (ip) => sites.get(ip)!);
  return { bytes: packSections('functions', [ips, offsets]), count: ips.length, unknown };
}
