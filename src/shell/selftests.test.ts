import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { runTest, testCases } from './selftest.ts';
import { profile } from './test-shell.ts';

const top = join(import.meta.dirname, '../../selftests');
const files = new Map<string, string>();
for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.parentPath.endsWith('golden')) continue;
  const path = join(entry.parentPath, entry.name);
  files.set(relative(top, path), readFileSync(path, 'latin1'));
}

const tests = [...files]
  .filter(([path]) => path.endsWith('.tc'))
  .sort()
  .flatMap(([path, text]) => testCases(path, text));

test.each(tests.map((each) => [`${each.instance ? 'in an instance: ' : ''}${each.path}`, each] as const))(
  '%s',
  async (_, each) => {
    const { result, log } = await runTest(profile, each, files);
    if (result !== 'PASS') expect.fail(`${result}\n${log.slice(-2000)}`);
  },
  60_000,
);

const run = async (text: string, name = 'a.tc') => {
  const own = new Map([...files, [name, text]]);
  return runTest(profile, testCases(name, text)[0]!, own);
};

test.each([
  ['exit 0', 'PASS'],
  ['exit_pass', 'PASS'],
  ['exit_fail', 'FAIL'],
  ['false', 'FAIL'],
  ['exit 3', 'FAIL'],
  ['(exit_unresolved)', 'UNRESOLVED'],
  ['exit_untested', 'UNTESTED'],
  ['exit_unsupported', 'UNSUPPORTED'],
  ['exit_xfail', 'XFAIL'],
  ['cat trace_pipe', 'FAIL'],
  ['# requires: no_such_file\nexit_fail', 'UNSUPPORTED'],
  ['# requires: no-such-program:program\nexit_fail', 'UNRESOLVED'],
  ['# requires: nonsense:tracer\nexit_fail', 'UNSUPPORTED'],
  ['# requires: "no such feature":README\nexit_fail', 'UNSUPPORTED'],
  ['[ "$1" = /opt/selftests/a.tc ]; [ -d $TMPDIR ]; [ $TRACING_DIR = $PWD ]', 'PASS'],
])('what a test comes to: %s', async (text, result) => {
  expect((await run(`#!/bin/sh\n# description: a test\n${text}\n`)).result).toBe(result);
});

test('the log has what a test printed, and its commands', async () => {
  const { log } = await run('# description: x\necho said\nnosuch-command\n');
  expect(log).toContain('+ echo said\nsaid\n+ nosuch-command\nsh: nosuch-command: command not found\n');
});

test('a kernel is fresh before each test', async () => {
  await run("echo 'f:left vfs_read' >> dynamic_events");
  expect((await run('! grep -q left dynamic_events')).result).toBe('PASS');
});

test('headers', () => {
  expect(testCases('x/y.tc', '# description: Two words\n# flags: instance\n')).toEqual([
    { path: 'x/y.tc', description: 'Two words', instance: false },
    { path: 'x/y.tc', description: 'Two words', instance: true },
  ]);
  expect(testCases('plain.tc', 'true\n')).toEqual([{ path: 'plain.tc', description: 'plain.tc', instance: false }]);
});
