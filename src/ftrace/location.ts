import { Errno } from '../abi/errno.ts';
import type { Machine } from '../machine/machine.ts';

/** The function at an address, which may be its symbol or any byte of the call at its entry site. `kernel/trace/ftrace.c:ftrace_location()` */
export function ftraceLocation(machine: Machine, addr: bigint): number | undefined {
  const { functions, arch } = machine;
  const exact = functions.idAtIp(addr) ?? functions.idAtSymbol(addr);
  if (exact !== undefined) return exact;
  for (let into = 1; into < arch.siteSize; into++) {
    const fn = functions.idAtIp(addr - BigInt(into));
    if (fn !== undefined) return fn;
  }
  return undefined;
}

/**
 * Functions of every symbol that matches `filter` and not `notfilter`: the kernel's symbols, then those of modules. A function with
 * several names that match is there once for each. −ENOENT when there is none. `kernel/trace/fprobe.c:ip_list_from_filter()`
 */
export function functionsByFilter(machine: Machine, filter: string, notfilter?: string): number[] | number {
  const found: number[] = [];
  machine.kallsyms.eachAddress(filter, notfilter, (lo, hi) => {
    const fn = machine.functions.idAtHalves(lo, hi);
    if (fn >= 0) found.push(fn);
  });
  return found.length > 0 ? found : -Errno.ENOENT;
}

/**
 * Functions of the given symbols, in the order of their names; one for each, the first that is traceable where a name has several addresses.
 * −ENOENT when a name has none, or is there twice. `kernel/trace/ftrace.c:ftrace_lookup_symbols()`
 */
export function functionsBySymbols(machine: Machine, symbols: readonly string[]): number[] | number {
  if (new Set(symbols).size < symbols.length) return -Errno.ENOENT;
  const found: number[] = [];
  for (const name of [...symbols].sort(byBytes)) {
    const fn = machine.kallsyms
      .addressesOf(name)
      .map((addr) => ftraceLocation(machine, addr))
      .find((id) => id !== undefined);
    if (fn === undefined) return -Errno.ENOENT;
    found.push(fn);
  }
  return found;
}

/**
 * The address of the symbol whose entry site is at `ip`: x86_64 and arm64 step back over the landing pad, others answer 0 and leave
 * it to kallsyms. `ftrace_get_symaddr()`
 */
export function ftraceGetSymaddr(machine: Machine, ip: bigint): bigint {
  if (machine.arch.symaddr === 'none') return 0n;
  const fn = machine.functions.idAtIp(ip);
  return fn === undefined ? ip : machine.functions.symbolAddress(fn);
}

const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
