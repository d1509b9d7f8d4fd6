import { MergedIterator } from './merged.ts';
import { RecordRef } from './record-ref.ts';
import { RingBuffer } from './ring-buffer.ts';

/** Bytes of data of the records that are measured. */
const BENCH_SIZES = [16, 40, 200] as const;

/** Nanoseconds between two records. */
const STEP = 1000;

function benchBuffer(cpus: number): RingBuffer {
  const time = { now: 0 };
  return RingBuffer.create({ cpus, size: 1408 * 1024, clock: () => (time.now += STEP) });
}

/**
 * Writes records of so many bytes into an overwriting buffer, filling them with 4-byte stores as an event does.
 * @returns records that were taken: `count`
 */
export function writeRecords(size: number, count: number, buffer = benchBuffer(1)): number {
  let taken = 0;
  for (let i = 0; i < count; i++) {
    const at = buffer.reserve(0, size);
    if (at < 0) continue;
    const view = buffer.view(0);
    for (let offset = 0; offset < size; offset += 4) view.setUint32(at + offset, i, true);
    buffer.commit(0);
    taken++;
  }
  return taken;
}

/**
 * Walks a full buffer of 40-byte records on so many cpus in order of time, again and again.
 * @returns records seen, at least `count`
 */
export function iterateRecords(cpus: number, count: number): number {
  const buffer = filled(cpus);
  const trace = new MergedIterator(buffer, [...Array(cpus).keys()]);
  let seen = 0;
  while (seen < count) {
    trace.reset();
    while (trace.next()) seen++;
  }
  trace.close();
  return seen;
}

/**
 * Writes and consumes 40-byte records in turns of 1,000.
 * @returns records consumed: `count` rounded up to full turns
 */
export function consumeRecords(count: number): number {
  const buffer = benchBuffer(1);
  const record = new RecordRef();
  let seen = 0;
  while (seen < count) {
    writeRecords(40, 1000, buffer);
    while (buffer.consume(0, record)) seen++;
  }
  return seen;
}

function filled(cpus: number): RingBuffer {
  const buffer = benchBuffer(cpus);
  const data = new Uint8Array(40);
  const perCpu = buffer.size(0) / 44;
  for (let i = 0; i < perCpu; i++) for (let cpu = 0; cpu < cpus; cpu++) buffer.write(cpu, data);
  return buffer;
}

/** One thing measured. */
interface BenchRate {
  name: string;
  /** Records a second. */
  perSecond: number;
}

/**
 * Measures the ring buffer.
 * @param milliseconds a clock, as `performance.now`
 * @param count records for each measurement
 */
export function ringBufferRates(milliseconds: () => number, count = 5_000_000): BenchRate[] {
  const measure = (name: string, run: (count: number) => number): BenchRate => {
    run(count / 10);
    const start = milliseconds();
    const records = run(count);
    return { name, perSecond: Math.round((records * 1000) / Math.max(milliseconds() - start, 1e-6)) };
  };
  return [
    ...BENCH_SIZES.map((size) => measure(`records of ${size} bytes written`, (n) => writeRecords(size, n))),
    measure('records written and consumed', consumeRecords),
    ...[1, 4].map((cpus) =>
      measure(`records iterated, ${cpus} cpu${cpus > 1 ? 's' : ''}`, (n) => iterateRecords(cpus, n)),
    ),
  ];
}
