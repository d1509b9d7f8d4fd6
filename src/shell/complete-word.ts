import type { Shell } from './shell.ts';

/** Beginnings of a command: behind these a word names one. */
const BEFORE_COMMAND = /(^|[|&;({`]|\b(?:then|do|else|if|while|until)|\$\()\s*$/;

/** Names of a shell's builtins, functions and programs, sorted. */
export function commandNames(shell: Shell): readonly string[] {
  const names = new Set([...shell.builtins(), ...shell.functions.keys()]);
  for (const name of shell.process.system.programs()) names.add(name);
  return [...names].filter((name) => /^[\w.]+$/.test(name)).sort();
}

/** What the last word of a line may become, a command, a variable or a path, and the part of it that is replaced. */
export function completeWord(shell: Shell, text: string): [string[], string] {
  const word = /[^\s'"|&;()<>`]*$/.exec(text)![0];
  const before = text.slice(0, text.length - word.length);
  if (word.startsWith('$')) return [variables(shell, word), word];
  if (!BEFORE_COMMAND.test(before) || word.includes('/')) return [paths(shell, word), word];
  const names = commandNames(shell).filter((name) => name.startsWith(word));
  return [names.map((name) => `${name} `), word];
}

function variables(shell: Shell, word: string): string[] {
  return [...shell.variables.keys()].map((name) => `$${name}`).filter((name) => name.startsWith(word));
}

function paths({ process }: Shell, word: string): string[] {
  const { vfs } = process.system;
  const slash = word.lastIndexOf('/') + 1;
  const dir = word.slice(0, slash);
  const names = vfs.list(process, dir === '' ? '.' : dir);
  if (typeof names === 'number') return [];
  const start = word.slice(slash);
  const found = names.filter((name) => name.startsWith(start) && (start.startsWith('.') || !name.startsWith('.')));
  return found.map((name) => {
    const stat = vfs.stat(process, `${dir}${name}`);
    return `${dir}${name}${typeof stat !== 'number' && stat.kind === 'dir' ? '/' : found.length === 1 ? ' ' : ''}`;
  });
}
