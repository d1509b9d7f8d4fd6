import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { type ArchName, longSizeOf } from '../abi/arch-names.ts';
import { Btf } from '../btf/btf.ts';
import { archOf } from './arch-of.ts';
import { buildEvents } from './build-events.ts';
import { type FoundSites, packFunctions, sitesOfIps, sitesOfList } from './build-functions.ts';
import { buildSymbols } from './build-symbols.ts';
import { FunctionTable } from './function-table.ts';
import { guessSites } from './guess-functions.ts';
import { hostReason } from './host-files.ts';
import { type KallsymsColumns, parseKallsyms } from './kallsyms.ts';
import { type KernelSources, type SourcePart, TEXT_FILES } from './kernel-sources.ts';
import { type Manifest, ProfileFile } from './manifest.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { type Progress, readSource } from './read-source.ts';
import { PROFILE_FORMAT, packSections } from './section-file.ts';
import { SymbolTable } from './symbol-table.ts';
import { writeProfile } from './write-profile.ts';

/** A file of the source's `recordings` folder, unpacked and without `.gz` in its name; or a converted recording. */
export interface RecordingFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How to import. */
export interface ImportOptions {
  /** Name of the profile; the last part of `outDir` unless told. */
  readonly name?: string;
  /** The arch, where it is not to be told from the source. */
  readonly arch?: ArchName;
  /** Turns the recordings of the source into what `WorkloadFiles` will read. Without it there are no workloads. */
  readonly convertRecordings?: (files: readonly RecordingFile[], kernel: ImportedKernel) => readonly RecordingFile[];
  readonly progress?: Progress;
}

/** What a converter of recordings may ask about the kernel that is imported. */
export interface ImportedKernel {
  /** What one of the {@link TEXT_FILES} holds. */
  text(name: string): string | undefined;
  readonly btf: Btf;
  readonly symbols: SymbolTable;
  readonly functions: FunctionTable;
}

/** What an import made. */
export interface ImportReport {
  readonly manifest: Manifest;
  readonly symbols: number;
  readonly functions: number;
  readonly types: number;
  readonly events: number;
  /** What was left out and why, a sentence each. */
  readonly warnings: readonly string[];
}

const decode = (part: SourcePart | undefined) => new TextDecoder().decode(part?.bytes);
const inPart = ({ from }: { readonly from: string }, { error }: ProfileError): ProfileError => ({
  error: `${from}: ${error}`,
});

interface Symbols {
  readonly bytes: Uint8Array;
  readonly table: SymbolTable;
  readonly columns: KallsymsColumns;
}

function readSymbols(part: SourcePart): Symbols | ProfileError {
  const columns = parseKallsyms(part.bytes);
  if (isProfileError(columns)) return inPart(part, columns);
  const bytes = buildSymbols(columns);
  if (isProfileError(bytes)) return inPart(part, bytes);
  const table = SymbolTable.fromBytes(bytes);
  return isProfileError(table) ? inPart(part, table) : { bytes, table, columns };
}

function readTypes(part: SourcePart | undefined, arch: ArchName): Btf | ProfileError {
  if (part === undefined) return Btf.none();
  const btf = Btf.parse(part.bytes, { pointerSize: longSizeOf(arch) });
  return 'error' in btf ? inPart(part, btf) : btf;
}

function findSites(sources: KernelSources, symbols: SymbolTable, btf: Btf, arch: ArchName): FoundSites | ProfileError {
  const { functions, entrySites, kallsyms } = sources;
  if (functions !== undefined) {
    const found = sitesOfList(functions.bytes, symbols, arch);
    return 'error' in found ? inPart(functions, found) : found;
  }
  const known = entrySites && sitesOfIps(entrySites.ips, symbols);
  if (known !== undefined && !('error' in known)) return known;
  const guessed = guessSites(symbols, btf, arch);
  return 'error' in guessed ? inPart(kallsyms, guessed) : guessed;
}

/** A release as a name for a profile. */
export const profileNameOf = (release: string): string =>
  `linux-${release.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '') || 'unknown'}`;

/** `uname -r` of a /proc/version. */
const releaseOf = (banner: string): string => /^Linux version (\S+)/.exec(banner)?.[1] ?? 'unknown';

/**
 * Builds a profile in `outDir` (made when missing, its old profile replaced) from what a kernel tells of itself. Nothing is written unless
 * all of it could be read.
 */
