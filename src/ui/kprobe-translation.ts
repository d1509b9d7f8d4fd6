import type { Arch } from '../machine/index.ts';
import type { KernelProfile } from '../profile/index.ts';

/** Names of an argument register: `di` as pt_regs has it, `rdi` and `edi` as the manual has it. */
function argumentOfRegister(arch: Arch, register: string): number {
  const plain = arch.name === 'x86_64' ? register.replace(/^[re](?=[a-d]x$|[sd]i$|[sb]p$|ip$)/, '') : register;
  return arch.argRegs.findIndex((index) => arch.registers[index] === plain);
}

/** The argument that a register holds at a function's entry: its number (from 1) and, where the types know it, its name. */
export function registerArgument(
  { btf }: KernelProfile,
  arch: Arch,
  symbol: string,
  register: string,
): { readonly number: number; readonly name: string | undefined } | undefined {
  const index = argumentOfRegister(arch, register);
  if (index < 0) return undefined;
  const name = btf.funcProto(symbol)?.params[index]?.name;
  return { number: index + 1, name: name === '' ? undefined : name };
}

/**
 * Writes a kprobe definition (`p[:[GRP/][EVENT]] SYMBOL…`, `r[N]…`) as one for fprobe: registers become arguments, a return probe gets `%return`.
 * `undefined` where it cannot be said so: an address, an offset into the function, a register that holds no argument, a uprobe.
 */
export function translateKprobe(command: string, profile: KernelProfile, arch: Arch): string | undefined {
  const [head = '', place = '', ...args] = command.trim().split(/\s+/);
  const [, kind, name = ''] = /^([pr])\d*(:.*)?$/.exec(head) ?? [];
  const [, symbol, suffix = ''] = /^(?:\w+:)?([A-Za-z_][\w.]*)(?:\+0(?:x0)?)?(%return)?$/.exec(place) ?? [];
  if (kind === undefined || symbol === undefined) return undefined;
  const isReturn = kind === 'r' || suffix !== '';
  let fits = true;
  const words = args.map((arg) =>
    arg.replace(/%(\w+)/g, (whole, register: string) => {
      if (isReturn && profile.arch === 'x86_64' && /^[re]?ax$/.test(register)) return '$retval';
      const argument = registerArgument(profile, arch, symbol, register);
      if (argument === undefined || isReturn) fits = false;
      return argument === undefined ? whole : (argument.name ?? `$arg${argument.number}`);
    }),
  );
  if (!fits) return undefined;
  return [`f${name}`, `${symbol}${isReturn ? '%return' : ''}`, ...words].join(' ');
}
