import { InvalidArgumentError, Option } from 'commander';
import { ARCHES, type ArchName } from '../machine/arch.ts';

/** Short names of arches, as Linux calls their folders. */
const ARCH_ALIASES: Readonly<Record<string, ArchName>> = { riscv: 'riscv64', powerpc: 'powerpc64', x86: 'x86_64' };

/** An arch by its name; anything else is a usage error that says so. */
export function parseArch(value: string): ArchName {
  const name = ARCH_ALIASES[value] ?? value;
  if (!Object.hasOwn(ARCHES, name)) throw new InvalidArgumentError(`There are ${Object.keys(ARCHES).join(' ')}.`);
  return name as ArchName;
}

/** `--arch`. */
export const archOption = () =>
  new Option('--arch <arch>', 'boot the simulated machine as this arch; fprobe arch lists them')
    .argParser(parseArch)
    .default(undefined, 'x86_64');
