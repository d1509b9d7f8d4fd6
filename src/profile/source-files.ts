import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { NO_SUCH_FILE, readHostFile } from './host-files.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';

/** Most bytes that a packed file may unpack to. */
const MAX_UNPACKED = 2 ** 30;

/** Reads `name` or `name.gz` of a folder, unpacked. `undefined` when there is neither. */
export function readSourceFile(dir: string, name: string): Uint8Array | ProfileError | undefined {
  for (const candidate of [name, `${name}.gz`]) {
    const path = join(dir, candidate);
    const bytes = readHostFile(path);
    if (!isProfileError(bytes)) return unpack(path, bytes);
    if (bytes.error !== `${path}: ${NO_SUCH_FILE}`) return bytes;
  }
  return undefined;
}

/** Unpacks bytes that start like a gzip file; others are given back. */
export function unpack(path: string, bytes: Uint8Array): Uint8Array | ProfileError {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const unpacked = gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
    return new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.length);
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { error: `${path}: ${tooLarge ? 'unpacks to more than 1 GiB' : 'damaged gzip data'}` };
  }
}
