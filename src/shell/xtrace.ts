import type { Shell } from './shell.ts';

/** A word, in quotes where it needs them. */
export const quoteWord = (word: string) => (/^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`);

/** Shows a command before it runs, under `set -x`. */
export async function showCommand(
  shell: Shell,
  assigned: readonly (readonly [string, string])[],
  words: readonly string[] = [],
): Promise<void> {
  if (!shell.options.has('x')) return;
  const parts = [
    ...assigned.map(([name, value]) => `${name}=${value === '' ? '' : quoteWord(value)}`),
    ...words.map(quoteWord),
  ];
  await shell.process.write(2, `${shell.get('PS4') ?? '+ '}${parts.join(' ')}\n`);
}
