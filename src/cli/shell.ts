import { runScript, SHELL_PROCESS } from '../shell/index.ts';
import { type BootOptions, SimulatedKernel } from '../tracefs/index.ts';
import type { ExitStatus } from './exit-status.ts';
import { hostTerminal } from './host-terminal.ts';
import { latin1, readInput } from './input.ts';
import { say } from './output.ts';
import { profileOf } from './profile-option.ts';

interface ShellOptions extends BootOptions {
  readonly command?: string;
  readonly profile?: string;
}

/** `fprobe sh`: a script, a command, standard input, or a session at a terminal. */
export async function shell(script: string | undefined, args: readonly string[], options: ShellOptions): Promise<void> {
  const profile = profileOf(options.profile);
  const isSession = options.command === undefined && script === undefined && process.stdin.isTTY;
  const kernel = SimulatedKernel.boot(profile, { ...options, first: SHELL_PROCESS });
  if (isSession) {
    process.exitCode = await (await import('./session.ts')).session(kernel);
    return;
  }
  const isCommand = options.command !== undefined;
  const text = isCommand ? Buffer.from(options.command!, 'utf8').toString('latin1') : latin1(readInput(script ?? '-'));
  const readsScript = !isCommand && (script === undefined || script === '-');
  const name = (isCommand ? script : readsScript ? undefined : script) ?? 'sh';
  const terminal = hostTerminal(readsScript);
  const { status, stuck } = await runScript(kernel, terminal, { text, name, args }, (system) => {
    terminal.attach(system);
  });
  terminal.detach();
  if (stuck) say('fprobe: nothing is left that could wake what waits');
  process.exitCode = status as typeof ExitStatus.OK;
}
