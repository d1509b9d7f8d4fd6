import { readWholeNow } from './read-now.ts';
import type { ShellProcess } from './shell-process.ts';

const entries = (process: ShellProcess, path: string) =>
  readWholeNow(process, path)
    .split('\n')
    .map((line) => line.split(':'));

function idOf(process: ShellProcess, path: string, text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const found = entries(process, path).find(([name]) => name === text);
  return found && Number(found[2]);
}

const nameOf = (process: ShellProcess, path: string, id: number): string =>
  entries(process, path).find((fields) => fields[2] === String(id))?.[0] ?? String(id);

/** Number of a user given by name or number. */
export const userId = (process: ShellProcess, text: string) => idOf(process, '/etc/passwd', text);
/** Number of a group given by name or number. */
export const groupId = (process: ShellProcess, text: string) => idOf(process, '/etc/group', text);
/** Name of a user, its number where it has none. */
export const userName = (process: ShellProcess, uid: number) => nameOf(process, '/etc/passwd', uid);
/** Name of a group, its number where it has none. */
export const groupName = (process: ShellProcess, gid: number) => nameOf(process, '/etc/group', gid);

const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const WHAT: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, X: 0o111, s: 0o6000, t: 0o1000 };

/** A mode as chmod(1) takes it: octal, or changes to a mode that there is. Undefined for what is none. */
export function parseMode(text: string, mode: number, isDir: boolean): number | undefined {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  let result = mode;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause);
    if (!match) return undefined;
    const who = [...(match[1] || 'a')].reduce((bits, letter) => bits | WHO[letter]!, 0);
    for (const [, op, letters] of match[2]!.matchAll(/([-+=])([rwxXst]*)/g)) {
      const wanted = [...letters!].filter((letter) => letter !== 'X' || isDir || (mode & 0o111) !== 0);
      const bits = wanted.reduce((all, letter) => all | WHAT[letter]!, 0) & who;
      if (op === '+') result |= bits;
      else if (op === '-') result &= ~bits;
      else result = (result & ~(who & 0o777)) | bits;
    }
  }
  return result;
}
