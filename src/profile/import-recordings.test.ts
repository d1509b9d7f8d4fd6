import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { folderSources } from './folder-sources.ts';
import { importProfile } from './import-profile.ts';
import type { RecordingConverter } from './import-recordings.ts';
import { loadProfile } from './profile.ts';
import { isProfileError } from './profile-error.ts';
import { userProfileDir } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'recordings-test-'));
const source = join(root, 'source');
const ours = join(root, 'ours');
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const KALLSYMS = 'ffffffff81000000 T _stext\nffffffff81000040 T vfs_read\nffffffff81000100 B _end\n';
const recording = (name: string) => join(source, 'recordings', name);

beforeEach(() => {
  vi.stubEnv('XDG_DATA_HOME', join(root, 'home'));
  for (const dir of [source, ours, join(root, 'home')]) rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(source, 'recordings'), { recursive: true });
  writeFileSync(join(source, 'kallsyms'), KALLSYMS);
  writeFileSync(join(source, 'available_filter_functions_addrs'), 'ffffffff81000044 vfs_read\n');
  writeFileSync(join(source, 'version'), 'Linux version 9.8.7-test (me@here) #1\n');
  writeFileSync(recording('ls.fgraph.gz'), gzipSync('calls of ls\n'));
  writeFileSync(recording('ls.objects'), 'objects of ls\n');
  writeFileSync(recording('notes.txt'), 'not read\n');
});

/** A converter that makes one workload of the beginning of each file, and keeps what it was given. */
function spy(revision = 1): RecordingConverter & { given: string[] } {
  const given: string[] = [];
  return {
    given,
    revision,
    reads: (name) => /\.(fgraph|objects)$|^event-flags\.txt$/.test(name),
    *convert(files) {
      for (const { name, bytes } of files) {
        given.push(name);
        yield {
          name,
          bytes: new TextEncoder().encode(`${revision}:${new TextDecoder().decode(bytes.subarray(0, 20))}`),
        };
      }
    },
  };
}

async function importTo(out: string, converter: RecordingConverter, options: { fresh?: boolean; name?: string } = {}) {
  const sources = await folderSources(source);
  if (isProfileError(sources)) throw new Error(sources.error);
  const report = await importProfile(sources, out, { converter, ...options });
  if (isProfileError(report)) throw new Error(report.error);
  return report;
}

const contents = (dir: string) =>
  new Map(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }): [string, string] => [
        join(parentPath, name).slice(dir.length),
        readFileSync(join(parentPath, name), 'latin1'),
      ])
      .sort(),
  );

test('files that the converter reads are unpacked for it, in the order of their names', async () => {
  const converter = spy();
  const { manifest } = await importTo(ours, converter);
  expect(converter.given).toEqual(['ls.fgraph', 'ls.objects']);
  expect(manifest.recordings).toMatch(/^[0-9a-f]{64}$/);
  const profile = loadProfile(ours);
  if (isProfileError(profile)) throw new Error(profile.error);
  expect(new TextDecoder().decode(profile.workloads.read('ls.fgraph'))).toBe('1:calls of ls\n');
  expect(profile.recordingsDigest).toBe(manifest.recordings);
});

test('what a profile of the user has converted is taken from there, and is what a conversion makes', async () => {
  await importTo(userProfileDir('mine'), spy(), { name: 'same' });
  const again = spy();
  const { warnings } = await importTo(ours, again, { name: 'same' });
  expect(again.given).toEqual([]);
  expect(warnings).toContain('recordings are converted in same already, from the same files: taken from there');
  const taken = contents(ours);
  const fresh = spy();
  await importTo(ours, fresh, { name: 'same', fresh: true });
  expect(fresh.given).toHaveLength(2);
  expect(contents(ours)).toEqual(taken);
  expect(contents(userProfileDir('mine'))).toEqual(taken);
});

test.each<[string, () => number | undefined]>([
  ['a recording', () => void writeFileSync(recording('ls.objects'), 'objects of LS\n')],
  ['a further recording', () => void writeFileSync(recording('cat.objects'), '')],
  ['the name of a recording', () => void cpSync(recording('ls.objects'), recording('ls2.objects'))],
  ['the symbols', () => void writeFileSync(join(source, 'kallsyms'), KALLSYMS.replace(' B ', ' b '))],
  ['the text of a fresh tracefs', () => void writeFileSync(join(source, 'initial-files.txt'), '')],
  ['the converter', () => 2],
])('%s being another, they are converted anew', async (_, change) => {
  await importTo(ours, spy());
  const unchanged = spy();
  await importTo(ours, unchanged);
  expect(unchanged.given).toEqual([]);
  const converter = spy(change());
  await importTo(ours, converter);
  expect(converter.given).not.toEqual([]);
});

test('workloads that are damaged or gone are not taken', async () => {
  const { manifest } = await importTo(ours, spy());
  rmSync(join(ours, 'workloads'), { recursive: true });
  const converter = spy();
  expect((await importTo(ours, converter)).manifest).toEqual(manifest);
  expect(converter.given).toHaveLength(2);
});

test('recordings that come with the program are lent to exactly their kernel', async () => {
  const builtin = loadProfile();
  if (isProfileError(builtin)) throw new Error(builtin.error);
  const lent = ['cat', 'ls', 'mkdir-rm', 'sh-fork', 'sleep'].map((name) => `${name}-events.fgraph`);
  writeFileSync(join(source, 'version'), `${builtin.banner}\n`);
  writeFileSync(recording('event-flags.txt'), 'ours\n');
  const converter = spy();
  const { warnings } = await importTo(ours, converter);
  expect(converter.given).toEqual([...lent, 'event-flags.txt', 'ls.fgraph', 'ls.objects'].sort());
  expect(warnings).toContain('5 recordings of this kernel that come with the program are used, too');
  const profile = loadProfile(ours);
  if (isProfileError(profile)) throw new Error(profile.error);
  expect(new TextDecoder().decode(profile.workloads.read('event-flags.txt'))).toBe('1:ours\n');

  writeFileSync(join(source, 'version'), `${builtin.banner} \n${builtin.banner}\n`.replace('#1', '#2'));
  const other = spy();
  await importTo(ours, other);
  expect(other.given).toEqual(['event-flags.txt', 'ls.fgraph', 'ls.objects']);
});

test('to a source without recordings nothing is lent', async () => {
  const builtin = loadProfile();
  if (isProfileError(builtin)) throw new Error(builtin.error);
  rmSync(join(source, 'recordings'), { recursive: true });
  mkdirSync(join(source, 'recordings'));
  writeFileSync(join(source, 'version'), `${builtin.banner}\n`);
  const converter = spy();
  const { manifest } = await importTo(ours, converter);
  expect(converter.given).toEqual([]);
  expect(manifest.recordings).toBeUndefined();
});
