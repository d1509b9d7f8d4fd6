import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'bin/fprobe.js');
const fprobe = (...args: string[]) =>
  execa('node', [program, 'top', ...args], { reject: false, env: { NO_COLOR: '1' } });

test('without a terminal it reports in lines, the last of them the sum', async () => {
  const run = await fprobe('-e', 'f:open do_sys_openat2 filename:ustring', '-e', 'f:fork kernel_clone');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  const reports = run.stdout.trim().split('\n\n');
  expect(reports).toHaveLength(10);
  expect(reports[0]).toMatch(
    /^cat run 1; 0\.017 of 0\.172 s; 0 records in the buffer:\n {2}PROBE +HITS +RATE\/s +MISSED {2}LAST\n/,
  );
  expect(reports.at(-1)).toMatch(
    /^cat run 1; 0\.172 of 0\.172 s, ended; 12 records in the buffer:\n.*\n {2}fprobes\/open +12 +\d+ +0 {2}filename="\/work\/data"\n {2}fprobes\/fork +0 +0 +0$/,
  );
});

test.each([
  [['--speed', '0'], 2, /number above 0/],
  [['--speed', 'fast'], 2, /number above 0/],
  [['--cpus', '65'], 2, /whole number from 1 to 64/],
  [['-w', 'nosuch'], 2, /no workload nosuch/],
  [['-e', 'f:x nosuch_function'], 1, /Invalid probed address or symbol/],
])('%j is refused', async (args, exitCode, stderr) => {
  const run = await fprobe(...args);
  expect(run).toMatchObject({ exitCode, stdout: '' });
  expect(run.stderr).toMatch(stderr);
});

test('in a loop it goes on until nobody reads, or a signal comes', async () => {
  const command = `node ${program} top --loop -e 'f:open do_sys_openat2' | grep -m1 'run 3'; echo "\${PIPESTATUS[0]}"`;
  const piped = await execa('bash', ['-c', command], { reject: false });
  expect(piped.stdout).toMatch(/^cat run 3; .*\n0$/);
  const endless = execa('node', [program, 'top', '--loop', '-e', 'f:open do_sys_openat2'], {
    reject: false,
    buffer: false,
  });
  endless.stdout.once('data', () => endless.kill('SIGTERM'));
  endless.stdout.resume();
  expect((await endless).signal).toBe('SIGTERM');
});

test('only the screen loads what draws it', () => {
  const dist = join(root, 'dist');
  const texts = new Map(
    readdirSync(dist)
      .filter((name) => name.endsWith('.js'))
      .map((name) => [name, readFileSync(join(dist, name), 'utf8')]),
  );
  /** A chunk and those that it imports at once. */
  const loaded = (name: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const [, next] of texts.get(name)!.matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g)) loaded(next!, seen);
    return seen;
  };
  const hasReact = (name: string) =>
    [...loaded(name)].some((each) => texts.get(each)!.includes('react.transitional.element'));
  const drawing = [...texts.keys()].filter((name) => /^[a-z-]+-[A-Z0-9]+\.js$|^cli\.js$/.test(name) && hasReact(name));
  expect(drawing).toEqual([expect.stringMatching(/^top-terminal-/)]);
});

const TMUX = execaSync('tmux', ['-V'], { reject: false }).exitCode === 0;
const server = `fprobe-test-${process.pid}`;
const tmux = async (...args: string[]) => (await execa('tmux', ['-L', server, '-f', '/dev/null', ...args])).stdout;

describe.skipIf(!TMUX)(`on a real terminal${TMUX ? '' : ' (tmux is missing)'}`, () => {
  afterAll(() => execa('tmux', ['-L', server, 'kill-server'], { reject: false }));

  const pane = async (name: string) => (await tmux('capture-pane', '-p', '-t', name)).split('\n');
  /** The pane once it shows something. */
  async function shown(name: string, pattern: RegExp): Promise<string[]> {
    let lines: string[] = [];
    for (const end = Date.now() + 15_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
      lines = await pane(name);
      if (pattern.test(lines.join('\n'))) return lines;
    }
    throw new Error(`never came: ${pattern}; seen:\n${lines.join('\n')}`);
  }
  /** A shell in a pane of a size. */
  async function shell(name: string, columns: number, rows: number): Promise<void> {
    const command = 'env -u CI -u CONTINUOUS_INTEGRATION PS1="ready> " bash --norc --noprofile -i';
    await tmux('new-session', '-d', '-s', name, '-x', String(columns), '-y', String(rows), '-c', root, command);
    await shown(name, /ready>$/m);
  }
  const type = (name: string, text: string) => tmux('send-keys', '-t', name, '-l', text);
  const enter = (name: string) => tmux('send-keys', '-t', name, 'Enter');

  test('everything has its place at every size, lines are taken as they are typed, and the terminal is given back', async () => {
    const name = 'top';
    await shell(name, 80, 24);
    const definitions = `-e 'f:open do_sys_openat2 filename:ustring' -e 'f:read vfs_read%return count'`;
    await type(
      name,
      `before=$(stty -g); node bin/fprobe.js top --loop ${definitions}; echo status $?; [ "$before" = "$(stty -g)" ] && echo same`,
    );
    await enter(name);
    await shown(name, /── records [1-9]/);
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
      [60, 15],
    ] as const) {
      await tmux('resize-window', '-t', name, '-x', String(columns), '-y', String(rows));
      const rule = '─'.repeat(columns - 20);
      const lines = await shown(name, new RegExp(`── records [1-9]\\d* ${rule}[^]*\n a add .* q quit\\s*$`));
      expect(lines[0]).toMatch(/^ fprobe top {2}cat {2}0\.\d{3}\/0\.172 s {2}×0\.05 {2}running/);
      expect(lines[1]).toMatch(/^ {2}PROBE +HITS +RATE\/s +MISSED +TREND +LAST/);
      expect(lines[2]).toMatch(/^▶●fprobes\/open /);
      expect(lines[3]).toMatch(/^ ●fprobes\/read /);
      expect(lines[4]).toMatch(/^ cpu0 +\S+-\d+ +[█░]+ +\d/);
      expect(lines[rows - 2]).toMatch(/^ a add {2}e enable .* q quit$/);
      expect(lines.every((line) => line.length <= columns)).toBe(true);
    }
    expect(await tmux('display', '-p', '-t', name, '#{alternate_on} #{cursor_flag}')).toBe('1 0');
    await type(name, 'a');
    await type(name, 'x vfs_read cont');
    await enter(name);
    await shown(
      name,
      / add> f:x vfs_read cont\n {19}\^\n {6}This variable is not found at this probe point\n {6}did you mean count/,
    );
    expect(await tmux('display', '-p', '-t', name, '#{cursor_flag} #{cursor_x} #{cursor_y}')).toBe('1 23 10');
    await tmux('send-keys', '-t', name, 'BSpace', 'BSpace');
    await type(name, 'unt');
    await enter(name);
    await shown(name, /\n▶●fprobes\/x +\d/);
    await tmux('send-keys', '-t', name, 'C-c');
    await shown(name, /status 0\nsame$/m);
    expect(await tmux('display', '-p', '-t', name, '#{alternate_on} #{cursor_flag}')).toBe('0 1');
  }, 60_000);
});
