import { errnoText } from '../abi/errno.ts';
import type { Shell } from './shell.ts';

/** A command that the shell runs itself. Returns its status. */
export type Builtin = (shell: Shell, args: readonly string[], name: string) => Promise<number> | number;

/** Writes a builtin's output. Returns its status. */
export async function print(shell: Shell, name: string, text: string): Promise<number> {
  if (text === '') return 0;
  const written = await shell.process.write(1, text);
  if (written >= 0) return 0;
  await shell.complain(`${name}: write error: ${errnoText(written)}`);
  return 1;
}
