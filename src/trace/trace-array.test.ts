import { expect, test } from 'vitest';
import { Preempt } from '../machine/index.ts';
import { applyEventFilter, eventFilterText } from './filter.ts';
import { writeMarker, writeRawMarker } from './marker.ts';
import { setOption, traceOptionsText, writeTraceOptions } from './option-files.ts';
import { SavedCmdlines } from './saved-cmdlines.ts';
import { makeTracing, NumberEvent } from './test-tracing.ts';
import { TraceArray } from './trace-array.ts';
import { traceText } from './trace-file.ts';
import { TracePipe } from './trace-pipe.ts';
import { TraceRawPipe } from './trace-pipe-raw.ts';

function withEvent(cpus = 1) {
  const tracing = makeTracing(cpus);
  const { top } = tracing;
  const event = new NumberEvent('g', 'e');
  tracing.events.add(event);
  const file = top.eventFileOf(event);
  file.setEnabled(true);
  const allCpus = Array.from({ length: cpus }, (_, cpu) => cpu);
  const lines = (array = top) =>
    traceText({ array, buffer: array.buffer, cpus: allCpus })
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
  return { tracing, top, event, file, lines, cpu: tracing.machine.cpus[0]! };
}

test('a record prints with its task, cpu, flags and time', () => {
  const { tracing, top, event, lines, cpu } = withEvent();
  tracing.machine.clock.now = 12_345_678_901;
  event.hit(tracing, -1);
  cpu.irqsOff = true;
  cpu.needResched = true;
  cpu.preemptCount = 1 + Preempt.HARDIRQ_OFFSET;
  event.hit(tracing, 2);
  expect(lines()).toEqual([
    '           <...>-7       [000] .....    12.345678: e: -1',
    '           <...>-7       [000] dNh1.    12.345678: e: 2',
  ]);
  expect(traceText({ array: top, buffer: top.buffer, cpus: [0] })).toContain(
    '# entries-in-buffer/entries-written: 2/2   #P:1\n',
  );
});

/** Flags of the cpu, preempt count, migrate-disable count, columns. The event itself adds 1 to the preempt count. */
test.each([
  [{}, 0, 0, '.....'],
  [{ irqsOff: true }, 0, 0, 'd....'],
  [{ needReschedLazy: true }, 0, 0, '.l...'],
  [{ needResched: true, needReschedLazy: true }, 2, 2, '.B.22'],
  [{}, Preempt.SOFTIRQ_OFFSET, 0, '..s..'],
  [{}, 2 * Preempt.SOFTIRQ_OFFSET, 0, 'b....'],
  [{ irqsOff: true }, 2 * Preempt.SOFTIRQ_OFFSET, 0, 'D....'],
  [{}, Preempt.SOFTIRQ_OFFSET + Preempt.HARDIRQ_OFFSET, 0, '..H..'],
  [{}, Preempt.NMI_OFFSET, 0, '..z..'],
  [{}, Preempt.NMI_OFFSET + Preempt.HARDIRQ_OFFSET, 0, '..Z..'],
  [{}, 200, 99, '...ef'],
])('flags %j, preempt count %i', (state, preemptCount, migrate, columns) => {
  const { tracing, event, lines, cpu } = withEvent();
  Object.assign(cpu, state, { preemptCount });
  cpu.current.migrateDisable = migrate;
  event.hit(tracing, 0);
  expect(/\] (\S{5}) /.exec(lines()[0]!)?.[1]).toBe(columns);
});

test('trace neither shows nor counts what is older than the time at which the buffer was emptied', () => {
  const { tracing, top, event, lines, cpu } = withEvent(2);
  top.takeSnapshot(cpu);
  event.hit(tracing, 1);
  event.hit(tracing, 2, 1);
  top.takeSnapshot(cpu);
  tracing.machine.clock.advance(1000);
  top.reset();
  top.takeSnapshot(cpu);
  expect(traceText({ array: top, buffer: top.buffer, cpus: [0, 1] })).toContain('written: 0/0 ');
  event.hit(tracing, 3);
  expect(lines().map((line) => line.slice(-1))).toEqual(['3']);
  expect(traceText({ array: top, buffer: top.buffer, cpus: [0] })).toContain('written: 1/1 ');
  top.takeSnapshot(cpu);
  const snapshot = { array: top, buffer: top.maxBuffer, cpus: [0, 1], isSnapshot: true };
  expect(traceText(snapshot)).toContain('written: 3/3 ');
});

