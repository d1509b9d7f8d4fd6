import type { ShellProcess } from './shell-process.ts';

/** Content of a file of which there is all at once, without a system call; empty when it cannot be read. */
export function readWholeNow(process: ShellProcess, path: string): string {
  const stream = process.system.vfs.open(process, path, { read: true });
  if (typeof stream === 'number') return '';
  let text = '';
  for (;;) {
    const piece = stream.read?.(65_536) ?? '';
    if (typeof piece === 'number' || piece === '') break;
    text += piece;
  }
  stream.close();
  return text;
}
