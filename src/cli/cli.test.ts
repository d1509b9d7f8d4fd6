import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'bin/fprobe.js');
const folder = mkdtempSync(join(tmpdir(), 'fprobe-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fprobe(args: readonly string[], input?: string | Uint8Array) {
  return execa('node', [program, ...args], {
    cwd: folder,
    reject: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    env: { NO_COLOR: '1' },
    stripFinalNewline: false,
  });
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return name;
}

const golden = (name: string) => join(root, 'selftests/golden', name);

test.each([
  { args: ['--version'], exit: 0, out: /^\d+\.\d+\.\d+\n$/, err: /^$/ },
  { args: ['--help'], exit: 0, out: /Examples:\n[\s\S]*Exit status:/, err: /^$/ },
  { args: ['trace', '--help'], exit: 0, out: /--workload <workload>[\s\S]*Examples:/, err: /^$/ },
  { args: ['nosuch'], exit: 2, out: /^$/, err: /unknown command 'nosuch'/ },
  { args: ['check'], exit: 2, out: /^$/, err: /^fprobe: check needs definitions: .*\n$/ },
  { args: ['check', 'absent'], exit: 2, out: /^$/, err: /^fprobe: absent: no such file\n$/ },
  { args: ['check', '.'], exit: 2, out: /^$/, err: /^fprobe: \.: is a directory, not a file\n$/ },
  {
    args: ['check', '-e', 'f vfs_read', '--profile', 'absent'],
    exit: 2,
    out: /^$/,
    err: /^fprobe: no profile "absent".*\n$/,
  },
  { args: ['check', '-e', 'f vfs_read'], exit: 0, out: /^$/, err: /^1 accepted, 0 refused\n$/ },
  { args: ['trace', '--cpus', '0'], exit: 2, out: /^$/, err: /whole number from 1 to 64/ },
  { args: ['trace', '-w', 'cot'], exit: 2, out: /^$/, err: /^fprobe: no workload cot, did you mean cat\?.*\n$/ },
  {
    args: ['trace', '-e', 'f nosuch_function'],
    exit: 1,
    out: /^$/,
    err: /^-e:1:3: EINVAL .*\ntrace_fprobe: error: Invalid probed/,
  },
  {
    args: ['trace', '-E', 'sched:sched_swich'],
    exit: 2,
    out: /^$/,
    err: /^fprobe: no event sched:sched_swich, did you mean sched:sched_switch\?\n$/,
  },
  {
    args: ['trace', '--dat', '-', '--json'],
    exit: 2,
    out: /^$/,
    err: /'--json' cannot be used with option '--dat <file>'/,
  },
  { args: ['trace', '--dat', '/nonexistent/x'], exit: 2, out: /^$/, err: /^fprobe: --dat: ENOENT: .*\n$/ },
  { args: ['trace', '--dat', '-'], exit: 0, out: /^..Dtracing6./s, err: /^$/ },
  { args: ['trace', '-E', ' if pid'], exit: 2, out: /^$/, err: /it takes SYSTEM:EVENT, and a filter behind if\n$/ },
  {
    args: ['trace', '-E', 'sched:sched_process_exec if pod == 1'],
    exit: 1,
    out: /^$/,
    err: /^sched:sched_process_exec: filter\npod == 1\n +\^\nparse_error: Field not found\n/,
  },
  {
    args: ['trace', '-E', 'sched:sched_process_e* if pid > 0', '-E', 'task_rename'],
    exit: 0,
    out: /3\/3 [\s\S]*task_rename: [\s\S]*sched_process_exec: filename=\/usr\/bin\/cat pid=148 /,
    err: /^$/,
  },
  { args: ['record', '.'], exit: 2, out: /^$/, err: /is a directory/ },
  { args: ['record', '-', '--tracefs', 'absent'], exit: 2, out: /^$/, err: /^fprobe: absent: no such file\n$/ },
])('fprobe $args', async ({ args, exit, out, err }) => {
  const run = await fprobe(args);
  expect(run.stdout).toMatch(out);
  expect(run.stderr).toMatch(err);
  expect(run.exitCode).toBe(exit);
});

test('check shows the place, the errno, the block of the kernel and a hint', async () => {
  const name = file('probes.txt', '# mine\nf:ok vfs_read count\n  f:bad   vfs_read  cont\n');
  const run = await fprobe(['check', name]);
  expect(run.stdout).toBe(
    [
      'probes.txt:3:21: ENOENT (No such file or directory)',
      'trace_fprobe: error: This variable is not found at this probe point',
      '  Command: f:bad vfs_read cont',
      '                          ^',
      'hint: did you mean count? vfs_read has file, buf, count, pos',
      '',
    ].join('\n'),
  );
  expect(run.stderr).toBe('1 accepted, 1 refused\n');
  expect(run.exitCode).toBe(1);
});

test('check reads what a script writes, and says what it cannot know', async () => {
  const name = file(
    'try.sh',
    '#!/bin/sh\ncd /sys/kernel/tracing\necho \'f:a nosuch\' >> dynamic_events\necho "f:b $1" >> dynamic_events\n',
  );
  const run = await fprobe(['check', '--json', name]);
  expect(
    run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    {
      source: 'try.sh',
      line: 3,
      column: 11,
      accepted: false,
      errno: 'EINVAL',
      errors: [{ code: 'BAD_PROBE_ADDR', position: 4 }],
    },
  ]);
  expect(run.stderr).toBe('try.sh:4: not checked: it depends on $1\n0 accepted, 1 refused, 1 not checked\n');
});

