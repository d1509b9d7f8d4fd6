import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { BtfBuilder } from '../btf/blob-builder.ts';
import { buildElf } from './elf-builder.ts';
import { fileSources, type SourceFiles } from './file-sources.ts';
import { folderSources } from './folder-sources.ts';
import { guessSites } from './guess-functions.ts';
import { type ImportOptions, type ImportReport, importProfile } from './import-profile.ts';
import { type KernelProfile, loadProfile } from './profile.ts';
import { isProfileError, type ProfileError } from './profile-error.ts';

const root = mkdtempSync(join(tmpdir(), 'other-kernels-'));
afterAll(() => rmSync(root, { recursive: true }));
const out = join(root, 'out');

function file(name: string, content: string | Uint8Array): string {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
}

async function tryImport(files: SourceFiles, options?: ImportOptions): Promise<ImportReport | ProfileError> {
  const sources = await fileSources(files);
  return isProfileError(sources) ? sources : importProfile(sources, out, options);
}

async function imported(
  files: SourceFiles,
  options?: ImportOptions,
): Promise<{ report: ImportReport; profile: KernelProfile }> {
  const report = await tryImport(files, options);
  if (isProfileError(report)) throw new Error(report.error);
  const profile = loadProfile(out);
  if (isProfileError(profile)) throw new Error(profile.error);
  expect(profile.check()).toBeUndefined();
  return { report, profile };
}

function blob(): Uint8Array {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  b.func('vfs_read', u32, [['file', u32]]);
  b.func('twin', u32, []);
  return b.build();
}

/** The same types in the other byte order: all of a blob but its strings, magic and versions are 32-bit words. */
function bigEndian(little: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(little);
  const view = new DataView(bytes.buffer);
  const typeEnd = 24 + view.getUint32(12, true);
  for (let at = 4; at < typeEnd; at += 4) view.setUint32(at, view.getUint32(at, true));
  bytes.set([0xeb, 0x9f]);
  return bytes;
}

const X86 = `\
ffffffff8d000000 T _stext
ffffffff8d000010 t twin
ffffffff8d000040 T vfs_read
ffffffff8d000100 t twin
ffffffff8d000180 T entry_SYSCALL_64
ffffffff8d000200 t twin
ffffffff8d000240 T ksys_read
ffffffff8d000280 t cut.cold
ffffffff8d0002c0 T _etext
ffffffff8d001000 T _sinittext
ffffffff8d001010 t setup
ffffffff8d001040 T _einittext
ffffffff8d002000 B _end
ffffffffc0002000 t ext_read\t[ext]
`;
const kallsyms = file('kallsyms', X86);
const btf = file('btf', blob());
const sites = ({ functions }: KernelProfile) =>
  Array.from({ length: functions.count }, (_, id) => `${functions.entryIp(id).toString(16)} ${functions.name(id)}`);

test('a list of functions without addresses: of one name each goes to its place in the order', async () => {
  const functions = file(
    'names',
    'twin\nvfs_read\n__ftrace_invalid_address___64\ntwin\nksys_read\nnowhere\next_read [ext]\n',
  );
  const { report, profile } = await imported({ kallsyms, btf, functions });
  expect(sites(profile)).toEqual([
    'ffffffff8d000010 twin',
    'ffffffff8d000040 vfs_read',
    'ffffffff8d000100 twin',
    'ffffffff8d000240 ksys_read',
    'ffffffffc0002000 ext_read',
  ]);
  expect(report.warnings).toContain('1 traceable functions left out: kallsyms has another symbol at their address');
  expect(profile.notes).toEqual([expect.stringMatching(/^the list of functions has no addresses: .* SYMBOL\+0x0$/)]);
});

test('without a list the functions are guessed, with the types to tell assembly; an ENDBR is before sites where the kernel has them', async () => {
  const { profile } = await imported({ kallsyms: file('ibt', `${X86}ffffffff8d000250 T ibt_save\n`), btf });
  expect(sites(profile)).toEqual([
    'ffffffff8d000014 twin',
    'ffffffff8d000044 vfs_read',
    'ffffffff8d000104 twin',
    'ffffffff8d000204 twin',
    'ffffffffc0002004 ext_read',
  ]);
  expect(profile.notes).toEqual([expect.stringMatching(/^no list of traceable functions: 5 are guessed /)]);
});

