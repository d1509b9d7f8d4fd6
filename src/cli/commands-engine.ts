import { Argument, type Command } from 'commander';
import { archOption, parseArch } from './arch-option.ts';
import { definitionOption, EXIT_STATUS, profileOption, wholeNumber } from './command-options.ts';

const collect = (value: string, all: readonly string[]): string[] => [...all, value];

/** Commands that show the engine at work: `arch`, `stat`. */
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
    .option('-w, --workload <name>', 'what runs; fprobe workloads lists them', 'cat')
    .option('-a, --all-cpus', 'count every task, not only the program and what it forks')
    .option('--filter <filter>', 'count only hits that pass')
    .option('--cpus <n>', 'number of simulated cpus', wholeNumber(1, 64), 1)
    .option('--seed <n>', 'where everything random comes from', wholeNumber(0, 0xffffffff), 0)
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
}
