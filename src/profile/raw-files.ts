import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEXT_FILES } from './kernel-sources.ts';
import { ProfileFile } from './manifest.ts';
import type { KernelProfile } from './profile.ts';

/** Writes a folder with the files that a kernel of a profile would tell of itself, recordings aside: what an import makes of it is that profile. */
export function writeRawFiles(profile: KernelProfile, dir: string): void {
  const { symbols, functions, events } = profile;
  const hex = (address: bigint) => address.toString(16).padStart(16, '0');
  mkdirSync(dir, { recursive: true });
  const file = (name: string, text: string) => writeFileSync(join(dir, name), text);
  const lines: string[] = [];
  for (const { address, type, name, module } of symbols.lines())
    lines.push(`${hex(address)} ${type} ${name}${module === undefined ? '' : `\t[${module}]`}\n`);
  file('kallsyms', lines.join(''));
  const list = Array.from(
    { length: functions.count },
    (_, id) => `${hex(functions.entryIp(id))} ${functions.name(id)}\n`,
  );
  file('available_filter_functions_addrs', list.join(''));
  file('available_events', events.list.map(({ system, name }) => `${system}:${name}\n`).join(''));
  const formats = events.all.map(
    ({ system, name }) => `== events/${system}/${name}/format\n${events.get(system, name)!.formatText}`,
  );
  file('event_formats', formats.join(''));
  file('version', `${profile.banner}\n`);
  for (const name of TEXT_FILES) {
    const text = profile.text(name);
    if (text !== undefined) file(name, text);
  }
  copyFileSync(join(profile.dir, ProfileFile.btf), join(dir, 'vmlinux.btf'));
}
