import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { consumeRecords, iterateRecords, ringBufferRates, writeRecords } from './bench.ts';
import { MergedIterator, MergedReader } from './merged.ts';
import { RecordRef } from './record-ref.ts';
import { interruptContextLevel } from './recursion.ts';
import { RingBuffer } from './ring-buffer.ts';
import { ALL_CPUS, type RingBufferOptions } from './ring-buffer-control.ts';

function create(options: Partial<RingBufferOptions> = {}): RingBuffer {
  let now = 0;
  return RingBuffer.create({ cpus: 1, size: 1, clock: () => ++now, ...options });
}

/** A record of one number; `bytes` in all. Says whether it was taken. */
function mark(buffer: RingBuffer, value: number, bytes = 12, cpu = 0): boolean {
  const at = buffer.reserve(cpu, bytes);
  if (at < 0) return false;
  buffer.view(cpu).setUint32(at, value, true);
  buffer.commit(cpu);
  return true;
}

const markOf = (record: RecordRef) => record.view.getUint32(record.base, true);

function consumeAll(buffer: RingBuffer, cpu = 0): number[] {
  const record = new RecordRef();
  const values: number[] = [];
  while (buffer.consume(cpu, record)) values.push(markOf(record));
  return values;
}

function iterateAll(buffer: RingBuffer): number[] {
  const cpus = [...Array(buffer.cpus).keys()];
  const trace = new MergedIterator(buffer, cpus);
  const values: number[] = [];
  if (buffer.isEmpty()) expect(trace.isEmpty()).toBe(true);
  for (let record = trace.next(); record; record = trace.next()) values.push(markOf(record));
  expect(trace.isEmpty()).toBe(true);
  trace.close();
  return values;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test.each([
  [1, 7],
  [4, 7],
  [7, 7],
  [8, 11],
  [15, 15],
  [16, 19],
  [100, 103],
  [1000, 1000],
  [1023, 1023],
  [1024, 1027],
  [1408, 1410],
  [1409, 1410],
  [1411, 1414],
  [4080, 4080],
  [4096, 4099],
  [10000, 10000],
])('%i written to buffer_size_kb reads %i', (written, shown) => {
  const buffer = create();
  expect(buffer.resize(written * 1024)).toBe(0);
  expect(Math.floor(buffer.size(0) / 1024)).toBe(shown);
  expect(Math.floor(create({ size: written * 1024 }).size(0) / 1024)).toBe(shown);
});

/** Sub-buffer order, then what 4 and 1408 written to buffer_size_kb read. */
test.each([
  [0, 7, 1410],
  [1, 15, 1413],
  [2, 31, 1422],
  [3, 63, 1439],
  [4, 127, 1471],
  [5, 255, 1535],
  [7, 1023, 1535],
])('sizes with sub-buffers of order %i', (order, small, large) => {
  const buffer = create();
  expect(buffer.setSubbufOrder(order)).toBe(0);
  expect(buffer.subbufSize).toBe(4096 << order);
  const shown = (kb: number) => {
    buffer.resize(kb * 1024);
    return Math.floor(buffer.size(0) / 1024);
  };
  expect([shown(4), shown(1408)]).toEqual([small, large]);
});

test.each([-1, 9, 40])('order %i is refused', (order) => {
  const buffer = create();
  expect(buffer.setSubbufOrder(order)).toBe(-Errno.EINVAL);
  expect(buffer.subbufOrder).toBe(0);
});

test('the longest record stays what it was when sub-buffers grow', () => {
  const buffer = create();
  expect(buffer.maxEventSize).toBe(4072);
  buffer.setSubbufOrder(2);
  expect(buffer.maxEventSize).toBe(4072);
  expect([buffer.reserve(0, 4073), create({ subbufSize: 16384 }).maxEventSize]).toEqual([-1, 16360]);
});

test('three entry and three exit records of 24 and 28 bytes are 180 bytes', () => {
  const buffer = create();
  for (const bytes of [24, 28, 24, 28, 24, 28]) mark(buffer, 0, bytes);
  expect(buffer.stats(0)).toMatchObject({ entries: 6, bytes: 180, oldestEventTs: 1, nowTs: 7 });
});

test('storage is made with the first record', () => {
  const buffer = create({ cpus: 2, size: 1 << 20 });
  expect([
    buffer.bytes(0).length,
    buffer.stats(0).oldestEventTs,
    buffer.isEmpty(),
    consumeAll(buffer),
    iterateAll(buffer),
  ]).toEqual([0, 0, true, [], []]);
  mark(buffer, 1, 12, 1);
  expect([buffer.bytes(0).length, buffer.bytes(1).length]).toEqual([0, (258 + 2) * 4096]);
});

test('one cpu is resized alone, and not while it is read', () => {
  const buffer = create({ cpus: 2, availablePages: 100 });
  expect(buffer.resize(5 * 4080, 1)).toBe(0);
  expect([buffer.size(0), buffer.size(1)]).toEqual([2 * 4080, 5 * 4080]);
  const iterator = buffer.iterate(1);
  expect([buffer.resize(4080 * 9), buffer.resize(4080 * 9, 1), buffer.resize(4080 * 9, 0)]).toEqual([
    -Errno.EBUSY,
    -Errno.EBUSY,
    0,
  ]);
  expect(buffer.resize(5 * 4080, 1)).toBe(0);
  iterator.close();
  iterator.close();
  expect(buffer.resize(4080 * 9)).toBe(0);
  expect(buffer.resize(4080 * 110)).toBe(-Errno.ENOMEM);
  expect([buffer.resize(4080, 7), buffer.size(1)]).toEqual([0, 4080 * 9]);
});

test('overwriting keeps the newest, and tells a consumer how many it lost', () => {
  const buffer = create();
  for (let i = 0; i < 1000; i++) expect(mark(buffer, i)).toBe(true);
  const { entries, overrun } = buffer.stats(0);
  expect(overrun).toBe(1000 - entries);
  expect(iterateAll(buffer)).toEqual(range(1000 - entries, 1000));
  const record = new RecordRef();
  buffer.peek(0, record);
  expect([record.lostEvents, markOf(record)]).toEqual([overrun, overrun]);
  expect(consumeAll(buffer)).toEqual(range(overrun, 1000));
  expect(buffer.isEmpty(0)).toBe(true);
});

test('without overwriting the oldest stay, and the rest is counted', () => {
  const buffer = create({ overwrite: false });
  const taken = range(0, 1000).filter((i) => mark(buffer, i));
  expect(iterateAll(buffer)).toEqual(taken);
  expect(taken).toEqual(range(0, taken.length));
  expect(buffer.stats(0).droppedEvents).toBe(1000 - taken.length);
});

test('an interrupting record comes after the one it interrupts, and neither shows before the outer one ends', () => {
  const buffer = create();
  const outer = buffer.reserve(0, 12);
  buffer.view(0).setUint32(outer, 1, true);
  const inner = buffer.reserve(0, 12, 2);
  buffer.view(0).setUint32(inner, 2, true);
  expect(buffer.openTimeStamp(0)).toBe(2);
  buffer.commit(0);
  expect([buffer.openTimeStamp(0), iterateAll(buffer)]).toEqual([1, []]);
  buffer.commit(0);
  expect(iterateAll(buffer)).toEqual([1, 2]);
});

test('an interrupted record that is discarded leaves padding', () => {
  const buffer = create();
  buffer.reserve(0, 40);
  mark2(buffer);
  buffer.discard(0);
  expect(new Uint32Array(buffer.bytes(0).slice(16, 24).buffer)).toEqual(Uint32Array.of((1 << 5) | 29, 40));
  expect([buffer.entries(), iterateAll(buffer), consumeAll(buffer)]).toEqual([1, [7], [7]]);
  function mark2(of: RingBuffer) {
    const at = of.reserve(0, 12, 2);
    of.view(0).setUint32(at, 7, true);
    of.commit(0);
  }
});

test('a record placed while another one is being placed costs that one its delta, and the next one carries its time', () => {
  let now = 100;
  let interrupt: (() => void) | undefined;
  const buffer = create({
    clock: () => {
      const due = interrupt;
      interrupt = undefined;
      const time = now++;
      due?.();
      return time;
    },
  });
  mark(buffer, 0);
  interrupt = () => mark(buffer, 1);
  mark(buffer, 2);
  mark(buffer, 3);
  const record = new RecordRef();
  const seen = range(0, 4).map(() => buffer.consume(0, record) && [markOf(record), record.timestamp]);
  expect(seen).toEqual([
    [0, 100],
    [1, 102],
    [2, 102],
    [3, 104],
  ]);
});

test('records that nest around the whole buffer are refused', () => {
  const buffer = create();
  buffer.reserve(0, 4000);
  expect(buffer.reserve(0, 4000, 1)).toBeGreaterThan(0);
  expect(buffer.reserve(0, 4000, 2)).toBe(-1);
  expect(buffer.stats(0).commitOverrun).toBe(1);
  buffer.commit(0);
  buffer.commit(0);
  expect([buffer.entries(), buffer.stats(0).overrun]).toEqual([2, 0]);
});

/** Contexts that begin a record one within the other, and which of them may. */
test.each([
  [[0], [true]],
  [
    [0, 0],
    [true, true],
  ],
  [
    [0, 0, 0],
    [true, true, false],
  ],
  [
    [0, 1, 2, 3],
    [true, true, true, true],
  ],
  [
    [0, 1, 2, 3, 3, 3],
    [true, true, true, true, true, false],
  ],
  [
    [2, 2, 3, 2],
    [true, true, true, false],
  ],
])('contexts %j', (contexts, allowed) => {
  const buffer = create();
  expect(contexts.map((context) => buffer.reserve(0, 4, context) >= 0)).toEqual(allowed);
  for (const taken of allowed) if (taken) buffer.commit(0);
  expect(contexts.slice(0, 1).map((context) => buffer.reserve(0, 4, context) >= 0)).toEqual([true]);
});

test('nesting on purpose starts with all contexts free', () => {
  const buffer = create();
  buffer.reserve(0, 4);
  buffer.reserve(0, 4);
  expect(buffer.reserve(0, 4)).toBe(-1);
  buffer.nestStart(0);
  expect(buffer.reserve(0, 4)).toBeGreaterThan(0);
  buffer.commit(0);
  buffer.nestEnd(0);
  expect(buffer.reserve(0, 4)).toBe(-1);
});

test.each([
  [0, 0],
  [1, 0],
  [0x100, 1],
  [0x200, 0],
  [0x10000, 2],
  [0x10100, 2],
  [0x110000, 3],
])('preempt count 0x%x is context %i', (count, level) => {
  expect(interruptContextLevel(count)).toBe(level);
});

test('recording can be switched off and disabled, for all and for one cpu', () => {
  const buffer = create({ cpus: 2 });
  buffer.disableRecord();
  buffer.setRecordOn(false);
  expect([buffer.isRecordOn, buffer.isRecordSetOn, mark(buffer, 1)]).toEqual([false, false, false]);
  buffer.setRecordOn(true);
  expect([buffer.isRecordOn, buffer.isRecordSetOn, mark(buffer, 1)]).toEqual([false, true, false]);
  buffer.enableRecord();
  buffer.disableRecord(1);
  expect([buffer.isRecordOn, mark(buffer, 1), mark(buffer, 2, 12, 1)]).toEqual([true, true, false]);
  buffer.enableRecord(1);
  expect(mark(buffer, 2, 12, 1)).toBe(true);
});

test('cpu buffers are swapped with their records and counters', () => {
  const main = create({ cpus: 2 });
  const other = create({ cpus: 2 });
  mark(main, 1);
  mark(other, 2);
  mark(other, 3, 12, 1);
  expect(main.swapCpu(other, 0)).toBe(0);
  expect([consumeAll(main), consumeAll(other)]).toEqual([[2], [1]]);
  expect(consumeAll(main, 1)).toEqual([]);
  other.overwrite = false;
  for (let i = 0; i < 1000; i++) mark(other, i);
  expect(other.stats(0).droppedEvents).toBeGreaterThan(0);
});

test.each([
  ['a size', -Errno.EINVAL, (b: RingBuffer) => b.resize(9 * 4080)],
  ['an order', -Errno.EINVAL, (b: RingBuffer) => b.setSubbufOrder(1)],
  ['being off', -Errno.EAGAIN, (b: RingBuffer) => b.setRecordOn(false)],
  ['a cpu being off', -Errno.EAGAIN, (b: RingBuffer) => b.disableRecord(0)],
  ['an open record', -Errno.EBUSY, (b: RingBuffer) => b.reserve(0, 8)],
])('%s keeps cpu buffers from being swapped', (_, errno, change) => {
  const main = create();
  const other = create();
  change(other);
  expect([main.swapCpu(other, 0), other.swapCpu(main, 0)]).toEqual([errno, errno]);
});

test('a reset empties one cpu or all', () => {
  const buffer = create({ cpus: 2 });
  for (const cpu of [0, 1]) for (let i = 0; i < 900; i++) mark(buffer, i, 12, cpu);
  buffer.reset(0);
  expect([buffer.entries(0), buffer.overruns(0), buffer.entries(1) > 0]).toEqual([0, 0, true]);
  buffer.reset();
  expect([buffer.entries(), buffer.overruns(), buffer.dirtyPages(1)]).toEqual([0, 0, 0]);
  mark(buffer, 5);
  expect(iterateAll(buffer)).toEqual([5]);
});

test('records of several cpus come in order of time, the lower cpu first', () => {
  let now = 0;
  const buffer = create({ cpus: 3, clock: () => now });
  const times = [
    [5, 7, 7],
    [1, 7],
    [6, 9],
  ];
  times.forEach((list, cpu) => {
    for (const time of list) {
      now = time;
      mark(buffer, cpu * 10 + time, 12, cpu);
    }
  });
  const expected = [11, 5, 26, 7, 7, 17, 29];
  expect(iterateAll(buffer)).toEqual(expected);
  const reader = new MergedReader(buffer, [0, 1, 2]);
  const values: number[] = [];
  for (let record = reader.peek(); record; record = reader.peek()) {
    reader.consume();
    values.push(markOf(record));
  }
  expect([values, buffer.isEmpty()]).toEqual([expected, true]);
});

test('a walk that was overrun says so once and goes on with newer records', () => {
  const buffer = create();
  for (let i = 0; i < 300; i++) mark(buffer, i);
  const trace = new MergedIterator(buffer, [0]);
  expect(markOf(trace.next() as RecordRef)).toBe(0);
  for (let i = 300; i < 1000; i++) mark(buffer, i);
  const record = trace.next() as RecordRef;
  expect([record.lostEvents, markOf(record) >= 300]).toEqual([-1, true]);
  expect((trace.next() as RecordRef).lostEvents).toBe(0);
  trace.reset();
  expect(markOf(trace.next() as RecordRef)).toBe(buffer.overruns());
});

test('a record that was found stays as it was when the writer comes by', () => {
  const buffer = create();
  mark(buffer, 0);
  const iterator = buffer.iterate(0);
  expect(iterator.peek()).toBe(true);
  for (let i = 1; i < 1000; i++) mark(buffer, i);
  expect([markOf(iterator.record), iterator.peek(), markOf(iterator.record)]).toEqual([0, true, 0]);
  iterator.advance();
  expect([iterator.peek(), iterator.takeDropped(), iterator.takeDropped()]).toEqual([true, true, false]);
});

test.each([
  ['one cpu', 0],
  ['all cpus', ALL_CPUS],
])('a reader of %s is woken once, by the first record', (_, cpu) => {
  const buffer = create();
  let woken = 0;
  expect(buffer.hasEnough(cpu, 0)).toBe(false);
  expect(buffer.wait(cpu, 0, () => woken++)).toBe(true);
  mark(buffer, 1);
  mark(buffer, 2);
  expect(woken).toBe(1);
  expect(buffer.wait(cpu, 0, () => woken++)).toBe(false);
});

test.each([
  [1, 2],
  [50, 5],
  [100, 10],
])(
  'a reader that wants %i percent of ten sub-buffers has them when the writer enters number %i',
  (percent, entered) => {
    const buffer = create({ size: 10 * 4080 });
    let woken = 0;
    let written = 0;
    const park = () => buffer.wait(0, percent, () => woken++);
    for (let waits = park(); waits && written < 20; written++) {
      const before = woken;
      mark(buffer, 0, 4000);
      if (woken > before) waits = park();
    }
    expect([written, woken]).toEqual([entered, written === 2 ? 1 : 2]);
    expect(buffer.wait(0, percent, () => {})).toBe(false);
    expect([buffer.hasEnough(0, percent), buffer.hasEnough(ALL_CPUS, 100)]).toEqual([true, true]);
  },
);

test('a parked reader can be forgotten or woken without data', () => {
  const buffer = create();
  const calls: string[] = [];
  const wake = () => calls.push('gone');
  for (const cpu of [0, ALL_CPUS]) buffer.wait(cpu, 0, wake);
  buffer.cancelWait(ALL_CPUS, wake);
  buffer.wait(0, 50, () => calls.push('full'));
  buffer.wait(ALL_CPUS, 0, () => calls.push('any'));
  buffer.wakeWaiters(0);
  buffer.wakeWaiters();
  mark(buffer, 1);
  expect(calls).toEqual(['full', 'any']);
});

test('whole pages only, when asked for', () => {
  const buffer = create();
  const page = new Uint8Array(4096);
  mark(buffer, 1, 2000);
  expect(buffer.readPage(0, page, 4096, true)).toBe(-1);
  mark(buffer, 2, 2000);
  mark(buffer, 3, 2000);
  expect([buffer.readPage(0, page, 4000, true), buffer.readPage(0, page, 4096, true)]).toEqual([-1, 0]);
  expect([new DataView(page.buffer).getUint32(8, true), buffer.entries()]).toEqual([2 * 2008, 1]);
  expect([buffer.readPage(0, page, 16), buffer.readPage(0, page.subarray(1))]).toEqual([-1, -1]);
});

test('bytes can be recorded in one go', () => {
  const buffer = create();
  expect(buffer.write(0, Uint8Array.of(9, 0, 0, 0))).toBe(0);
  expect(consumeAll(buffer)).toEqual([9]);
  expect(buffer.write(0, new Uint8Array(5000))).toBe(-Errno.EBUSY);
});

test('the benchmarks do what they count', () => {
  expect([writeRecords(40, 5000), iterateRecords(2, 100) >= 100, consumeRecords(1500)]).toEqual([5000, true, 2000]);
  let now = 0;
  const rates = ringBufferRates(() => (now += 1), 1000);
  expect(rates.every(({ perSecond }) => perSecond >= 1_000_000)).toBe(true);
});
