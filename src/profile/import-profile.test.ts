import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { BtfBuilder } from '../btf/blob-builder.ts';
import { folderSources } from './folder-sources.ts';
import { type ImportOptions, type ImportReport, importProfile } from './import-profile.ts';
import type { RecordingConverter } from './import-recordings.ts';
import { type KernelProfile, loadProfile } from './profile.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';

const root = mkdtempSync(join(tmpdir(), 'profile-test-'));
const source = join(root, 'source');
const out = join(root, 'out');
afterAll(() => rmSync(root, { recursive: true }));

const KALLSYMS =
  'ffffffff81000000 T _stext\nffffffff81000040 T vfs_read\nffffffff81000080 T entry_SYSCALL_64\nffffffff81000100 B _end\nffffffffc0000000 t f\t[mod]\n';
const FORMAT =
  '== events/s/e/format\nname: e\nID: 9\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\tfield:int x;\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: "%d", REC->x\n';

function vmlinuxBtf(): Uint8Array {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  b.func('vfs_read', u32, [['file', u32]]);
  return b.build();
}

beforeEach(() => {
  rmSync(source, { recursive: true, force: true });
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(source, 'recordings'), { recursive: true });
  writeFileSync(join(source, 'kallsyms.gz'), gzipSync(KALLSYMS));
  writeFileSync(join(source, 'vmlinux.btf'), vmlinuxBtf());
  writeFileSync(
    join(source, 'available_filter_functions_addrs'),
    'ffffffff81000044 vfs_read\nffffffffc0000004 f [mod]\n',
  );
  writeFileSync(join(source, 'available_events'), 's:e\n');
  writeFileSync(join(source, 'event_formats.gz'), gzipSync(FORMAT));
  writeFileSync(join(source, 'version'), 'Linux version 9.8.7-test (me@here) #1\n');
  writeFileSync(join(source, 'options.txt'), 'overwrite 1\n');
  writeFileSync(join(source, 'recordings', 'cat.func.gz'), gzipSync('recorded\n'));
});

const converterOf = (convert: RecordingConverter['convert']): RecordingConverter => ({
  revision: 1,
  reads: (name) => /\.func$/.test(name),
  convert,
});
const COPY = converterOf((files) => files);

async function importFolder(options?: ImportOptions): Promise<ImportReport | ProfileError> {
  const sources = await folderSources(source);
  return isProfileError(sources) ? sources : importProfile(sources, out, options);
}

async function imported(options?: ImportOptions): Promise<ImportReport> {
  const report = await importFolder(options);
  if (isProfileError(report)) throw new Error(report.error);
  return report;
}

function loaded(dir: string): KernelProfile {
  const profile = loadProfile(dir);
  if (isProfileError(profile)) throw new Error(profile.error);
  return profile;
}

test('what is imported is what loads', async () => {
  const report = await imported({
    name: 'test',
    converter: converterOf((files) => files.map(({ name, bytes }) => ({ name: name.replace('.func', ''), bytes }))),
  });
  expect(report).toMatchObject({ symbols: 5, functions: 2, types: 4, events: 1 });
  expect(report.warnings).toEqual(
    ['initial-files.txt', 'listing.txt', 'fprobe-event.txt', 'instance.txt'].map((name) => `no ${name}`),
  );
  const profile = loaded(out);
  expect([profile.name, profile.release, profile.banner]).toEqual([
    'test',
    '9.8.7-test',
    'Linux version 9.8.7-test (me@here) #1',
  ]);
  expect(profile.symbols.lookupName('vfs_read')).toBe(0xffffffff81000040n);
  expect(profile.functions.idsBySymbol('f')).toEqual([1]);
  expect(profile.btf.funcProto('vfs_read')?.params.map(({ name }) => name)).toEqual(['file']);
  expect(profile.events.get('s', 'e')?.printFmt).toBe('"%d", REC->x');
  expect(profile.workloads.names).toEqual(['cat']);
  expect(new TextDecoder().decode(profile.workloads.read('cat'))).toBe('recorded\n');
  expect(profile.workloads.read('dog')).toBeUndefined();
  expect([profile.text('options.txt'), profile.text('listing.txt')]).toEqual(['overwrite 1\n', undefined]);
});

