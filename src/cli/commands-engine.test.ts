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
