import { Argument, type Command } from 'commander';
import { EXIT_STATUS, profileOption } from './command-options.ts';

/** Commands for people at a terminal: `completion`, `doctor`, and what the completion scripts ask. */
export function addScreenCommands(program: Command): void {
  program
    .command('completion')
    .description('print the script that lets a shell complete commands, definitions and names')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
It completes symbols, arguments and fields by their types within a quoted definition, fetch types, events, workloads and profiles.

Examples:
  $ source <(fprobe completion bash)
  $ fprobe completion zsh > "\${fpath[1]}/_fprobe"
  $ fprobe completion fish > ~/.config/fish/completions/fprobe.fish
${EXIT_STATUS}`,
    )
    .action(async (shell) => (await import('./completion.ts')).completion(shell));

  program
    .command('doctor')
    .description('tell what this machine offers, and what to do about what is missing')
    .option('--json', 'one JSON object a thing looked at')
    .addHelpText(
      'after',
      `
It looks and changes nothing. Exit status: 0, or 2 when the program cannot work here at all.`,
    )
    .action(async (options) => (await import('./doctor.ts')).doctor(options));

  program
    .command('__complete', { hidden: true })
    .argument('<kind>')
    .argument('<text>')
    .addOption(profileOption())
    .action(async (kind, text, options) => (await import('./complete.ts')).complete(kind, text, options));
}