test('records of several cpus are merged by time; a per-cpu file shows its own', () => {
  const { tracing, top, event } = withEvent(2);
  for (const [value, cpu] of [1, 0, 1, 0].entries()) {
    tracing.machine.clock.advance(1000);
    event.hit(tracing, value, cpu);
  }
  const values = (cpus: number[]) =>
    [...traceText({ array: top, buffer: top.buffer, cpus }).matchAll(/e: (\d)/g)].map((match) => match[1]).join('');
  expect([values([0, 1]), values([0]), values([1])]).toEqual(['0123', '13', '02']);
});

test('a filter drops what it does not match; a refused one is shown and keeps everything', () => {
  const { tracing, file, event, lines } = withEvent();
  expect(applyEventFilter(file, 'value > 1\n')).toBe(0);
  for (const value of [1, 2, 3]) event.hit(tracing, value);
  expect(lines().map((line) => line.slice(-4))).toEqual(['e: 2', 'e: 3']);
  expect(applyEventFilter(file, 'nope')).toBe(-22);
  expect(eventFilterText(file)).toBe('nope\n    ^\nparse_error: Field not found\n\n');
  event.hit(tracing, 4);
  expect(lines()).toHaveLength(3);
  expect(applyEventFilter(file, ' 0 \n')).toBe(0);
  expect(eventFilterText(file)).toBe('none\n');
  expect(applyEventFilter(file, 'x'.repeat(4096))).toBe(-22);
});

test('pid lists keep and drop tasks, also for events that come later', () => {
  const { tracing, top, event, lines } = withEvent(2);
  top.setPidList('pids', new Set([8]));
  event.hit(tracing, 1, 0);
  event.hit(tracing, 2, 1);
  tracing.machine.clock.advance(1000);
  top.setPidList('noPids', new Set([8]));
  event.hit(tracing, 3, 1);
  const later = new NumberEvent('g', 'later');
  tracing.events.add(later);
  top.eventFileOf(later).setEnabled(true);
  later.hit(tracing, 4, 0);
  top.setPidList('pids', undefined);
  later.hit(tracing, 5, 0);
  tracing.machine.clock.advance(1000);
  top.setPidList('noPids', undefined);
  event.hit(tracing, 6, 1);
  expect(lines().map((line) => line.slice(-1))).toEqual(['2', '5', '6']);
});

test('nothing is recorded while tracing is off, on a cpu that is masked out, or soft-disabled', () => {
  const { tracing, top, event, file } = withEvent(2);
  top.buffer.setRecordOn(false);
  event.hit(tracing, 1);
  applyEventFilter(file, 'value != 0');
  event.hit(tracing, 1);
  top.buffer.setRecordOn(true);
  top.setCpumask(Uint32Array.of(2));
  event.hit(tracing, 2, 0);
  event.hit(tracing, 3, 1);
  top.setCpumask(Uint32Array.of(3));
  file.setEnabled(true, true);
  file.setEnabled(false);
  event.hit(tracing, 4);
  file.setEnabled(true);
  event.hit(tracing, 5);
  expect(top.buffer.entries()).toBe(2);
});

test('a hit in an interrupt between begin and commit keeps both records whole', () => {
  const { tracing, file, lines, cpu } = withEvent();
  const outer = file.begin(cpu, 12)!;
  cpu.preemptCount += Preempt.HARDIRQ_OFFSET;
  const inner = file.begin(cpu, 12)!;
  inner.view.setInt32(inner.base + 8, 2, true);
  file.commit(cpu, inner);
  cpu.preemptCount -= Preempt.HARDIRQ_OFFSET;
  outer.view.setInt32(outer.base + 8, 1, true);
  file.commit(cpu, outer);
  expect(lines().map((line) => line.slice(-1))).toEqual(['1', '2']);
  expect(tracing.top.buffer.entries()).toBe(2);
});

test('names of tasks are noted at the switch after a record, while an event wants them', () => {
  const { tracing, event, file, lines, cpu } = withEvent();
  const { machine } = tracing;
  const first = cpu.current;
  event.hit(tracing, 1);
  expect(lines()[0]).toContain('<...>-7');
  machine.switchTo(cpu, machine.createTask({ comm: 'other', pid: 9 }));
  expect(lines()[0]).toContain(' t-7');
  expect(tracing.cmdlines.text()).toBe('7 t\n9 other\n');
  file.setEnabled(false);
  writeMarker(tracing.top, cpu, 'x');
  first.comm = 'renamed';
  machine.switchTo(cpu, first);
  expect(tracing.cmdlines.comm(7)).toBe('t');
  expect([tracing.cmdlines.comm(0), tracing.cmdlines.comm(-1), tracing.cmdlines.comm(1)]).toEqual([
    '<idle>',
    '<XXX>',
    '<...>',
  ]);
});

