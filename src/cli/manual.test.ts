import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { type CommandInfo, describeCommand } from './command-tree.ts';
import { buildProgram } from './main.ts';
import { manualPage } from './manual.ts';

const program = describeCommand(buildProgram('1.2.3'));
const page = manualPage(program, '1.2.3');
const all = (command: CommandInfo): CommandInfo[] => [command, ...command.commands.flatMap(all)];

test('it is ASCII, and lines that begin with a dot are macros of man(7)', () => {
  expect(page).toMatch(/^[\n -~]*$/);
  for (const line of page.split('\n').filter((each) => /^[.']/.test(each)))
    expect(line).toMatch(/^\.(TH|SH|SS|TP|PP|EX|EE|nh|ad l|\\" )/);
  expect(page.match(/^\.EX$/gm)).toHaveLength(page.match(/^\.EE$/gm)!.length);
});

test('every command and option is in it', () => {
  const plain = page.replace(/\\f[BIP]/g, '').replaceAll('\\-', '-');
  for (const { path, options } of all(program)) {
    if (path !== 'fprobe') expect(plain).toContain(`.SS ${path}\n`);
    for (const { long } of options) expect(plain).toContain(long);
  }
});

const groff = execaSync('groff', ['--version'], { reject: false }).exitCode === 0;
describe.skipIf(!groff)(`groff${groff ? '' : ' (missing)'}`, () => {
  test('has nothing to say against it and shows it as it was meant', () => {
    const run = execaSync('groff', ['-man', '-Tutf8', '-ww', '-P-cbou'], { input: page });
    expect(run.stderr).toBe('');
    expect(run.stdout).toMatch(/^FPROBE\(1\) +User Commands +FPROBE\(1\)$/m);
    expect(run.stdout).toMatch(/^NAME\n {7}fprobe - Linux's tracefs and its fprobe engine, simulated$/m);
    expect(run.stdout).toMatch(/^ +-e, --event definition\n +A definition, as written to dynamic_events/m);
    expect(run.stdout).toMatch(/^EXIT STATUS\n {7}0 +All went well\.$/m);
  });
});
