import type { CommandNode } from 'just-bash';
import { errnoText } from '../abi/errno.ts';
import type { Shell } from './shell.ts';
import { ShellError } from './shell-errors.ts';
import type { OpenMode } from './vfs.ts';

type Redirection = Extract<CommandNode, { type: 'SimpleCommand' }>['redirections'][number];
type HereDoc = Extract<Redirection['target'], { type: 'HereDoc' }>;

const HOW: Readonly<Record<string, OpenMode>> = {
  '<': { read: true },
  '>': { write: true, create: true, truncate: true },
  '>|': { write: true, create: true, truncate: true },
  '&>': { write: true, create: true, truncate: true },
  '>>': { write: true, create: true, append: true },
  '&>>': { write: true, create: true, append: true },
  '<>': { read: true, write: true, create: true },
};

/** Descriptors from here on are the shell's own. */
const FIRST_OWN_FD = 10;

/** Descriptors that were redirected. */
interface Redirected {
  /** Makes them as they were. */
  restore(): void;
  /** Leaves them as they are. */
  keep(): void;
}

/** Redirects the descriptors of a shell's process. Throws {@link ShellError} when one cannot be; those before it are as they were then. `isFatal`: a shell that runs a script ends with it. */
export async function redirect(
  shell: Shell,
  redirections: readonly Redirection[],
  isFatal = false,
): Promise<Redirected> {
  const { process } = shell;
  const saved: { fd: number; copy: number }[] = [];
  const restore = () => {
    for (const { fd, copy } of saved.splice(0).reverse()) {
      if (copy < 0) process.fds.get(fd)?.release();
      if (copy < 0) process.fds.delete(fd);
      else {
        process.dup(copy, fd);
        process.fds.get(copy)!.release();
        process.fds.delete(copy);
      }
    }
  };
  const save = (fd: number) =>
    saved.push({ fd, copy: process.fds.has(fd) ? process.dup(fd, undefined, FIRST_OWN_FD) : -1 });
  try {
    for (const each of redirections) await redirectOne(shell, each, save);
  } catch (error) {
    restore();
    throw isFatal && error instanceof ShellError ? new ShellError(error.message, error.status, true) : error;
  }
  const keep = () => {
    for (const { copy } of saved.splice(0)) if (copy >= 0) closeQuietly(shell, copy);
  };
  return { restore, keep };
}

async function redirectOne(
  shell: Shell,
  { fd, operator, target }: Redirection,
  save: (fd: number) => void,
): Promise<void> {
  const { process } = shell;
  const to = fd ?? (operator.startsWith('<') ? 0 : 1);
  if (target.type === 'HereDoc' || operator === '<<<') {
    const text = target.type === 'HereDoc' ? await hereText(shell, target) : `${await shell.expander.text(target)}\n`;
    save(to);
    moveTo(shell, process.install(textStream(text), 3), to);
    return;
  }
  const word = await shell.expander.text(target);
  if ((operator === '>&' || operator === '<&') && (word === '-' || /^\d+$/.test(word))) {
    save(to);
    if (word === '-') closeQuietly(shell, to);
    else if (process.dup(Number(word), to) < 0) throw new ShellError(`${word}: ${errnoText(9)}`);
    return;
  }
  const how = HOW[operator === '>&' ? '&>' : operator] ?? HOW['<']!;
  const both = operator.startsWith('&') || operator === '>&';
  if (operator === '>' && shell.options.has('C')) {
    const there = process.stat(word);
    if (typeof there !== 'number' && there.kind === 'file')
      throw new ShellError(`${word}: cannot overwrite existing file`);
  }
  save(to);
  if (both) save(2);
  const opened = process.open(word, how);
  if (opened < 0) throw new ShellError(`${word}: ${errnoText(opened)}`);
  moveTo(shell, opened, to);
  if (both) process.dup(to, 2);
}

async function hereText(shell: Shell, { content, stripTabs }: HereDoc): Promise<string> {
  return shell.expander.text(stripTabs ? withoutTabs(content) : content);
}

/** What `<<-` makes of a text: lines begin behind their tabs. */
function withoutTabs(content: HereDoc['content']): HereDoc['content'] {
  const parts = content.parts.map((part, i) => {
    if (part.type !== 'Literal' && part.type !== 'SingleQuoted') return part;
    return { ...part, value: part.value.replace(i === 0 ? /^\t+/gm : /(?<=\n)\t+/g, '') };
  });
  return { ...content, parts };
}

/** A descriptor's file gets another number. When it has that one already, what was there before was closed. */
function moveTo({ process }: Shell, fd: number, to: number): void {
  if (fd === to) return;
  process.dup(fd, to);
  process.fds.get(fd)!.release();
  process.fds.delete(fd);
}

function closeQuietly({ process }: Shell, fd: number): void {
  process.fds.get(fd)?.release();
  process.fds.delete(fd);
}

function textStream(text: string) {
  let rest = text;
  return {
    path: '/tmp/sh-here',
    read: (size: number) => {
      const piece = rest.slice(0, size);
      rest = rest.slice(size);
      return piece;
    },
    close: () => {},
  };
}
