import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sh } from './test-shell.ts';

const dir = mkdtempSync(join(tmpdir(), 'fprobe-language-'));
afterAll(() => rmSync(dir, { recursive: true }));

const environment = { PATH: '/usr/bin:/bin', HOME: '/root', LC_ALL: 'C' };
const run = (shell: string, args: readonly string[], script: string) =>
  spawnSync(shell, args, { input: `${script}\n`, encoding: 'latin1', cwd: dir, env: environment });
const bash = (script: string) => run('bash', ['--norc', '-s'], script);
const dash = (script: string) => run('dash', ['-s'], script);
const hasBash = bash('exit 0').status === 0;
const hasDash = dash('exit 0').status === 0;
const ourShell = (script: string) => sh(`mkdir -p ${dir}; cd ${dir}\n${script}\n`);

const cases = (name: string) =>
  readFileSync(join(import.meta.dirname, name), 'utf8')
    .trimEnd()
    .split('\n---\n');

/** Scripts that print the same, and end the same, in a real shell. */
test.runIf(hasDash).each(cases('posix-cases.txt'))('as in dash: %s', async (script) => {
  const real = dash(script);
  const ours = await ourShell(script);
  expect({ out: ours.out, status: ours.status }).toEqual({ out: real.stdout, status: real.status });
});

const hasAwk = dash('awk 1 /dev/null').status === 0;

test.runIf(hasAwk).each(cases('awk-cases.txt'))('as a real awk: %s', async (script) => {
  const real = dash(script);
  const ours = await ourShell(script);
  expect({ out: ours.out, status: ours.status }).toEqual({ out: real.stdout, status: real.status });
});

test.runIf(hasBash).each(cases('language-cases.txt'))('as in bash: %s', async (script) => {
  const real = bash(script);
  const ours = await ourShell(script);
  expect({ out: ours.out, status: ours.status }).toEqual({ out: real.stdout, status: real.status });
});

/** What the shell complains about, without the place that bash names in front. */
test
  .runIf(hasBash)
  .each([
    'nosuch-command',
    '/nonexistent/command',
    'echo x > /nonexistent/file',
    'cat < /nonexistent/file',
    'echo x > /',
    'cd /nonexistent',
    'echo $((1/0))',
    '[ a -eq 1 ]',
    '. /nonexistent',
    'kill 999999',
    'kill -FOO 1',
    'cat /nonexistent',
    'rmdir /tmp/nonexistent',
    'ls /nonexistent',
    'rm /tmp/nonexistent',
    'set -u; echo $nothere',
    'echo x >&7',
    'mkdir /tmp',
    'printf %d abc',
    'exit abc',
    'set -C; echo a > nc; echo b > nc',
    'readonly Q=5; unset Q',
  ])('complains as bash: %s', async (script) => {
  const message = (text: string) => text.replace(/^(bash|sh): (line \d+: )?/gm, 'sh: ').replace(/‘|’/g, "'");
  const real = bash(script);
  const ours = await sh(`cd /tmp\n${script}\n`);
  expect({ err: message(ours.err), status: ours.status }).toEqual({ err: message(real.stderr), status: real.status });
});

test.each([
  ['if true; then echo', 2, /^sh: syntax error/],
  ['echo "open', 2, /^sh: syntax error/],
  ['echo a; fi; echo b', 2, /syntax error/],
])('a syntax error: %s', async (script, status, message) => {
  const run = await sh(script);
  expect(run.status).toBe(status);
  expect(run.err).toMatch(message);
});
