import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hostReason } from './host-files.ts';
import type { KernelSources, SourcePart } from './kernel-sources.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';
import { type Progress, readSource } from './read-source.ts';

/** Name of the kernel's own types in a folder of types. */
const KERNEL = 'vmlinux';
const PACKED = /\.(gz|br|zst|xz)$/;

/**
 * Reads types: a file, or a folder as /sys/kernel/btf, where `vmlinux` has the kernel's and every other file a module's. A module's file that
 * cannot be read is one that is told of.
 */
export async function btfSources(
  path: string,
  progress?: Progress,
): Promise<(Pick<KernelSources, 'btf' | 'moduleBtfs'> & { readonly warnings: readonly string[] }) | ProfileError> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const bytes = await readSource(path, progress);
    return isProfileError(bytes) ? bytes : { btf: { from: path, bytes }, warnings: [] };
  }
  let names: string[];
  try {
    names = readdirSync(path).sort();
  } catch (error) {
    return { error: `${path}: ${hostReason(error)}` };
  }
  const kernel = names.find((name) => name.replace(PACKED, '') === KERNEL);
  if (kernel === undefined) return { error: `${path}: has no file vmlinux` };
  const bytes = await readSource(join(path, kernel), progress);
  if (isProfileError(bytes)) return bytes;
  const moduleBtfs: SourcePart[] = [];
  const warnings: string[] = [];
  for (const name of names) {
    if (name === kernel || name.startsWith('.')) continue;
    const from = join(path, name);
    const module = await readSource(from, progress);
    if (isProfileError(module)) warnings.push(module.error);
    else moduleBtfs.push({ from, bytes: module });
  }
  return { btf: { from: join(path, kernel), bytes }, moduleBtfs, warnings };
}
