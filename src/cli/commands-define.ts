import { type Command, Option } from 'commander';
import { archOption } from './arch-option.ts';
import {
  cpusOption,
  definitionOption,
  EXIT_STATUS,
  enableOption,
  profileOption,
  seedOption,
  workloadOption,
} from './command-options.ts';

/** Commands about definitions and what they record: `trace`, `workloads`, `check`. */
export function addDefineCommands(program: Command): void {
  program
    .command('trace')
    .description('define events, enable them, run a recorded workload and print the trace')
    .addOption(definitionOption())
    .addOption(enableOption())
    .addOption(workloadOption())
    .addOption(cpusOption())
    .addOption(seedOption())
    .addOption(new Option('--json', 'one JSON object an event').conflicts('dat'))
    .option('--dat <file>', 'write a trace.dat file for trace-cmd report and KernelShark instead; - is stdout')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
Without -e and -E it traces opens and reads. The trace goes to stdout as cat /sys/kernel/tracing/trace would print it.

Examples:
  $ fprobe trace
  $ fprobe trace -w ls -e 'f:dir iterate_dir name=file->f_path.dentry->d_name.name:string'
  $ fprobe trace -w sh-fork -E 'sched:sched_process_*' -E 'sched:sched_switch if prev_state == 0'
  $ fprobe trace -e 'f:read vfs_read%return count ret=$retval' --json | head -3
  $ fprobe trace -E 'syscalls:*' --dat trace.dat && trace-cmd report trace.dat
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./trace.ts')).trace(options));

  program
    .command('workloads')
    .description('list the recorded workloads')
    .option('--json', 'one JSON object a workload')
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
A workload is a program that ran on the profile's kernel, with every function that it passed through.

Examples:
  $ fprobe workloads
  $ fprobe workloads --json | head -1
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./workloads.ts')).workloads(options));

  program
    .command('check')
    .description('tell what the kernel would answer to definitions, with the place and a hint for each refusal')
    .argument('[file]', 'a list as dynamic_events takes it, or a shell script that writes one; - is stdin')
    .addOption(definitionOption())
    .option('--json', 'one JSON object a definition')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
Definitions are taken in order on one fresh kernel, so that names that are taken and removals count.
In a shell script, the lines that echo or here-documents write to dynamic_events are checked.

Examples:
  $ fprobe check -e 'f:rd vfs_read count' -e 'f:rd vfs_write cnt'
  $ fprobe check /sys/kernel/tracing/dynamic_events
  $ grep ^f: notes.txt | fprobe check -
${EXIT_STATUS}`,
    )
    .action(async (file, options) => (await import('./check.ts')).check(file, options));
}
