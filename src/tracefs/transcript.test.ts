import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesToText, parseTranscript, runTranscript, textToBytes } from './transcript.ts';
import { compareTranscripts, maskOutput } from './transcript-compare.ts';

fc.configureGlobal({ seed: 616 });

test.each([
  ['error_log', '[    5.680439] trace_fprobe: error: x\n  Command: f\n', '[#] trace_fprobe: error: x\n  Command: f\n'],
  ['instances/a/error_log', '[12345.680439] e\n', '[#] e\n'],
  ['events/a/b/format', 'name: b\nID: 1585\nformat:\n', 'name: b\nID: #\nformat:\n'],
  ['events/a/b/id', '1585\n', '#\n'],
  ['per_cpu/cpu0/stats', 'entries: 12\nnow ts:    13.659725\n', 'entries: #\nnow ts: #\n'],
  [
    'enabled_functions',
    'vfs_read (1)           \ttramp: 0xffffffffc0201000 (f+0x0/0x60)\n',
    'vfs_read (1)           \ttramp: 0x# (f+0x0/0x60)\n',
  ],
  ['events/a/b/hist', '{ common_pid: rec [   146] } hitcount: 2\n', '{ common_pid: rec [#] } hitcount: 2\n'],
  ['events/a/b/hist', '{ common_pid:        146 } hitcount: 2\n', '{ common_pid:        # } hitcount: 2\n'],
  ['trace', '# entries-in-buffer/entries-written: 6/6   #P:1\n', '# entries-in-buffer/entries-written: 6/6   #P:#\n'],
  [
    'trace',
    '             rec-146     [000] .l...    13.645910: ret: (__do_sys_clone+0x65/0x90 <- kernel_clone) arg1=147 p=0xffff888001234567\n',
    'rec: ret: (__do_sys_clone+0x65/0x90 <- kernel_clone) arg1=# p=0x#\n',
  ],
  [
    'trace',
    '           a b-7-146   (    146) [001] d..1.     1.000000: e: x=-1 y=ffff888001234567\n',
    'a b-7: e: x=# y=#\n',
  ],
  ['trace', '      sh-143       0..... 13967us#: e: 1\n', '      sh- # #..... #us: e: #\n'],
  ['trace_options', 'nosym-offset 1\n', 'nosym-offset 1\n'],
])('what is masked in %s', (path, out, masked) => {
  expect(maskOutput(path, out)).toBe(masked);
});

test.each([
  ['{', /JSON|position/],
  ['[]', 'a transcript has an id and steps'],
  ['{"id":"a","steps":[{"op":"jump","path":"x"}]}', 'step 1: unknown op "jump"'],
  ['{"id":"a","steps":[{"op":"read","path":"x"},{"op":"write","path":"x"}]}', 'step 2: write takes data'],
  ['{"id":"a","steps":[{"op":"fork"}]}', 'step 1: fork takes a count'],
  ['{"id":"a","steps":[{"op":"read"}]}', 'step 1: read takes a path'],
])('a line that is no transcript: %s', (line, error) => {
  expect(parseTranscript(line)).toMatch(error);
});

const files = new Map([['x', 'a\xc3\xa9']]);
const target = {
  read: (path: string) => files.get(path) ?? -2,
  write: (path: string, data: string, how?: { append?: boolean }) => {
    files.set(path, (how?.append ? (files.get(path) ?? '') : '') + data);
    return data.length;
  },
  stat: (path: string) => (files.has(path) ? { kind: 'file' as const, mode: 0o640, links: 1 } : -2),
  list: () => ['b', '.hidden', 'a'],
  mkdir: () => -1,
  rmdir: () => 0,
};

test('each op fills in what it returned', () => {
  const { steps } = runTranscript(
    {
      id: 't',
      steps: [
        { op: 'read', path: 'x' },
        { op: 'append', path: 'x', data: 'é' },
        { op: 'read', path: 'x' },
        { op: 'write', path: 'y', data: '1\n' },
        { op: 'stat', path: 'y' },
        { op: 'stat', path: 'z' },
        { op: 'read', path: 'z' },
        { op: 'list', path: '.' },
        { op: 'mkdir', path: 'd' },
        { op: 'rmdir', path: 'd' },
        { op: 'fork', count: 3 },
      ],
    },
    target,
    (count) => count - 3,
  );
  expect(steps.map(({ ret, out }) => [ret, out])).toEqual([
    [3, 'aé'],
    [2, undefined],
    [5, 'aéé'],
    [2, undefined],
    [1, undefined],
    [-2, undefined],
    [-2, ''],
    [2, 'a\nb\n'],
    [-1, undefined],
    [0, undefined],
    [0, undefined],
  ]);
});

test('of reading and listing only the sign of the return value counts, and steps without one do not', () => {
  const recorded = {
    id: 't',
    steps: [
      { op: 'read', path: 'x', ret: 5, out: 'a' },
      { op: 'rmdir', path: 'x' },
    ],
  } as const;
  const run = {
    id: 't',
    steps: [
      { op: 'read', path: 'x', ret: 1, out: 'a' },
      { op: 'rmdir', path: 'x', ret: -1 },
    ],
  } as const;
  expect(compareTranscripts(recorded, run)).toEqual([]);
  const failed = {
    id: 't',
    steps: [
      { op: 'read', path: 'x', ret: -2, out: 'a' },
      { op: 'rmdir', path: 'x', ret: -1 },
    ],
  } as const;
  expect(compareTranscripts(recorded, failed).map(({ index, what, actual }) => [index, what, actual])).toEqual([
    [0, 'ret', '-2'],
  ]);
});

test('text goes through bytes unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const bytes = textToBytes(text);
      expect([...bytes].every((char) => char.charCodeAt(0) < 256)).toBe(true);
      expect(bytesToText(bytes)).toBe(text);
    }),
  );
});
