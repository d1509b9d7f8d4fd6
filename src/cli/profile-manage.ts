import { resolve } from 'node:path';
import {
  builtinProfiles,
  chooseProfile,
  chosenProfile,
  DEFAULT_PROFILE,
  isProfileError,
  isProfileName,
  type KernelProfile,
  loadProfile,
  userProfiles,
} from '../profile/index.ts';
import { UsageError } from './exit-status.ts';
import { put, putJson, say } from './output.ts';
import { profileOf } from './profile-option.ts';

const chosenName = () => chosenProfile() ?? DEFAULT_PROFILE;

/** `fprobe profile list`: the profiles that can be named, the chosen one marked. A damaged one is listed with what is wrong. */
export function profileList(options: { json?: boolean }): void {
  const chosen = chosenName();
  const rows = [...builtinProfiles(), ...userProfiles()].map((name) => {
    const profile = loadProfile(name);
    const isChosen = name === chosen;
    if (isProfileError(profile)) return { name, chosen: isChosen, error: profile.error };
    const { release, arch, isBuiltin, dir } = profile;
    return { name, chosen: isChosen, builtin: isBuiltin, release, arch, dir };
  });
  if (options.json) {
    for (const row of rows) if (!putJson(row)) return;
    return;
  }
  const wide = Math.max(7, ...rows.map(({ name }) => name.length));
  put(`  ${'PROFILE'.padEnd(wide)}  ${'ARCH'.padEnd(9)}  RELEASE\n`);
  for (const row of rows) {
    const rest =
      'error' in row ? row.error : `${row.arch.padEnd(9)}  ${row.release}${row.builtin ? ' (built in)' : ''}`;
    if (!put(Buffer.from(`${row.chosen ? '*' : ' '} ${row.name.padEnd(wide)}  ${rest}\n`))) return;
  }
  if (!rows.some((row) => row.chosen)) say(`fprobe: chosen is ${chosen}`);
}

/** What there is to know of a profile. */
function describe(profile: KernelProfile): Record<string, unknown> {
  const { name, release, banner, arch, isBuiltin, dir, symbols, functions, btf, events, workloads, notes, hasTypes } =
    profile;
  return {
    name,
    release,
    version: banner,
    arch,
    builtin: isBuiltin,
    folder: dir,
    symbols: symbols.count,
    functions: functions.count,
    types: hasTypes ? btf.typeCount : 0,
    events: events.list.length,
    workloads: workloads.names,
    notes,
  };
}

/** `fprobe profile show`: what a profile holds; every part of it is opened. */
export function profileShow(name: string | undefined, options: { json?: boolean }): void {
  const profile = profileOf(name);
  const damage = profile.check();
  if (damage !== undefined) throw new UsageError(damage.error);
  const facts = describe(profile);
  if (options.json) {
    putJson(facts);
    return;
  }
  for (const [what, value] of Object.entries(facts)) {
    const all = Array.isArray(value) ? value : [value];
    const shown = what === 'notes' ? all.join('\n           ') : all.join(' ');
    if (shown !== '' && !put(Buffer.from(`${what.padEnd(9)}  ${shown}\n`))) return;
  }
}

/** `fprobe profile use`: keeps which profile is taken when none is named. */
export function profileUse(name: string): void {
  const profile = loadProfile(name);
  if (isProfileError(profile)) throw new UsageError(profile.error);
  const kept = isProfileName(name) && (profile.isBuiltin || userProfiles().includes(name)) ? name : resolve(name);
  const failure = chooseProfile(kept === DEFAULT_PROFILE ? undefined : kept);
  if (failure !== undefined) throw new UsageError(failure.error);
  say(`${profile.name} (${profile.release}) is taken when no profile is named`);
}
