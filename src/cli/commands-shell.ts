import type { Command } from 'commander';
import { archOption } from './arch-option.ts';
import { cpusOption, profileOption, seedOption, wholeNumber } from './command-options.ts';

/** Commands that use the tracing files from shell scripts: `sh`, `selftest`. */
export function addShellCommands(program: Command): void {
  program
    .command('sh')
    .description('a shell in a simulated machine, at its tracing files: a script, a command, or a terminal')
    .argument('[script]', 'a script of the host; without one, and without a terminal, standard input is the script')
    .argument('[args...]', 'its arguments')
    .option('-c, --command <command>', 'run this; the first argument then is $0')
    .option('-n, --name <name>', 'in a kernel that is up (see fprobe boot); in the default one when it is')
    .option('--fresh', 'boot a kernel of its own, whatever is up; so do the options below')
    .addOption(cpusOption())
    .addOption(seedOption())
    .addOption(archOption())
    .addOption(profileOption())
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Nothing of the host is in the shell's file system. Time is the machine's: sleeping costs none, but in a kernel that is up, which
others use meanwhile.

Examples:
  $ fprobe sh -c 'echo f:a vfs_read >> dynamic_events; cat dynamic_events'
  $ fprobe sh my-probes.sh
  $ fprobe sh

Exit status: that of the script; 130 when everything in it slept for good or it was interrupted; 2 also for a mistake in
the command line.`,
    )
    .action(async (script, args, options, command: Command) => {
      const asks = (option: string) => command.getOptionValueSource(option) === 'cli';
      const fresh = options.fresh || ['cpus', 'seed', 'arch', 'profile'].some(asks);
      await (await import('./shell.ts')).shell(script, args, { ...options, fresh });
    });

  program
    .command('selftest')
    .description('run tests as ftracetest does, each on a freshly booted kernel')
    .argument('[tests...]', 'test files and folders of them; without any, those that come with the program')
    .option('-v, --verbose', 'print what tests print, and the commands that they run')
    .option('--ktap', 'print in KTAP format')
    .option('--json', 'one JSON object a test')
    .option('--stop-fail', 'stop at the first test that fails')
    .option('--parallel <n>', 'run so many tests at a time', wholeNumber(1, 64), 1)
    .addOption(cpusOption())
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
A test is a file NAME.tc with a line "# description: …"; "# requires: …" and "# flags: instance" are heeded. The file functions in its folder or
above it is read in first. The kernel's own tests (tools/testing/selftests/ftrace/test.d) run unchanged.

Examples:
  $ fprobe selftest
  $ fprobe selftest linux/tools/testing/selftests/ftrace/test.d/dynevent --parallel 2

Exit status: 0 none failed; 1 one failed; 2 the command line or an input cannot be used.`,
    )
    .action(async (tests, options) => (await import('./selftest.ts')).selftest(tests, options));
}
