import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { UsageError } from './exit-status.ts';

const REASONS: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a directory, not a file',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
};

/** Says in a few words why a host file could not be used. */
export function hostReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (error as Error).message;
}

/**
 * Reads a whole host file, or stdin for `-`. Gzipped files are unpacked.
 * Throws UsageError with one clear line when it cannot be read.
 */
export function readInput(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = path === '-' ? readStdin() : readRegular(path);
  } catch (error) {
    throw new UsageError(`${path === '-' ? 'standard input' : path}: ${hostReason(error)}`);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const { gunzipSync } = createRequire(import.meta.url)('node:zlib') as typeof import('node:zlib');
  try {
    return gunzipSync(bytes);
  } catch {
    throw new UsageError(`${path}: damaged gzip data`);
  }
}

function readRegular(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    if (fstatSync(fd).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function readStdin(): Uint8Array {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(65536);
    let length: number;
    try {
      length = readSync(0, chunk);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') break;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      continue;
    }
    if (length === 0) break;
    chunks.push(chunk.subarray(0, length));
  }
  return Buffer.concat(chunks);
}

/** Bytes as a string of one character a byte, the form in which definitions are kept (the kernel's strings are bytes). */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** A string of one character a byte back to bytes, to be written out as it came in. */
export function latin1Bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** Definitions given on the command line arrive as UTF-16; the kernel would see their UTF-8 bytes. */
export function argumentBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
