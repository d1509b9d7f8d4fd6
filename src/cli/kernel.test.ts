import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

// Each starts several processes, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const root = join(import.meta.dirname, '../..');
const program = join(root, 'bin/fprobe.js');
const folder = mkdtempSync(join(tmpdir(), 'kernel-test-'));
const env = { XDG_RUNTIME_DIR: folder, NO_COLOR: '1', FPROBE_SESSION: '' };

function fprobe(args: readonly string[], input?: string) {
  const io = input === undefined ? { stdin: 'ignore' as const } : { input };
  return execa('node', [program, ...args], { reject: false, env, timeout: 60_000, ...io });
}

/** Boots a kernel that ends even when these tests are killed. */
const boot = (...options: readonly string[]) => fprobe(['boot', '--idle', '60', ...options]);

/** Process of a kernel that is up. */
async function pidOf(name: string): Promise<number> {
  return JSON.parse((await fprobe(['status', '-n', name, '--json'])).stdout).pid;
}

/** Waits until a process has ended. */
async function ended(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}/exe`)) await new Promise((done) => setTimeout(done, 50));
}

beforeAll(async () => {
  expect(await boot('--cpus', '2')).toMatchObject({
    exitCode: 0,
    stderr: 'fprobe: kernel "default" is up',
  });
});
afterAll(async () => {
  for (const line of (await fprobe(['status', '--json'])).stdout.split('\n').filter(Boolean))
    await fprobe(['shutdown', '-n', JSON.parse(line).name]);
  rmSync(folder, { recursive: true });
});

test('a second kernel of the same name does not come up; one of another name does, and is told apart', async () => {
  expect(await boot()).toMatchObject({ exitCode: 2, stderr: 'fprobe: kernel "default": it is up already' });
  await boot('--name', 'other', '--seed', '7');
  const { stdout } = await fprobe(['status', '--json']);
  const kernels = stdout.split('\n').map((line) => JSON.parse(line));
  expect(kernels).toMatchObject([
    { name: 'default', cpus: 2, seed: 0 },
    { name: 'other', cpus: 1, seed: 7 },
  ]);
  await fprobe(['write', '-n', 'other', 'tracing_on', '0']);
  const [mine, its] = await Promise.all([fprobe(['cat', 'tracing_on']), fprobe(['cat', '-n', 'other', 'tracing_on'])]);
  expect([mine.stdout, its.stdout]).toEqual(['1', '0']);
  expect(await fprobe(['shutdown', '--name', 'other'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(readdirSync(join(folder, 'fprobe'))).toEqual(['default.sock']);
  expect(await fprobe(['status', '-n', 'other'])).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: 'fprobe: no kernel "other" is up',
  });
});

test('definitions are appended, events enabled, a workload run, the trace read', async () => {
  await fprobe(['append', 'dynamic_events', 'f:clone', 'kernel_clone%return', 'pid=$retval']);
  await fprobe(['append', 'dynamic_events'], 'f:read vfs_read%return ret=$retval\nf:write vfs_write\n');
  expect((await fprobe(['cat', 'dynamic_events'])).stdout.split('\n')).toHaveLength(3);
  await fprobe(['write', 'events/fprobes/clone/enable', '1']);
  expect(await fprobe(['run', 'sh-fork'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect((await fprobe(['cat', 'trace'])).stdout).toMatch(/dash-\d+ .* clone: .* pid=\d+$/m);
  expect((await fprobe(['status'])).stdout).toMatch(
    /^default: Linux 6\.16\.3\S*, 2 cpus, seed 0, up for \d+\.\d{6} s of its time\n {2}process \d+, 0 other clients, 0 mounts, 3 dynamic events$/,
  );
});

test('a refused definition is shown as the kernel shows it', async () => {
  const run = await fprobe(['append', 'dynamic_events', 'f:bad vfs_read cont']);
  expect(run).toMatchObject({ exitCode: 1, stdout: '' });
  expect(run.stderr.split('\n')).toEqual([
    'fprobe: dynamic_events: No such file or directory',
    'trace_fprobe: error: This variable is not found at this probe point',
    '  Command: f:bad vfs_read cont',
    '                          ^',
  ]);
});

test.each([
  [['cat', 'nosuch'], 1, /^fprobe: nosuch: No such file or directory$/],
  [['cat', 'trace_marker'], 1, /^fprobe: trace_marker: Invalid argument$/],
  [['ls', 'nosuch'], 1, /^fprobe: nosuch: No such file or directory$/],
  [['write', 'README', 'x'], 1, /^fprobe: README: Invalid argument$/],
  [['write', 'new', 'x'], 1, /^fprobe: new: Permission denied$/],
  [['run', 'cot'], 2, /^fprobe: no workload cot \(there are cat /],
  [['cat', '-n', 'absent', 'trace'], 2, /^fprobe: no kernel "absent" is up; "fprobe boot" starts one$/],
  [['shutdown', '-n', '../x'], 2, /^fprobe: \.\.\/x: a kernel's name has letters/],
  [['cat'], 2, /missing required argument 'tracing-file'/],
  [['boot', '--cpus', '0'], 2, /whole number/],
])('fprobe %j is refused with status %i', async (args, exitCode, stderr) => {
  const run = await fprobe(args);
  expect({ exitCode: run.exitCode, stdout: run.stdout }).toEqual({ exitCode, stdout: '' });
  expect(run.stderr).toMatch(stderr);
});

test('several files and directories, and what is not there, in one go', async () => {
  const cat = await fprobe(['cat', 'tracing_on', 'nosuch', '/proc/sys/kernel/kptr_restrict']);
  expect(cat).toMatchObject({ exitCode: 1, stdout: '1\n0', stderr: 'fprobe: nosuch: No such file or directory' });
  const ls = await fprobe(['ls', 'events/sched/sched_switch', 'instances']);
  expect(ls.stdout).toBe('events/sched/sched_switch:\nenable\nfilter\nformat\nhist\nid\ntrigger\ninstances:');
  expect((await fprobe(['ls', '--json', 'instances'])).stdout).toBe('{"path":"instances","names":[]}');
  expect((await fprobe(['ls'])).stdout.split('\n')).toContain('dynamic_events');
});

test('trace_pipe streams until its reader has enough, and others write meanwhile', async () => {
  const pipe = execa(
    'bash',
    ['-c', `node ${program} cat trace_pipe | grep -m 2 -o 'mark [0-9]'; echo "\${PIPESTATUS[@]}"`],
    {
      env,
      reject: false,
    },
  );
  for (const n of [1, 2, 3]) await fprobe(['write', 'trace_marker', `mark ${n}`]);
  const { stdout, stderr } = await pipe;
  expect({ stdout, stderr }).toEqual({ stdout: 'mark 1\nmark 2\n0 0', stderr: '' });
});

test('a shell runs in the kernel that is up, unless it is told how to boot one', async () => {
  await fprobe(['append', 'dynamic_events', 'f:mine vfs_open']);
  const count = 'grep -c mine dynamic_events; exit 3';
  expect(await fprobe(['sh', '-c', count])).toMatchObject({ exitCode: 3, stdout: '1' });
  expect(await fprobe(['sh'], 'cat tracing_on\n')).toMatchObject({ exitCode: 0, stdout: '1' });
  expect(await fprobe(['sh', '-c', 'read x; echo "<$x>"'], 'word\n')).toMatchObject({ exitCode: 0, stdout: '<word>' });
  for (const own of [['--fresh'], ['--cpus', '1'], ['--seed', '3']])
    expect(await fprobe(['sh', ...own, '-c', count])).toMatchObject({ exitCode: 3, stdout: '0' });
  expect(await fprobe(['sh', '-n', 'absent', '-c', 'true'])).toMatchObject({
    exitCode: 2,
    stderr: 'fprobe: no kernel "absent" is up; "fprobe boot" starts one',
  });
  await fprobe(['append', 'dynamic_events', '-:mine']);
});

test('a shell in a kernel that is up ends by Ctrl-C, with its reader, and with its kernel', async () => {
  const waiting = execa('node', [program, 'sh', '-c', 'echo on; cat trace_pipe'], { env, reject: false });
  waiting.stdout.once('data', () => waiting.kill('SIGINT'));
  expect(await waiting).toMatchObject({ exitCode: 130, stdout: expect.stringMatching(/^on/) });
  const head = `node ${program} sh -c 'while echo more; do :; done' | head -n 1`;
  expect((await execa('sh', ['-c', head], { env })).stdout).toBe('more');
  await boot('-n', 'short');
  const left = execa('node', [program, 'sh', '-n', 'short', '-c', 'echo on; sleep 1000'], { env, reject: false });
  left.stdout.once('data', () => fprobe(['shutdown', '-n', 'short']));
  expect(await left).toMatchObject({ exitCode: 2, stderr: 'fprobe: the kernel is gone' });
});

const TMUX = execaSync('tmux', ['-V'], { reject: false }).exitCode === 0;

test.skipIf(!TMUX)(`two sessions at terminals use one kernel${TMUX ? '' : ' (tmux is missing)'}`, async () => {
  const tmux = (...args: string[]) => execa('tmux', ['-L', `kernel-test-${process.pid}`, ...args], { env });
  const shows = async (name: string, text: RegExp) => {
    for (let left = 600; ; left--) {
      const { stdout } = await tmux('capture-pane', '-p', '-t', name);
      if (text.test(stdout)) return;
      if (left === 0) throw new Error(`${name} does not show ${text}:\n${stdout}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  const type = (name: string, ...keys: string[]) => tmux('send-keys', '-t', name, ...keys);
  try {
    for (const name of ['a', 'b']) {
      const command = `node ${program} sh; echo "left $?"; sleep 60`;
      await tmux('new-session', '-d', '-s', name, '-x', '100', '-y', '30', command);
      await shows(name, /^tracing# ?$/m);
    }
    await type('a', 'cat trace_pipe', 'Enter');
    await type('b', 'echo from-b > trace_marker', 'Enter');
    await shows('a', /tracing_mark_write: from-b/);
    await type('a', 'C-c');
    await shows('a', /\^C\ntracing# ?$/m);
    await type('b', "echo 'f:bad nosuch' >> dynamic_events", 'Enter');
    await shows('b', /error: Invalid probed address or symbol\n {2}Command: f:bad nosuch\n {17}\^/);
    await type('b', 'echo "f:bad vfs_read a=$arg1" >> dynamic_events', 'Enter');
    await shows('b', /^hint: within double quotes the shell itself replaces \$arg1/m);
    await type('b', 'cat tracing_o', 'Tab');
    await shows('b', /cat tracing_on ?$/m);
    await type('b', 'Enter');
    await tmux('set-buffer', 'read x\ntyped ahead\necho "<$x>"\n');
    await tmux('paste-buffer', '-t', 'a');
    await shows('a', /^<typed ahead>$/m);
    await type('a', 'exit 4', 'Enter');
    await shows('a', /^left 4$/m);
    await type('b', 'C-d');
    await shows('b', /^left 0$/m);
  } finally {
    await tmux('kill-server');
  }
});

