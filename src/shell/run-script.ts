import type { SimulatedKernel } from '../tracefs/index.ts';
import { Shell } from './shell.ts';
import { ShellSystem, type Terminal } from './shell-system.ts';

/** A script, and how it is called. */
export interface ScriptCall {
  /** Its text, one character a byte. */
  readonly text: string;
  /** `$0`. */
  readonly name: string;
  readonly args: readonly string[];
}

/** What the first process of a kernel is, for a shell to run in. */
export const SHELL_PROCESS = { comm: 'sh', pid: 146 } as const;

/** Variables that a shell starts with. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  HOME: '/root',
  LOGNAME: 'root',
  PATH: '/usr/bin:/bin',
  SHELL: '/bin/sh',
  USER: 'root',
};

/** A shell in the first process of a system. */
export function firstShell(system: ShellSystem): Shell {
  const shell = new Shell(system.init);
  for (const [name, value] of Object.entries(ENVIRONMENT)) shell.variables.set(name, { value, exported: true });
  shell.set('IFS', ' \t\n');
  return shell;
}

/**
 * Runs a script on a kernel.
 * @returns its exit status, and whether it was ended because everything in it slept for good
 */
export async function runScript(
  kernel: SimulatedKernel,
  terminal: Terminal,
  call: ScriptCall,
  started: (system: ShellSystem) => void = () => {},
): Promise<{ readonly status: number; readonly stuck: boolean }> {
  const system = new ShellSystem(kernel, terminal);
  started(system);
  let stuck = false;
  system.scheduler.onDeadlock(() => {
    stuck = true;
    system.interrupt();
  });
  const status = await runIn(system, call);
  system.scheduler.onDeadlock(undefined);
  return { status, stuck };
}

/** Runs a script as the first process of a system. Its exit status. */
export function runIn(system: ShellSystem, { text, name, args }: ScriptCall): Promise<number> {
  const shell = firstShell(system);
  shell.name = name;
  shell.args = args;
  return shell.finish(() => shell.source(text));
}
