import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type Host, realHost } from './doctor-host.ts';
import { diagnose, PROBES } from './doctor-probes.ts';

/** A machine on which all is well, but for what is told. */
interface Fake extends Partial<Omit<Host, 'kind' | 'may' | 'read' | 'find' | 'run'>> {
  /** Files with their contents; folders end in a slash; what begins with ! may not be read or written. */
  readonly files?: Readonly<Record<string, string>>;
  readonly programs?: Readonly<Record<string, string>>;
}

const WELL: Required<Pick<Fake, 'files' | 'programs'>> = {
  files: {
    '/dev/fuse': '',
    '/run/user/1/': '',
    '/home/me/': '',
    '/proc/kallsyms': 'ffffffff81000000 T _text\n',
    '/sys/kernel/btf/vmlinux': '',
    '/sys/kernel/tracing/README': '\t   f[:[<group>/][<event>]] <func-name>[%return] [<args>]\n',
    '/sys/kernel/tracing/dynamic_events': '',
  },
  programs: { unshare: '', 'trace-cmd': 'trace-cmd version 3.1.6 ()\n', perf: 'perf version 6.1.128\n' },
};

function fake(change: Fake = {}): Host {
  const files: Record<string, string> = { ...WELL.files, ...change.files };
  const programs: Record<string, string> = { ...WELL.programs, ...change.programs };
  for (const [path, text] of Object.entries(files)) if (text === 'absent') delete files[path];
  for (const [name, text] of Object.entries(programs)) if (text === 'absent') delete programs[name];
  const has = (path: string) => files[path] ?? files[`${path}/`];
  return {
    node: '20.19.0',
    platform: 'linux',
    release: '6.16.3',
    uid: 1000,
    home: '/home/me',
    env: { TERM: 'xterm-256color', XDG_RUNTIME_DIR: '/run/user/1' },
    terminal: { columns: 80, rows: 24 },
    ...change,
    kind: (path) => (`${path}/` in files ? 'dir' : has(path) === undefined ? undefined : 'file'),
    may: (path) => has(path) !== undefined && has(path) !== '!',
    read: has,
    find: (name) => (name in programs ? `/usr/bin/${name}` : undefined),
    run: (name) => ({ ok: name in programs && programs[name] !== 'fails', out: programs[name] ?? '' }),
  };
}

const state = (host: Host, what: string) => diagnose(host).find((each) => each.what === what)!;

test('on a good machine all is well, and nothing is advised', () => {
  for (const each of diagnose(fake())) expect(each).toMatchObject({ state: 'ok', advice: [] });
  expect(state(fake(), 'trace-cmd').found).toBe('3.1.6, /usr/bin/trace-cmd');
});

