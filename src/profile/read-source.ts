import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { hostReason } from './host-files.ts';
import type { ProfileError } from './profile-error.ts';

/** Most bytes that a file may have, or unpack to. */
const MAX_BYTES = 2 ** 30;
const CHUNK = 2 ** 20;

/** Told how far an import is: bytes of a file, or steps of some work. */
export type Progress = (what: string, done: number, total: number) => void;

/** How a file is packed, by its first bytes. */
const PACKINGS: readonly { readonly name: string; readonly magic: readonly number[] }[] = [
  { name: 'gzip', magic: [0x1f, 0x8b] },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'lzma', magic: [0x5d, 0, 0] },
  { name: 'lz4', magic: [0x02, 0x21, 0x4c, 0x18] },
  { name: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18] },
  { name: 'lzop', magic: [0x89, 0x4c, 0x5a, 0x4f] },
];

/** Name of what the bytes are packed with; `undefined` for plain ones. Brotli has no mark of its own. */
export function packingOf(bytes: Uint8Array): string | undefined {
  return PACKINGS.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte))?.name;
}

type Unpacker = () => NodeJS.ReadWriteStream;

/** What unpacks a packing with this Node; zstd came with Node 22.15. */
function unpackerOf(packing: string): Unpacker | ProfileError {
  if (packing === 'gzip') return zlib.createGunzip;
  if (packing === 'brotli') return zlib.createBrotliDecompress;
  const { createZstdDecompress } = zlib as { createZstdDecompress?: Unpacker };
  if (packing === 'zstd') {
    return createZstdDecompress ?? { error: 'is packed with zstd, which Node unpacks from 22.15 on: run unzstd first' };
  }
  return { error: `is packed with ${packing}, which Node cannot unpack: unpack it first` };
}

/** Collects what comes, up to the limit; throws past it. */
async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MAX_BYTES) throw Object.assign(new Error(), { code: 'ERR_BUFFER_TOO_LARGE' });
    parts.push(chunk);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function* chunksOf(handle: FileHandle, name: string, size: number, progress: Progress | undefined) {
  for (let done = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null);
    if (bytesRead === 0) break;
    done += bytesRead;
    progress?.(name, done, Math.max(size, done));
    yield buffer.subarray(0, bytesRead);
  }
}

/** Puts a first chunk back before the others. */
async function* withFirst(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/** Unpacks chunks as they come. */
export async function unpackChunks(
  chunks: AsyncIterable<Uint8Array>,
  packing: string,
): Promise<Uint8Array | ProfileError> {
  const unpacker = unpackerOf(packing);
  if (typeof unpacker !== 'function') return unpacker;
  try {
    let bytes: Uint8Array = new Uint8Array(0);
    await pipeline(Readable.from(chunks), unpacker(), async (unpacked) => {
      bytes = await collect(unpacked as AsyncIterable<Uint8Array>);
    });
    return bytes;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall !== undefined) throw error;
    return { error: code === 'ERR_BUFFER_TOO_LARGE' ? 'unpacks to more than 1 GiB' : `damaged ${packing} data` };
  }
}

/** Opens a file, gives its first piece and the others to `use`; the error of either names the file. */
async function withChunks(
  path: string,
  progress: Progress | undefined,
  use: (first: Uint8Array, all: AsyncIterable<Uint8Array>) => Promise<Uint8Array | ProfileError>,
): Promise<Uint8Array | ProfileError> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stat = await handle.stat();
    if (stat.isDirectory()) return { error: `${path}: is a directory, not a file` };
    const chunks = chunksOf(handle, path, stat.size, progress);
    const { value: first, done } = await chunks.next();
    if (done) return new Uint8Array(0);
    const bytes = await use(first, withFirst(first, chunks));
    return 'error' in bytes ? { error: `${path}: ${bytes.error}` } : bytes;
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { error: `${path}: ${tooLarge ? 'has more than 1 GiB' : hostReason(error)}` };
  } finally {
    await handle?.close();
  }
}

/** How a file is packed, by its name and first bytes. */
const packingOfFile = (path: string, first: Uint8Array) => (path.endsWith('.br') ? 'brotli' : packingOf(first));

/**
 * Reads a whole file, unpacked when it is packed with gzip, brotli (by its name, `.br`) or, where Node can, zstd. It is read in pieces, so that
 * `progress` is told how far it is. The bytes are in a buffer of their own, aligned for words of any size.
 */
export async function readSource(path: string, progress?: Progress): Promise<Uint8Array | ProfileError> {
  return withChunks(path, progress, (first, all) => {
    const packing = packingOfFile(path, first);
    return packing === undefined ? collect(all) : unpackChunks(all, packing);
  });
}

/** Reads a whole file as it is, packed or not. */
export async function readPacked(path: string, progress?: Progress): Promise<Uint8Array | ProfileError> {
  return withChunks(path, progress, (_, all) => collect(all));
}

/** Unpacks what {@link readPacked} read of a file. */
export async function unpackSource(path: string, bytes: Uint8Array): Promise<Uint8Array | ProfileError> {
  const packing = packingOfFile(path, bytes);
  if (packing === undefined || bytes.length === 0) return bytes;
  const plain = await unpackChunks(Readable.from([bytes]), packing);
  return 'error' in plain ? { error: `${path}: ${plain.error}` } : plain;
}
