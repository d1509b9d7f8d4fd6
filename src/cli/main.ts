import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ProfileDamage } from '../profile/profile-error.ts';
import { EXIT_STATUS } from './command-options.ts';
import { addDefineCommands } from './commands-define.ts';
import { addEngineCommands } from './commands-engine.ts';
import { addKernelCommands } from './commands-kernel.ts';
import { addMountCommands } from './commands-mount.ts';
import { addPeopleCommands } from './commands-people.ts';
import { addProfileCommands } from './commands-profile.ts';
import { addScreenCommands } from './commands-screens.ts';
import { addShellCommands } from './commands-shell.ts';
import { addTranscriptCommands } from './commands-transcript.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { styleHelp } from './help-style.ts';
import { onBrokenPipe, say } from './output.ts';

function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

/** The whole command line; what a command needs is loaded when it runs. */
export function buildProgram(ofVersion = version()): Command {
  const program = new Command('fprobe')
    .description("Linux's tracefs and its fprobe engine, simulated: define, check, hit and read fprobe events.")
    .version(ofVersion, '-V, --version', 'print the version')
    .enablePositionalOptions()
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

  addDefineCommands(program);
  addPeopleCommands(program);
  addTranscriptCommands(program);
  addEngineCommands(program);
  addProfileCommands(program);
  addShellCommands(program);
  addScreenCommands(program);
  addKernelCommands(program);
  addMountCommands(program);
  styleHelp(program);
  overrideExit(program);
  return program;
}

/** Makes a command and those below it throw instead of ending the process. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) overrideExit(each);
}

/** Runs one command line (without node and script); sets the process's exit status. */
export async function main(args: readonly string[]): Promise<void> {
  onBrokenPipe();
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof UsageError || error instanceof ProfileDamage) {
      say(`fprobe: ${error.message}`);
      process.exitCode = ExitStatus.USAGE;
    } else if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? ExitStatus.OK : ExitStatus.USAGE;
    } else {
      throw error;
    }
  }
}
