import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RingBufferIterator } from './iterator.ts';
import { dataLength, dataOffset, eventLength, TYPE_DATA_MAX } from './layout.ts';
import { RecordRef } from './record-ref.ts';
import { RingBuffer } from './ring-buffer.ts';

fc.configureGlobal({ seed: 616 });

/** What is done to a buffer of one cpu. Lengths are bytes of data, at least 8: the record's number and its length. */
type Step =
  | { op: 'write'; length: number; discard: boolean; interrupts: Interrupt[]; wait: number }
  | { op: 'consume'; count: number }
  | { op: 'page'; length: number; full: boolean }
  | { op: 'walk'; count: number }
  | { op: 'walkAll' }
  | { op: 'resize'; subBuffers: number }
  | { op: 'overwrite'; on: boolean };

/** A record that begins while another is open, or while that one's space is being taken. */
interface Interrupt {
  length: number;
  discard: boolean;
  early: boolean;
}

const length = fc.oneof(
  fc.integer({ min: 8, max: 60 }),
  fc.integer({ min: 8, max: 4072 }),
  fc.constantFrom(112, 113, 2032, 1012, 1352),
);
const discard = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
const interrupt: fc.Arbitrary<Interrupt> = fc.record({ length, discard, early: fc.boolean() });
const forward = fc.constantFrom(0, 1, 1000, 2 ** 27 - 1, 2 ** 27, 2 ** 33 + 5);
const backward = fc.constantFrom(0, 7, -3, -(2 ** 28), 2 ** 28);

function steps(wait: fc.Arbitrary<number>, interrupts: fc.Arbitrary<Interrupt[]>): fc.Arbitrary<Step[]> {
  const write: fc.Arbitrary<Step> = fc.record({ op: fc.constant('write'), length, discard, interrupts, wait });
  const consume: fc.Arbitrary<Step> = fc.record({ op: fc.constant('consume'), count: fc.integer({ min: 1, max: 30 }) });
  const page: fc.Arbitrary<Step> = fc.record({
    op: fc.constant('page'),
    length: fc.constantFrom(4096, 4096, 700, 60),
    full: fc.boolean(),
  });
  const walk: fc.Arbitrary<Step> = fc.record({ op: fc.constant('walk'), count: fc.integer({ min: 1, max: 30 }) });
  const walkAll: fc.Arbitrary<Step> = fc.constant({ op: 'walkAll' });
  const resize: fc.Arbitrary<Step> = fc.record({
    op: fc.constant('resize'),
    subBuffers: fc.integer({ min: 1, max: 9 }),
  });
  const overwrite: fc.Arbitrary<Step> = fc.record({ op: fc.constant('overwrite'), on: fc.boolean() });
  const any = fc.oneof(
    { arbitrary: write, weight: 30 },
    { arbitrary: consume, weight: 3 },
    { arbitrary: page, weight: 3 },
    { arbitrary: walk, weight: 4 },
    { arbitrary: walkAll, weight: 2 },
    { arbitrary: resize, weight: 1 },
    { arbitrary: overwrite, weight: 1 },
  );
  return fc.array(any, { minLength: 1, maxLength: 300, size: 'max' });
}

/** A buffer, and beside it all that was recorded: every reader must find it in order, whole, and with gaps no longer than what is counted. */
class Model {
  #now = 2 ** 40;
  #atClock: (() => void) | undefined;
  readonly buffer: RingBuffer;
  /** Numbers of the committed records in the order in which they were placed, and each one's time. */
  readonly #committed: number[] = [];
  readonly #times = new Map<number, number>();
  #placed = 0;
  #attempts = 0;
  #discarded = 0;
  /** Index in `committed` of the next record that a consuming reader can get; known unless a page did not say how many it lost. */
  #position = 0;
  #walk: { iterator: RingBufferIterator; last: number } | undefined;
  readonly #exactTimes: boolean;

