import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Errno } from '../abi/errno.ts';
import type { TranscriptTarget } from '../tracefs/index.ts';
import { UsageError } from './exit-status.ts';
import { hostReason } from './input.ts';

/** Bytes that one read of a file takes at the most, so that a file that feeds itself ends. */
const MAX_READ = 64 << 20;

/** Runs a system call; a failure is its errno, negative. */
function call<T>(operation: () => T): T | number {
  try {
    return operation();
  } catch (error) {
    const { errno, code } = error as NodeJS.ErrnoException;
    return errno !== undefined && errno < 0 ? errno : -(Errno[code as keyof typeof Errno] ?? Errno.EIO);
  }
}

/** Runs a system call that only succeeds or fails. */
function done(operation: () => void): number {
  return call(() => {
    operation();
    return 0;
  });
}

function withFile<T>(path: string, flags: number, use: (fd: number) => T): T | number {
  return call(() => {
    const fd = openSync(path, flags);
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  });
}

function readAll(fd: number): string {
  const chunks: string[] = [];
  const buffer = Buffer.allocUnsafe(65536);
  for (let total = 0; total < MAX_READ; ) {
    const length = readSync(fd, buffer);
    if (length === 0) break;
    total += length;
    chunks.push(buffer.toString('latin1', 0, length));
  }
  return chunks.join('');
}

/**
 * A real tracefs, for `fprobe record --tracefs`. A write is one open, one write(2), one close.
 * Throws UsageError when the folder cannot be read.
 */
export function hostTracefs(root: string): { target: TranscriptTarget; fork: (count: number) => number } {
  try {
    readdirSync(root);
  } catch (error) {
    throw new UsageError(`${root}: ${hostReason(error)}`);
  }
  const at = (path: string) => join(root, Buffer.from(path, 'latin1').toString('utf8'));
  const target: TranscriptTarget = {
    read: (path) => withFile(at(path), constants.O_RDONLY, readAll),
    write: (path, data, how) =>
      withFile(at(path), constants.O_WRONLY | (how?.append ? constants.O_APPEND : constants.O_TRUNC), (fd) =>
        data === '' ? 0 : writeSync(fd, Buffer.from(data, 'latin1')),
      ) as number,
    stat: (path) =>
      call(() => {
        const stat = statSync(at(path));
        return {
          kind: stat.isDirectory() ? ('dir' as const) : ('file' as const),
          mode: stat.mode & 0o7777,
          links: stat.nlink,
        };
      }),
    list: (path) => call(() => readdirSync(at(path))),
    mkdir: (path) => done(() => mkdirSync(at(path))),
    rmdir: (path) => done(() => rmdirSync(at(path))),
  };
  const fork = (count: number): number => {
    for (let i = 0; i < count; i++) spawnSync('true');
    return 0;
  };
  return { target, fork };
}
