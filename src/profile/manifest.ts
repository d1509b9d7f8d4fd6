import { ARCH_NAMES, type ArchName } from '../abi/arch-names.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { PROFILE_FORMAT } from './section-file.ts';

/** Name of the manifest in a profile's folder. */
export const MANIFEST_FILE = 'profile.json';

/** Names of the section files in a profile's folder. */
export const ProfileFile = {
  symbols: 'symbols.bin',
  functions: 'functions.bin',
  btf: 'vmlinux.btf',
  btfIndex: 'btf-index.bin',
  events: 'events.bin',
  formats: 'event-formats.txt',
} as const;

/** The types of the kernel and its modules in one, where there are any of modules. */
export const ALL_TYPES_FILE = 'all-types.btf';

/** What `profile.json` says. */
export interface Manifest {
  readonly format: number;
  readonly name: string;
  /** `uname -r`. */
  readonly release: string;
  /** /proc/version, without the newline. */
  readonly banner: string;
  readonly arch: ArchName;
  /** What was guessed or missing when it was made, a sentence each. */
  readonly notes?: readonly string[];
  /** Digest of what the workloads were converted from. */
  readonly recordings?: string;
  /** Bytes of every file of the profile, by its path below the folder. */
  readonly files: Readonly<Record<string, number>>;
}

/** Reads the text of a manifest. The error names no file: the caller knows it. */
export function parseManifest(text: string): Manifest | ProfileError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: 'is not JSON' };
  }
  if (typeof value !== 'object' || value === null || isProfileError(value)) return { error: 'is not a profile' };
  const { format, name, release, banner, arch, notes, recordings, files } = value as Record<string, unknown>;
  if (format !== PROFILE_FORMAT)
    return { error: `has format ${JSON.stringify(format)?.slice(0, 20)}, this program reads format ${PROFILE_FORMAT}` };
  if (!isArch(arch))
    return { error: `is for the arch ${JSON.stringify(arch)?.slice(0, 20)}, which this program does not know` };
  if (typeof name !== 'string' || typeof release !== 'string' || typeof banner !== 'string')
    return { error: 'does not say which kernel it is' };
  const sizes = Object.entries(typeof files === 'object' && files !== null ? files : {});
  const unsafe = sizes.find(
    ([path, size]) => !/^(\w[\w.-]*\/)?\w[\w.-]*$/.test(path) || !Number.isInteger(size) || size < 0,
  );
  if (unsafe !== undefined) return { error: `lists a file it must not: ${JSON.stringify(unsafe[0]).slice(0, 60)}` };
  const told = Array.isArray(notes) ? { notes: notes.map(String) } : {};
  const digest = typeof recordings === 'string' ? { recordings } : {};
  return { format, name, release, banner, arch, ...told, ...digest, files: Object.fromEntries(sizes) };
}

const isArch = (value: unknown): value is ArchName => ARCH_NAMES.includes(value as ArchName);
