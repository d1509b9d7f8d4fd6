import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from './simulated-kernel.ts';
import { systemFiles } from './system-files.ts';
import { Tracefs } from './tracefs.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const kernel = SimulatedKernel.boot(profile);
const files = new Tracefs(systemFiles(kernel));

test('kallsyms lists the symbols of the profile, then those of modules', () => {
  kernel.machine.loadModule({ name: 'mod', functions: [{ name: 'mod_fn' }] });
  const lines = (files.read('proc/kallsyms') as string).split('\n');
  expect(lines.slice(0, 2)).toEqual(['ffffffff81000000 T srso_alias_untrain_ret', 'ffffffff81000000 T _stext']);
  expect(lines.filter((line) => / [tT] (vfs_read|mod_fn)\b/.test(line))).toEqual([
    expect.stringMatching(/^ffffffff81[0-9a-f]{6} T vfs_read$/),
    expect.stringMatching(/^[0-9a-f]{16} t mod_fn\t\[mod\]$/),
  ]);
  expect(lines.length).toBe(profile.symbols.count + 2);
});

test('kptr_restrict at 2 hides addresses', () => {
  files.write('proc/sys/kernel/kptr_restrict', '2\n');
  expect((files.read('proc/kallsyms') as string).slice(0, 19)).toBe('0000000000000000 T ');
  files.write('proc/sys/kernel/kptr_restrict', '0\n');
});

test('the types are the bytes of the profile', () => {
  const text = files.read('sys/kernel/btf/vmlinux') as string;
  expect([text.length, text.slice(0, 2)]).toEqual([profile.btf.bytes.length, '\x9f\xeb']);
});

// Asked of a real 6.16.3.
test.each([
  ['1\n', 1, 1],
  ['0\n', 0, 0],
  ['2\n', 2, 2],
  ['3\n', -1, 3],
  ['-1\n', -1, -1],
  ['\n', -1, -1],
  ['x\n', -1, -1],
  [' 1\n', 1, 1],
  ['1 2\n', 1, 1],
  ['0x1\n', 1, 1],
  ['010', -1, 8],
  ['1x\n', -1, -1],
  ['99999999999\n', -1, -1],
])('sysctls take %j: kptr_restrict %i, ftrace_enabled %i (-1: as before)', (data, kptr, ftrace) => {
  for (const [name, value] of [
    ['kptr_restrict', kptr],
    ['ftrace_enabled', ftrace],
  ] as const) {
    const path = `proc/sys/kernel/${name}`;
    const before = files.read(path);
    const refused = value === -1 && !(name === 'ftrace_enabled' && data === '-1\n');
    expect(files.write(path, data)).toBe(refused ? -Errno.EINVAL : data.length);
    expect(files.read(path)).toBe(refused ? before : `${value}\n`);
  }
});

test('with ftrace_enabled at 0 nothing is hit', () => {
  const { tracefs } = kernel;
  tracefs.append('dynamic_events', 'f:a kernel_clone\n');
  tracefs.write('events/fprobes/a/enable', '1\n');
  const hits = () => (tracefs.read('trace') as string).split('\n').filter((line) => line.includes(' a: ')).length;
  kernel.fork(1);
  files.write('proc/sys/kernel/ftrace_enabled', '0\n');
  kernel.fork(1);
  expect(hits()).toBe(1);
  files.write('proc/sys/kernel/ftrace_enabled', '1\n');
  kernel.fork(1);
  expect(hits()).toBe(2);
});