test('a kernel without types, versions, events and recordings', async () => {
  const { report, profile } = await imported({ kallsyms });
  expect([profile.hasTypes, profile.btf.typeCount, profile.btf.funcProto('vfs_read')]).toEqual([false, 1, undefined]);
  expect(report.warnings).toEqual(
    expect.arrayContaining(['no available_events', 'no event_formats', 'no version', 'no recordings'].slice(0, 3)),
  );
  expect([profile.release, profile.arch, profile.events.all]).toEqual(['unknown', 'x86_64', []]);
});

test('formats without available_events: all of them can be enabled, those of ftrace not', async () => {
  const format = (name: string, id: number) =>
    `name: ${name}\nID: ${id}\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\nprint fmt: ""\n`;
  mkdirSync(join(root, 'events/s/b'), { recursive: true });
  mkdirSync(join(root, 'events/ftrace/function'), { recursive: true });
  file('events/s/b/format', format('b', 7));
  file('events/ftrace/function/format', format('function', 1));
  file('events/enable', '0\n');
  const { profile } = await imported({ kallsyms, formats: join(root, 'events') });
  expect([profile.events.list, profile.events.all.length, profile.events.idOf('s', 'b')]).toEqual([
    [{ system: 's', name: 'b' }],
    2,
    7,
  ]);
});

test.each<[arch: string, symbols: string, version: string]>([
  ['arm64', 'ffff800080010000 T _stext\nffff800080010040 T __arm64_sys_read\n', ''],
  ['i386', 'c1000000 T _stext\nc1000040 T entry_INT80_32\n', ''],
  ['arm', 'c0100000 T _stext\nc0100040 T vector_swi\n', ''],
  [
    'riscv64',
    'ffffffff80002000 T _stext\nffffffff80002100 T f\n',
    'Linux version 6.12 (x@y) (riscv64-linux-gnu-gcc-14 14.2)',
  ],
  ['s390', '0000000000100000 T _stext\n0000000000100100 T __s390x_sys_read\n', ''],
  ['powerpc64', 'c000000000000000 T _stext\nc000000000000100 T system_call_exception\n', ''],
  ['loongarch', '9000000000220000 T _stext\n9000000000220100 T loongson_init\n', ''],
])('a kernel for %s is known by its symbols or its compiler', async (arch, symbols, version) => {
  const { report, profile } = await imported({
    kallsyms: file('sym', symbols),
    btf: file('be', bigEndian(blob())),
    functions: file('fn', `${symbols.split('\n')[1]!.replace(' T ', ' ')}\n`),
    ...(version !== '' && { versionFile: file('version', `${version}\n`) }),
  });
  expect([profile.arch, report.functions]).toEqual([arch, 1]);
  expect(profile.btf.funcProto('vfs_read')?.params.map(({ name }) => name)).toEqual(['file']);
});

test.each<[error: string, content: Uint8Array]>([
  [
    'is packed with xz, which Node cannot unpack: unpack it first',
    Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0),
  ],
  ['is packed with bzip2, which Node cannot unpack: unpack it first', Buffer.from('BZh91AY')],
  ['damaged gzip data', gzipSync(X86).subarray(0, 60)],
])('a packed file: %s', async (error, content) => {
  const path = file('packed', content);
  expect(await tryImport({ kallsyms: path })).toEqual({ error: `${path}: ${error}` });
});

test('packed with brotli or gzip is as plain', async () => {
  await imported({ kallsyms, btf });
  const plain = readFileSync(join(out, 'symbols.bin'));
  await imported({ kallsyms: file('kallsyms.br', brotliCompressSync(X86)), btf: file('btf.gz', gzipSync(blob())) });
  expect(readFileSync(join(out, 'symbols.bin'))).toEqual(plain);
});

test('the importer replaces a profile and an empty folder, nothing else, and leaves nothing half done', async () => {
  await imported({ kallsyms });
  const full = join(root, 'full');
  mkdirSync(full);
  file('full/mine', 'x');
  const sources = await fileSources({ kallsyms });
  if (isProfileError(sources)) throw new Error(sources.error);
  expect(await importProfile(sources, full)).toEqual({
    error: `${full}: is not empty and holds no profile: choose another folder`,
  });
  expect(await importProfile(sources, join(full, 'mine', 'x'))).toEqual({
    error: expect.stringContaining('cannot be written'),
  });
});