test('a kernel that was killed leaves a socket that the next one replaces', async () => {
  await boot('-n', 'killed');
  const pid = await pidOf('killed');
  process.kill(pid, 'SIGKILL');
  await ended(pid);
  expect(await fprobe(['status', '-n', 'killed'])).toMatchObject({ exitCode: 1 });
  expect(await boot('-n', 'killed')).toMatchObject({ exitCode: 0 });
  expect(await fprobe(['shutdown', '-n', 'killed'])).toMatchObject({ exitCode: 0 });
});

test('a kernel ends that nobody uses any more, or can find any more', async () => {
  await fprobe(['boot', '-n', 'idle', '--idle', '1']);
  await boot('-n', 'lost');
  const lost = await pidOf('lost');
  rmSync(join(folder, 'fprobe', 'lost.sock'));
  await ended(lost);
  while (readdirSync(join(folder, 'fprobe')).includes('idle.sock')) await new Promise((done) => setTimeout(done, 50));
  expect(await fprobe(['status', '-n', 'idle'])).toMatchObject({ exitCode: 1 });
});

test('a kernel whose boot was given up does not come up', async () => {
  const socket = join(folder, 'fprobe', 'given-up.sock');
  const daemon = fork(join(root, 'dist/kernel-daemon.js'));
  daemon.send({ name: 'given-up', socket, cpus: 1, seed: 0, idle: 60 });
  daemon.disconnect();
  await new Promise((resolve) => daemon.once('exit', resolve));
  expect(existsSync(socket)).toBe(false);
});
