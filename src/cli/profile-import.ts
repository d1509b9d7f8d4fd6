import { ARCHES, type ArchName, fprobeConfig } from '../machine/arch.ts';
import {
  fileSources,
  folderSources,
  importProfile,
  isProfileError,
  isProfileName,
  type KernelSources,
  liveSources,
  type ProfileError,
  type Progress,
  profileNameOf,
  type SourceFiles,
  userProfileDir,
} from '../profile/index.ts';
import { recordingConverter } from '../workload/index.ts';
import { UsageError } from './exit-status.ts';
import { say } from './output.ts';
import { ProgressLine } from './progress.ts';

interface ImportOptions extends SourceFiles {
  readonly live?: boolean;
  readonly arch?: ArchName;
  readonly output?: string;
  readonly name?: string;
  readonly fresh?: boolean;
}

const FILE_OPTIONS = [
  'kallsyms',
  'btf',
  'functions',
  'formats',
  'events',
  'versionFile',
  'recordings',
  'vmlinux',
  'traceDat',
] as const;

/** Reads what the command line names: a folder, this machine, or single files. */
async function sourcesOf(
  folder: string | undefined,
  options: ImportOptions,
  progress: Progress | undefined,
): Promise<KernelSources | ProfileError> {
  const files = FILE_OPTIONS.filter((name) => options[name] !== undefined);
  const ways = [folder !== undefined, options.live === true, files.length > 0].filter(Boolean).length;
  if (ways === 0) throw new UsageError('import needs a folder, --live, or files (--kallsyms, --vmlinux, --trace-dat)');
  if (ways > 1) throw new UsageError('a folder, --live and files of their own cannot be imported together');
  if (options.vmlinux !== undefined && options.traceDat !== undefined)
    throw new UsageError('--vmlinux and --trace-dat cannot be imported together');
  if (folder !== undefined) return folderSources(folder, progress);
  return options.live ? liveSources(progress) : fileSources(options, progress);
}

/** Where the profile goes: the folder told, or one among the user's profiles. */
function targetOf(options: ImportOptions, sources: KernelSources): { dir: string; name?: string } {
  const { output, name } = options;
  if (name !== undefined && !isProfileName(name))
    throw new UsageError(`a profile cannot be called ${JSON.stringify(name)}`);
  if (output !== undefined) return { dir: output, ...(name !== undefined && { name }) };
  const release = /^Linux version (\S+)/.exec(new TextDecoder().decode(sources.version?.bytes))?.[1];
  const chosen = name ?? (release === undefined ? undefined : profileNameOf(release));
  if (chosen === undefined) throw new UsageError('nothing tells the version: give --name, or a folder with -o');
  return { dir: userProfileDir(chosen), name: chosen };
}

/** `fprobe profile import`: builds a profile from what a kernel tells of itself. */
export async function profileImport(folder: string | undefined, options: ImportOptions): Promise<void> {
  const line = new ProgressLine();
  const { progress } = line;
  try {
    const sources = await sourcesOf(folder, options, progress);
    if (isProfileError(sources)) throw new UsageError(sources.error);
    const { dir, name } = targetOf(options, sources);
    const result = await importProfile(sources, dir, {
      converter: recordingConverter,
      ...(options.fresh && { fresh: true }),
      ...(progress && { progress }),
      ...(name !== undefined && { name }),
      ...(options.arch !== undefined && { arch: options.arch }),
    });
    if ('error' in result) throw new UsageError(result.error);
    line.end();
    for (const warning of result.warnings) say(`fprobe: ${warning}`);
    const { manifest, symbols, functions, types, events } = result;
    say(`${manifest.name}: ${symbols} symbols, ${functions} traceable functions, ${types} types, ${events} events`);
    if (options.output === undefined)
      say(`fprobe profile use ${manifest.name} makes it the one that is taken when none is named`);
    if (!fprobeConfig(ARCHES[manifest.arch].selects).FPROBE_EVENTS)
      say(`fprobe: kernels for ${manifest.arch} have no fprobe events: every definition will be refused`);
  } finally {
    line.end();
  }
}
