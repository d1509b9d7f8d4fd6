import { basename } from 'node:path';
import { type ArchName, longSizeOf } from '../abi/arch-names.ts';
import { Btf } from '../btf/btf.ts';
import { mergeSplit } from '../btf/index.ts';
import { archOf } from './arch-of.ts';
import { buildEvents } from './build-events.ts';
import { type FoundSites, packFunctions, sitesOfIps, sitesOfList } from './build-functions.ts';
import { buildSymbols } from './build-symbols.ts';
import { FunctionTable } from './function-table.ts';
import { guessSites } from './guess-functions.ts';
import { type ImportedRecordings, importRecordings, type RecordingConverter } from './import-recordings.ts';
import { type KallsymsColumns, parseKallsyms } from './kallsyms.ts';
import { type KernelSources, type SourcePart, TEXT_FILES } from './kernel-sources.ts';
import { ALL_TYPES_FILE, type Manifest, ProfileFile } from './manifest.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import type { Progress } from './read-source.ts';
import { PROFILE_FORMAT, packSections } from './section-file.ts';
import { SymbolTable } from './symbol-table.ts';
import { writeProfile } from './write-profile.ts';

/** How to import. */
export interface ImportOptions {
  /** Name of the profile; the last part of `outDir` unless told. */
  readonly name?: string;
  /** The arch, where it is not to be told from the source. */
  readonly arch?: ArchName;
  /** What makes workloads of the source's recordings. Without it there are none. */
  readonly converter?: RecordingConverter;
  /** Whether recordings are converted anew even where another profile has them converted. */
  readonly fresh?: boolean;
  readonly progress?: Progress;
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

/** Files of a profile that a converter of recordings is told of: the converted ones depend on them. */
const CONVERTED_WITH = [
  ProfileFile.symbols,
  ProfileFile.functions,
  ProfileFile.btf,
  ALL_TYPES_FILE,
  'text/initial-files.txt',
];

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

/** The types, and the bytes of those with the modules' where there are any. */
interface Types {
  readonly btf: Btf;
  readonly merged?: Uint8Array;
  readonly warnings: readonly string[];
}

function readTypes({ btf: part, moduleBtfs = [] }: KernelSources, arch: ArchName): Types | ProfileError {
  if (part === undefined) return { btf: Btf.none(), warnings: [] };
  const options = { pointerSize: longSizeOf(arch) };
  const btf = Btf.parse(part.bytes, options);
  if ('error' in btf) return inPart(part, btf);
  if (moduleBtfs.length === 0) return { btf, warnings: [] };
  const merged = mergeSplit(
    part.bytes,
    moduleBtfs.map(({ bytes }) => bytes),
  );
  if ('error' in merged) return inPart(part, merged);
  const all = Btf.parse(merged.bytes, options);
  if ('error' in all) return { btf, warnings: [`the types of modules are left out: ${all.error}`] };
  const warnings = merged.errors.flatMap((error, i) =>
    error === undefined ? [] : [`${moduleBtfs[i]!.from}: left out: ${error}`],
  );
  return { btf: all, merged: merged.bytes, warnings };
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
  const types = readTypes(sources, arch);
  if (isProfileError(types)) return types;
  const { btf, merged } = types;
  warnings.push(...types.warnings);
  if (sources.btf === undefined) notes.push('no types (BTF): arguments have no names, only $arg1, $arg2, …');

  const none = (pattern: string) => symbols.match(pattern).next().done === true;
  if (!none('__tracepoint_*') && none('__probestub_*'))
    notes.push('no __probestub_ functions (an older kernel): its tracepoints are not known to definitions with t');

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
  const { texts } = sources;
  // A source that has none of them is not a folder of that kind.
  if (texts !== undefined && texts.size > 0)
    for (const name of TEXT_FILES) if (!texts.has(name)) warnings.push(`no ${name}`);

  const text = (name: string) => {
    const bytes = texts?.get(name);
    return bytes && new TextDecoder().decode(bytes);
  };
  const files = new Map<string, Uint8Array>([
    [ProfileFile.symbols, read.bytes],
    [ProfileFile.functions, functionBytes],
  ]);
  if (sources.btf !== undefined) {
    files.set(ProfileFile.btf, sources.btf.bytes);
    if (merged !== undefined) files.set(ALL_TYPES_FILE, merged);
    files.set(ProfileFile.btfIndex, packSections('btfIndex', [btf.storeIndex()]));
  }
  files.set(ProfileFile.events, events.bytes);
  files.set(ProfileFile.formats, events.formats);
  for (const name of TEXT_FILES) {
    const bytes = texts?.get(name);
    if (bytes !== undefined) files.set(`text/${name}`, bytes);
  }
  const { recordings: dir } = sources;
  const { converter, fresh } = options;
  let recorded: ImportedRecordings = { workloads: [], warnings: [] };
  if (converter !== undefined && dir === undefined) warnings.push('no recordings');
  if (converter !== undefined && dir !== undefined) {
    const kernel = { text, btf, symbols, functions };
    const kernelFiles = CONVERTED_WITH.flatMap((name) => files.get(name) ?? []);
    const result = await importRecordings({ dir, banner, converter, kernel, kernelFiles, outDir, fresh, progress });
    if (isProfileError(result)) return result;
    recorded = result;
    warnings.push(...result.warnings);
  }
  for (const { name, bytes } of recorded.workloads) files.set(`workloads/${name}.br`, bytes);
  const manifest: Manifest = {
    format: PROFILE_FORMAT,
    name: options.name ?? basename(outDir),
    release: releaseOf(banner),
    banner,
    arch,
    ...(notes.length > 0 && { notes }),
    ...(recorded.digest !== undefined && { recordings: recorded.digest }),
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.length])),
  };
  progress?.('writing', 0, 1);
  const failure = writeProfile(outDir, manifest, files);
  if (failure !== undefined) return failure;
  return {
    manifest,
    symbols: symbols.count,
    functions: functions.count,
    types: sources.btf === undefined ? 0 : btf.typeCount,
    events: events.count,
    warnings: [...notes, ...warnings],
  };
}
