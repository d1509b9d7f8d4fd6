import { Glob } from '../abi/glob.ts';
import { Machine, type MachineOptions } from './machine.ts';
import type { FunctionSource, SymbolSource, SymbolSpan } from './profile-view.ts';

/** Start of the text of a made-up kernel. */
export const TEST_TEXT = 0xffffffff81200000n;
/** Bytes of each of its functions, with its padding. */
const TEST_FUNCTION_SIZE = 0x100;

/** A made-up kernel for tests: traceable functions in address order, and further symbols. */
export interface TestKernel {
  /** Names of traceable functions; a leading `-` leaves the ENDBR out, `a=b` gives one function two names. */
  functions: readonly string[];
  /** Symbols that cannot be traced. */
  symbols?: readonly string[];
}

/** Symbols and functions of a made-up kernel, as a profile has them. */
function testProfile(kernel: TestKernel): { symbols: SymbolSource; functions: FunctionSource } {
  const spans: SymbolSpan[] = [];
  const ips: bigint[] = [];
  const shown: string[] = [];
  let address = TEST_TEXT;
  const size = TEST_FUNCTION_SIZE;
  for (const text of kernel.functions) {
    const bare = text.startsWith('-');
    const names = (bare ? text.slice(1) : text).split('=');
    for (const name of names) spans.push({ name, address, size });
    ips.push(address + (bare ? 0n : 4n));
    shown.push(names[0]);
    address += BigInt(size);
  }
  for (const name of kernel.symbols ?? []) {
    spans.push({ name, address, size });
    address += BigInt(size);
  }
  const starts = ips.map((_, id) => TEST_TEXT + BigInt(id * size));
  const idAtSymbol = (addr: bigint) => {
    const id = starts.indexOf(addr);
    return id < 0 ? undefined : id;
  };
  return {
    symbols: {
      lookupName: (name) => spans.find((span) => span.name === name)?.address,
      addressesOf: (name) => spans.filter((span) => span.name === name).map((span) => span.address),
      at: (addr) => spans.find((span) => span.address <= addr && addr < span.address + BigInt(span.size)),
      match: (glob) => spans.filter((span) => new Glob(glob).test(span.name)),
      has: (name) => spans.some((span) => span.name === name),
    },
    functions: {
      count: ips.length,
      entryIps: BigUint64Array.from(ips),
      name: (id) => shown[id],
      symbolAddress: (id) => starts[id],
      idAtSymbol,
      idsByName: (name) => shown.flatMap((other, id) => (other === name ? [id] : [])),
    },
  };
}

/** A machine over a made-up kernel. */
export function testMachine(kernel: TestKernel, options: Partial<MachineOptions> = {}): Machine {
  return new Machine({ ...testProfile(kernel), ...options });
}