test('the guess is good: of the built-in kernel it misses hardly any function, and few of those it finds cannot be traced', () => {
  const builtin = loadProfile();
  if (isProfileError(builtin)) throw new Error(builtin.error);
  const { symbols, functions } = builtin;
  const guessed = guessSites(symbols, builtin.btf, 'x86_64');
  if ('error' in guessed) throw new Error(guessed.error);
  const starts = new Set([...guessed.sites].map(([ip, offset]) => ip - BigInt(offset)));
  const traceable = Array.from({ length: functions.count }, (_, id) => functions.symbolAddress(id));
  const found = traceable.filter((address) => starts.has(address)).length;
  expect(found / traceable.length).toBeGreaterThan(0.999);
  expect(found / starts.size).toBeGreaterThan(0.93);
});

/** Types of a module that go on where those of `blob()` end: a function that takes a pointer to a struct of its own. */
function moduleBlob(name: string): Uint8Array {
  const kernel = blob();
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  b.func('vfs_read', u32, [['file', u32]]);
  b.func('twin', u32, []);
  const own = b.composite('struct', 'ext', 4, [['len', u32, 0]]);
  b.func(name, u32, [['ext', b.add({ kind: 'ptr', third: own })]]);
  const whole = b.build();
  const [types, strings] = [12, 20].map((at) => new DataView(kernel.buffer).getUint32(at, true)) as [number, number];
  const [all, allStrings] = [12, 20].map((at) => new DataView(whole.buffer).getUint32(at, true)) as [number, number];
  const split = Uint8Array.from([
    ...whole.subarray(0, 24),
    ...whole.subarray(24 + types, 24 + all),
    ...whole.subarray(24 + all + strings),
  ]);
  for (const at of [12, 16]) new DataView(split.buffer).setUint32(at, all - types, true);
  new DataView(split.buffer).setUint32(20, allStrings - strings, true);
  return split;
}

describe('types of modules', () => {
  const dir = join(root, 'btfs');
  mkdirSync(dir);
  file('btfs/vmlinux', blob());
  file('btfs/ext', moduleBlob('ext_read'));
  file('btfs/other.gz', gzipSync(moduleBlob('other_read')));
  file('btfs/broken', blob().subarray(0, 30));

  test('a folder as /sys/kernel/btf: their functions have arguments, what the kernel hands out is its own', async () => {
    const { report, profile } = await imported({ kallsyms, btf: dir });
    for (const name of ['ext_read', 'other_read']) {
      const [param, ...others] = profile.btf.funcProto(name)!.params;
      const pointer = profile.btf.type(param!.type);
      expect([param?.name, others, pointer?.kind]).toEqual(['ext', [], 'ptr']);
      expect(profile.btf.findMember(pointer?.kind === 'ptr' ? pointer.type : 0, 'len')?.member.name).toBe('len');
    }
    expect(profile.btf.funcProto('vfs_read')?.params).toHaveLength(1);
    expect(Buffer.from(profile.btfBytes)).toEqual(Buffer.from(blob()));
    expect(report.types).toBe(profile.btf.typeCount);
    expect(report.warnings.filter((warning) => warning.includes('btfs'))).toEqual([
      `${join(dir, 'broken')}: left out: BTF type section ends 66 bytes past the data`,
    ]);
  });

  test('the same in a folder of raw files', async () => {
    const raw = join(root, 'raw');
    mkdirSync(raw);
    file('raw/kallsyms', X86);
    cpSync(dir, join(raw, 'btf'), { recursive: true });
    const sources = await folderSources(raw);
    if (isProfileError(sources)) throw new Error(sources.error);
    const report = await importProfile(sources, out);
    expect(isProfileError(report) ? report : loadProfile(out)).toMatchObject({ hasTypes: true });
    expect(readFileSync(join(out, 'all-types.btf')).length).toBeGreaterThan(blob().length);
  });

  test("a folder without the kernel's own types", async () => {
    const empty = join(root, 'no-btf');
    mkdirSync(empty);
    expect(await tryImport({ kallsyms, btf: empty })).toEqual({ error: `${empty}: has no file vmlinux` });
  });
});

