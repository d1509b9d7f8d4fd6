import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { archOption, parseArch } from './arch-option.ts';
import {
  cpusOption,
  definitionOption,
  EXIT_STATUS,
  profileOption,
  seedOption,
  wholeNumber,
  workloadOption,
} from './command-options.ts';
import { type Moment, parseMoment } from './moment.ts';

const collect = (value: string, all: readonly string[]): string[] => [...all, value];

/** Commands that show the engine at work: `arch`, `stat`, `stacks`, `module`, `demo`. */
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

  program
    .command('stat')
    .description('count what events hit while a workload runs, with perf events')
    .addOption(definitionOption())
    .option('-E, --enable <event>', 'a static event, SYSTEM:EVENT; may be repeated', collect, [])
    .addOption(workloadOption())
    .option('-a, --all-cpus', 'count every task, not only the program and what it forks')
    .option('--filter <filter>', 'count only hits that pass')
    .addOption(cpusOption())
    .addOption(seedOption())
    .option('--json', 'one JSON object an event')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
Without -e and -E it counts reads, writes and opens.

Examples:
  $ fprobe stat -w ls -e 'f:dir iterate_dir' -e 'f:read vfs_read count' --filter 'common_pid > 0'
  $ fprobe stat -a -E sched:sched_switch -w sh-fork
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./stat.ts')).stat(options));

  program
    .command('stacks')
    .description('show the shadow stacks and the fprobe tables at one moment of a workload, word by word')
    .addOption(definitionOption())
    .addOption(workloadOption())
    .addOption(
      new Option('--at <moment>', 'FUNCTION:entry, FUNCTION:body or FUNCTION:return, with :N for the N-th call')
        .argParser(momentOption)
        .default(undefined, 'where most words are in use'),
    )
    .addOption(cpusOption())
    .option('--json', 'one JSON object')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
A frame is pushed at a function's entry; each fprobe there with an exit handler keeps a header in it, and the words that its entry
handler hands to the exit handler. Without -e, definitions on the way of a read are used.

Examples:
  $ fprobe stacks
  $ fprobe stacks -e 'f:a vfs_read%return count' -e 'f:b vfs_read%return pos' --at vfs_read:return:2
  $ fprobe stacks --arch loongarch --at vfs_read:entry
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./stacks.ts')).stacks(options));

  const module = program
    .command('module')
    .description('sample kernel modules: an fprobe as kernel code uses it, from loading to unloading')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe module list
  $ fprobe module load fprobe_example symbol=vfs_read stackdump=0
${EXIT_STATUS}`,
    );
  module
    .command('load')
    .description('load a module, run a workload, unload it, and print the kernel log')
    .argument('<module>', 'fprobe module list lists them')
    .argument('[parameters...]', 'NAME=VALUE, as insmod takes them')
    .addOption(workloadOption())
    .addOption(cpusOption())
    .addOption(seedOption())
    .option('--json', 'one JSON object a line of the log')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
What the module traces is printed behind the log, as cat trace would print it.

Examples:
  $ fprobe module load fprobe_example symbol=vfs_read stackdump=0
  $ fprobe module load fprobe_example 'symbol=vfs_*' 'nosymbol=vfs_get*' use_trace=1 stackdump=n -w ls
  $ fprobe module load fprobe_latency symbol=do_sys_openat2
${EXIT_STATUS}`,
    )
    .action(async (name, params, options) => (await import('./module.ts')).moduleLoad(name, params, options));
  module
    .command('list')
    .description('list the modules and their parameters')
    .option('--json', 'one JSON object a module')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe module list
  $ fprobe module list --json
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./module.ts')).moduleList(options));

  program
    .command('demo')
    .description('show what a design makes of a situation')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe demo maxactive
${EXIT_STATUS}`,
    )
    .command('maxactive')
    .description('many calls at once in a probed function: a pool of nodes, as before Linux 6.14, and shadow stacks')
    .option('--tasks <n>', 'tasks that are in the function at once', wholeNumber(1, 4096))
    .option('--depth <n>', 'calls that each task is in', wholeNumber(1, 1000))
    .option('--maxactive <n>', 'nodes of the pool; 0 for two on each cpu', wholeNumber(0, 4096), 0)
    .option('--data <bytes>', 'handed from entry to exit', wholeNumber(0, 120), 8)
    .addOption(cpusOption())
    .option('--json', 'one JSON object a row')
    .addOption(archOption())
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
Without --tasks and --depth it shows several.

Examples:
  $ fprobe demo maxactive
  $ fprobe demo maxactive --tasks 100 --maxactive 64
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./demo.ts')).demoMaxactive(options));
}

function momentOption(text: string): Moment {
  const moment = parseMoment(text);
  if (!moment)
    throw new InvalidArgumentError('It takes FUNCTION:entry, FUNCTION:body or FUNCTION:return, and :N behind it.');
  return moment;
}
