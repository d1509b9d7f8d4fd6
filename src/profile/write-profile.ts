import { existsSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { hostReason, makeDirs } from './host-files.ts';
import { MANIFEST_FILE, type Manifest } from './manifest.ts';
import type { ProfileError } from './profile-error.ts';

/** Why a profile cannot be put here; `undefined` when it can: the folder is not there, empty, or holds a profile. */
function whyNotWritable(outDir: string): ProfileError | undefined {
  if (!existsSync(outDir)) return undefined;
  if (!statSync(outDir).isDirectory()) return { error: `${outDir}: cannot be written: is a file, not a folder` };
  const isProfile = existsSync(join(outDir, MANIFEST_FILE));
  if (!isProfile && readdirSync(outDir).length > 0)
    return { error: `${outDir}: is not empty and holds no profile: choose another folder` };
  return undefined;
}

/**
 * Writes a profile's files into a new folder beside `outDir` and then puts it in its place, with the profile that was there before gone: at no
 * moment is there half a profile.
 */
export function writeProfile(
  outDir: string,
  manifest: Manifest,
  files: ReadonlyMap<string, Uint8Array>,
): ProfileError | undefined {
  const refused = whyNotWritable(outDir);
  if (refused !== undefined) return refused;
  const target = existsSync(outDir) ? realpathSync(outDir) : resolve(outDir);
  const fresh = join(dirname(target), `.${basename(target)}.new-${process.pid}`);
  const old = join(dirname(target), `.${basename(target)}.old-${process.pid}`);
  try {
    rmSync(fresh, { recursive: true, force: true });
    makeDirs(fresh);
    for (const [name, bytes] of files) {
      makeDirs(dirname(join(fresh, name)));
      writeFileSync(join(fresh, name), bytes);
    }
    writeFileSync(join(fresh, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
    rmSync(old, { recursive: true, force: true });
    return undefined;
  } catch (error) {
    if (!existsSync(target) && existsSync(old)) renameSync(old, target);
    discard(fresh);
    return { error: `${outDir}: cannot be written: ${hostReason(error)}` };
  }
}

/** Takes away what was written so far, if anything could be. */
function discard(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true });
  } catch {
    // Where nothing can be written there is nothing to take away.
  }
}
