import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Name of the kernel that is meant unless told. */
export const DEFAULT_NAME = 'default';
const SUFFIX = '.sock';
/** Longest path of a Unix socket, bytes, its terminator left out. */
const MAX_PATH = 107;

/** A folder or a name that cannot be used; `message` is one line. */
export class SocketPathError extends Error {
  override readonly name = 'SocketPathError';
}

/** Folder of the sockets: of this user alone. In XDG_RUNTIME_DIR, or, where that is not set, `fprobe-UID` in the folder for temporary files. */
export function socketFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_RUNTIME_DIR: runtime } = env;
  return runtime ? join(runtime, 'fprobe') : join(tmpdir(), `fprobe-${process.getuid?.() ?? 0}`);
}

/** Makes the folder, or checks that nobody else can put sockets there. Throws {@link SocketPathError}. */
export function secureFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700, recursive: true });
    const stat = lstatSync(folder);
    if (!stat.isDirectory()) throw new SocketPathError(`${folder}: not a directory`);
    if (stat.uid !== process.getuid?.()) throw new SocketPathError(`${folder}: belongs to somebody else`);
    if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  } catch (error) {
    throw error instanceof SocketPathError ? error : new SocketPathError(`${folder}: ${(error as Error).message}`);
  }
}

/** Path of the socket of a kernel. Throws {@link SocketPathError} for a name that cannot be one. */
export function socketPath(name: string, folder = socketFolder()): string {
  if (!/^[\w][\w.-]*$/.test(name))
    throw new SocketPathError(`${name}: a kernel's name has letters, digits, _ - . in it`);
  const path = join(folder, name + SUFFIX);
  if (Buffer.byteLength(path) > MAX_PATH) throw new SocketPathError(`${path}: longer than the path of a socket may be`);
  return path;
}

/** Names of the kernels that have a socket, sorted; some may be gone. */
export function kernelNames(folder = socketFolder()): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort();
  } catch {
    return [];
  }
}
