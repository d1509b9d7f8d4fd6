import { expect, test } from 'vitest';
import { ErrorLog, secondsAndMicros } from './error-log.ts';

test.each([
  [0, '    0.000000'],
  [5_680_439_999, '    5.680439'],
  [123_456_000_001_000, '123456.000001'],
])('%i ns', (ns, text) => {
  expect(secondsAndMicros(ns)).toBe(text);
});

test('the last eight entries are kept, each with its time, command and caret', () => {
  let now = 0;
  const log = new ErrorLog(() => now);
  for (let i = 1; i <= 9; i++) {
    now = i * 1e9;
    log.add('trace_fprobe', `f:a vfs_read $none${i}`, 'Invalid $-valiable specified', 13);
  }
  const entries = log.text().split(/^(?=\[)/m);
  expect(entries).toHaveLength(8);
  expect(entries[0]).toBe(
    '[    2.000000] trace_fprobe: error: Invalid $-valiable specified\n  Command: f:a vfs_read $none2\n                        ^\n',
  );
  log.clear();
  expect(log.text()).toBe('');
});

test.each([
  ['a\0b', 0, '  Command: a\n           ^\n'],
  ['', 2, '  Command: \n             ^\n'],
  ['x', 0x10001, '  Command: x\n            ^\n'],
])('command %j with the caret at %i', (command, pos, end) => {
  const log = new ErrorLog(() => 0);
  log.add('x'.repeat(200), command, 'text', pos);
  expect(log.text()).toBe(`[    0.000000] ${'x'.repeat(127)}text\n${end}`);
});
