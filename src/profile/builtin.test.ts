import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtinProfiles, DEFAULT_PROFILE, type KernelProfile, loadProfile } from './profile.ts';
import { isProfileError } from './profile-error.ts';

function load(name?: string): KernelProfile {
  const profile = loadProfile(name);
  if (isProfileError(profile)) throw new Error(profile.error);
  return profile;
}

const profile = load();
const { symbols, functions, btf, events } = profile;
const answers = readFileSync(join(import.meta.dirname, 'kernel-answers.txt'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split(' '));
const asked = (kind: string) =>
  answers.filter(([first]) => first === kind).map(([, ...rest]) => rest as [string, string]);
const shown = (address: bigint) => {
  const at = symbols.at(address);
  return at
    ? `${at.name}+0x${(address - at.address).toString(16)}/0x${at.size.toString(16)}`
    : `0x${address.toString(16)}`;
};

test('it says which kernel it is', () => {
  expect(builtinProfiles()).toContain(DEFAULT_PROFILE);
  expect([profile.name, profile.release, profile.arch]).toEqual([
    DEFAULT_PROFILE,
    '6.16.3+deb13-cloud-amd64',
    'x86_64',
  ]);
  expect(profile.banner).toMatch(/^Linux version 6\.16\.3\+deb13-cloud-amd64 \(debian-kernel@.*\(2025-09-06\)$/);
  expect([symbols.count, functions.count, btf.typeCount, events.list.length, events.all.length]).toEqual([
    163_255, 41_201, 111_577, 1564, 1582,
  ]);
  expect(profile.text('options.txt')).toContain('\n');
  expect(profile.text('../profile.json')).toBeUndefined();
});

test('symbols that the kernel printed in traces are where it says, with its sizes', () => {
  const lines = asked('trace');
  const wrong = lines.filter(([text]) => {
    const [, name = '', offset = ''] = /^(.*)\+0x([0-9a-f]+)\/0x[0-9a-f]+$/.exec(text) ?? [];
    return !symbols.addressesOf(name).some((address) => shown(address + BigInt(`0x${offset}`)) === text);
  });
  expect(lines.length).toBeGreaterThan(300);
  expect(wrong).toEqual([]);
});

test('addresses get the name that the kernel gave them, aliases and the ends of the image included', () => {
  const lines = asked('at');
  expect(lines.length).toBeGreaterThan(200);
  expect(lines.map(([address]) => [address, shown(BigInt(`0x${address}`))])).toEqual(lines);
});

test('of several symbols with one name the kernel took the one that a lookup answers', () => {
  const lines = asked('name');
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.map(([name]) => [name, symbols.lookupName(name)?.toString(16)])).toEqual(lines);
  for (const [name] of lines) expect(symbols.addressesOf(name).length).toBeGreaterThan(1);
});

test('every traceable function is found by its site, its symbol and its name', () => {
  const wrong: number[] = [];
  for (let id = 0; id < functions.count; id++) {
    const found =
      functions.idAtIp(functions.entryIp(id)) === id && functions.idAtSymbol(functions.symbolAddress(id)) === id;
    if (!found || (id % 37 === 0 && !functions.idsByName(functions.name(id)).includes(id))) wrong.push(id);
  }
  expect(wrong).toEqual([]);
  expect(functions.match('*')).toHaveLength(functions.count);
  expect(functions.matchSymbols('vfs_*').map((id) => functions.name(id))).toContain('vfs_read');
});

test('types answer with and without the stored index alike', () => {
  const proto = btf.funcProto('vfs_read');
  expect(proto?.params.map(({ name }) => name)).toEqual(['file', 'buf', 'count', 'pos']);
  const returned = btf.skipModifiers(proto?.returnType ?? -1)?.type;
  expect(returned).toMatchObject({ kind: 'int', size: 8, signed: true });
  const file = btf.findByName('file', 'struct') ?? -1;
  const dentry = btf.findByName('dentry', 'struct') ?? -1;
  expect(btf.memberPath(file, 'f_path.dentry')).toMatchObject({ bitOffset: 576, bitSize: 64 });
  expect(btf.memberPath(dentry, 'd_name.name')).toMatchObject({ bitOffset: 320, bitSize: 64 });
  expect(btf.sizeOf(file)).toBe(184);
});

test('static events have the ids, fields and formats of the kernel', () => {
  const sched = events.get('sched', 'sched_process_fork');
  expect(sched?.fields.map(({ name, type }) => `${type} ${name}`)).toEqual([
    '__data_loc char[] parent_comm',
    'pid_t parent_pid',
    '__data_loc char[] child_comm',
    'pid_t child_pid',
  ]);
  expect(sched?.formatText).toBe(
    `name: sched_process_fork\nID: ${sched?.id}\n${sched?.formatText.slice(sched.formatText.indexOf('format:'))}`,
  );
  expect(new Set(events.all.map(({ system, name }) => events.idOf(system, name))).size).toBe(events.all.length);
  const bytesPerField = events.all
    .flatMap(({ system, name }) => events.get(system, name)?.fields ?? [])
    .filter(({ size }) => size < 0);
  expect(bytesPerField).toEqual([]);
  expect(events.enableable('ftrace', 'function')).toBe(false);
});
