import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { runCommands } from './index.ts';
import { TestKernel } from './test-kernel.ts';

/** A kernel with these lines defined; the last answer and what is left are what tests look at. */
function defined(...lines: string[]): TestKernel {
  const kernel = new TestKernel();
  for (const line of lines) expect(kernel.append(`${line}\n`), line).toBe(line.length + 1);
  return kernel;
}

const shown = (kernel: TestKernel) => kernel.dynamicEvents.show().trimEnd().split('\n').filter(Boolean);
const errorTexts = (kernel: TestKernel) => [...kernel.errorLog.matchAll(/error: (.*)/g)].map((match) => match[1]);

test.each([
  ['-:g1/a', ['f:g1/b vfs_write', 'f:g2/a vfs_read']],
  ['-:a', ['f:g1/b vfs_write']],
  ['-:g1/', ['f:g2/a vfs_read']],
  ['!f:g2/a', ['f:g1/a vfs_read', 'f:g1/b vfs_write']],
  ['!:b', ['f:g1/a vfs_read', 'f:g2/a vfs_read']],
  ['-:a vfs_read', ['f:g1/b vfs_write']],
])('%s leaves %j', (command, left) => {
  const kernel = defined('f:g1/a vfs_read', 'f:g1/b vfs_write', 'f:g2/a vfs_read');
  expect(kernel.append(command)).toBe(command.length);
  expect(shown(kernel)).toEqual(left);
});

test.each([
  ['-:none', Errno.ENOENT],
  ['-:a*', Errno.ENOENT],
  ['-:/a', Errno.ENOENT],
  ['-:g1.a', Errno.ENOENT],
  ['-:a vfs_write', Errno.ENOENT],
  ['-:a vfs_read x', Errno.ENOENT],
  ['!!:x', Errno.ENOENT],
  ['-', Errno.EINVAL],
  ['-:', Errno.EINVAL],
  ['-f:a', Errno.EINVAL],
  ['!f', Errno.EINVAL],
  ['! f:a', Errno.EINVAL],
  [' -:a', Errno.EINVAL],
  ['f', Errno.EINVAL],
  ['x:a b', Errno.EINVAL],
])('%s fails with errno %i and logs nothing', (command, errno) => {
  const kernel = defined('f:g1/a vfs_read');
  expect(kernel.append(command)).toBe(-errno);
  expect(shown(kernel)).toEqual(['f:g1/a vfs_read']);
  expect(kernel.errorLog).toBe('');
});

test('a removal names a probe of an event by what it fetches', () => {
  const kernel = defined('f:p vfs_read count x=$arg1', 'f:p vfs_write count x=$arg1');
  expect(kernel.append('-:p vfs_write count=count x=$arg2')).toBe(-Errno.ENOENT);
  expect(kernel.append('-:p vfs_write count=count')).toBeGreaterThan(0);
  expect(shown(kernel)).toEqual(['f:fprobes/p vfs_read count=count x=$arg1']);
});

test('commands are lines; a comment ends one; the first that fails ends the write', () => {
  const kernel = defined();
  const first = '# a comment\n\n  \nf:a vfs_read # rest\n';
  expect(kernel.append(first)).toBe(first.length);
  expect(kernel.append('f:b vfs_write\nf:c nosuch\nf:d vfs_open\n')).toBe(-Errno.EINVAL);
  expect(shown(kernel)).toEqual(['f:fprobes/a vfs_read', 'f:fprobes/b vfs_write']);
});

test.each([
  [`f:a ${'x'.repeat(4090)}`, 4094, [4094]],
  [`f:a ${'x'.repeat(4092)}`, -Errno.EINVAL, []],
  [`a\n${'b'.repeat(4000)}\n${'c'.repeat(4000)}\n`, 8004, [1, 4000, 4000]],
  [`a\n${'b'.repeat(4096)}\n`, -Errno.EINVAL, [1]],
  ['a\0b\n', -Errno.EINVAL, []],
  ['a\nb\0', -Errno.EINVAL, [1]],
  ['', 0, []],
])('a write of %j answers %i', (data, ret, lengths) => {
  const seen: number[] = [];
  const answer = runCommands(data, (command) => {
    seen.push(command.length);
    return 0;
  });
  expect(answer).toBe(ret);
  expect(seen).toEqual(lengths);
});

test('several probes of one event', () => {
  const kernel = defined('f:ev vfs_read a=\\1', 'f:ev vfs_write a=\\2');
  const format = kernel.format('fprobes', 'ev');
  for (const line of [
    'f:ev vfs_read a=\\1',
    'f:ev vfs_open b=\\1',
    'f:ev vfs_open a=\\1:u8',
    'f:ev vfs_open',
    'f:ev vfs_open%return a=\\1',
  ]) {
    expect(kernel.append(line)).toBe(-Errno.EINVAL);
  }
  expect(errorTexts(kernel)).toEqual([
    'There is already the exact same probe event',
    'Argument type or name is different from existing probe',
    'Argument type or name is different from existing probe',
    'Argument type or name is different from existing probe',
    'Probe type is different from existing probe',
  ]);
  expect(kernel.errorLog).toContain(`  Command: f:ev vfs_open\n${' '.repeat(11 + 14)}^\n`);
  expect(shown(kernel)).toHaveLength(2);
  expect(kernel.format('fprobes', 'ev')).toBe(format);
  expect(kernel.append('-:ev vfs_read')).toBeGreaterThan(0);
  expect(kernel.format('fprobes', 'ev')).toBe(format);
  expect(kernel.append('-:ev')).toBeGreaterThan(0);
  expect(kernel.format('fprobes', 'ev')).toBeUndefined();
});

