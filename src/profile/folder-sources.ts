import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { btfSources } from './btf-sources.ts';
import { type KernelSources, type SourcePart, TEXT_FILES } from './kernel-sources.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { type Progress, readSource } from './read-source.ts';

const ENDINGS = ['', '.gz', '.br', '.zst', '.xz'];

/** Reads the first of `names` that a folder has, plain or packed; `undefined` when it has none. */
async function findPart(
  dir: string,
  names: readonly string[],
  progress: Progress | undefined,
): Promise<SourcePart | ProfileError | undefined> {
  for (const name of names) {
    const ending = ENDINGS.find((each) => existsSync(join(dir, name + each)));
    if (ending === undefined) continue;
    const from = join(dir, name + ending);
    const bytes = await readSource(from, progress);
    return isProfileError(bytes) ? bytes : { from, bytes };
  }
  return undefined;
}

/**
 * What a folder has of a kernel: `kallsyms` (or `System.map`), `available_filter_functions_addrs` (or `available_filter_functions`),
 * `vmlinux.btf` (or `btf`, a file or a folder as /sys/kernel/btf), `available_events`, `event_formats`, `version`, the text files of a fresh tracefs, `recordings/`. Each file is plain or packed.
 */
export async function folderSources(dir: string, progress?: Progress): Promise<KernelSources | ProfileError> {
  const parts = {
    kallsyms: await findPart(dir, ['kallsyms', 'System.map'], progress),
    functions: await findPart(dir, ['available_filter_functions_addrs', 'available_filter_functions'], progress),
    events: await findPart(dir, ['available_events'], progress),
    formats: await findPart(dir, ['event_formats'], progress),
    version: await findPart(dir, ['version'], progress),
  };
  for (const part of Object.values(parts)) if (part !== undefined && isProfileError(part)) return part;
  const { kallsyms, ...others } = parts as Record<keyof typeof parts, SourcePart | undefined>;
  if (kallsyms === undefined) return { error: `${dir}: has neither kallsyms nor kallsyms.gz` };
  const btfFile = ENDINGS.flatMap((ending) => [`vmlinux.btf${ending}`, `btf${ending}`]).find((name) =>
    existsSync(join(dir, name)),
  );
  const btf = btfFile === undefined ? { warnings: [] } : await btfSources(join(dir, btfFile), progress);
  if (isProfileError(btf)) return btf;
  const texts = new Map<string, Uint8Array>();
  for (const name of TEXT_FILES) {
    const part = await findPart(dir, [name], progress);
    if (part !== undefined && isProfileError(part)) return part;
    if (part !== undefined) texts.set(name, part.bytes);
  }
  const recordings = join(dir, 'recordings');
  return {
    kallsyms,
    ...others,
    ...btf,
    texts,
    ...(existsSync(recordings) && { recordings }),
  };
}
