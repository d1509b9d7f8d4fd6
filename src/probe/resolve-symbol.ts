import { Errno } from '../abi/errno.ts';
import { kstrtoll } from '../trace/kstrtox.ts';
import type { ProbeArg } from './probe-arg.ts';

/** Address of a symbol; `undefined` when there is none of that name. */
type SymbolLookup = (name: string) => bigint | undefined;

function resolve(expression: string, lookup: SymbolLookup): bigint | number {
  const end = expression.search(/[+-]/);
  const offset = kstrtoll(end < 0 ? '0' : expression.slice(end), 0);
  if (offset.errno !== undefined) return offset.errno;
  const address = lookup(end < 0 ? expression : expression.slice(0, end));
  return address === undefined || address === 0n ? -Errno.ENOENT : BigInt.asUintN(64, address + offset.value);
}

/**
 * Looks up the `@SYM±OFF` of each argument when its event is registered (`kernel/trace/trace_probe.c:traceprobe_update_arg()`).
 * @returns an address for each argument, 0 where it has no symbol; or −ENOENT, −EINVAL, −ERANGE for the first that cannot be had
 */
export function resolveSymbols(args: readonly ProbeArg[], lookup: SymbolLookup): bigint[] | number {
  const addresses: bigint[] = [];
  for (const { steps } of args) {
    const source = steps[0]!;
    const address = source.op === 'symbol' ? resolve(source.expression, lookup) : 0n;
    if (typeof address === 'number') return address;
    addresses.push(address);
  }
  return addresses;
}