test('two imports give the same bytes, and replace what was there', async () => {
  await imported({ converter: COPY });
  const first = ['profile.json', 'symbols.bin', 'btf-index.bin'].map((name) => readFileSync(join(out, name)));
  await imported();
  expect(loaded(out).workloads.names).toEqual([]);
  await imported({ converter: COPY });
  expect(['profile.json', 'symbols.bin', 'btf-index.bin'].map((name) => readFileSync(join(out, name)))).toEqual(first);
});

test('without the optional files the kernel has no events and no version', async () => {
  for (const name of ['available_events', 'event_formats.gz', 'version', 'options.txt', 'recordings'])
    rmSync(join(source, name), { recursive: true });
  const report = await imported({ converter: COPY });
  expect(report.warnings).toEqual(expect.arrayContaining(['no version', 'no event_formats', 'no recordings']));
  const profile = loaded(out);
  expect([profile.release, profile.events.list, profile.workloads.names]).toEqual(['unknown', [], []]);
});

const damage = (name: string, content: string | Uint8Array) => () => {
  for (const old of [name, `${name}.gz`]) rmSync(join(source, old), { force: true });
  writeFileSync(join(source, name), content);
};
const remove = (name: string) => () => rmSync(join(source, name), { recursive: true });
const directory = (name: string) => () => {
  rmSync(join(source, name), { force: true });
  mkdirSync(join(source, name));
};

test.each<[error: string, change: () => void]>([
  ['SOURCE: has neither kallsyms nor kallsyms.gz', remove('kallsyms.gz')],
  ['SOURCE: has neither kallsyms nor kallsyms.gz', remove('')],
  ['SOURCE/kallsyms: is a directory, not a file', directory('kallsyms')],
  ['SOURCE/event_formats.gz: is a directory, not a file', directory('event_formats.gz')],
  ['SOURCE/kallsyms: has no symbols', damage('kallsyms', '')],
  [
    'SOURCE/kallsyms: line 1 is not "ADDRESS TYPE NAME"',
    damage('kallsyms', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 0)),
  ],
  ['SOURCE/kallsyms: damaged gzip data', damage('kallsyms', gzipSync(KALLSYMS).subarray(0, 30))],
  [
    'SOURCE/kallsyms: shows every address as 0: read it as root with kernel.kptr_restrict at 0 or 1',
    damage('kallsyms', '0000000000000000 T vfs_read\n'),
  ],
  [
    'SOURCE/available_filter_functions_addrs: line 2 is not "ADDRESS NAME"',
    damage('available_filter_functions_addrs', 'ffffffff81000044 vfs_read\nvfs_read\n'),
  ],
  ['SOURCE/vmlinux.btf: not BTF: the magic is 0x457f, not 0xeb9f', damage('vmlinux.btf', `\x7fELF${'x'.repeat(100)}`)],
  [
    'SOURCE/vmlinux.btf: BTF string section ends 10 bytes past the data',
    damage('vmlinux.btf', vmlinuxBtf().slice(0, -10)),
  ],
  ['SOURCE/event_formats: does not start with a line "== events/SYSTEM/NAME/format"', damage('event_formats', 'x')],
])('%s', async (error, change) => {
  change();
  expect(await importFolder()).toEqual({ error: error.replace('SOURCE', source) });
  expect(loadProfile(out)).toHaveProperty('error');
});

test('a converter may not write outside, nor the importer over a file', async () => {
  const converter = converterOf(() => [{ name: '../x', bytes: new Uint8Array(1) }]);
  expect(await importFolder({ converter })).toEqual({
    error: 'a recording has an impossible name: "../x"',
  });
  writeFileSync(out, 'a file');
  expect(await importFolder()).toEqual({ error: expect.stringContaining(`${out}: cannot be written`) });
});