export async function importProfile(
  sources: KernelSources,
  outDir: string,
  options: ImportOptions = {},
): Promise<ImportReport | ProfileError> {
  const { progress } = options;
  const warnings = [...sources.warnings];
  const notes: string[] = [];
  progress?.('symbols', 0, 1);
  const read = readSymbols(sources.kallsyms);
  if (isProfileError(read)) return read;
  const symbols = read.table;
  const banner = decode(sources.version).trim().split('\n', 1)[0]!;
  const is32 = read.columns.digits <= 8;
  const told = options.arch ?? sources.arch ?? archOf(symbols, banner, is32);
  const arch = told ?? (is32 ? 'i386' : 'x86_64');
  if (told === undefined) warnings.push(`nothing tells the arch: taken for ${arch}`);

  progress?.('types', 0, 1);
  const btf = readTypes(sources.btf, arch);
  if ('error' in btf) return btf;
  if (sources.btf === undefined) notes.push('no types (BTF): arguments have no names, only $arg1, $arg2, …');

  progress?.('functions', 0, 1);
  const found = findSites(sources, symbols, btf, arch);
  if (isProfileError(found)) return found;
  if (found.unknown > 0)
    warnings.push(`${found.unknown} traceable functions left out: kallsyms has another symbol at their address`);
  if (found.guess !== undefined) notes.push(found.guess);
  const functionBytes = packFunctions(found.sites);
  const functions = FunctionTable.fromBytes(functionBytes, () => symbols);
  if (isProfileError(functions)) return functions;

  progress?.('events', 0, 1);
  const { events: listed, formats } = sources;
  const events = buildEvents(listed && decode(listed), decode(formats));
  if (isProfileError(events)) return inPart(formats ?? listed!, events);
  if (events.withoutFormat > 0)
    warnings.push(`${events.withoutFormat} events of available_events left out: event_formats does not have them`);
  for (const [name, part] of Object.entries({
    available_events: listed,
    event_formats: formats,
    version: sources.version,
  }))
    if (part === undefined) warnings.push(`no ${name}`);
  for (const name of TEXT_FILES) if (!sources.texts?.has(name)) warnings.push(`no ${name}`);

  const text = (name: string) => {
    const bytes = sources.texts?.get(name);
    return bytes && new TextDecoder().decode(bytes);
  };
  const workloads = await convert(sources, options, { text, btf, symbols, functions }, warnings);
  if (isProfileError(workloads)) return workloads;
  const files = new Map<string, Uint8Array>([
    [ProfileFile.symbols, read.bytes],
    [ProfileFile.functions, functionBytes],
  ]);
  if (sources.btf !== undefined) {
    files.set(ProfileFile.btf, sources.btf.bytes);
    files.set(ProfileFile.btfIndex, packSections('btfIndex', [btf.storeIndex()]));
  }
  files.set(ProfileFile.events, events.bytes);
  files.set(ProfileFile.formats, events.formats);
  for (const name of TEXT_FILES) {
    const bytes = sources.texts?.get(name);
    if (bytes !== undefined) files.set(`text/${name}`, bytes);
  }
  for (const { name, bytes } of workloads) files.set(`workloads/${name}.br`, bytes);
  const manifest: Manifest = {
    format: PROFILE_FORMAT,
    name: options.name ?? basename(outDir),
    release: releaseOf(banner),
    banner,
    arch,
    ...(notes.length > 0 && { notes }),
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.length])),
  };
  progress?.('writing', 0, 1);
  const failure = writeProfile(outDir, manifest, files);
  if (failure !== undefined) return failure;
  return {
    manifest,
    symbols: symbols.count,
    functions: functions.count,
    types: btf.typeCount,
    events: events.count,
    warnings: [...notes, ...warnings],
  };
}

/** Two at a time: the pool of threads that packs is shared. */
async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

/** The converted recordings of the source, packed. */
async function convert(
  { recordings }: KernelSources,
  { convertRecordings, progress }: ImportOptions,
  kernel: ImportedKernel,
  warnings: string[],
): Promise<readonly RecordingFile[] | ProfileError> {
  if (convertRecordings === undefined) return [];
  if (recordings === undefined) {
    warnings.push('no recordings');
    return [];
  }
  let names: string[];
  try {
    names = readdirSync(recordings).sort();
  } catch (error) {
    return { error: `${recordings}: ${hostReason(error)}` };
  }
  const files: RecordingFile[] = [];
  for (const name of names) {
    const bytes = await readSource(join(recordings, name), progress);
    if (isProfileError(bytes)) return bytes;
    files.push({ name: name.replace(/\.(gz|br|zst)$/, ''), bytes });
  }
  progress?.('recordings', 0, 1);
  const converted = convertRecordings(files, kernel);
  const unsafe = converted.find(({ name }) => !/^\w[\w.-]*$/.test(name));
  if (unsafe !== undefined)
    return { error: `a converted recording has an impossible name: ${JSON.stringify(unsafe.name)}` };
  progress?.('packing recordings', 0, 1);
  return Promise.all(converted.map(async ({ name, bytes }) => ({ name, bytes: await compress(bytes) })));
}
