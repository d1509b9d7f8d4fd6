import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { ARCHES } from '../machine/arch.ts';

const program = join(import.meta.dirname, '../../bin/fprobe.js');

function fprobe(...args: string[]) {
  return execa('node', [program, ...args], {
    reject: false,
    stdin: 'ignore',
    env: { NO_COLOR: '1' },
    stripFinalNewline: false,
  });
}

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('arch prints the matrix', async () => {
  const { stdout, exitCode } = await fprobe('arch');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^CONFIG_FPROBE +y +n +y +y +y +y +y\* +n$/m);
  expect(stdout).toMatch(/^HAVE_FTRACE_GRAPH_FUNC +y +y +y +y +y +y +y +n$/m);
  expect(stdout).toMatch(
    /^x86_64 +\+4 endbr64 +steps back +1 word, 0xf +pt_regs +di si dx cx r8 r9 +ax +top of stack$/m,
  );
  expect(stdout).toMatch(/^s390 +\+0 +kallsyms +1 word, 0x0 +pt_regs +r2-r6 +r2 +r14$/m);
  const json = jsonLines((await fprobe('arch', '--json')).stdout);
  expect(json.map(({ name }) => name)).toEqual(Object.keys(ARCHES));
  expect(json.find(({ name }) => name === 'loongarch')).toMatchObject({
    header: { kind: 'two-word' },
    kconfig: { FPROBE: true },
    arguments: ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'],
  });
});

test('arch of one arch by either of its names', async () => {
  const { stdout } = await fprobe('arch', 'powerpc');
  expect(stdout).toMatch(/^arch +powerpc64$/m);
  expect(stdout).toMatch(/^fprobe header +1 word, 0xc$/m);
  const wrong = await fprobe('arch', 'z80');
  expect([wrong.exitCode, wrong.stdout]).toEqual([2, '']);
  expect(wrong.stderr).toContain('There are x86_64 i386 arm64');
});

test('--arch boots the machine as that arch', async () => {
  const definition = 'f:read vfs_read count';
  const arm64 = await fprobe('trace', '--arch', 'arm64', '-e', definition);
  expect(arm64.stdout).toContain('read: (vfs_read+0x8/0x370) count=832\n');
  const i386 = await fprobe('trace', '--arch', 'i386', '-e', definition);
  expect([i386.exitCode, i386.stdout]).toEqual([1, '']);
  expect(i386.stderr).toBe(
    '-e:1:1: EINVAL (Invalid argument)\nhint: a kernel for i386 has no fprobe events (fprobe arch tells why)\n',
  );
});

test('stat counts as perf stat does', async () => {
  const run = await fprobe('stat', '-w', 'cat', '-e', 'f:read vfs_read count', '-e', 'f:none vfs_rename');
  expect(run.stdout).toBe(
    [
      '',
      " Performance counter stats for 'cat':",
      '',
      '                 5      fprobes:read',
      '                 0      fprobes:none',
      '',
      '       0.172204000 seconds time elapsed',
      '',
      '',
    ].join('\n'),
  );
  expect([run.stderr, run.exitCode]).toEqual(['', 0]);
});

test('stat counts static events and tracepoint probes, of the program or of everyone, and under a filter', async () => {
  const events = ['-e', 't:sw sched_switch', '-E', 'sched:sched_switch', '-w', 'sh-fork', '--json'];
  const mine = jsonLines((await fprobe('stat', ...events)).stdout);
  const all = jsonLines((await fprobe('stat', '-a', ...events)).stdout);
  expect(all).toEqual([
    { event: 'tracepoints:sw', count: 166 },
    { event: 'sched:sched_switch', count: 166 },
  ]);
  expect(mine[0].count).toBe(mine[1].count);
  expect(mine[0].count).toBeLessThan(166);
  const filtered = await fprobe('stat', '-e', 'f:read vfs_read count', '--filter', 'count > 1000', '--json');
  expect(jsonLines(filtered.stdout)).toEqual([{ event: 'fprobes:read', count: 2 }]);
});

test.each([
  [['stat', '--filter', 'nosuch == 1'], 1, /^fprobe: fprobes:read does not take the filter: EINVAL\n$/],
  [['stat', '-E', 'sched:nosuch'], 2, /^fprobe: no event sched:nosuch: it takes SYSTEM:EVENT\n$/],
  [['stat', '-e', 'f nosuch'], 1, /^-e:1:3: EINVAL/],
  [['stat', '--arch', 'i386'], 1, /has no fprobe events/],
  [['stat', '-w', 'nosuch'], 2, /^fprobe: no workload nosuch/],
])('fprobe %j is refused', async (args, exit, err) => {
  const run = await fprobe(...args);
  expect([run.exitCode, run.stdout]).toEqual([exit, '']);
  expect(run.stderr).toMatch(err);
});

test('trace says what was missed, and who reads registers that are not there', async () => {
  const args = Array.from({ length: 10 }, (_, n) => `a${n}=$arg${n + 1}`).join(' ');
  const definitions = [1, 2, 3, 4].flatMap((n) => ['-e', `f:r${n} vfs_read%return ${args}`]);
  const missed = await fprobe('trace', ...definitions);
  expect(missed.stdout).toContain('entries-in-buffer/entries-written: 0/0');
  expect(missed.stderr).toBe([1, 2, 3, 4].map((n) => `fprobe: fprobes/r${n} missed 5 hits\n`).join(''));
  const poison = await fprobe('trace', '-e', 'f:r vfs_read%return s=$stack', '--json');
  expect(poison.stderr).toMatch(
    /^kernel: \[ +\d+\.\d+\] WARNING: a handler at the return of vfs_read reads sp, which ftrace_regs does not hold\n$/,
  );
});
