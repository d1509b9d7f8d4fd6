import type { ShellProcess } from './shell-process.ts';

/**
 * Reads a whole file. With `eager`, a file whose data come bit by bit ends where it would make its reader wait, once something was read.
 * @returns its bytes or a negative errno
 */
export async function readFile(process: ShellProcess, path: string, eager = false): Promise<string | number> {
  const fd = process.open(path, { read: true });
  if (fd < 0) return fd;
  let text = '';
  for (;;) {
    if (eager && text !== '' && process.wouldWait(fd)) break;
    const piece = await process.read(fd, 65_536);
    if (typeof piece === 'number') {
      process.close(fd);
      return piece;
    }
    if (piece === '') break;
    text += piece;
  }
  process.close(fd);
  return text;
}
