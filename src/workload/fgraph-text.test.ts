import { expect, test } from 'vitest';
import { parseArgs, parseFgraph } from './fgraph-text.ts';
import type { RecordedCall, RecordedItem, RecordedRun } from './recorded-run.ts';

const HEAD = '# tracer: function_graph\n#\n';

/** A tree in one line: calls with what they called in brackets, marks in quotes. */
function shape(items: readonly RecordedItem[]): string {
  return items
    .map((item) => {
      if (item.kind === 'mark') return `"${item.text}"`;
      const name = item.interrupt ? '!' : item.fn;
      return item.children.length === 0 ? name : `${name}(${shape(item.children)})`;
    })
    .join(' ');
}

function run(lines: string): RecordedRun {
  return parseFgraph(HEAD + lines);
}

function firstCall(parsed: RecordedRun): RecordedCall {
  return parsed.steps[0].item as RecordedCall;
}

test('calls nest as the brackets do, and returns close them by name', () => {
  const parsed = run(`
   66.096109 |   0)     ls-153     |               |  __x64_sys_dup2(regs=0xffffc9000063bf58) {
   66.096112 |   0)     ls-153     |               |    ksys_dup3(oldfd=11, newfd=1, flags=-1) {
   66.096113 |   0)     ls-153     |   1.692 us    |      _raw_spin_lock(lock=0xffff888004247c00);
   66.096120 |   0)     ls-153     | + 42.384 us   |    } /* ksys_dup3 */
   66.096121 |   0)     ls-153     | + 50.000 us   |  } /* __x64_sys_dup2 */
`);
  expect(shape(parsed.tasks.get(153)!.roots)).toBe('__x64_sys_dup2(ksys_dup3(_raw_spin_lock))');
  expect(parsed.steps.map(({ op }) => op).join(' ')).toBe('enter enter enter leave leave leave');
  const [inner] = firstCall(parsed).children as RecordedCall[];
  expect(inner).toMatchObject({ start: 66_096_112, end: 66_096_120, duration: 42_384, pid: 153 });
  expect(inner.args.at(-1)).toEqual({ name: 'flags', value: 2n ** 64n - 1n });
  expect((inner.children[0] as RecordedCall).duration).toBe(1692);
});

test('a call that never returns stays open', () => {
  const parsed = run('    1.000001 |   0)     ls-153     |               |  do_task_dead() {\n');
  expect(firstCall(parsed)).toMatchObject({ fn: 'do_task_dead', children: [] });
  expect(firstCall(parsed).duration).toBeUndefined();
});

test.each([
  ['a=1, b=0xff, c=-2', [1n, 255n, 2n ** 64n - 2n]],
  ['lock=0xffff888004247c00', [0xffff888004247c00n]],
  ['pte=(STRUCT)[0x5c6e025], n=1', [0x5c6e025n, 1n]],
  ['a=1, ...', [1n]],
  ['', []],
])('arguments of %j', (text, values) => {
  expect(parseArgs(text).map(({ value }) => value)).toEqual(values);
});

test('a structure in two registers', () => {
  expect(parseArgs('range=(STRUCT)[0x1:0x2]')).toEqual([{ name: 'range', value: 1n, high: 2n }]);
});

test('comments are marks, and a return event belongs to the call around it', () => {
  const parsed = run(`
    1.000001 |   0)     ls-173     |               |  expand_files(nr=1) {
    1.000002 |   0)     ls-173     |               |    /* kfree: call_site=x ptr=0 */
    1.000003 |   0)     ls-173     |               |    /* r: (ksys_dup3+0x63/0xf0 <- expand_files) ret=0x10 */
    1.000004 |   0)     ls-173     |   3.706 us    |  } /* expand_files */
`);
  expect(shape(parsed.tasks.get(173)!.roots)).toBe('expand_files("kfree: call_site=x ptr=0")');
  expect(firstCall(parsed)).toMatchObject({
    returnTo: { symbol: 'ksys_dup3', offset: 0x63, size: 0xf0 },
    returnValue: 16n,
  });
});

test('returns of calls that are not there are strays', () => {
  const parsed = run(
    '    1.000003 |   0)     ls-173     |               |  /* r: (ksys_write+0x6b/0xe0 <- vfs_write) ret=0x2 */\n',
  );
  expect(parsed.steps).toEqual([]);
  expect(parsed.strays).toMatchObject([{ pid: 173, fn: 'vfs_write', returnValue: 2n, at: 0 }]);
});

test('what an interrupt calls lies in a frame of its own', () => {
  const parsed = run(`
    1.000001 |   0)     ls-173     |               |  dput(dentry=0x0) {
    1.000002 |   0)     ls-173     |   3.545 us    |      irq_enter_rcu();
    1.000006 |   0)     ls-173     |   3.736 us    |      idle_cpu(cpu=0);
    1.000010 |   0)     ls-173     |   1.000 us    |    __rcu_read_lock();
    1.000012 |   0)     ls-173     |   9.000 us    |  } /* dput */
`);
  expect(shape(parsed.tasks.get(173)!.roots)).toBe('dput(!(irq_enter_rcu idle_cpu) __rcu_read_lock)');
});

test('tasks have trees of their own', () => {
  const parsed = run(`
    1.000001 |   0)    dash-158    |               |  schedule() {
 ------------------------------------------
 0)    dash-158    =>   rcu_pre-15
 ------------------------------------------

    1.000005 |   0)   rcu_pre-15   |   1.000 us    |  switch_mm_irqs_off();
    1.000007 |   0)    dash-158    |   9.000 us    |  } /* schedule */
`);
  expect([...parsed.tasks.values()].map((task) => `${task.name}: ${shape(task.roots)}`)).toEqual([
    'dash: schedule',
    'rcu_pre: switch_mm_irqs_off',
  ]);
});
