import type { Command } from 'commander';
import { importArchOption } from './arch-option.ts';
import { EXIT_STATUS } from './command-options.ts';

/** `profile` and its commands. */
export function addProfileCommands(program: Command): void {
  const profile = program
    .command('profile')
    .description('kernel profiles: where symbols, types and workloads come from')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe profile list
  $ sudo fprobe profile import --live -o ./mine
  $ fprobe profile use ./mine
${EXIT_STATUS}`,
    );
  profile
    .command('import')
    .description('build a profile from what a kernel tells of itself')
    .argument('[folder]', 'a folder with kallsyms, available_filter_functions_addrs, vmlinux.btf, event_formats, …')
    .option('--live', 'from the kernel that runs here')
    .option('--kallsyms <file>', 'from /proc/kallsyms or a System.map')
    .option('--btf <file>', 'types: /sys/kernel/btf/vmlinux, or the folder with those of modules')
    .option('--functions <file>', 'traceable functions: available_filter_functions_addrs, or without addresses')
    .option(
      '--formats <file>',
      'event formats, each behind a line "== events/SYSTEM/NAME/format", or a folder like events/',
    )
    .option('--events <file>', 'available_events')
    .option('--version-file <file>', '/proc/version')
    .option('--recordings <dir>', 'recorded programs')
    .option('--fresh', 'convert recordings anew, also those that another profile has converted')
    .option('--vmlinux <file>', 'from a kernel as an ELF file, or an x86 kernel image')
    .option('--trace-dat <file>', 'from a trace.dat of trace-cmd, version 6 or 7')
    .addOption(importArchOption())
    .option('-o, --output <dir>', 'where the profile goes (default: among your profiles, by its name)')
    .option('--name <name>', 'what it is called (default: from its folder or version)')
    .addHelpText(
      'after',
      `
Files may be packed with gzip, brotli (.br) or, with Node 22.15, zstd. Of what is missing it is said what comes of it; only the
symbols must be there. Parts given as files of their own go before those of --vmlinux or --trace-dat.

Examples:
  $ sudo fprobe profile import --live -o ./mine && fprobe check --profile ./mine -e 'f vfs_read count'
  $ fprobe profile import --vmlinux /usr/lib/debug/boot/vmlinux-6.1.0-amd64
  $ fprobe profile import --kallsyms kallsyms.gz --btf vmlinux.btf --functions available_filter_functions_addrs --name theirs
${EXIT_STATUS}`,
    )
    .action(async (folder, options) => (await import('./profile-import.ts')).profileImport(folder, options));
  profile
    .command('list')
    .description('list the profiles that can be named')
    .option('--json', 'one JSON object a profile')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe profile list
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./profile-manage.ts')).profileList(options));
  profile
    .command('show')
    .description('tell what a profile holds')
    .argument('[profile]', 'a name or a folder', undefined)
    .option('--json', 'as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe profile show
  $ fprobe profile show ./mine --json
${EXIT_STATUS}`,
    )
    .action(async (name, options) => (await import('./profile-manage.ts')).profileShow(name, options));
  profile
    .command('use')
    .description('choose the profile that is taken when none is named')
    .argument('<profile>', 'a name or a folder')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe profile use ./mine
  $ fprobe profile use linux-6.16.3-amd64
${EXIT_STATUS}`,
    )
    .action(async (name) => (await import('./profile-manage.ts')).profileUse(name));
}
