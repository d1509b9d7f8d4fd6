import { readSync, writeSync } from 'node:fs';
import { REQUEST_ROOM } from './fuse-server.ts';

/** Why reading requests may fail without anything being wrong: the request was withdrawn, a signal came. */
const TRY_AGAIN = new Set(['ENOENT', 'EINTR', 'EAGAIN']);
/** The file system was unmounted, or the connection aborted. */
const GONE = new Set(['ENODEV', 'ECONNABORTED', 'EBADF']);
/** An answer comes too late: whoever asked was killed, or the mount has gone. */
const UNWANTED = new Set(['ENOENT', 'ENODEV', 'ECONNABORTED']);

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

/** What it means that a request could not be read: another may be, or the mount is gone. Throws what means neither. */
export function readFailed(error: unknown): 'again' | 'gone' {
  const code = codeOf(error);
  if (TRY_AGAIN.has(code)) return 'again';
  if (GONE.has(code)) return 'gone';
  throw error;
}

/**
 * Reads requests from an open /dev/fuse that has been mounted and hands them on, until the mount is gone. Blocks its thread while there are
 * none: give it one of its own.
 */
export function serveDevice(fd: number, handle: (message: Uint8Array) => void): void {
  const buffer = Buffer.allocUnsafeSlow(REQUEST_ROOM);
  for (;;) {
    let length: number;
    try {
      length = readSync(fd, buffer);
    } catch (error) {
      if (readFailed(error) === 'gone') return;
      continue;
    }
    handle(buffer.subarray(0, length));
  }
}

/** Sends a message to the kernel. One that nobody waits for any more is dropped. */
export function sendToDevice(fd: number, message: Uint8Array): void {
  try {
    writeSync(fd, message);
  } catch (error) {
    if (!UNWANTED.has(codeOf(error))) throw error;
  }
}