test.each([
  ['a binary file', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256), /^\d+ accepted, \d+ refused\n$/],
  ['a line of 1 MB', `f:a vfs_read ${'x'.repeat(1_000_000)}\nf:b vfs_read\n`, /^1 accepted, 1 refused\n$/],
  ['a NUL byte', 'f:a vfs_read\0\nf:b vfs_read\n', /^1 accepted, 1 refused\n$/],
  [
    'invalid UTF-8',
    Uint8Array.from(Buffer.from('f:a vfs_read \xff\xc0=nope\nf:b vfs_read\n', 'latin1')),
    /^1 accepted, 1 refused\n$/,
  ],
  ['nothing', '', /^0 accepted, 0 refused\n$/],
])('check takes %s', async (_, input, talk) => {
  const run = await fprobe(['check', '-'], input);
  expect(run.stderr).toMatch(talk);
  expect(run.exitCode).toBe(run.stderr.includes(' 0 refused') ? 0 : 1);
});

test('what is not a transcript is named by its line', async () => {
  const run = await fprobe(['replay', file('bad.jsonl', '{"id":"a","steps":[]}\n{"id":\x01\n')]);
  expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: 'fprobe: bad.jsonl:2: not a transcript: not JSON\n' });
});

test('damaged gzip data is said to be that', async () => {
  const run = await fprobe(['replay', file('bad.gz', Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3))]);
  expect(run).toMatchObject({ exitCode: 2, stderr: 'fprobe: bad.gz: damaged gzip data\n' });
});

test('record fills in results, replay agrees with them and notices a change', async () => {
  const steps = {
    id: 'mine',
    steps: [
      { op: 'append', path: 'dynamic_events', data: 'f:a vfs_read\n' },
      { op: 'read', path: 'dynamic_events' },
    ],
  };
  const recorded = await fprobe(['record', '-'], JSON.stringify(steps));
  expect(JSON.parse(recorded.stdout)).toEqual({
    id: 'mine',
    steps: [
      { ...steps.steps[0], ret: 13 },
      { ...steps.steps[1], ret: 21, out: 'f:fprobes/a vfs_read\n' },
    ],
  });
  expect(await fprobe(['replay', '-'], recorded.stdout)).toMatchObject({ exitCode: 0, stdout: '1 passed, 0 failed\n' });
  const changed = await fprobe(['replay', '-'], recorded.stdout.replace('"ret":13', '"ret":-22'));
  expect(changed.exitCode).toBe(1);
  expect(changed.stdout).toMatch(
    /^mine: step 1: append dynamic_events "f:a vfs_read\\n": ret differs\n[\s\S]*0 passed, 1 failed\n$/,
  );
});

test('the recorded definitions all pass', async () => {
  const run = await fprobe(['replay', golden('definitions.jsonl.gz')]);
  expect(run).toMatchObject({ exitCode: 0, stdout: '3000 passed, 0 failed\n' });
});

test('trace shows what cat opened and read, from where', async () => {
  const run = await fprobe([
    ...['trace', '-w', 'cat', '-e', 'f:open do_sys_openat2 filename:ustring'],
    ...['-e', 'f:read vfs_read%return file=file->f_path.dentry->d_name.name:string ret=$retval'],
  ]);
  const lines = run.stdout
    .split('\n')
    .filter((line) => /: (open|read): /.test(line))
    .map((line) => line.replace(/^.*?: /, ''));
  expect(lines[0]).toBe('open: (do_sys_openat2+0x0/0xe0) filename="/etc/ld.so.cache"');
  expect(lines.slice(-3)).toEqual([
    'open: (do_sys_openat2+0x0/0xe0) filename="/work/data"',
    'read: (ksys_read+0x6b/0xe0 <- vfs_read) file="data" ret=4053',
    'read: (ksys_read+0x6b/0xe0 <- vfs_read) file="data" ret=0',
  ]);
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
});

test('the same seed gives the same bytes, another one other times', async () => {
  const [a, b, c] = await Promise.all(
    [['7'], ['7'], ['8']].map(([seed]) => fprobe(['trace', '--seed', seed!, '--cpus', '2'])),
  );
  expect(a!.stdout).toBe(b!.stdout);
  expect(a!.stdout).not.toBe(c!.stdout);
});

test('trace --json gives an object an event', async () => {
  const run = await fprobe(['trace', '--json']);
  const events = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.at(-1)).toMatchObject({
    event: 'fprobes:read',
    task: 'cat',
    cpu: 0,
    fields: {
      __probe_func: 'vfs_read+0x4/0x370',
      __probe_ret_ip: 'ksys_read+0x6b/0xe0',
      file: 'data',
      count: 131072,
      ret: 0,
    },
  });
});

test.each(['trace', 'trace --json -w ls', 'workloads', 'check -e "f nosuch"'])(
  '%s ends quietly when its reader has gone',
  async (command) => {
    const run = await execa('bash', ['-c', `node ${program} ${command} | true; echo "\${PIPESTATUS[0]}"`], {
      reject: false,
    });
    expect(run.stderr).toMatch(/^(0 accepted, 1 refused)?$/);
    expect(run.stdout).toMatch(/^[01]$/);
  },
);
