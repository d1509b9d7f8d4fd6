import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const explain = (args: readonly string[]) =>
  execa('node', [join(root, 'bin/fprobe.js'), 'explain', ...args], {
    reject: false,
    env: { NO_COLOR: '1', XDG_DATA_HOME: '/nonexistent' },
    stripFinalNewline: false,
  });

/** Entries `$ ARGUMENTS` (JSON) with what is printed below. */
const golden = readFileSync(join(root, 'selftests/golden/explain.txt'), 'utf8')
  .split(/^(?=\$ \[)/m)
  .filter((entry) => entry.startsWith('$ '))
  .map((entry) => {
    const end = entry.indexOf('\n');
    return { args: JSON.parse(entry.slice(2, end)) as string[], shown: entry.slice(end + 1) };
  });

test('there are some', () => expect(golden.length).toBeGreaterThan(10));

test.each(golden)('explain $args', async ({ args, shown }) => {
  const run = await explain(args);
  expect(run.stdout).toBe(shown);
  expect(run.exitCode).toBe(/^-e:1:\d+: /.test(shown) ? 1 : 0);
  expect(run.stderr).toBe('');
});

test('--json holds the same for machines', async () => {
  const run = await explain(['--json', 'f:read vfs_read%return mode=file->f_mode ret=$retval']);
  expect(JSON.parse(run.stdout)).toMatchObject({
    accepted: true,
    arch: 'x86_64',
    group: 'fprobes',
    event: 'read',
    at: 'return',
    place: { kind: 'function', count: 1, functions: [{ name: 'vfs_read', size: 880, entrySite: 'vfs_read+0x4' }] },
    arguments: [
      {
        name: 'mode',
        path: [
          { text: 'file', type: 'struct file *' },
          { text: '->f_mode', of: 'struct file' },
        ],
        field: { offset: 24, size: 4, signed: false, type: 'u32' },
      },
      { name: 'ret', field: { offset: 28, size: 8, signed: true } },
    ],
    registers: [
      { what: '$arg1', register: 'di' },
      { what: '$retval', register: 'ax' },
    ],
    example: { workload: 'cat', line: expect.stringContaining('read: (ksys_read+') },
    hints: [],
  });
  const refused = await explain(['--json', 'f vfs_read cont']);
  expect(refused.exitCode).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    accepted: false,
    errors: [{ code: 'NO_BTFARG' }],
    rules: [{ name: 'NO_BTFARG', means: expect.any(String), instead: expect.any(String) }],
    hints: ['did you mean count? vfs_read has file, buf, count, pos'],
  });
});

test.each([
  [[], /missing required argument/],
  [[''], /^fprobe: explain needs a definition, or the name or text of an error\n$/],
])('explain %j says what it needs', async (args, message) => {
  const run = await explain(args);
  expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(message) });
});
