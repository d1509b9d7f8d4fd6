import { type Command, Option } from 'commander';
import { cpusOption, EXIT_STATUS, profileOption, seedOption, wholeNumber } from './command-options.ts';

const nameOption = () => new Option('-n, --name <kernel>', 'which kernel');
const named = () => nameOption().default('default');

/** Commands about a kernel that stays up: `boot`, `status`, `shutdown`, `cat`, `write`, `append`, `ls`, `run`. */
export function addKernelCommands(program: Command): void {
  program
    .command('boot')
    .description('start a simulated kernel that stays up in the background')
    .addOption(named())
    .addOption(cpusOption())
    .addOption(seedOption())
    .option('--idle <seconds>', 'end it when nobody has been connected for so long', wholeNumber(1, 31_536_000))
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
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe shutdown
  $ fprobe shutdown --name other
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./kernel.ts')).shutdown(options));

  program
    .command('status')
    .description('tell which kernels are up, and how they are')
    .addOption(nameOption())
    .option('--json', 'one JSON object a kernel')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe status
  $ fprobe status --json

Exit status: 0 when one is up, 1 when none is.`,
    )
    .action(async (options) => (await import('./kernel.ts')).status(options));

  program
    .command('cat')
    .description('print tracing files of a kernel that is up')
    .argument('<tracing-file...>', 'as trace, or /proc/kallsyms')
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
      .argument('<tracing-file>', 'as dynamic_events')
      .argument('[words...]', 'what is written, with a newline; standard input when left out')
      .passThroughOptions()
      .addOption(nameOption())
      .addHelpText(
        'after',
        `
What the kernel refuses is told with its entry of error_log.

Examples:
  $ fprobe ${append ? "append dynamic_events 'f:clone kernel_clone%return pid=$retval'" : 'write events/fprobes/enable 1'}
  $ fprobe ${append ? 'append dynamic_events < probes.txt' : 'write trace'}${append ? '' : " ''"}
${EXIT_STATUS}`,
      )
      .action(async (file, words, options) =>
        (await import('./kernel-files.ts')).write(file, words, { ...options, append }),
      );
  }

  program
    .command('ls')
    .description('list directories of the tracing files of a kernel that is up')
    .argument('[tracing-dir...]', 'as events/sched; the root when left out')
    .addOption(nameOption())
    .option('--json', 'one JSON object a directory')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe ls
  $ fprobe ls events/fprobes per_cpu/cpu0
${EXIT_STATUS}`,
    )
    .action(async (dirs, options) => (await import('./kernel-files.ts')).ls(dirs, options));

  program
    .command('run')
    .description('run a recorded workload in a kernel that is up')
    .argument('<workload>', 'fprobe workloads lists them')
    .addOption(nameOption())
    .option('--seed <n>', "the kernel's own when left out", wholeNumber(0, 0xffffffff))
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe run sh-fork && fprobe cat trace
${EXIT_STATUS}`,
    )
    .action(async (workload, options) => (await import('./kernel-files.ts')).run(workload, options));
}