  constructor(subBuffers: number, exactTimes: boolean) {
    this.#exactTimes = exactTimes;
    this.buffer = RingBuffer.create({ cpus: 1, size: subBuffers * 4080, clock: () => this.#clock() });
  }

  #clock(): number {
    const interrupts = this.#atClock;
    this.#atClock = undefined;
    const time = this.#now;
    interrupts?.();
    return time;
  }

  run(step: Step): void {
    // A consuming reader sets a walk back to what is left.
    if (this.#walk && (step.op === 'consume' || step.op === 'page')) this.#walk.last = -1;
    switch (step.op) {
      case 'write':
        this.#now = Math.max(1, this.#now + step.wait);
        this.#write(step.length, step.discard, step.interrupts);
        break;
      case 'consume':
        for (let i = 0; i < step.count && this.#consume(); i++);
        break;
      case 'page':
        this.#readPage(step.length, step.full);
        break;
      case 'walk':
        this.#walkOn(step.count);
        break;
      case 'walkAll':
        this.#walkAll();
        break;
      case 'resize':
        expect(this.buffer.resize(step.subBuffers * 4080)).toBe(this.#walk ? -16 : 0);
        break;
      case 'overwrite':
        this.buffer.overwrite = step.on;
        break;
    }
    this.#checkCounters();
  }

  /** Contexts only nest inwards: task, soft interrupt, hard interrupt, NMI. */
  #write(bytes: number, drop: boolean, interrupts: readonly Interrupt[], context = 0): void {
    const [next, ...rest] = context < 3 ? interrupts : [];
    const interrupted = () => next && this.#write(next.length, next.discard, rest, context + 1);
    if (next?.early) this.#atClock = () => interrupted();
    this.#attempts++;
    const at = this.buffer.reserve(0, bytes, context);
    if (at < 0) return;
    const time = this.buffer.openTimeStamp(0);
    const number = ++this.#placed;
    if (!drop) this.#committed.push(number);
    else this.#discarded++;
    this.#times.set(number, time);
    const data = this.buffer.bytes(0).subarray(at, at + bytes);
    data.fill(number & 0xff);
    if (next && !next.early) interrupted();
    const view = this.buffer.view(0);
    view.setUint32(at, number, true);
    view.setUint32(at + 4, bytes, true);
    if (drop) this.buffer.discard(0);
    else this.buffer.commit(0);
  }

  /** A record's number, after a look at every byte of it. */
  #number(bytes: Uint8Array, base: number, size: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const number = view.getUint32(base, true);
    const asked = view.getUint32(base + 4, true);
    if (asked > size || size > asked + 7) throw new Error(`record ${number} of ${asked} bytes has ${size}`);
    for (let i = 8; i < asked; i++)
      if (bytes[base + i] !== (number & 0xff)) throw new Error(`record ${number} is torn at ${i}`);
    return number;
  }

  #checkTime(number: number, time: number): void {
    if (this.#exactTimes) expect(time).toBe(this.#times.get(number));
  }

  #consume(): boolean {
    const record = new RecordRef();
    // As trace_pipe does: consuming alone forgets how many were lost when it comes to a discarded record first.
    if (!this.buffer.peek(0, record)) {
      expect(this.buffer.isEmpty()).toBe(true);
      return false;
    }
    const number = this.#number(record.bytes, record.base, record.size);
    this.#checkTime(number, record.timestamp);
    this.#position += record.lostEvents;
    this.buffer.consume(0);
    this.#consumed(number);
    return true;
  }

  /** The record at the position is the next one; or a later one when a count of lost records was forgotten over a discarded record. */
  #consumed(number: number, lostUnknown = false): void {
    const index = this.#committed.indexOf(number, this.#position);
    if (lostUnknown || this.#discarded > 0) expect(index).toBeGreaterThanOrEqual(this.#position);
    else expect(index).toBe(this.#position);
    this.#position = index + 1;
  }

  #readPage(bytes: number, full: boolean): void {
    const page = new Uint8Array(4096);
    if (this.buffer.readPage(0, page, bytes, full) < 0) return;
    const words = new Uint32Array(page.buffer);
    const size = words[2] & 0x3fffffff;
    const flags = words[2] >>> 30;
    expect(words[3]).toBe(flags === 0 ? 0 : 0xffffffff);
    if (flags === 3) this.#position += words[(16 + size) / 4];
    let lostUnknown = flags === 2;
    for (let at = 16; at < 16 + size; at += eventLength(words, at / 4)) {
      const word = words[at / 4];
      if ((word & 31) > TYPE_DATA_MAX) continue;
      const number = this.#number(page, at + dataOffset(word), dataLength(words, at / 4));
      this.#consumed(number, lostUnknown);
      lostUnknown = false;
    }
    expect(page.subarray(16 + size + (flags === 3 ? 8 : 0)).every((byte) => byte === 0)).toBe(true);
  }

  /** A walk beside the writer goes forwards, and has no gap unless records were overwritten: then there may be one behind the reader's sub-buffer. */
  #walkOn(count: number): void {
    this.#walk ??= { iterator: this.buffer.iterate(0), last: -1 };
    const walk = this.#walk;
    for (let i = 0; i < count; i++) {
      if (!walk.iterator.peek()) {
        walk.iterator.close();
        this.#walk = undefined;
        return;
      }
      const { record } = walk.iterator;
      const index = this.#committed.indexOf(this.#number(record.bytes, record.base, record.size));
      if (walk.last >= 0) expect(index).toBeGreaterThan(walk.last);
      if (walk.last >= 0 && this.buffer.overruns() === 0) expect(index).toBe(walk.last + 1);
      walk.last = index;
      walk.iterator.advance();
    }
  }

