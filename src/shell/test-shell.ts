import { isProfileError, loadProfile } from '../profile/index.ts';
import { type BootOptions, SimulatedKernel } from '../tracefs/index.ts';
import { runScript, SHELL_PROCESS } from './run-script.ts';
import type { ShellSystem } from './shell-system.ts';
import type { Stream } from './stream.ts';

const loaded = loadProfile();
if (isProfileError(loaded)) throw new Error(loaded.error);
/** The built-in profile. */
export const profile = loaded;

/** What a script printed, and how it ended. */
interface ScriptRun {
  readonly out: string;
  readonly err: string;
  readonly status: number;
  readonly stuck: boolean;
  readonly kernel: SimulatedKernel;
}

/** Runs a script on a fresh kernel, or on one that there is. */
export async function sh(
  text: string,
  options: BootOptions & {
    readonly stdin?: string;
    readonly kernel?: SimulatedKernel;
    readonly started?: (system: ShellSystem) => void;
  } = {},
): Promise<ScriptRun> {
  const kernel = options.kernel ?? SimulatedKernel.boot(profile, { ...options, first: SHELL_PROCESS });
  const said = { out: '', err: '' };
  const output = (to: 'out' | 'err'): Stream => ({
    path: '/dev/console',
    write: (data) => {
      said[to] += data;
      return data.length;
    },
    close: () => {},
  });
  let rest = options.stdin ?? '';
  const stdin: Stream = {
    path: '/dev/console',
    read: (size) => {
      const piece = rest.slice(0, size);
      rest = rest.slice(size);
      return piece;
    },
    close: () => {},
  };
  const terminal = { stdin, stdout: output('out'), stderr: output('err') };
  const script = { text, name: 'sh', args: [] };
  const { status, stuck } = await runScript(kernel, terminal, script, options.started);
  return { ...said, status, stuck, kernel };
}
