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

test('stacks draws the moment with most words in use', async () => {
  const { stdout, stderr, exitCode } = await fprobe('stacks');
  expect([stderr, exitCode]).toEqual(['', 0]);
  expect(stdout).toMatch(/^rw_verify_area, while it runs, call 6\n/);
  expect(stdout).toContain('   14 │ 0000000000000340 │     word 1 of fprobes/read: argument 3, count\n');
  expect(stdout).toContain('    9 │ 0000000000001403 │ bitmap  type 1, back 3, ops 0 want the return\n');
  expect(stdout).toMatch(/fprobes\/in → fprobes\/pos → fprobes\/read\n/);
});

test('stacks at a moment, for machines', async () => {
  const { stdout } = await fprobe(
    'stacks',
    ...['-e', 'f:a vfs_read%return count', '--at', 'vfs_read:return:2', '--arch', 'arm64', '--json'],
  );
  const { at, tasks, fprobeTable } = JSON.parse(stdout);
  expect(at).toEqual({ function: 'vfs_read', phase: 'return', count: 2 });
  expect(tasks[0].frames[0].words.map(({ kind }: { kind: string }) => kind).join(' ')).toBe(
    'ret func fp retp bitmap payload payload data',
  );
  expect(tasks[0].frames[0].words[6]).toMatchObject({ holds: 'entry-data', fprobe: 'fprobes/a', n: 0, value: '0x310' });
  expect(fprobeTable).toMatchObject([{ name: 'fprobes/a', nmissed: 0 }]);
});

test.each([
  [['--at', 'vfs_read:middle'], /It takes FUNCTION:entry/],
  [['--at', 'vfs_read:body:0'], /It takes FUNCTION:entry/],
  [['--at', 'nosuch:body'], /^fprobe: no function nosuch that can be traced\n$/],
  [['--at', 'vfs_write:body'], /^fprobe: no definition probes vfs_write: add -e 'f vfs_write%return'\n$/],
  [['--at', 'vfs_read:return:9'], /^fprobe: cat comes to vfs_read:return 5 times\n$/],
  [['-e', 'f vfs_rename', '--at', 'vfs_rename:entry'], /^fprobe: cat does not call vfs_rename\n$/],
  [
    ['-e', 'f vfs_read', '--at', 'vfs_read:return'],
    /^fprobe: cat does not call vfs_read, or nobody wants its return\n$/,
  ],
  [['-e', 'f vfs_read'], /^fprobe: cat calls no probed function whose return is wanted\n$/],
])('stacks %j cannot be shown', async (args, err) => {
  const run = await fprobe('stacks', ...args);
  expect([run.exitCode, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toMatch(err);
});

test('module load prints the kernel log, and what the module traced', async () => {
  const parameters = ['symbol=vfs_read', 'stackdump=0'];
  const log = await fprobe('module', 'load', 'fprobe_example', ...parameters);
  expect([log.stderr, log.exitCode]).toEqual(['', 0]);
  expect(log.stdout).toMatch(/^\[ {4}5\.000000\] fprobe_init: Planted fprobe at vfs_read\n/);
  expect(log.stdout).toMatch(/ fprobe_exit: fprobe at vfs_read unregistered\. 10 times hit, 0 times missed\n$/);
  const traced = await fprobe('module', 'load', 'fprobe_example', ...parameters, 'use_trace=y');
  expect(traced.stdout).toContain('\n\n# tracer: nop\n');
  expect(
    traced.stdout.match(/^ +cat-\d+ .* sample_entry_handler: Enter <vfs_read\+0x4\/0x370> ip = 0x/gm),
  ).toHaveLength(5);
  const json = jsonLines(
    (await fprobe('module', 'load', 'fprobe_example', ...parameters, 'use_trace=y', '--json')).stdout,
  );
  expect(json[0]).toEqual({ seconds: 5, text: 'fprobe_init: Planted fprobe at vfs_read' });
  expect(json.filter(({ trace }) => trace !== undefined)).toHaveLength(10);
});

test('a module that does not load, and one that is not there', async () => {
  const run = await fprobe('module', 'load', 'fprobe_example', 'symbol=nosuch');
  expect([run.exitCode, run.stderr]).toEqual([
    1,
    'fprobe: fprobe_example does not load: ENOENT (No such file or directory)\n',
  ]);
  expect(run.stdout).toContain('fprobe_init: register_fprobe failed, returned -2\n');
  const missing = await fprobe('module', 'load', 'fprobe_exampel');
  expect([missing.exitCode, missing.stdout]).toEqual([2, '']);
  expect(missing.stderr).toContain('no module fprobe_exampel, did you mean fprobe_example?');
  const names = jsonLines((await fprobe('module', 'list', '--json')).stdout).map(({ name }) => name);
  expect((await fprobe('module', 'list')).stdout.match(/^\w+(?=:)/gm)).toEqual(names);
});

test('demo maxactive compares the designs', async () => {
  const { stdout, exitCode } = await fprobe('demo', 'maxactive');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^ {3}16 {6}1 +16 │ +2 +0\.1 +14 ██░{18} │ +7 +64\.0 +0 █{20}$/m);
  expect(stdout).toMatch(/^ {4}1 {4}100 +100 │ +2 +0\.1 +98 ░{20} │ +490 +4\.0 +30 █{14}░{6}$/m);
  expect(stdout).toContain('A call takes 7 words here (frame and bitmap 4, header 1, data 1, data word 1).\n');
  const [row] = jsonLines(
    (await fprobe('demo', 'maxactive', '--tasks', '10', '--maxactive', '4', '--data', '0', '--json')).stdout,
  );
  expect(row).toMatchObject({
    calls: 10,
    pool: { nodes: 4, missed: 6, counted: 6, bytes: 256 },
    shadow: { missed: 0, words: 6 },
  });
  const none = await fprobe('demo', 'maxactive', '--arch', 'i386');
  expect([none.exitCode, none.stderr]).toEqual([2, 'fprobe: a kernel for i386 has no fprobe\n']);
});