test('an event that is enabled, or held, stays; one of several probes may go', () => {
  const kernel = defined('f:a vfs_read', 'f:b vfs_write');
  const file = kernel.tracing.top.eventFile('fprobes', 'a')!;
  file.setEnabled(true);
  expect(kernel.append('-:a')).toBe(-Errno.EBUSY);
  expect(kernel.dynamicEvents.releaseAll()).toBe(-Errno.EBUSY);
  expect(shown(kernel)).toHaveLength(2);
  expect(kernel.append('f:a vfs_open')).toBe(12);
  expect(kernel.append('-:a vfs_read')).toBe(12);
  file.setEnabled(false);
  file.call.refcnt++;
  expect(kernel.dynamicEvents.releaseAll()).toBe(-Errno.EBUSY);
  file.call.refcnt--;
  expect(kernel.dynamicEvents.releaseAll()).toBe(0);
  expect(shown(kernel)).toEqual([]);
});

test('ids are the lowest free ones', () => {
  const kernel = defined('f:a vfs_read', 'f:b vfs_read', 'f:c vfs_read');
  const ids = () => ['a', 'b', 'c', 'd', 'e'].map((name) => kernel.tracing.events.find('fprobes', name)?.id);
  expect(ids()).toEqual([1585, 1586, 1587, undefined, undefined]);
  kernel.append('-:b\nf:d vfs_read\nf:e vfs_read\n');
  expect(ids()).toEqual([1585, undefined, 1587, 1586, 1588]);
});

test('an fprobe is registered, disabled, when its event is defined', () => {
  const kernel = defined('f:a vfs_read', 'f:a vfs_write', 'f:g ksys_*%return');
  expect(kernel.fprobes.registered).toBe(3);
  kernel.append('-:a vfs_read');
  expect(kernel.fprobes.registered).toBe(2);
  kernel.dynamicEvents.releaseAll();
  expect(kernel.fprobes.registered).toBe(0);
});

test('a tracepoint takes one probe; an unknown one may come with a module', () => {
  const kernel = defined('t:a sched_switch', 't:none no_such_tracepoint');
  expect(kernel.append('t:b sched_switch')).toBe(-Errno.EINVAL);
  expect(kernel.errorLog).toBe('');
  expect(kernel.append('-:a')).toBe(3);
  expect(kernel.append('t:b sched_switch')).toBe(16);
  // Its stub cannot be traced, and stays planted.
  expect(kernel.append('t cpu_frequency')).toBe(-Errno.EINVAL);
  expect(errorTexts(kernel)).toEqual(['Invalid probed address or symbol']);
  expect(kernel.append('t cpu_frequency')).toBe(-Errno.EINVAL);
  expect(errorTexts(kernel)).toHaveLength(1);
  expect(kernel.fprobes.registered).toBe(1);
});

test.each([
  ['p', -Errno.EINVAL, undefined],
  ['p nosuch', -Errno.EINVAL, 'trace_kprobe: error: Invalid probed address or symbol'],
  ['p vfs_read', -Errno.EINVAL, undefined],
  ['p5 vfs_read', -Errno.EINVAL, 'trace_kprobe: error: Maxactive is only for function exit'],
  ['r5x vfs_read', -Errno.EINVAL, 'trace_kprobe: error: Invalid maxactive number'],
  ['r5000 vfs_read', -Errno.EINVAL, 'trace_kprobe: error: Maxactive is too big'],
  ['p:x vfs_read%foo', -Errno.EINVAL, 'trace_kprobe: error: Invalid probed address suffix'],
  ['r:x nosuch%return', -Errno.EINVAL, 'trace_kprobe: error: Invalid probed address or symbol'],
  ['p:x /bin/no:0', -Errno.ENOENT, 'trace_uprobe: error: Failed to find the given file'],
  ['p /bin:zz', -Errno.EINVAL, undefined],
  ['e', -Errno.EINVAL, undefined],
  ['e:a b', -Errno.EINVAL, 'event_probe: error: This requires both group and event name to attach'],
  [
    'e:1x sched/sched_switch',
    -Errno.EINVAL,
    'event_probe: error: Event name must follow the same rules as C identifiers',
  ],
  ['e a/b', -Errno.ENODEV, 'event_probe: error: Attached event does not exist'],
  ['e sched/sched_switch', -Errno.EINVAL, undefined],
  ['s', -Errno.EINVAL, undefined],
  ['s:a b', -Errno.EINVAL, 'synthetic_events: error: Command must be of the form: <name> field[;field] ...'],
  ['s:a float x', -Errno.EINVAL, 'synthetic_events: error: Invalid type'],
])('another kind refuses %s', (command, errno, error) => {
  const kernel = defined();
  expect(kernel.append(command)).toBe(errno);
  expect(kernel.errorLog.split('\n')[0]?.replace(/^\[.*?\] /, '') || undefined).toBe(error);
});