test.each<[string, Fake, string, RegExp]>([
  ['Node', { node: '20.18.3' }, 'unusable', /Node 20\.19/],
  ['Node', { node: '18.20.1' }, 'unusable', /Node 20\.19/],
  ['terminal', { terminal: undefined }, 'limited', /plain lines/],
  ['terminal', { terminal: { columns: 40, rows: 24 } }, 'limited', /60×15/],
  ['terminal', { env: { TERM: 'dumb' } }, 'limited', /TERM/],
  ['FUSE', { files: { '/dev/fuse': 'absent' } }, 'missing', /modprobe fuse/],
  ['FUSE', { files: { '/dev/fuse': '!' } }, 'missing', /chmod/],
  ['FUSE', { platform: 'darwin' }, 'missing', /fprobe sh/],
  [
    'user namespaces',
    { programs: { unshare: 'fails' }, files: { '/proc/sys/user/max_user_namespaces': '0\n' } },
    'missing',
    /max_user_namespaces/,
  ],
  [
    'user namespaces',
    { programs: { unshare: 'fails' }, files: { '/proc/sys/kernel/unprivileged_userns_clone': '0\n' } },
    'missing',
    /unprivileged_userns_clone/,
  ],
  [
    'user namespaces',
    { programs: { unshare: 'fails' }, files: { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' } },
    'missing',
    /apparmor/,
  ],
  ['user namespaces', { programs: { unshare: 'absent' } }, 'missing', /util-linux/],
  ['user namespaces', { programs: { unshare: 'fails' } }, 'missing', /seccomp/],
  ['trace-cmd', { programs: { 'trace-cmd': 'absent' } }, 'missing', /install trace-cmd/],
  ['perf', { programs: { perf: 'absent' } }, 'missing', /perf/],
  ['tracefs', { files: { '/sys/kernel/tracing/README': 'absent' } }, 'missing', /^$/],
  [
    'tracefs',
    { files: { '/sys/kernel/tracing/README': 'absent', '/proc/filesystems': 'nodev\ttracefs\n' } },
    'missing',
    /mount -t tracefs/,
  ],
  [
    'tracefs',
    {
      files: {
        '/sys/kernel/tracing/README': 'absent',
        '/sys/kernel/tracing/': '!',
        '/proc/filesystems': 'nodev\ttracefs\n',
      },
    },
    'missing',
    /as root/,
  ],
  ['tracefs', { files: { '/sys/kernel/tracing/dynamic_events': '!' } }, 'limited', /root/],
  ['tracefs', { files: { '/sys/kernel/tracing/README': 'tracing mini-HOWTO:\n' } }, 'limited', /^$/],
  ['kernel types', { files: { '/sys/kernel/btf/vmlinux': 'absent' } }, 'missing', /CONFIG_DEBUG_INFO_BTF/],
  ['kernel symbols', { files: { '/proc/kallsyms': '0000000000000000 T _text\n' } }, 'limited', /kptr_restrict/],
  ['kernel symbols', { files: { '/proc/kallsyms': 'absent' } }, 'missing', /^$/],
  ['runtime folder', { env: { TERM: 'xterm' } }, 'limited', /temporary files/],
  ['data folder', { files: { '/home/me/': '!' } }, 'limited', /XDG_DATA_HOME/],
])('%s %j', (what, change, expected, advice) => {
  const found = state(fake(change), what);
  expect(found.state).toBe(expected);
  expect(found.advice.join('\n')).toMatch(advice);
  expect(found.use).not.toBe('');
});

test('looking at this machine breaks nothing, and finds Node and the profile', () => {
  const found = diagnose(realHost());
  expect(found).toHaveLength(PROBES.length);
  expect(found.slice(0, 2)).toMatchObject([
    { what: 'Node', state: 'ok' },
    { what: 'profiles', state: 'ok' },
  ]);
});

test('a chosen profile that cannot be used is told', async () => {
  const home = mkdtempSync(join(tmpdir(), 'fprobe-doctor-'));
  mkdirSync(join(home, 'fprobe-sim'));
  writeFileSync(join(home, 'fprobe-sim/default-profile'), 'gone\n');
  const program = join(import.meta.dirname, '../../bin/fprobe.js');
  const run = await execa('node', [program, 'doctor'], { env: { XDG_DATA_HOME: home } });
  expect(run.stdout).toMatch(
    /^~ profiles +gone, which fprobe profile use chose: no profile "gone"[^\n]*\n +choose another: /m,
  );
  rmSync(home, { recursive: true });
});

test('fprobe doctor tells it in lines, or as JSON', async () => {
  const program = join(import.meta.dirname, '../../bin/fprobe.js');
  const [plain, json] = await Promise.all(
    [[], ['--json']].map((options) => execa('node', [program, 'doctor', ...options], { reject: false })),
  );
  expect(plain).toMatchObject({
    exitCode: 0,
    stderr: 'checking, tracing and replaying need nothing but Node and a profile',
  });
  expect(plain!.stdout).toMatch(/^✓ Node +\d+\.\d+\.\d+$/m);
  expect(json!.exitCode).toBe(0);
  expect(json!.stdout.split('\n').map((line) => JSON.parse(line).what)).toEqual(PROBES.map(({ what }) => what));
});
