import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import type { ArchName } from '../abi/arch-names.ts';
import { btfSources } from './btf-sources.ts';
import { hostReason } from './host-files.ts';
import type { KernelSources, SourcePart } from './kernel-sources.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { type Progress, readSource } from './read-source.ts';
import { traceDatSources } from './trace-dat-sources.ts';
import { type VmlinuxSources, vmlinuxSources } from './vmlinux-sources.ts';

/** Files that an import is told to take its parts from. A part that is given goes before the same part of `vmlinux` or `traceDat`. */
export interface SourceFiles {
  readonly kallsyms?: string | undefined;
  readonly btf?: string | undefined;
  readonly functions?: string | undefined;
  /** A file with every `format` behind its name, or a folder as `events` of a tracefs. */
  readonly formats?: string | undefined;
  readonly events?: string | undefined;
  readonly versionFile?: string | undefined;
  readonly recordings?: string | undefined;
  readonly vmlinux?: string | undefined;
  readonly traceDat?: string | undefined;
}

/** Every `format` below an `events` folder, each after its name. */
function formatsBelow(dir: string): SourcePart | ProfileError {
  const texts: string[] = [];
  const folders = (path: string) =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  try {
    for (const system of folders(dir)) {
      for (const event of folders(join(dir, system))) {
        const path = join(dir, system, event, 'format');
        if (existsSync(path)) texts.push(`== events/${system}/${event}/format\n${readFileSync(path, 'latin1')}`);
      }
    }
  } catch (error) {
    return { error: `${dir}: ${hostReason(error)}` };
  }
  return { from: dir, bytes: Buffer.from(texts.join(''), 'latin1') };
}

async function readPart(
  path: string | undefined,
  progress: Progress | undefined,
): Promise<SourcePart | ProfileError | undefined> {
  if (path === undefined) return undefined;
  const bytes = await readSource(path, progress);
  return isProfileError(bytes) ? bytes : { from: path, bytes };
}

/** What single files tell of a kernel. */
export async function fileSources(files: SourceFiles, progress?: Progress): Promise<KernelSources | ProfileError> {
  const base: VmlinuxSources | ProfileError =
    files.vmlinux !== undefined
      ? await vmlinuxSources(files.vmlinux, progress)
      : files.traceDat !== undefined
        ? await traceDatSources(files.traceDat, progress)
        : { warnings: [] };
  if ('error' in base) return base;
  const isFolder = files.formats !== undefined && statSync(files.formats, { throwIfNoEntry: false })?.isDirectory();
  const parts = {
    kallsyms: await readPart(files.kallsyms, progress),
    functions: await readPart(files.functions, progress),
    formats: isFolder ? formatsBelow(files.formats!) : await readPart(files.formats, progress),
    events: await readPart(files.events, progress),
    version: await readPart(files.versionFile, progress),
  };
  for (const part of Object.values(parts)) if (part !== undefined && isProfileError(part)) return part;
  const btf = files.btf === undefined ? { warnings: [] } : await btfSources(files.btf, progress);
  if (isProfileError(btf)) return btf;
  const given = Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
  const { kallsyms, ...rest }: VmlinuxSources = {
    ...base,
    ...(given as Partial<KernelSources>),
    ...btf,
    warnings: [...base.warnings, ...btf.warnings],
  };
  if (kallsyms === undefined) {
    return {
      error:
        files.vmlinux === undefined
          ? 'the symbols are missing: give --kallsyms'
          : `${files.vmlinux}: has no symbol table (it was stripped): give --kallsyms, too`,
    };
  }
  return {
    ...rest,
    kallsyms,
    // Symbols of a boot with other addresses say nothing of the sites in the file.
    ...(given.kallsyms !== undefined && { entrySites: undefined }),
    ...(files.recordings !== undefined && { recordings: files.recordings }),
  };
}

const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
const HOST_ARCHES: Readonly<Record<string, ArchName>> = {
  x64: 'x86_64',
  ia32: 'i386',
  arm64: 'arm64',
  arm: 'arm',
  riscv64: 'riscv64',
  loong64: 'loongarch',
  s390x: 's390',
  ppc64: 'powerpc64',
};

/** What the kernel that runs this program tells of itself, as far as the user may read it. */
export async function liveSources(progress?: Progress): Promise<KernelSources | ProfileError> {
  const warnings: string[] = [];
  const first = (paths: readonly string[]) => paths.find((path) => existsSync(path));
  const tracing = TRACEFS.flatMap((dir) => (existsSync(join(dir, 'available_events')) ? [dir] : []))[0];
  if (tracing === undefined)
    warnings.push('tracefs is not mounted or not readable (as root: mount -t tracefs nodev /sys/kernel/tracing)');
  const inTracing = (...names: string[]) =>
    tracing === undefined ? undefined : first(names.map((name) => join(tracing, name)));
  const optional = async (path: string | undefined): Promise<SourcePart | undefined> => {
    const part = await readPart(path, progress);
    if (part === undefined || !isProfileError(part)) return part;
    warnings.push(part.error);
    return undefined;
  };
  const kallsyms = await readPart('/proc/kallsyms', progress);
  if (kallsyms === undefined || isProfileError(kallsyms)) return kallsyms ?? { error: 'no /proc/kallsyms' };
  const eventsDir = inTracing('events');
  const formats = eventsDir === undefined ? undefined : formatsBelow(eventsDir);
  if (formats !== undefined && isProfileError(formats)) warnings.push(formats.error);
  const types = first(['/sys/kernel/btf/vmlinux']);
  const btf = types === undefined ? undefined : await btfSources(dirname(types), progress);
  if (btf !== undefined) warnings.push(...(isProfileError(btf) ? [btf.error] : btf.warnings));
  const hostArch = HOST_ARCHES[arch()];
  return {
    kallsyms,
    ...(btf !== undefined && !isProfileError(btf) && { btf: btf.btf, moduleBtfs: btf.moduleBtfs }),
    functions: await optional(inTracing('available_filter_functions_addrs', 'available_filter_functions')),
    events: await optional(inTracing('available_events')),
    formats: formats !== undefined && !isProfileError(formats) ? formats : undefined,
    version: await optional('/proc/version'),
    ...(hostArch !== undefined && { arch: hostArch }),
    warnings,
  };
}
