import { ARCHES } from '../machine/arch.ts';
import { type KernelConnection, NotConnected, RemoteShell } from '../server/index.ts';
import { runScript, SHELL_PROCESS, ShellSession } from '../shell/index.ts';
import { type BootOptions, SimulatedKernel } from '../tracefs/index.ts';
import { type ExitStatus, UsageError } from './exit-status.ts';
import { hostTerminal } from './host-terminal.ts';
import { latin1, readInput } from './input.ts';
import { kernelFor } from './kernel.ts';
import { say } from './output.ts';
import { profileOf } from './profile-option.ts';

interface ShellOptions extends BootOptions {
  readonly command?: string;
  readonly profile?: string;
  /** Name of a kernel that is up. */
  readonly name?: string;
  /** Whether to boot one of its own although the default one is up. */
  readonly fresh?: boolean;
}

/** `fprobe sh`: a script, a command, standard input, or a session at a terminal; in a kernel that is up, or in one of its own. */
export async function shell(script: string | undefined, args: readonly string[], options: ShellOptions): Promise<void> {
  const profile = options.profile === undefined ? undefined : profileOf(options.profile);
  const isSession = options.command === undefined && script === undefined && process.stdin.isTTY;
  const call = isSession ? undefined : scriptCall(script, args, options.command);
  const kernel = await kernelFor(options);
  const status = kernel ? await there(kernel, call) : await here(profile ?? profileOf(undefined), options, call);
  process.exitCode = status as typeof ExitStatus.OK;
}

/** A script as it is run. */
interface Script {
  readonly text: string;
  readonly name: string;
  readonly args: readonly string[];
  /** Whether it came from standard input, which is at its end then. */
  readonly isInput: boolean;
}

function scriptCall(script: string | undefined, args: readonly string[], command: string | undefined): Script {
  if (command !== undefined)
    return { text: Buffer.from(command, 'utf8').toString('latin1'), name: script ?? 'sh', args, isInput: false };
  const isInput = script === undefined || script === '-';
  return { text: latin1(readInput(script ?? '-')), name: isInput ? 'sh' : script, args, isInput };
}

/** Runs a shell on a fresh kernel. Its exit status. */
async function here(
  profile: ReturnType<typeof profileOf>,
  options: BootOptions,
  call: Script | undefined,
): Promise<number> {
  const kernel = SimulatedKernel.boot(profile, { ...options, first: SHELL_PROCESS });
  if (!call) {
    const { session, SessionTerminal } = await import('./session.ts');
    const terminal = new SessionTerminal();
    return session(new ShellSession(kernel, terminal), terminal, { profile, arch: kernel.machine.arch });
  }
  const terminal = hostTerminal(call.isInput);
  const { status, stuck } = await runScript(kernel, terminal, call, (system) =>
    terminal.attach(() => system.interrupt(), system),
  );
  terminal.detach();
  if (stuck) say('fprobe: nothing is left that could wake what waits');
  return status;
}

/** Runs a shell inside a kernel that is up. Its exit status. */
async function there(kernel: KernelConnection, call: Script | undefined): Promise<number> {
  try {
    if (!call) {
      const { session, SessionTerminal } = await import('./session.ts');
      const { name, profileDir } = await kernel.status();
      const profile = profileOf(profileDir);
      const terminal = new SessionTerminal();
      say(`fprobe: on kernel "${name}"`);
      return await session(await RemoteShell.session(kernel, terminal), terminal, {
        profile,
        arch: ARCHES[profile.arch],
      });
    }
    const { text, name, args, isInput } = call;
    const terminal = hostTerminal(isInput);
    const status = await RemoteShell.run(kernel, terminal, { text, name, args }, (shell) =>
      terminal.attach(() => shell.interrupt()),
    );
    terminal.detach();
    kernel.close();
    return status;
  } catch (error) {
    if (error instanceof NotConnected) throw new UsageError(error.message);
    throw error;
  }
}
