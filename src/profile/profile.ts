import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ArchName, longSizeOf } from '../abi/arch-names.ts';
import { Btf } from '../btf/btf.ts';
import { FunctionTable } from './function-table.ts';
import { hostReason, readHostFile } from './host-files.ts';
import { ALL_TYPES_FILE, MANIFEST_FILE, type Manifest, ProfileFile, parseManifest } from './manifest.ts';
import { isProfileError, ProfileDamage, type ProfileError } from './profile-error.ts';
import { unpackSections, wordsOf } from './section-file.ts';
import { StaticEvents } from './static-events.ts';
import { isProfileName, userProfileDir, userProfiles } from './store.ts';
import { SymbolTable } from './symbol-table.ts';
import { WorkloadFiles } from './workload-files.ts';

/** The kernel that is simulated unless told. */
export const DEFAULT_PROFILE = 'linux-6.16.3-amd64';

/** What is known of a kernel. Each part is read from its file when it is first used. */
export interface KernelProfile {
  readonly name: string;
  /** `uname -r`. */
  readonly release: string;
  /** /proc/version, without the newline. */
  readonly banner: string;
  readonly arch: ArchName;
  readonly symbols: SymbolTable;
  readonly functions: FunctionTable;
  /** Its types, those of its modules behind them. */
  readonly btf: Btf;
  /** The types as the kernel hands them out, `/sys/kernel/btf/vmlinux`. */
  readonly btfBytes: Uint8Array;
  readonly events: StaticEvents;
  readonly workloads: WorkloadFiles;
  /** Its folder. */
  readonly dir: string;
  /** Whether it comes with the program. */
  readonly isBuiltin: boolean;
  /** What was guessed or missing when it was imported, a sentence each. */
  readonly notes: readonly string[];
  /** Digest of what the workloads were converted from; `undefined` where there are none. */
  readonly recordingsDigest: string | undefined;
  /** Whether the kernel has types (BTF). */
  readonly hasTypes: boolean;
  /** Opens every section once, to find damage. */
  check(): ProfileError | undefined;
  /** Text of a file that was imported as it was: `initial-files.txt`, `options.txt`, `listing.txt`, `fprobe-event.txt`, `instance.txt`. */
  text(name: string): string | undefined;
}

/** Names of the profiles that come with the program, sorted. */
export function builtinProfiles(): string[] {
  const dir = builtinDir();
  return dir === undefined
    ? []
    : readdirSync(dir)
        .filter((name) => existsSync(join(dir, name, MANIFEST_FILE)))
        .sort();
}

/** The folder that a name stands for: a profile that comes with the program, one of the user's, or a folder. */
function findDir(nameOrDir: string): { dir: string; isBuiltin: boolean } | undefined {
  const builtin = builtinDir();
  if (isProfileName(nameOrDir)) {
    const has = (dir: string) => existsSync(join(dir, MANIFEST_FILE));
    if (builtin !== undefined && has(join(builtin, nameOrDir)))
      return { dir: join(builtin, nameOrDir), isBuiltin: true };
    if (has(userProfileDir(nameOrDir))) return { dir: userProfileDir(nameOrDir), isBuiltin: false };
  }
  return existsSync(nameOrDir) ? { dir: nameOrDir, isBuiltin: false } : undefined;
}

/**
 * Opens a profile by the name of one that comes with the program or that the user imported, or by its folder. That all files are there and of
 * the size that the manifest says is checked at once; a file that is damaged inside is found when it is first used, which throws `ProfileDamage`.
 */
export function loadProfile(nameOrDir: string = DEFAULT_PROFILE): KernelProfile | ProfileError {
  const found = findDir(nameOrDir);
  if (found === undefined) {
    const mine = userProfiles();
    const imported = mine.length > 0 ? `, imported (${mine.join(', ')})` : '';
    return {
      error: `no profile "${nameOrDir}": neither built in (${builtinProfiles().join(', ')})${imported} nor a folder`,
    };
  }
  const path = join(found.dir, MANIFEST_FILE);
  const bytes = readHostFile(path);
  if (isProfileError(bytes)) return bytes;
  const manifest = parseManifest(new TextDecoder().decode(bytes));
  if (isProfileError(manifest)) return { error: `${path}: ${manifest.error}` };
  const profile = new LazyProfile(found.dir, manifest, found.isBuiltin);
  return profile.checkSizes() ?? profile;
}

/** Where the built-in profiles are: beside this file, or, when it is bundled, where the sources keep them. */
function builtinDir(): string | undefined {
  return ['./builtin', '../src/profile/builtin']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((dir) => existsSync(dir));
}

class LazyProfile implements KernelProfile {
  readonly name: string;
  readonly release: string;
  readonly banner: string;
  readonly arch: ArchName;
  readonly dir: string;
  readonly isBuiltin: boolean;
  readonly notes: readonly string[];
  readonly recordingsDigest: string | undefined;
  readonly hasTypes: boolean;
  readonly #files: Manifest['files'];
  #symbols: SymbolTable | undefined;
  #functions: FunctionTable | undefined;
  #btf: Btf | undefined;
  #events: StaticEvents | undefined;
  #formats: Uint8Array | undefined;
  #workloads: WorkloadFiles | undefined;

