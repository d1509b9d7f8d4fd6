import type { Command } from 'commander';
import { archOption } from './arch-option.ts';
import { EXIT_STATUS, profileOption } from './command-options.ts';

/** Commands that teach: `explain`. */
export function addPeopleCommands(program: Command): void {
  program
    .command('explain')
    .description('draw a definition apart, or tell what an error means')
    .argument('<definition...>', 'a definition, as written to dynamic_events; or an error, by its name or text')
    .option('--json', 'as one JSON object')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
Of a definition: the function with its address and entry site, the types along each argument's path, the steps that fetch it, its
place in the record, the format, a line of trace. Of a refused one: the rule that it broke, and what would be right.

Examples:
  $ fprobe explain 'f:read vfs_read%return count file->f_path.dentry->d_name.name:string ret=$retval'
  $ fprobe explain --arch arm64 'f vfs_read $arg3'
  $ fprobe explain BAD_DEREF_OFFS
  $ fprobe explain 'Invalid dereference offset'
${EXIT_STATUS}`,
    )
    .action(async (words, options) => (await import('./explain.ts')).explain(words, options));
}
