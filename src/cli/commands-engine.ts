import { Argument, type Command } from 'commander';
import { parseArch } from './arch-option.ts';
import { EXIT_STATUS } from './command-options.ts';

/** Commands that show the engine at work: `arch`. */
export function addEngineCommands(program: Command): void {
  program
    .command('arch')
    .description('tell what each arch gives fprobe: Kconfig, entry sites, registers, headers')
    .addArgument(new Argument('[arch]', 'one arch, with every register').argParser(parseArch))
    .option('--json', 'one JSON object an arch')
    .addHelpText(
      'after',
      `
Commands that boot the simulated machine take --arch. Symbols, types and what memory holds stay those of the profile; call and
return conventions, entry sites, ftrace_regs and headers are the arch's.

Examples:
  $ fprobe arch
  $ fprobe arch arm64
  $ fprobe trace --arch arm64 -e 'f:read vfs_read%return count ret=$retval'
${EXIT_STATUS}`,
    )
    .action(async (arch, options) => (await import('./arch.ts')).arch(arch, options));
}