  constructor(dir: string, manifest: Manifest, isBuiltin: boolean) {
    const { name, release, banner, arch, files, notes = [] } = manifest;
    this.name = name;
    this.release = release;
    this.banner = banner;
    this.arch = arch;
    this.dir = dir;
    this.isBuiltin = isBuiltin;
    this.notes = notes;
    this.recordingsDigest = manifest.recordings;
    this.hasTypes = Object.hasOwn(files, ProfileFile.btf);
    this.#files = files;
  }

  get symbols(): SymbolTable {
    this.#symbols ??= this.#open(ProfileFile.symbols, (bytes) => SymbolTable.fromBytes(bytes));
    return this.#symbols;
  }

  get functions(): FunctionTable {
    this.#functions ??= this.#open(ProfileFile.functions, (bytes) =>
      FunctionTable.fromBytes(bytes, () => this.symbols),
    );
    return this.#functions;
  }

  get btf(): Btf {
    if (this.#btf === undefined && !this.hasTypes) this.#btf = Btf.none();
    if (this.#btf === undefined) {
      const pointerSize = longSizeOf(this.arch);
      const index = this.#open(ProfileFile.btfIndex, (bytes) => unpackSections(bytes, 'btfIndex', 1));
      const file = Object.hasOwn(this.#files, ALL_TYPES_FILE) ? ALL_TYPES_FILE : ProfileFile.btf;
      this.#btf = this.#open(file, (bytes) => Btf.parse(bytes, { index: wordsOf(index[0]!), pointerSize }));
    }
    return this.#btf;
  }

  get btfBytes(): Uint8Array {
    return this.#open(ProfileFile.btf, (bytes) => bytes);
  }

  get events(): StaticEvents {
    this.#events ??= this.#open(ProfileFile.events, (bytes) =>
      StaticEvents.fromBytes(bytes, () => this.#formatBytes()),
    );
    return this.#events;
  }

  get workloads(): WorkloadFiles {
    if (this.#workloads === undefined) {
      const names = Object.keys(this.#files).map((path) => /^workloads\/(.*)\.br$/.exec(path)?.[1]);
      this.#workloads = new WorkloadFiles(names.filter((name) => name !== undefined).sort(), (name) =>
        this.#open(`workloads/${name}.br`, decompress),
      );
    }
    return this.#workloads;
  }

  text(name: string): string | undefined {
    const path = `text/${name}`;
    return Object.hasOwn(this.#files, path)
      ? this.#open(path, (bytes) => ({ text: new TextDecoder().decode(bytes) })).text
      : undefined;
  }

  /** Are all files there, and as long as they should be? */
  checkSizes(): ProfileError | undefined {
    const needed = Object.entries(ProfileFile).filter(([part]) => this.hasTypes || !part.startsWith('btf'));
    const missing = needed.map(([, name]) => name).find((name) => !Object.hasOwn(this.#files, name));
    if (missing !== undefined) return { error: `${join(this.dir, MANIFEST_FILE)}: does not list ${missing}` };
    for (const [name, size] of Object.entries(this.#files)) {
      const path = join(this.dir, name);
      try {
        const actual = statSync(path).size;
        if (actual !== size) return { error: `${path}: has ${actual} bytes instead of ${size}` };
      } catch (error) {
        return { error: `${path}: ${hostReason(error)}` };
      }
    }
    return undefined;
  }

  check(): ProfileError | undefined {
    try {
      for (const part of [this.symbols, this.functions, this.btf, this.events]) void part;
      for (const name of this.workloads.names) this.workloads.read(name);
      return undefined;
    } catch (error) {
      if (error instanceof ProfileDamage) return { error: error.message };
      throw error;
    }
  }

  #formatBytes(): Uint8Array {
    this.#formats ??= this.#open(ProfileFile.formats, (bytes) => bytes);
    return this.#formats;
  }

  /** Reads and opens a file that `checkSizes()` has seen; throws `ProfileDamage` when it changed or was damaged since it was made. */
  #open<T extends object>(name: string, open: (bytes: Uint8Array) => T | ProfileError): T {
    const path = join(this.dir, name);
    const bytes = readHostFile(path);
    if (isProfileError(bytes)) throw new ProfileDamage(bytes.error);
    const part = open(bytes);
    if (isProfileError(part)) throw new ProfileDamage(`${path}: ${part.error}`);
    return part;
  }
}

function decompress(bytes: Uint8Array): Uint8Array | ProfileError {
  try {
    // Loaded here because it takes 2 ms, and few programs read recordings.
    const unpacked = process.getBuiltinModule('node:zlib').brotliDecompressSync(bytes);
    return new Uint8Array(unpacked.buffer, unpacked.byteOffset, unpacked.length);
  } catch {
    return { error: 'is damaged' };
  }
}
