import type { Machine } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';

interface Line {
  readonly address: bigint;
  readonly type: string;
  readonly name: string;
  readonly module?: string;
}

/** The line of a symbol; `hidden`, without its address. */
function lineOf({ address, type, name, module }: Line, hidden: boolean): string {
  return `${(hidden ? '' : address.toString(16)).padStart(16, '0')} ${type} ${name}${module ? `\t[${module}]` : ''}\n`;
}

/** What /proc/kallsyms tells of the profile's symbols. */
export function profileSymbols({ profile }: { readonly profile: KernelProfile }, hidden = false): string {
  const lines: string[] = [];
  for (const line of profile.symbols.lines()) lines.push(lineOf(line, hidden));
  return lines.join('');
}

/** What /proc/kallsyms tells of symbols that came later, behind the profile's. */
export function addedSymbols({ machine }: { readonly machine: Machine }, hidden = false): string {
  return machine.kallsyms.added.map((symbol) => lineOf({ ...symbol, type: 't' }, hidden)).join('');
}
