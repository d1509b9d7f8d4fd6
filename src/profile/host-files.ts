import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ProfileError } from './profile-error.ts';

/** What `hostReason()` says of a file that is not there. */
const NO_SUCH_FILE = 'no such file';

const REASONS: Record<string, string> = {
  ENOENT: NO_SUCH_FILE,
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory, not a file',
};

/** Says in a few words what was wrong with a file. */
export function hostReason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? (code || message);
}

/** Makes a folder with all above it; throws as `mkdirSync()`, whose own way of doing that never ends where no folder can be made, as in /proc. */
export function makeDirs(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeDirs(above);
  mkdirSync(path);
}

/** Reads a whole file into a buffer of its own, aligned for words of any size. */
export function readHostFile(path: string): Uint8Array | ProfileError {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    return { error: `${path}: ${hostReason(error)}` };
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.allocUnsafeSlow(size);
    let length = 0;
    while (length < size) {
      const got = readSync(fd, bytes, length, size - length, null);
      if (got === 0) break;
      length += got;
    }
    // Files of procfs and the like tell no size.
    return size === 0 ? Uint8Array.from(readFileSync(fd)) : new Uint8Array(bytes.buffer, 0, length);
  } catch (error) {
    return { error: `${path}: ${hostReason(error)}` };
  } finally {
    closeSync(fd);
  }
}
