import type { Command } from 'commander';
import { EXIT_STATUS } from './command-options.ts';

/** `profile` and its commands. */
export function addProfileCommands(program: Command): void {
  const profile = program
    .command('profile')
    .description('kernel profiles: where symbols, types and workloads come from');
  profile
    .command('import')
    .description(
      'build a profile from a folder with kallsyms, vmlinux.btf, the traceable functions, event formats and recordings',
    )
    .argument('<source>', 'the folder')
    .requiredOption('-o, --output <dir>', 'where the profile goes')
    .option('--name <name>', "the profile's name; from its version when left out")
    .addHelpText('after', EXIT_STATUS)
    .action(async (source, options) => (await import('./profile-import.ts')).profileImport(source, options));
}
