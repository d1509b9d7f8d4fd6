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

/** `--arch` of an import, for sources that do not tell it. */
export const importArchOption = () =>
  new Option('--arch <arch>', 'the arch of that kernel (default: as its files tell)').argParser(parseArch);

/** `--arch`. */
export const archOption = () =>
  new Option('--arch <arch>', 'boot the simulated machine as this arch; fprobe arch lists them')
    .argParser(parseArch)
    .default(undefined, "the profile's");
