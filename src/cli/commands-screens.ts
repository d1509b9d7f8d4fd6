import { Argument, type Command, Option } from 'commander';
import { archOption } from './arch-option.ts';
import {
  cpusOption,
  definitionOption,
  EXIT_STATUS,
  positiveNumber,
  profileOption,
  seedOption,
  workloadOption,
} from './command-options.ts';

/** Commands for people at a terminal: `top`, `completion`, `doctor`, and what the completion scripts ask. */
export function addScreenCommands(program: Command): void {
  program
    .command('top')
    .description('watch probes live under a workload: hits, rates, values, records, shadow stacks')
    .addOption(definitionOption())
    .addOption(workloadOption())
    .option('--loop', 'run the workload again and again')
    .addOption(
      new Option('--speed <factor>', 'simulated seconds a second')
        .argParser(positiveNumber)
        .default(undefined, '0.05; without a screen as fast as it goes'),
    )
    .addOption(cpusOption())
    .addOption(seedOption())
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
On the screen ? shows the keys: probes are added, enabled, filtered and removed while the workload runs. Without a terminal it
prints reports in lines.

Examples:
  $ fprobe top
  $ fprobe top -w sh-fork --loop --cpus 2 -e 'f:fork kernel_clone%return pid=$retval:s32'
  $ fprobe top -w ls -e 'f:vfs vfs_*' | tail
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./top.ts')).top(options));

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
It looks and changes nothing.

Examples:
  $ fprobe doctor
  $ fprobe doctor --json | grep -v '"ok"'

Exit status: 0, or 2 when the program cannot work here at all.`,
    )
    .action(async (options) => (await import('./doctor.ts')).doctor(options));

  program
    .command('__complete', { hidden: true })
    .argument('<kind>')
    .argument('<text>')
    .option('-n, --name <kernel>')
    .addOption(profileOption())
    .action(async (kind, text, options) => (await import('./complete.ts')).complete(kind, text, options));
}
