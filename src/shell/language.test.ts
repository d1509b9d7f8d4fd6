import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sh } from './test-shell.ts';

/** Scripts that print the same, and end the same, in bash. */
const scripts = readFileSync(join(import.meta.dirname, 'language-cases.txt'), 'utf8')
  .trimEnd()
  .split('\n---\n');
const environment = { PATH: '/usr/bin:/bin', HOME: '/root', LC_ALL: 'C' };
const bash = (script: string) =>
  spawnSync('bash', ['--norc', '-s'], { input: `${script}\n`, encoding: 'latin1', cwd: '/tmp', env: environment });
const hasBash = bash('exit 0').status === 0;

test.runIf(hasBash).each(scripts)('as in bash: %s', async (script) => {
  const real = bash(script);
  const ours = await sh(`cd /tmp\n${script}\n`);
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
