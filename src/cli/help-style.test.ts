import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type CommandInfo, describeCommand } from './command-tree.ts';
import { setNotes } from './help-style.ts';
import { buildProgram } from './main.ts';

const fprobe = (...args: string[]) =>
  execa('node', [join(import.meta.dirname, '../../bin/fprobe.js'), ...args], { reject: false });
// Colours in between, as a terminal gets them.
const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;

test.each([
  ['one two three', 8, 'one two\nthree'],
  ['one\ntwo\n\nthree', 80, 'one two\n\nthree'],
  ['a-very-long-word x', 4, 'a-very-long-word\nx'],
  ['Examples:\n  $ one  two\n  $ three', 5, `${bold('Examples:')}\n  $ one  two\n  $ three`],
  [
    '\nnotes go\nhere\n\nExamples:\n  $ x\n\nExit status: 0',
    40,
    `notes go here\n\n${bold('Examples:')}\n  $ x\n\nExit status: 0`,
  ],
  ['about\nthis:\n  kept as   it is', 40, 'about this:\n  kept as   it is'],
  ['', 40, ''],
])('%j in %i columns', (text, width, expected) => {
  expect(setNotes(text, width)).toBe(expected);
});

test('commands stand under headings, help among them, each once', async () => {
  const { stdout } = await fprobe('--help');
  const headings = stdout.split('\n').filter((line) => /^[A-Z].*:$/.test(line));
  expect(headings.slice(0, 2)).toEqual(['Options:', 'Define and trace:']);
  expect(headings.slice(-2)).toEqual(['Set up:', 'Examples:']);
  const names = [...stdout.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
  expect(names.slice(0, 2)).toEqual(['trace', 'check']);
  expect(names.at(-1)).toBe('help');
  expect(new Set(names).size).toBe(names.length);
});

test('what goes into a pipe is plain and narrow, but for examples', async () => {
  const { stdout } = await fprobe('trace', '--help');
  expect(stdout).not.toContain('\x1b');
  const wide = stdout.split('\n').filter((line) => line.length > 80);
  expect(wide.filter((line) => !line.startsWith('  $ '))).toEqual([]);
});

test.each([
  [['nosuch'], /^fprobe: unknown command 'nosuch'\n\(fprobe --help shows what there is\)$/],
  [['chek'], /^fprobe: unknown command 'chek'\n\(Did you mean check\?\)/],
  [['check', '--nosuch'], /^fprobe: unknown option '--nosuch'\n\(fprobe check --help shows what there is\)$/],
  [['profile', 'nosuch'], /^fprobe: unknown command 'nosuch'\n\(fprobe profile --help shows what there is\)$/],
  [['trace', '--cpus', 'x'], /^fprobe: option '--cpus <n>' argument 'x' is invalid\./],
])('%j is told in one way, with status 2', async (args, stderr) => {
  const run = await fprobe(...args);
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toMatch(stderr);
});

const all = (command: CommandInfo): CommandInfo[] => [command, ...command.commands.flatMap(all)];

test('descriptions are phrases that begin small and end without a dot', () => {
  const commands = all(describeCommand(buildProgram('1.2.3'))).slice(1);
  const texts = commands.flatMap(({ path, description, options }) => [
    `${path}: ${description}`,
    ...options.map((option) => `${path} ${option.long}: ${option.description}`),
  ]);
  expect(
    texts.filter((text) => !/: [^A-Z\s].*[^.\s]$/.test(text) && !/: (BTF|JSON|KTAP|[A-Z_]{3,})/.test(text)),
  ).toEqual([]);
});