test('saved_cmdlines_size is what fits the memory that is taken', () => {
  const saved = new SavedCmdlines();
  expect([saved.size, saved.resize(0n), saved.resize(32769n), saved.resize(6553n), saved.size]).toEqual([
    6552, -22, -22, 0, 19659,
  ]);
  expect([saved.resize(1n), saved.size]).toEqual([0, 6552]);
});

test('markers', () => {
  const { tracing, top, lines, cpu } = withEvent();
  expect([writeMarker(top, cpu, 'one'), writeMarker(top, cpu, 'two\nlines\n'), writeMarker(top, cpu, '')]).toEqual([
    3, 10, 0,
  ]);
  expect(writeRawMarker(top, cpu, 'abc')).toBe(-22);
  expect(writeRawMarker(top, cpu, 'abcd')).toBe(4);
  expect(lines().map((line) => line.replace(/^.*: 0x0000004a/, ''))).toEqual([
    ': one',
    ': two',
    'lines',
    ': ',
    expect.stringContaining('Unknown type 19'),
  ]);
  top.options.markers = false;
  expect([writeMarker(top, cpu, 'x'), writeRawMarker(top, cpu, 'abcd')]).toEqual([-22, -22]);
  top.options.markers = true;
  top.buffer.setRecordOn(false);
  expect(writeMarker(top, cpu, 'x')).toBe(-9);
  top.buffer.setRecordOn(true);
  expect(writeMarker(top, cpu, 'y'.repeat(5000))).toBe(top.buffer.maxEventSize - 18);
  const instance = new TraceArray(tracing, 'i');
  setOption(instance, 'copy_trace_marker', true);
  writeMarker(top, cpu, 'both');
  setOption(top, 'copy_trace_marker', false);
  writeMarker(top, cpu, 'instance');
  expect([lines(instance).length, lines().at(-1)?.endsWith('both')]).toEqual([2, true]);
  instance.destroy();
  expect(writeMarker(top, cpu, 'nowhere')).toBe(-19);
});

test('a pipe takes the records out, tells what was lost, and has one reader', () => {
  const { tracing, top, event, lines } = withEvent();
  const pipe = TracePipe.open(top) as TracePipe;
  expect([TracePipe.open(top), TracePipe.open(top, 0)]).toEqual([-16, -16]);
  expect(top.setTracer('function')).toBe(-16);
  expect(pipe.read()).toBe(-11);
  let woken = 0;
  expect(pipe.wait(() => woken++)).toBe(true);
  event.hit(tracing, 1);
  expect(woken).toBe(1);
  expect(pipe.wait(() => woken++)).toBe(false);
  expect(String(pipe.read()).endsWith(': e: 1\n')).toBe(true);
  expect([pipe.read(), lines()]).toEqual([-11, []]);
  top.resize(0);
  for (let i = 0; i < 2000; i++) event.hit(tracing, i);
  top.buffer.setRecordOn(false);
  let all = '';
  let text = pipe.read();
  for (; typeof text === 'string' && text !== ''; text = pipe.read()) all += text;
  const [lost] = /(?<=^CPU:0 \[LOST )\d+(?= EVENTS\]$)/m.exec(all)!;
  expect([...all.matchAll(/: e: /g)].length + Number(lost)).toBe(2000);
  expect(text).toBe('');
  pipe.close();
  expect(typeof TracePipe.open(top, 0)).toBe('object');
});

test('the raw pipe hands out whole pages', () => {
  const { tracing, top, event } = withEvent();
  const pipe = new TraceRawPipe(top, 0, false);
  expect(pipe.read(4096)).toBe(-11);
  event.hit(tracing, 1);
  const page = String(pipe.read(4096));
  expect([page.length, page.charCodeAt(8)]).toEqual([4096, 16]);
  expect(pipe.read(4096)).toBe(-11);
});

