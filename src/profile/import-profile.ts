import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { Btf } from '../btf/btf.ts';
import { buildEvents } from './build-events.ts';
import { buildFunctions } from './build-functions.ts';
import { buildSymbols } from './build-symbols.ts';
import { FunctionTable } from './function-table.ts';
import { hostReason, readHostFile } from './host-files.ts';
import { parseKallsyms } from './kallsyms.ts';
import { MANIFEST_FILE, type Manifest, ProfileFile } from './manifest.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { PROFILE_FORMAT, packSections } from './section-file.ts';
import { readSourceFile, unpack } from './source-files.ts';
import { SymbolTable } from './symbol-table.ts';

/** A file of the source's `recordings` folder, unpacked and without `.gz` in its name; or a converted recording. */
export interface RecordingFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How to import. */
export interface ImportOptions {
  /** Name of the profile; the last part of `outDir` unless told. */
  readonly name?: string;
  /** Turns the recordings of the source into what `WorkloadFiles` will read. Without it there are no workloads. */
  readonly convertRecordings?: (files: readonly RecordingFile[], kernel: ImportedKernel) => readonly RecordingFile[];
}

/** What a converter of recordings may ask about the kernel that is imported. */
export interface ImportedKernel {
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

/** Text files of the source that are kept as they are. */
const TEXT_FILES = ['initial-files.txt', 'options.txt', 'listing.txt', 'fprobe-event.txt', 'instance.txt'];

/**
 * Builds a profile in `outDir` (made when missing, its old profile replaced) from a folder with `kallsyms`, `vmlinux.btf` and
 * `available_filter_functions_addrs`, each plain or with `.gz`, and, when they are there, `version`, `available_events`,
 * `event_formats`, the text files of a fresh tracefs, and `recordings/`. Nothing is written unless all of it could be read.
 */
export function importProfile(
  sourceDir: string,
  outDir: string,
  options: ImportOptions = {},
): ImportReport | ProfileError {
  const warnings: string[] = [];
  const kallsyms = required(sourceDir, 'kallsyms');
  if (isProfileError(kallsyms)) return kallsyms;
  const columns = parseKallsyms(kallsyms);
  const symbolBytes = isProfileError(columns) ? columns : buildSymbols(columns);
  const symbols = isProfileError(symbolBytes) ? symbolBytes : SymbolTable.fromBytes(symbolBytes);
  if (isProfileError(symbolBytes) || isProfileError(symbols))
    return inFile(sourceDir, 'kallsyms', symbolBytes as ProfileError);

  const functionText = required(sourceDir, 'available_filter_functions_addrs');
  if (isProfileError(functionText)) return functionText;
  const functions = buildFunctions(functionText, symbols);
  if (isProfileError(functions)) return inFile(sourceDir, 'available_filter_functions_addrs', functions);
  if (functions.unknown > 0)
    warnings.push(`${functions.unknown} traceable functions left out: kallsyms has another symbol at their address`);

  const btfBytes = required(sourceDir, 'vmlinux.btf');
  if (isProfileError(btfBytes)) return btfBytes;
  const btf = Btf.parse(btfBytes);
  if ('error' in btf) return inFile(sourceDir, 'vmlinux.btf', btf);

  const sources = new Map<string, Uint8Array>();
  for (const name of ['available_events', 'event_formats', 'version', ...TEXT_FILES]) {
    const bytes = readSourceFile(sourceDir, name);
    if (bytes !== undefined && isProfileError(bytes)) return bytes;
    if (bytes === undefined) warnings.push(`no ${name}`);
    else sources.set(name, bytes);
  }
  const textOf = (name: string) => new TextDecoder().decode(sources.get(name));
  const events = buildEvents(textOf('available_events'), textOf('event_formats'));
  if (isProfileError(events)) return { error: `${sourceDir}: ${events.error}` };
  if (events.withoutFormat > 0)
    warnings.push(`${events.withoutFormat} events of available_events left out: event_formats does not have them`);

  const table = FunctionTable.fromBytes(functions.bytes, () => symbols);
  if (isProfileError(table)) return inFile(sourceDir, 'available_filter_functions_addrs', table);
  const workloads = convert(sourceDir, options.convertRecordings, { btf, symbols, functions: table }, warnings);
  if (isProfileError(workloads)) return workloads;

  const files = new Map<string, Uint8Array>([
    [ProfileFile.symbols, symbolBytes],
    [ProfileFile.functions, functions.bytes],
    [ProfileFile.btf, btfBytes],
    [ProfileFile.btfIndex, packSections('btfIndex', [btf.storeIndex()])],
    [ProfileFile.events, events.bytes],
    [ProfileFile.formats, events.formats],
  ]);
  for (const name of TEXT_FILES) if (sources.has(name)) files.set(`text/${name}`, sources.get(name)!);
  for (const { name, bytes } of workloads) files.set(`workloads/${name}.br`, compress(bytes));
  const banner = textOf('version').trim();
  const manifest: Manifest = {
    format: PROFILE_FORMAT,
    name: options.name ?? basename(outDir),
    release: /^Linux version (\S+)/.exec(banner)?.[1] ?? 'unknown',
    banner,
    arch: 'x86_64',
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.length])),
  };
  const failure = writeAll(outDir, manifest, files);
  if (failure !== undefined) return failure;
  return {
    manifest,
    symbols: symbols.count,
    functions: functions.count,
    types: btf.typeCount,
    events: events.count,
    warnings,
  };
}

function required(dir: string, name: string): Uint8Array | ProfileError {
  return readSourceFile(dir, name) ?? { error: `${dir}: has neither ${name} nor ${name}.gz` };
}

function inFile(dir: string, name: string, { error }: ProfileError): ProfileError {
  return { error: `${join(dir, name)}: ${error}` };
}

function compress(bytes: Uint8Array): Uint8Array {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

function convert(
  sourceDir: string,
  converter: ImportOptions['convertRecordings'],
  kernel: ImportedKernel,
  warnings: string[],
): readonly RecordingFile[] | ProfileError {
  if (converter === undefined) return [];
  const dir = join(sourceDir, 'recordings');
  let names: string[];
  try {
    names = readdirSync(dir).sort();
  } catch (error) {
    warnings.push(`no recordings: ${hostReason(error)}`);
    return [];
  }
  const files: RecordingFile[] = [];
  for (const name of names) {
    const path = join(dir, name);
    const raw = readHostFile(path);
    const bytes = isProfileError(raw) ? raw : unpack(path, raw);
    if (isProfileError(bytes)) return bytes;
    files.push({ name: name.replace(/\.gz$/, ''), bytes });
  }
  const converted = converter(files, kernel);
  const unsafe = converted.find(({ name }) => !/^\w[\w.-]*$/.test(name));
  return unsafe === undefined
    ? converted
    : { error: `a converted recording has an impossible name: ${JSON.stringify(unsafe.name)}` };
}

function writeAll(
  outDir: string,
  manifest: Manifest,
  files: ReadonlyMap<string, Uint8Array>,
): ProfileError | undefined {
  try {
    mkdirSync(outDir, { recursive: true });
    for (const name of [MANIFEST_FILE, ...Object.values(ProfileFile), 'text', 'workloads'])
      rmSync(join(outDir, name), { recursive: true, force: true });
    for (const [name, bytes] of files) {
      mkdirSync(join(outDir, name, '..'), { recursive: true });
      writeFileSync(join(outDir, name), bytes);
    }
    writeFileSync(join(outDir, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
    return undefined;
  } catch (error) {
    return { error: `${outDir}: cannot be written: ${hostReason(error)}` };
  }
}
