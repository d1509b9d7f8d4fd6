import { type Command, Option } from 'commander';
import { EXIT_STATUS, profileOption, wholeNumber } from './command-options.ts';

/** Commands that show the files of a simulated kernel to other programs: `exec`, `mount`. */
export function addMountCommands(program: Command): void {
  program
    .command('exec')
    .description('run a command where the simulated tracefs lies over /sys/kernel/tracing (Linux, FUSE)')
    .argument('[command...]', 'what to run; $SHELL when left out')
    .passThroughOptions()
    .addOption(cpusOption())
    .addOption(seedOption())
    .option('-n, --name <kernel>', 'show a kernel that is up (see fprobe boot) instead of a fresh one')
    .option('-w, --workload <workload>', 'have a workload run again and again meanwhile, ten times a second')
    .option('-q, --quiet', 'say nothing about what this machine cannot offer')
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
The command runs in a mount namespace of its own, as root or, where the kernel lets users have namespaces, as anybody.
There $TRACEFS_PATH, /sys/kernel/tracing, /proc/kallsyms, /sys/kernel/btf/vmlinux and the like are the simulated ones.

Examples:
  $ fprobe exec
  $ fprobe exec -- sh my-probes.sh
  $ fprobe exec -- trace-cmd record -e sched sleep 1

Exit status: that of the command; 2 when there is no way to run it here.`,
    )
    .action(async (command, options) => (await import('./exec.ts')).exec(command, options));

  program
    .command('mount')
    .description('serve the files of a simulated kernel in a directory until stopped (Linux, root)')
    .argument('[dir]', 'where')
    .option('-n, --name <kernel>', 'show a kernel that is up; the default one when it is')
    .option('--fresh', 'boot a kernel of its own, whatever is up')
    .option('--clean', 'unmount what a killed server left behind, and say what; there, when a directory is given')
    .addOption(cpusOption())
    .addOption(seedOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe mount /mnt &
  $ fprobe mount --clean
${EXIT_STATUS}`,
    )
    .action(async (dir, options) => (await import('./mount.ts')).mount(dir, options));
}

const cpusOption = () =>
  new Option('--cpus <n>', 'number of simulated cpus')
    .argParser(wholeNumber(1, 64))
    .default(undefined, 'as many as this machine may have');
const seedOption = () =>
  new Option('--seed <n>', 'where everything random comes from').argParser(wholeNumber(0, 0xffffffff)).default(0);
