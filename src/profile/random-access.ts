import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { hostReason } from './host-files.ts';
import type { ProfileError } from './profile-error.ts';
import { type Progress, packingOf, readSource } from './read-source.ts';

/** Bytes that are read where they are needed: a file may be larger than memory. */
export interface RandomAccess {
  readonly size: number;
  /** `length` bytes from `at` on, in a buffer of their own; `undefined` when they are not all there. */
  read(at: number, length: number): Uint8Array | undefined;
  close(): void;
}

/** Bytes in memory. */
export function accessBytes(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    read: (at, length) =>
      at >= 0 && length >= 0 && at + length <= bytes.length
        ? Uint8Array.from(bytes.subarray(at, at + length))
        : undefined,
    close() {},
  };
}

function accessDescriptor(fd: number, size: number): RandomAccess {
  return {
    size,
    read(at, length) {
      if (!(at >= 0 && length >= 0 && at + length <= size)) return undefined;
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const got = readSync(fd, bytes, done, length - done, at + done);
        if (got === 0) return undefined;
        done += got;
      }
      return bytes;
    },
    close: () => closeSync(fd),
  };
}

/** Opens a file for reading in places; a packed one is unpacked into memory. */
export async function openAccess(path: string, progress?: Progress): Promise<RandomAccess | ProfileError> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    return { error: `${path}: ${hostReason(error)}` };
  }
  try {
    const stat = fstatSync(fd);
    const head = new Uint8Array(16);
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (stat.isFile()) {
      readSync(fd, head, 0, head.length, 0);
      if (packingOf(head) === undefined && !path.endsWith('.br')) return accessDescriptor(fd, stat.size);
    }
    closeSync(fd);
  } catch (error) {
    closeSync(fd);
    return { error: `${path}: ${hostReason(error)}` };
  }
  const bytes = await readSource(path, progress);
  return bytes instanceof Uint8Array ? accessBytes(bytes) : bytes;
}
