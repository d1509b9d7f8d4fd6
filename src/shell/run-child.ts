import type { ProgramCall } from './program.ts';
import { Shell } from './shell.ts';
import type { ShellProcess } from './shell-process.ts';

/** A command in a process of its own. */
interface ChildCommand {
  readonly child: ShellProcess;
  /** Its status, once it has ended. */
  readonly done: Promise<number>;
}

/** Starts a command in a child. `prepare` arranges the child's descriptors; `waited`: nothing is done but wait for it. */
export function startChild(
  call: ProgramCall,
  words: readonly string[],
  { waited = false, prepare = () => {} }: { waited?: boolean; prepare?: (child: ShellProcess) => void } = {},
): ChildCommand {
  const child = call.process.fork(waited);
  prepare(child);
  const shell = new Shell(child);
  for (const [name, value] of call.environment) shell.variables.set(name, { value, exported: true });
  const done = shell.finish(async () => {
    shell.status = await shell.execute(words);
  });
  return { child, done };
}