test('a place where no folder can be made is told, not tried for ever', async () => {
  const sources = await folderSources(source);
  if (isProfileError(sources)) throw new Error(sources.error);
  writeFileSync(out, 'a file');
  for (const dir of ['/proc/nope/profile', join(out, 'a/b')])
    expect(await importProfile(sources, dir)).toEqual({ error: expect.stringContaining(`${dir}: cannot be written`) });
});

const edit = (name: string, change: (bytes: Buffer) => void) => (dir: string) => {
  const bytes = readFileSync(join(dir, name));
  change(bytes);
  writeFileSync(join(dir, name), bytes);
};
const editManifest = (change: (manifest: Record<string, unknown>) => void) => (dir: string) => {
  const manifest = JSON.parse(readFileSync(join(dir, 'profile.json'), 'utf8'));
  change(manifest);
  writeFileSync(join(dir, 'profile.json'), JSON.stringify(manifest));
};

test.each<[error: string, change: (dir: string) => void]>([
  ['DIR/profile.json: no such file', (dir) => rmSync(join(dir, 'profile.json'))],
  ['DIR/symbols.bin: no such file', (dir) => rmSync(join(dir, 'symbols.bin'))],
  ['DIR/profile.json: is not JSON', (dir) => writeFileSync(join(dir, 'profile.json'), '\0\x01')],
  ['DIR/profile.json: is not a profile', (dir) => writeFileSync(join(dir, 'profile.json'), '[]'.replace('[]', 'null'))],
  [
    'DIR/profile.json: has format undefined, this program reads format 1',
    (dir) => writeFileSync(join(dir, 'profile.json'), '{}'),
  ],
  [
    'DIR/profile.json: has format 2, this program reads format 1',
    editManifest((manifest) => Object.assign(manifest, { format: 2 })),
  ],
  [
    'DIR/profile.json: is for the arch "pdp11", which this program does not know',
    editManifest((manifest) => Object.assign(manifest, { arch: 'pdp11' })),
  ],
  ['DIR/profile.json: does not list symbols.bin', editManifest((manifest) => Object.assign(manifest, { files: {} }))],
  [
    'DIR/profile.json: lists a file it must not: "../x"',
    editManifest((manifest) => Object.assign(manifest, { files: { '../x': 1 } })),
  ],
  ['DIR/functions.bin: has 20 bytes instead of 52', (dir) => truncateSync(join(dir, 'functions.bin'), 20)],
  ['DIR/symbols.bin: is not a section of a profile (wrong magic)', edit('symbols.bin', (bytes) => bytes.write('GIF8'))],
  [
    'DIR/symbols.bin: has format 9, this program reads format 1',
    edit('symbols.bin', (bytes) => bytes.writeUInt32LE(9, 4)),
  ],
  ['DIR/symbols.bin: is not the section "symbols"', edit('symbols.bin', (bytes) => bytes.writeUInt32LE(2, 8))],
  [
    'DIR/events.bin: is cut off: 4294967275 bytes are missing',
    edit('events.bin', (bytes) => bytes.writeUInt32LE(0xffff_ffff, 20)),
  ],
  ['DIR/vmlinux.btf: BTF version 0 is not supported', edit('vmlinux.btf', (bytes) => bytes.writeUInt8(0, 2))],
  ['DIR/workloads/cat.func.br: is damaged', edit('workloads/cat.func.br', (bytes) => bytes.fill(0xff))],
])('%s', async (error, change) => {
  await imported({ converter: COPY });
  const dir = join(root, 'damaged');
  rmSync(dir, { recursive: true, force: true });
  cpSync(out, dir, { recursive: true });
  change(dir);
  const profile = loadProfile(dir);
  expect(isProfileError(profile) ? profile : profile.check()).toEqual({ error: error.replace('DIR', dir) });
});

test('a name that is no profile says which there are', () => {
  expect(loadProfile('linux-0.01')).toEqual({
    error: expect.stringMatching(
      /^no profile "linux-0\.01": neither built in \(.*linux-6\.16\.3-amd64.*\) nor a folder$/,
    ),
  });
  writeFileSync(join(root, 'file'), '');
  expect(loadProfile(join(root, 'file'))).toEqual({
    error: `${join(root, 'file', 'profile.json')}: a part of the path is not a directory`,
  });
});
