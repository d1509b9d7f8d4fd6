import { close, mkdir, open, read, readdir, rmdir, write } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Errno } from '../abi/errno.ts';
import { type KernelFiles, type OpenMode, placeOf, type RemoteFile } from './kernel-files.ts';

/** Variable of the environment that tells programs in a session where its tree is mounted. */
export const SESSION_VARIABLE = 'FPROBE_SESSION';
const READ_SIZE = 1 << 16;

const callbacks = {
  open: promisify(open),
  read: promisify(read),
  write: promisify(write),
  close: promisify(close),
  readdir: promisify(readdir),
  mkdir: promisify(mkdir),
  rmdir: promisify(rmdir),
};

/** Runs a system call; a failure is its errno, negative. */
async function call<T>(operation: Promise<T>): Promise<T | number> {
  try {
    return await operation;
  } catch (error) {
    return (error as NodeJS.ErrnoException).errno ?? -Errno.EIO;
  }
}

/** The files of the session that this process runs in, as they are mounted. */
export class SessionFiles implements KernelFiles {
  readonly #root: string;

  /** @param root where the session's tree is mounted */
  constructor(root: string) {
    this.#root = root;
  }

  async openFile(path: string, how: OpenMode): Promise<RemoteFile | number> {
    return this.#open(placeOf(path), flagsOf(how));
  }

  async list(path: string): Promise<readonly string[] | number> {
    const names = await call(callbacks.readdir(this.#at(placeOf(path)), 'latin1'));
    return typeof names === 'number' ? names : names.sort();
  }

  async mkdir(path: string): Promise<number> {
    return ((await call(callbacks.mkdir(this.#at(placeOf(path))))) as number | undefined) ?? 0;
  }

  async rmdir(path: string): Promise<number> {
    return ((await call(callbacks.rmdir(this.#at(placeOf(path))))) as number | undefined) ?? 0;
  }

  async run(workload: string, seed?: number): Promise<string | undefined> {
    const control = await this.#open('control', 'r+');
    if (typeof control === 'number') return `the session is gone (errno ${-control})`;
    await control.write(JSON.stringify({ run: workload, ...(seed !== undefined && { seed }) }));
    const answer = await control.read();
    await control.close();
    return typeof answer === 'string' ? answer.trimEnd() || undefined : `the session is gone (errno ${-answer})`;
  }

  close(): void {}

  async #open(place: string, flags: string | number): Promise<RemoteFile | number> {
    const fd = await call(callbacks.open(this.#at(place), flags));
    if (typeof fd !== 'number' || fd < 0) return fd;
    return {
      read: async (size = READ_SIZE) => {
        const buffer = Buffer.allocUnsafe(size);
        const done = await call(callbacks.read(fd, buffer, 0, size, null));
        return typeof done === 'number' ? done : buffer.toString('latin1', 0, done.bytesRead);
      },
      write: async (data) => {
        const done = await call(callbacks.write(fd, Buffer.from(data, 'latin1')));
        return typeof done === 'number' ? done : done.bytesWritten;
      },
      close: async () => {
        await call(callbacks.close(fd));
      },
    };
  }

  #at(place: string): string {
    return join(this.#root, Buffer.from(place, 'latin1').toString('utf8'));
  }
}

function flagsOf({ read: reads, write: writes, append, truncate, nonblock }: OpenMode): number {
  const access = writes ? (reads ? 2 : 1) : 0;
  return access | (append ? 0o2000 : 0) | (truncate ? 0o1000 : 0) | (nonblock ? 0o4000 : 0);
}