test('an overrun shows in the header, and each cpu says where its buffer starts', () => {
  const { tracing, top, event, lines } = withEvent(2);
  top.resize(0);
  for (let i = 0; i < 2000; i++) {
    tracing.machine.clock.advance(1000);
    event.hit(tracing, i, i % 2);
  }
  const header = traceText({ array: top, buffer: top.buffer, cpus: [0, 1] });
  const [, left, written] = /written: (\d+)\/(\d+)/.exec(header)!;
  expect([Number(written), Number(left) < 2000]).toEqual([2000, true]);
  expect(header.match(/^##### CPU \d buffer started ####$/gm)?.length ?? 0).toBeLessThanOrEqual(2);
  expect(lines()).toHaveLength(Number(left));
});

/** Option, first line of a trace with two records. */
test.each([
  ['nocontext-info', 'e: 1'],
  ['noirq-info', '           <...>-7       [000]      1.000000: e: 1'],
  ['record-tgid', '           <...>-7       (-------) [000] .....     1.000000: e: 1'],
  ['raw', '7 0 1000000000 type: 1585'],
  ['hex', '00000007 00000000 000000003b9aca00 type: 1585'],
  ['fields', '           <...>-7       [000] .....     1.000000: e: value=0x1 (1)'],
  ['latency-format', '   <...>-7         0..... 1000000us#: e: 1'],
])('options: %s', (option, line) => {
  const { tracing, top, event, lines } = withEvent();
  tracing.machine.clock.now = 1e9;
  event.hit(tracing, 1);
  tracing.machine.clock.advance(2e6);
  event.hit(tracing, 2);
  expect(writeTraceOptions(top, `${option}\n`)).toBe(0);
  expect(lines()[0]).toBe(line);
  expect(traceOptionsText(top)).toContain(`\n${option}\n`);
});

test('options that cannot be set, and those that move', () => {
  const { tracing, top } = withEvent();
  expect(
    ['bogus', '', 'no', 'func-args', 'test_nop_refuse', 'notrace_printk_dest', 'raw hex', 'x'.repeat(64)].map((text) =>
      writeTraceOptions(top, text),
    ),
  ).toEqual(Array(8).fill(-22));
  expect(writeTraceOptions(top, 'test_nop_accept')).toBe(0);
  const instance = new TraceArray(tracing, 'i');
  expect(instance.options.trace_printk_dest).toBe(false);
  expect(writeTraceOptions(instance, 'trace_printk_dest')).toBe(0);
  expect([top.options.trace_printk_dest, tracing.printkArray]).toEqual([false, instance]);
  instance.destroy();
  expect([top.options.trace_printk_dest, tracing.printkArray]).toEqual([true, top]);
  writeTraceOptions(top, 'nooverwrite');
  expect(top.buffer.overwrite).toBe(false);
});

test('clocks and tracers empty the buffer when they change', () => {
  const { tracing, top, event, lines } = withEvent();
  event.hit(tracing, 1);
  top.setClock('counter');
  expect(top.buffer.entries()).toBe(0);
  event.hit(tracing, 1);
  expect(lines()[0]).toMatch(/\] \.{5} {12}\d: e: 1$/);
  expect([top.setTracer('nop'), top.buffer.entries(), top.setTracer('function'), top.buffer.entries()]).toEqual([
    0, 1, 0, 0,
  ]);
  expect([top.setTracer('bogus'), new TraceArray(tracing, 'i').setTracer('blk')]).toEqual([-22, -22]);
});

test('a pid list that follows forks takes children in and lets the dead go', () => {
  const { tracing, top, event, cpu } = withEvent();
  const { machine } = tracing;
  top.setPidList('pids', new Set([7]));
  machine.createTask({ comm: 'a', pid: 20, parent: cpu.current });
  expect([...top.pidList('pids')!]).toEqual([7]);
  writeTraceOptions(top, 'event-fork');
  const child = machine.createTask({ comm: 'b', pid: 21, parent: cpu.current });
  machine.createTask({ comm: 'c', pid: 22, parent: machine.findTask(20)! });
  expect([...top.pidList('pids')!]).toEqual([7, 21]);
  machine.switchTo(cpu, child);
  event.hit(tracing, 1);
  machine.exitTask(child);
  top.setPidList('pids', new Set([21]));
  machine.exitTask(machine.createTask({ comm: 'd', pid: 21 }));
  event.hit(tracing, 2);
  expect([[...top.pidList('pids')!], top.buffer.entries()]).toEqual([[], 1]);
});
