import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ExitStatus, UsageError } from './exit-status.ts';
import { onBrokenPipe, say } from './output.ts';

const collect = (value: string, all: readonly string[]): string[] => [...all, value];

function wholeNumber(min: number, max: number) {
  return (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
    return number;
  };
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

const EXIT_STATUS = `
Exit status: 0 all went well; 1 a definition was refused or a transcript differed; 2 the command line, an input or a
profile cannot be used.`;

const profileOption = () =>
  new Option('--profile <profile>', 'kernel profile: a built-in name or a folder').default(
    undefined,
    'the built-in one',
  );
const definitionOption = () =>
  new Option('-e, --event <definition>', 'a definition, as written to dynamic_events; may be repeated')
    .argParser(collect)
    .default([] as string[], 'none');

/** The whole command line; what a command needs is loaded when it runs. */
function buildProgram(): Command {
  const program = new Command('fprobe')
    .description("Linux's tracefs and its fprobe engine, simulated: define, check, hit and read fprobe events.")
    .version(version())
    .showHelpAfterError('(fprobe --help shows what there is)')
    .addHelpText(
      'after',
      `
Examples:
  $ fprobe trace -e 'f:open do_sys_openat2 filename:ustring' -w cat
  $ fprobe check -e 'f vfs_read%return file->f_mode $retval'
  $ fprobe check my-probes.sh
${EXIT_STATUS}`,
    );

  program
    .command('trace')
    .description('define events, enable them, run a recorded workload and print the trace')
    .addOption(definitionOption())
    .option('-w, --workload <name>', 'what runs; fprobe workloads lists them', 'cat')
    .option('--cpus <n>', 'number of simulated cpus', wholeNumber(1, 64), 1)
    .option('--seed <n>', 'where everything random comes from', wholeNumber(0, 0xffffffff), 0)
    .option('--json', 'one JSON object an event')
    .addOption(profileOption())
    .addHelpText(
      'after',
      `
Without -e it traces opens and reads. The trace goes to stdout as cat /sys/kernel/tracing/trace would print it.

Examples:
  $ fprobe trace
  $ fprobe trace -w ls -e 'f:dir iterate_dir name=file->f_path.dentry->d_name.name:string'
  $ fprobe trace -e 'f:read vfs_read%return count ret=$retval' --json | head -3
${EXIT_STATUS}`,
    )
    .action(async (options) => (await import('./trace.ts')).trace(options));

  program
    .command('workloads')
    .description('list the recorded workloads')
    .option('--json', 'as JSON')
    .addOption(profileOption())
    .action(async (options) => (await import('./workloads.ts')).workloads(options));

  program
    .command('check')
    .description('tell what the kernel would answer to definitions, with the place and a hint for each refusal')
    .argument('[file]', 'a list as dynamic_events takes it, or a shell script that writes one; - is stdin')
    .addOption(definitionOption())
    .option('--json', 'one JSON object a definition')
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

  program
    .command('record')
    .description('run the steps of transcripts and print them with their results')
    .argument(
      '<steps>',
      'JSON lines, {"id": …, "steps": [{"op": "append", "path": "dynamic_events", "data": …}, …]}; - is stdin',
    )
    .option('--tracefs <dir>', 'run them on a real tracefs instead of a simulated one')
    .addOption(profileOption())
    .addHelpText('after', EXIT_STATUS)
    .action(async (steps, options) => (await import('./record.ts')).record(steps, options));

  program
    .command('replay')
    .description('run recorded transcripts and compare what comes out')
    .argument('<transcripts>', 'JSON lines as record prints them, gzipped or not; - is stdin')
    .option('--json', 'one JSON object a difference')
    .addOption(profileOption())
    .addHelpText('after', EXIT_STATUS)
    .action(async (transcripts, options) => (await import('./replay.ts')).replay(transcripts, options));

  const profile = program
    .command('profile')
    .description('kernel profiles: where symbols, types and workloads come from');
  profile
    .command('import')
    .description(
      'build a profile from a folder with kallsyms, vmlinux.btf, the traceable functions, event formats and recordings',
    )
    .argument('<source>', 'the folder')
    .requiredOption('-o, --output <dir>', 'where the profile goes')
    .option('--name <name>', "the profile's name; from its version when left out")
    .addHelpText('after', EXIT_STATUS)
    .action(async (source, options) => (await import('./profile-import.ts')).profileImport(source, options));

  for (const command of [program, ...program.commands, ...profile.commands]) command.exitOverride();
  return program;
}

/** Runs one command line (without node and script); sets the process's exit status. */
export async function main(args: readonly string[]): Promise<void> {
  onBrokenPipe();
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof UsageError) {
      say(`fprobe: ${error.message}`);
      process.exitCode = ExitStatus.USAGE;
    } else if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? ExitStatus.OK : ExitStatus.USAGE;
    } else {
      throw error;
    }
  }
}