test('a kernel whose tracepoints have no stubs says so', async () => {
  const old = file('old', `${X86.slice(0, X86.indexOf('ffffffffc'))}ffffffff8d001800 D __tracepoint_sched_switch\n`);
  const { profile } = await imported({ kallsyms: old, btf });
  expect(profile.notes).toContainEqual(expect.stringMatching(/^no __probestub_ functions/));
});

describe('vmlinux', () => {
  const address = (n: number) => 0xffffffff81000000n + BigInt(n);
  const words = (values: readonly bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);
  const banner = new TextEncoder().encode('Linux version 6.9.1-own (me@here) #1 SMP\n\0');
  const sections = [
    { name: '.text', address: address(0), flags: 6, bytes: new Uint8Array(0x400) },
    { name: '.rodata', address: address(0x1000), flags: 2, bytes: banner },
    {
      name: '.init.data',
      address: address(0x2000),
      flags: 3,
      bytes: words([address(0x44), address(0x80), address(0x3010)]),
    },
    { name: '.init.text', address: address(0x3000), flags: 6, bytes: new Uint8Array(0x100) },
    { name: '.BTF', bytes: blob() },
  ];
  const symbol = (name: string, n: number, section: string, binding?: 'local' | 'weak') => ({
    name,
    address: address(n),
    section,
    ...(binding && { binding }),
  });
  const symbols = [
    symbol('_stext', 0, '.text'),
    symbol('__weak_read', 0x40, '.text', 'weak'),
    symbol('vfs_read', 0x40, '.text'),
    symbol('twin', 0x80, '.text', 'local'),
    symbol('$x', 0x80, '.text', 'local'),
    symbol('linux_banner', 0x1000, '.rodata'),
    symbol('__start_mcount_loc', 0x2000, '.init.data'),
    symbol('__stop_mcount_loc', 0x2018, '.init.data'),
    symbol('_sinittext', 0x3000, '.init.text'),
    symbol('setup', 0x3010, '.init.text', 'local'),
    symbol('_einittext', 0x3100, '.init.text'),
    symbol('_end', 0x4000, '.init.text'),
  ];
  const elf = buildElf({ sections, symbols });

  test('symbols, types, entry sites and version are taken out', async () => {
    const { profile } = await imported({ vmlinux: file('vmlinux', elf) });
    expect([profile.release, profile.arch, profile.notes]).toEqual(['6.9.1-own', 'x86_64', []]);
    expect(sites(profile)).toEqual(['ffffffff81000044 vfs_read', 'ffffffff81000080 twin']);
    expect([...profile.symbols.lines()].map(({ type, name }) => `${type} ${name}`).slice(0, 4)).toEqual([
      'T _stext',
      'T vfs_read',
      'W __weak_read',
      't twin',
    ]);
    expect(profile.btf.funcProto('vfs_read')?.params).toHaveLength(1);
  });

  test('a packed one, and one in a kernel image', async () => {
    await imported({ vmlinux: file('vmlinux.gz', gzipSync(elf)) });
    const image = new Uint8Array(0x400 + 100 + 20_000);
    const payload = gzipSync(elf);
    const view = new DataView(image.buffer);
    image[0x1f1] = 1;
    image.set(Buffer.from('HdrS'), 0x202);
    view.setUint32(0x248, 100, true);
    view.setUint32(0x24c, payload.length, true);
    image.set(payload, 0x400 + 100);
    const { profile } = await imported({ vmlinux: file('vmlinuz', image) });
    expect(profile.release).toBe('6.9.1-own');
  });

  test('a stripped one says that symbols are missing, and takes them from elsewhere', async () => {
    const vmlinux = file('stripped', buildElf({ sections }));
    expect(await tryImport({ vmlinux })).toEqual({
      error: `${vmlinux}: has no symbol table (it was stripped): give --kallsyms, too`,
    });
    const { profile } = await imported({ vmlinux, kallsyms });
    expect([profile.release, profile.hasTypes]).toEqual(['6.9.1-own', true]);
  });

  test('one of 32 bits and the other byte order', async () => {
    const small = sections.map(({ address: at, ...rest }) => ({
      ...rest,
      ...(at !== undefined && { address: at & 0xffffffffn }),
    }));
    const { profile } = await imported({
      vmlinux: file('vmlinux32', buildElf({ is64: false, isLittle: false, machine: 40, sections: small, symbols })),
    });
    expect([profile.arch, profile.symbols.lookupName('vfs_read')]).toEqual(['arm', 0x81000040n]);
  });

  test('arm64: places that relocations hold; the site is the second of two NOPs, behind a BTI where ops are kept before functions', async () => {
    const at = (n: number) => 0xffff800008000000n + BigInt(n);
    const places = [at(0x40), at(0x84), at(0x100 - 8), at(0x200 - 8), at(0x3010)];
    const text = new Uint8Array(0x400);
    new DataView(text.buffer).setUint32(0x200, 0xd503245f, true);
    const rela = places.flatMap((place, i) => [at(0x2000 + 8 * i), 1027n, place]);
    const arm64 = buildElf({
      machine: 183,
      sections: [
        { name: '.text', address: at(0), flags: 6, bytes: text },
        { name: '.init.data', address: at(0x2000), flags: 3, bytes: new Uint8Array(8 * places.length) },
        { name: '.init.text', address: at(0x3000), flags: 6, bytes: new Uint8Array(0x100) },
        // A place elsewhere, and a relocation of another type, are not taken.
        { name: '.rela.dyn', type: 4, flags: 2, bytes: words([...rela, at(0x9000), 1027n, 1n, at(0x2000), 257n, 1n]) },
      ],
      symbols: Object.entries({
        _stext: 0,
        plain: 0x40,
        tracked: 0x80,
        kept: 0x100,
        kept_tracked: 0x200,
        __start_mcount_loc: 0x2000,
        __stop_mcount_loc: 0x2000 + 8 * places.length,
        _sinittext: 0x3000,
        setup: 0x3010,
        _einittext: 0x3100,
      }).map(([name, n]) => ({ name, address: at(n), section: n < 0x2000 || n >= 0x3000 ? '.text' : '.init.data' })),
    });
    const { profile } = await imported({ vmlinux: file('vmlinux-arm64', arm64) });
    expect([profile.arch, profile.notes]).toEqual(['arm64', [expect.stringContaining('no types')]]);
    expect(sites(profile)).toEqual([
      'ffff800008000044 plain',
      'ffff800008000088 tracked',
      'ffff800008000104 kept',
      'ffff800008000208 kept_tracked',
    ]);
  });

  test('however it is damaged, it is an error or a profile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(elf.length - 1),
        fc.array(fc.tuple(fc.nat(elf.length - 1), fc.nat(255)), { maxLength: 8 }),
        async (cut, changes) => {
          const bytes = elf.slice(0, cut % 3 === 0 ? cut : elf.length);
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
          const result = await tryImport({ vmlinux: file('damaged', bytes) });
          expect('error' in result ? typeof result.error : 'profile').toMatch(/string|profile/);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('trace.dat', () => {
  const text = (value: string) => [...new TextEncoder().encode(value)];
  const number = (value: number, size: number) =>
    Array.from({ length: size }, (_, i) => (i < 4 ? (value >>> (8 * i)) & 0xff : 0));
  const sized = (size: 4 | 8, bytes: readonly number[]) => [...number(bytes.length, size), ...bytes];
  const format = 'name: e\nID: 9\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\nprint fmt: ""\n';
  const formats = [...number(1, 4), ...text('s\0'), ...number(1, 4), ...sized(8, text(format))];
  const uname = text('Linux host 6.7.8-own #1 SMP x86_64\0');
  const start = (version: string) => [0x17, 8, ...text(`Dtracing${version}\0`), 0, 8, ...number(4096, 4)];
  const version6 = Uint8Array.from([
    ...start('6'),
    ...text('header_page\0'),
    ...sized(8, text('page')),
    ...text('header_event\0'),
    ...sized(8, text('event')),
    ...number(0, 4),
    ...formats,
    ...sized(4, text(X86)),
    ...sized(4, []),
    ...sized(8, []),
    ...number(1, 4),
    ...text('options  \0'),
    ...number(5, 2),
    ...sized(4, uname),
    ...number(0, 2),
  ]);

  function version7(packed: boolean): Uint8Array {
    const body = [...start('7'), ...text(packed ? 'zlib\0' : 'none\0'), ...text('1\0')];
    const section = (id: number, data: readonly number[]) => {
      const packedData = [...deflateSync(Uint8Array.from(data))];
      const content = packed
        ? [...number(1, 4), ...number(packedData.length, 4), ...number(data.length, 4), ...packedData]
        : data;
      return [...number(id, 2), ...number(packed ? 1 : 0, 2), ...number(0, 4), ...sized(8, content)];
    };
    const formatsAt = body.length + 8;
    const formatSection = section(18, formats);
    const symbolsAt = formatsAt + formatSection.length;
    const symbolSection = section(19, sized(4, text(X86)));
    const optionsAt = symbolsAt + symbolSection.length;
    const options = section(0, [
      ...number(18, 2),
      ...sized(4, number(formatsAt, 8)),
      ...number(19, 2),
      ...sized(4, number(symbolsAt, 8)),
      ...number(5, 2),
      ...sized(4, uname),
      ...number(0, 2),
      ...sized(4, number(0, 8)),
    ]);
    return Uint8Array.from([...body, ...number(optionsAt, 8), ...formatSection, ...symbolSection, ...options]);
  }

  test.each([
    ['version 6', version6],
    ['version 7', version7(false)],
    ['version 7, packed', version7(true)],
  ])('%s: symbols, formats, the release and what is missing', async (_, bytes) => {
    const { report, profile } = await imported({ traceDat: file('trace.dat', bytes) });
    expect([profile.release, profile.arch, profile.events.list]).toEqual([
      '6.7.8-own',
      'x86_64',
      [{ system: 's', name: 'e' }],
    ]);
    expect(profile.symbols.lookupName('vfs_read')).toBe(0xffffffff8d000040n);
    expect(report.warnings).toContain('a trace.dat has no types and no list of traceable functions');
  });

  test.each<[error: string, bytes: Uint8Array]>([
    ['is not a trace.dat file', Buffer.from('hello')],
    ['is trace.dat of version "5": 6 and 7 can be read', Uint8Array.from([...start('5'), 0])],
    ['has no header_page at byte 18', Uint8Array.from([...start('6'), ...text('x\0')])],
  ])('%s', async (error, bytes) => {
    const path = file('bad.dat', bytes);
    expect(await tryImport({ traceDat: path })).toEqual({ error: `${path}: ${error}` });
  });

  test('however it is damaged, it is an error or a profile', async () => {
    const whole = [version6, version7(false), version7(true)];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.nat(3000),
        fc.array(fc.tuple(fc.nat(1500), fc.nat(255)), { maxLength: 6 }),
        async (original, cut, changes) => {
          const bytes = original.slice(0, cut % 3 === 0 ? cut % original.length : original.length);
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
          const result = await tryImport({ traceDat: file('damaged.dat', bytes) });
          expect('error' in result ? typeof result.error : 'profile').toMatch(/string|profile/);
        },
      ),
      { numRuns: 80 },
    );
  });
});

test('any kallsyms and list of functions, however mangled, is an error or a profile that loads', async () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_.]{0,12}$/);
  const line = fc
    .tuple(
      fc.bigInt(0n, 0xffffn),
      fc.constantFrom('t', 'T', 'd', 'W', 'A'),
      name,
      fc.constantFrom('', '\t[mod]', ' [bpf]'),
    )
    .map(([at, type, symbol, module]) => `${(0xffffffff81000000n + at).toString(16)} ${type} ${symbol}${module}`);
  const odd = fc.constantFrom('', 'x', '0 t', 'ffffffff81000000 T', '00000000 U undefined', 'ffff T a b');
  const lines = (bad: number) =>
    fc.array(fc.oneof({ weight: 60, arbitrary: line }, { weight: bad, arbitrary: odd }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(lines(1), lines(1), async (symbols, functions) => {
      const text = functions.map((each) => each.replace(/ \S /, ' '));
      const result = await tryImport({
        kallsyms: file('any', `${symbols.join('\n')}\n`),
        functions: file('anyf', `${text.join('\n')}\n`),
      });
      if (isProfileError(result)) return;
      const profile = loadProfile(out);
      if (isProfileError(profile)) throw new Error(profile.error);
      expect(profile.check()).toBeUndefined();
      expect(sites(profile).every((site) => / \S/.test(site))).toBe(true);
    }),
    { numRuns: 60 },
  );
});
