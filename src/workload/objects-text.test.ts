import { expect, test } from 'vitest';
import { parseFunc } from './func-text.ts';
import { eventField, parseObjects } from './objects-text.ts';

const number = (value: bigint) => ({ kind: 'number', value });
const string = (text: string) => ({ kind: 'string', text });

test.each([
  [
    'open: (do_sys_openat2+0x0/0xe0) dfd=-100 name="/etc/passwd" flags=0x8000',
    { dfd: number(2n ** 64n - 100n), name: string('/etc/passwd'), flags: number(0x8000n) },
  ],
  ['open_r: (__x64_sys_openat+0x54/0xa0 <- do_sys_openat2) fd=3', { fd: number(3n) }],
  ['dput: (dput+0x4/0x1b0) name=(fault)', { name: { kind: 'fault' } }],
  [
    'lookup: (d_lookup+0x4/0x50) parent="a b" name="x=\\"y" len=3',
    { parent: string('a b'), name: string('x=\\"y'), len: number(3n) },
  ],
  ['wait: (do_wait+0x0/0x110)', {}],
])('%s', (text, shown) => {
  const [event] = parseObjects(`           cat-152     [000] d.s5.     8.456353: ${text}\n`);
  expect(Object.fromEntries(event.shown)).toEqual(shown);
  expect(event).toMatchObject({
    comm: 'cat',
    pid: 152,
    flags: { irqsOff: true, softirq: true, hardirq: false, preemptDepth: 5 },
  });
});

test('a string may hold newlines', () => {
  const [event, next] = parseObjects(`# tracer: nop
   dash-159     [000] .....     9.093522: write: (vfs_write+0x4/0x450) count=7 data="forked
" name="o"
   dash-159     [000] .....     9.093831: write_r: (ksys_write+0x6b/0xe0 <- vfs_write) ret=7
`);
  expect(event.shown.get('data')).toEqual(string('forked\n'));
  expect(event.shown.get('name')).toEqual(string('o'));
  expect(next.event).toBe('write_r');
});

test('system calls and static events keep their text', () => {
  const events = parseObjects(`   sh-1 [000] .....     1.0: sys_dup2(oldfd: b, newfd: 1)
   sh-1 [000] .....     1.0: sys_dup2 -> 0x1
   sh-1 [000] dNh1.     1.0: sched_waking: comm=kworker/u4:0 pid=12 prio=120 target_cpu=000
`);
  expect(events.map(({ event, text }) => [event, text])).toEqual([
    ['sys_dup2', '(oldfd: b, newfd: 1)'],
    ['sys_dup2', ' -> 0x1'],
    ['sched_waking', 'comm=kworker/u4:0 pid=12 prio=120 target_cpu=000'],
  ]);
  expect(events[2].flags).toMatchObject({ needResched: true, hardirq: true });
  expect(eventField(events[2].text, 'comm')).toBe('kworker/u4:0');
  expect(eventField(events[2].text, 'id')).toBeUndefined();
});

test('lines of the function tracer', () => {
  const lines = parseFunc(`#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
              ls-198     [000] dl.2.   561.724799: _raw_spin_unlock_irq+0x4/0x40 <-task_work_run+0x4d/0x90
              ls-198     [000] .....   561.724799: garbage
`);
  expect(lines).toEqual([
    {
      comm: 'ls',
      pid: 198,
      fn: { symbol: '_raw_spin_unlock_irq', offset: 4, size: 0x40 },
      caller: { symbol: 'task_work_run', offset: 0x4d, size: 0x90 },
      flags: {
        irqsOff: true,
        needResched: false,
        lazyResched: true,
        hardirq: false,
        softirq: false,
        preemptDepth: 2,
        migrateDisable: 0,
      },
    },
  ]);
});
