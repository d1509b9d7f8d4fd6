import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { Btf } from '../btf/btf.ts';
import type { FunctionTable } from './function-table.ts';
import { hostReason } from './host-files.ts';
import { builtinProfiles, loadProfile } from './profile.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { type Progress, readPacked, unpackSource } from './read-source.ts';
import { userProfiles } from './store.ts';
import type { SymbolTable } from './symbol-table.ts';

/** A file of the source's `recordings` folder, unpacked and without `.gz` in its name; or a converted recording. */
export interface RecordingFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a converter of recordings may ask about the kernel that is imported. */
export interface ImportedKernel {
  /** What one of the `TEXT_FILES` holds. */
  text(name: string): string | undefined;
  readonly btf: Btf;
  readonly symbols: SymbolTable;
  readonly functions: FunctionTable;
}

/** Turns the recordings of a source into what `WorkloadFiles` will read. */
export interface RecordingConverter {
  /** Another one for each version that makes other bytes of the same recordings. */
  readonly revision: number;
  /** Whether it reads a file of this name. */
  reads(name: string): boolean;
  /** Converts them, one after the other. */
  convert(files: readonly RecordingFile[], kernel: ImportedKernel): Iterable<RecordingFile>;
}

/** What is converted, and how. */
interface RecordingsImport {
  /** Folder of recordings. */
  readonly dir: string;
  /** /proc/version of the kernel, which says whose recordings may be lent. */
  readonly banner: string;
  readonly converter: RecordingConverter;
  readonly kernel: ImportedKernel;
  /** The profile's files that the kernel is read from, which count for the digest. */
  readonly kernelFiles: readonly Uint8Array[];
  /** Where the profile goes: the one that is there may have the same recordings converted. */
  readonly outDir: string;
  /** Convert even what another profile has converted. */
  readonly fresh?: boolean | undefined;
  readonly progress?: Progress | undefined;
}

/** Workloads as a profile keeps them. */
export interface ImportedRecordings {
  /** Packed workloads. */
  readonly workloads: readonly RecordingFile[];
  /** Digest of all that they were made from; `undefined` for none. */
  readonly digest?: string;
  /** What to tell of it, a sentence each. */
  readonly warnings: readonly string[];
}

/** A file as it was found, still packed, with the name it has unpacked. */
interface PackedFile extends RecordingFile {
  readonly path: string;
}

/**
 * Converts the recordings of a folder. Those that come with the program are added for the kernel that they are of; and where another profile
 * was made from the same bytes by the same converter, its workloads are taken as they are.
 */
export async function importRecordings(what: RecordingsImport): Promise<ImportedRecordings | ProfileError> {
  const { dir, converter, banner, progress } = what;
  const own = await readFolder(dir, converter, progress);
  if (isProfileError(own)) return own;
  const warnings: string[] = [];
  const lent = own.length === 0 ? [] : await lentTo(banner, own, converter);
  if (isProfileError(lent)) return lent;
  if (lent.length > 0)
    warnings.push(`${lent.length} recordings of this kernel that come with the program are used, too`);
  const files = [...own, ...lent].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (files.length === 0) return { workloads: [], warnings };
  const digest = digestOf(files, what);
  const found = what.fresh ? undefined : findConverted(digest, what.outDir);
  if (found !== undefined) {
    warnings.push(`recordings are converted in ${found.name} already, from the same files: taken from there`);
    return { workloads: found.workloads, digest, warnings };
  }
  const workloads = await convert(files, what);
  return isProfileError(workloads) ? workloads : { workloads, digest, warnings };
}

/** The files of a folder that a converter reads, still packed. */
async function readFolder(
  dir: string,
  { reads }: RecordingConverter,
  progress?: Progress,
): Promise<PackedFile[] | ProfileError> {
  let names: string[];
  try {
    names = readdirSync(dir).sort();
  } catch (error) {
    return { error: `${dir}: ${hostReason(error)}` };
  }
  const files: PackedFile[] = [];
  for (const file of names) {
    const name = file.replace(/\.(gz|br|zst|xz)$/, '');
    if (!reads(name)) continue;
    const path = join(dir, file);
    const bytes = await readPacked(path, progress);
    if (isProfileError(bytes)) return bytes;
    files.push({ name, path, bytes });
  }
  return files;
}

/** Where the recordings that come with the program are, a folder for each built-in kernel: beside this file, or, when it is bundled, where the sources keep them. */
function lentDir(): string | undefined {
  return ['./recordings', '../src/profile/recordings']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((dir) => existsSync(dir));
}

/** Recordings that come with the program, of exactly this kernel, that a source does not have. */
async function lentTo(
  banner: string,
  own: readonly PackedFile[],
  converter: RecordingConverter,
): Promise<readonly PackedFile[] | ProfileError> {
  const root = lentDir();
  if (root === undefined) return [];
  const name = builtinProfiles().find((each) => {
    const profile = loadProfile(each);
    return !isProfileError(profile) && profile.banner === banner && existsSync(join(root, each));
  });
  if (name === undefined) return [];
  const lent = await readFolder(join(root, name), converter);
  return isProfileError(lent) ? lent : lent.filter((file) => !own.some((mine) => mine.name === file.name));
}

/** Digest of all that workloads are made from, in hexadecimal. */
function digestOf(files: readonly PackedFile[], { converter, kernelFiles }: RecordingsImport): string {
  const hash = createHash('sha256');
  const add = (bytes: Uint8Array | string) => hash.update(`${bytes.length}\n`).update(bytes);
  add(`converter ${converter.revision}`);
  for (const bytes of kernelFiles) add(bytes);
  for (const { name, bytes } of files) {
    add(name);
    add(bytes);
  }
  return hash.digest('hex');
}

/** Workloads of a profile that were made from what this digest is of. */
function findConverted(digest: string, outDir: string): ({ name: string } & ImportedRecordings) | undefined {
  const places = existsSync(outDir) ? [outDir] : [];
  for (const place of [...builtinProfiles(), ...userProfiles(), ...places]) {
    const profile = loadProfile(place);
    if (isProfileError(profile) || profile.recordingsDigest !== digest) continue;
    try {
      const workloads = profile.workloads.names.map((name) => ({
        name,
        bytes: readFileSync(join(profile.dir, 'workloads', `${name}.br`)),
      }));
      return { name: profile.name, workloads, warnings: [] };
    } catch {
      // One that cannot be read is none to take them from.
    }
  }
  return undefined;
}

async function convert(
  files: readonly PackedFile[],
  { converter, kernel, progress }: RecordingsImport,
): Promise<readonly RecordingFile[] | ProfileError> {
  const unpacked: RecordingFile[] = [];
  for (const { name, path, bytes } of files) {
    progress?.(`unpacking ${name}`, 0, 1);
    const plain = await unpackSource(path, bytes);
    if (isProfileError(plain)) return plain;
    unpacked.push({ name, bytes: plain });
  }
  progress?.('converting recordings', 0, 1);
  const packed: Promise<RecordingFile>[] = [];
  for (const { name, bytes } of converter.convert(unpacked, kernel)) {
    progress?.(`converting recordings: ${name} is done`, 0, 1);
    if (!/^\w[\w.-]*$/.test(name)) return { error: `a recording has an impossible name: ${JSON.stringify(name)}` };
    packed.push(compress(bytes).then((small) => ({ name, bytes: small })));
  }
  progress?.('packing recordings', 0, 1);
  return Promise.all(packed);
}

/** Packs in a thread of its own, while others are converted. */
async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
