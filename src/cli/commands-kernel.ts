import { type Command, Option } from 'commander';
import { EXIT_STATUS, profileOption, wholeNumber } from './command-options.ts';

const nameOption = () => new Option('-n, --name <name>', 'which kernel');
const named = () => nameOption().default('default');

/** Commands about a kernel that stays up: `boot`, `status`, `shutdown`, `cat`, `write`, `append`, `ls`, `run`. */
export function addKernelCommands(program: Command): void {
  program
    .command('boot')
    .description('start a simulated kernel that stays up in the background')
    .addOption(named())
    .option('--cpus <n>', 'number of simulated cpus', wholeNumber(1, 64), 1)
    .option('--seed <n>', 'where everything random comes from', wholeNumber(0, 0xffffffff), 0)
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
It listens on a socket in $XDG_RUNTIME_DIR/fprobe, or, where that is not set, in fprobe-UID in the folder for temporary files.
Several may be up under names of their own. cat, write, append, ls, run, mount and exec --name use them.

Examples:
  $ fprobe boot
  $ fprobe append dynamic_events 'f:clone kernel_clone%return pid=$retval'
  $ fprobe write events/fprobes/enable 1
  $ fprobe run sh-fork
  $ fprobe cat trace
  $ fprobe shutdown
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./kernel.ts')).boot(options));

  program
    .command('shutdown')
    .description('end a kernel that is up')
    .addOption(named())
    .addHelpText('after', EXIT_STATUS)
    .action(async (options) => (await import('./kernel.ts')).shutdown(options));

  program
    .command('status')
    .description('tell which kernels are up, and how they are')
    .addOption(nameOption())
    .option('--json', 'one JSON object a kernel')
    .addHelpText('after', '\nExit status: 0 when one is up, 1 when none is.')
    .action(async (options) => (await import('./kernel.ts')).status(options));

  program
    .command('cat')
    .description('print tracing files of a kernel that is up')
    .argument('<file...>', 'as trace, or /proc/kallsyms')
    .addOption(nameOption())
    .addHelpText(
      'after',
      `
trace_pipe goes on until it is interrupted. Inside of fprobe exec the files are those of the session.

Examples:
  $ fprobe cat trace
  $ fprobe cat trace_pipe | grep clone
${EXIT_STATUS}`,
    )
    .action(async (files, options) => (await import('./kernel-files.ts')).cat(files, options));

  for (const append of [false, true]) {
    program
      .command(append ? 'append' : 'write')
      .description(`write into a tracing file of a kernel that is up, as ${append ? '>>' : '>'} does`)
      .argument('<file>', 'as dynamic_events')
      .argument('[words...]', 'what is written, with a newline; standard input when left out')
      .passThroughOptions()
      .addOption(nameOption())
      .addHelpText('after', EXIT_STATUS)
      .action(async (file, words, options) =>
        (await import('./kernel-files.ts')).write(file, words, { ...options, append }),
      );
  }

  program
    .command('ls')
    .description('list directories of the tracing files of a kernel that is up')
    .argument('[dir...]', 'as events/sched; the root when left out')
    .addOption(nameOption())
    .option('--json', 'one JSON object a directory')
    .addHelpText('after', EXIT_STATUS)
    .action(async (dirs, options) => (await import('./kernel-files.ts')).ls(dirs, options));

  program
    .command('run')
    .description('run a recorded workload in a kernel that is up')
    .argument('<workload>', 'fprobe workloads lists them')
    .addOption(nameOption())
    .option('--seed <n>', "the kernel's own when left out", wholeNumber(0, 0xffffffff))
    .addHelpText('after', EXIT_STATUS)
    .action(async (workload, options) => (await import('./kernel-files.ts')).run(workload, options));
}