  /** A walk with no writer beside it finds as many records as the counters say, the newest last. */
  #walkAll(): void {
    const iterator = this.buffer.iterate(0);
    const indexes: number[] = [];
    while (iterator.peek()) {
      const { record } = iterator;
      const number = this.#number(record.bytes, record.base, record.size);
      this.#checkTime(number, record.timestamp);
      indexes.push(this.#committed.indexOf(number));
      iterator.advance();
    }
    expect(iterator.takeDropped()).toBe(false);
    iterator.close();
    // The kernel takes the newest sub-buffer for empty when it was consumed to the same length the last time around.
    const { entries, readEvents } = this.buffer.stats(0);
    if (indexes.length > 0 || readEvents === 0) expect(indexes.length).toBe(entries);
    expect(indexes.every((index, i) => i === 0 || index > (indexes[i - 1] as number))).toBe(true);
    if (indexes.length > 0 && this.#discarded === 0) expect(indexes.at(-1)).toBe(this.#committed.length - 1);
  }

  #checkCounters(): void {
    const { entries, overrun, readEvents, droppedEvents, commitOverrun } = this.buffer.stats(0);
    expect(entries + overrun + readEvents).toBe(this.#committed.length);
    expect(this.#committed.length + this.#discarded + droppedEvents + commitOverrun).toBe(this.#attempts);
  }

  /** What is left can be consumed, and then nothing is. */
  finish(): void {
    this.#walk?.iterator.close();
    this.#walk = undefined;
    while (this.#consume());
    this.#walkAll();
    expect(this.buffer.entries()).toBe(0);
  }
}

const subBuffers = fc.integer({ min: 1, max: 6 });

function check(script: fc.Arbitrary<Step[]>, exactTimes: boolean): void {
  fc.assert(
    fc.property(subBuffers, script, (count, list) => {
      const model = new Model(count, exactTimes);
      for (const step of list) model.run(step);
      model.finish();
    }),
    { seed: 20_250_817, numRuns: 120 },
  );
}

test('whatever is recorded and read, no record is torn, order is kept and counters add up', () => {
  check(steps(backward, fc.array(interrupt, { maxLength: 3 })), false);
});

test('with a clock that goes forwards every record has the time at which it was begun', () => {
  // A discarded record keeps its delta when another one came behind it, and the kernel's readers do not add it.
  const late = interrupt.map((i) => ({ ...i, early: false, discard: false }));
  const script = steps(forward, fc.array(late, { maxLength: 2 })).map((list) =>
    list.map((step) => (step.op === 'write' && step.discard ? { ...step, interrupts: [] } : step)),
  );
  check(script, true);
});
