import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { hostReason, makeDirs } from './host-files.ts';
import { MANIFEST_FILE } from './manifest.ts';
import type { ProfileError } from './profile-error.ts';

/** Where the user's profiles and choice are kept: `$XDG_DATA_HOME/fprobe-sim`. */
function dataHome(): string {
  const { XDG_DATA_HOME: home } = process.env;
  return join(home?.startsWith('/') ? home : join(homedir(), '.local/share'), 'fprobe-sim');
}

/** What a profile may be called. */
export const isProfileName = (name: string): boolean => /^\w[\w.+-]*$/.test(name);

/** Folder of the user's profile of this name, whether there is one or not. */
export const userProfileDir = (name: string): string => join(dataHome(), 'profiles', name);

/** Names of the user's own profiles, sorted. */
export function userProfiles(): string[] {
  const dir = join(dataHome(), 'profiles');
  try {
    return readdirSync(dir)
      .filter((name) => isProfileName(name) && existsSync(join(dir, name, MANIFEST_FILE)))
      .sort();
  } catch {
    return [];
  }
}

const choiceFile = () => join(dataHome(), 'default-profile');

/** The profile, by name or folder, that the user chose for when none is named; `undefined` when there is no choice. */
export function chosenProfile(): string | undefined {
  try {
    return readFileSync(choiceFile(), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the choice, or forgets it. */
export function chooseProfile(nameOrDir: string | undefined): ProfileError | undefined {
  const path = choiceFile();
  try {
    if (nameOrDir === undefined) {
      rmSync(path, { force: true });
      return undefined;
    }
    makeDirs(dirname(path));
    writeFileSync(`${path}.new-${process.pid}`, `${nameOrDir}\n`);
    renameSync(`${path}.new-${process.pid}`, path);
    return undefined;
  } catch (error) {
    return { error: `${path}: cannot be written: ${hostReason(error)}` };
  }
}
