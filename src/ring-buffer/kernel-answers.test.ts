import { expect, test } from 'vitest';
import { BUFFER_ANSWERS, RANDOM_ANSWERS, SHARED_ANSWERS, UNSEEN_ANSWERS } from './kernel-answers.ts';
import { dataOffset, eventLength, TYPE_DATA_MAX, TYPE_PADDING } from './layout.ts';
import { MergedIterator } from './merged.ts';
import { RecordRef } from './record-ref.ts';
import { RingBuffer } from './ring-buffer.ts';

const MARKER = { type: 0x13, headerBytes: 12, leastBytes: 14 };

function crc32(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

/** Clears what depends on more than the markers: their flags and pid, the bytes behind their text, the inside of padding. */
function maskPage(page: Uint8Array): void {
  const words = new Uint32Array(page.buffer);
  const commit = words[2] & 0x3fffffff;
  for (let at = 16; at < 16 + commit; at += eventLength(words, at / 4)) {
    const word = words[at / 4];
    const end = at + eventLength(words, at / 4);
    if ((word & 31) === TYPE_PADDING) page.fill(0, at + 8, end);
    if ((word & 31) > TYPE_DATA_MAX) continue;
    const data = at + dataOffset(word);
    page.fill(0, data + 2, data + 8);
    let text = data + MARKER.headerBytes;
    while (text < end && page[text] === page[data + MARKER.headerBytes]) text++;
    page.fill(0, text, end);
  }
}

/** `3-5 9` for 3, 4, 5, 9. */
function ranges(numbers: readonly number[]): string {
  const out: [number, number][] = [];
  for (const n of numbers) {
    const last = out.at(-1);
    if (last && last[1] + 1 === n) last[1] = n;
    else out.push([n, n]);
  }
  return out.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(' ');
}

/** Does on a ring buffer what one line of the answers says was done, and says what came back in the same form. */
class Replay {
  now = 0;
  readonly #clock = () => ++this.now;
  buffer = RingBuffer.create({ cpus: 1, size: 1408 * 1024, clock: this.#clock });
  #snapshot: RingBuffer | undefined;
  #trace: MergedIterator | undefined;

  run(line: string): string {
    const [op, ...words] = line.split(' ');
    const numbers = words.map(Number);
    switch (op) {
      case 'Z':
        if (words.length === 0) this.#reset();
        else expect(this.buffer.resize(numbers[0] * 1024)).toBe(0);
        return line;
      case 'O':
        expect(this.buffer.setSubbufOrder(numbers[0])).toBe(0);
        return line;
      case 'V':
        this.buffer.overwrite = numbers[0] === 1;
        return line;
      case 'W':
        return `W ${words[0]} ${words[1]} ${this.#mark(numbers[0], words[1]) ? 0 : 1}`;
      case 'N':
        for (let i = 0; i < numbers[0]; i++) this.#mark(numbers[1], words[2] as string);
        return line;
      case 'D':
        if (this.buffer.reserve(0, numbers[0]) >= 0) this.buffer.discard(0);
        return line;
      case 'S':
        return `S ${Object.values(this.buffer.stats(0)).join(' ')}`;
      case 'R':
        return `R ${words[0]} ${this.#readRaw(numbers[0])}`;
      case 'C':
        return `C ${this.#consume(words.length - 1)}`;
      case 'T':
        return `T ${this.#readTrace()}`;
      case 'I':
        return `I ${this.#iterate(words.filter((word) => /\d/.test(word)).length, words.includes('end'))}`;
      case 'X':
        this.#takeSnapshot(words[0] === 'new');
        return line;
    }
    throw new Error(line);
  }

  #reset(): void {
    this.buffer.reset();
    this.#clock();
  }

  #mark(bytes: number, char: string): boolean {
    const size = MARKER.headerBytes + Math.max(bytes, MARKER.leastBytes);
    if (size > this.buffer.maxEventSize) return false;
    const at = this.buffer.reserve(0, size);
    if (at < 0) return true;
    const view = this.buffer.view(0);
    view.setUint32(at, MARKER.type, true);
    view.setUint32(at + 8, 1, true);
    this.buffer.bytes(0).fill(char.charCodeAt(0), at + MARKER.headerBytes, at + MARKER.headerBytes + bytes - 4);
    this.buffer.commit(0);
    return true;
  }

  #readRaw(length: number): string {
    const page = new Uint8Array(this.buffer.subbufSize);
    if (this.buffer.readPage(0, page, length) < 0) return '-';
    maskPage(page);
    const read = page.subarray(0, length);
    const view = new DataView(page.buffer);
    return `${read.length} ts=${view.getBigUint64(0, true)} commit=${view.getBigUint64(8, true).toString(16)} crc=${crc32(read)}`;
  }

  #consume(count: number): string {
    const record = new RecordRef();
    const times: number[] = [];
    let lost = 0;
    for (let i = 0; i < count && this.buffer.consume(0, record); i++) {
      lost += record.lostEvents;
      times.push(record.timestamp);
    }
    return `${lost} ${times.join(' ')}`;
  }

  #iterate(count: number, toEnd: boolean): string {
    this.#trace ??= new MergedIterator(this.buffer, [0]);
    const out: (string | number)[] = [];
    for (let i = 0; i < count || toEnd; i++) {
      const record = this.#trace.next();
      if (!record) return [...out, 'end'].join(' ');
      if (record.lostEvents !== 0) out.push('lost');
      out.push(record.timestamp);
    }
    return out.join(' ');
  }

  #readTrace(): string {
    const trace = new MergedIterator(this.buffer, [0]);
    const times: number[] = [];
    let lost = 0;
    for (let record = trace.next(); record; record = trace.next()) {
      if (record.lostEvents !== 0) lost++;
      times.push(record.timestamp);
    }
    trace.close();
    return `${lost} ${ranges(times)}`;
  }

  #takeSnapshot(fresh: boolean): void {
    if (fresh) {
      this.#snapshot = RingBuffer.create({ cpus: 1, size: 1, clock: this.#clock });
      this.#snapshot.resize(this.buffer.size(0));
    }
    [this.buffer, this.#snapshot] = [this.#snapshot as RingBuffer, this.buffer];
  }
}

/** First size of each scenario in KiB, as its script set it. */
const SIZES: Record<string, number> = {
  encodings: 64,
  max: 64,
  cross: 64,
  padding: 64,
  resize2: 20,
  discard: 64,
  order: 20,
  swap: 8,
};

/** Lines in which a replay differs from the answers; the clock is set by the first stats of a scenario. */
function differences(answers: string): string[] {
  let replay = new Replay();
  const out: string[] = [];
  let scenario = '';
  let started = false;
  for (const line of answers.trim().split(/\s*;\s*/)) {
    if (line === '') continue;
    if (line.startsWith('@')) {
      scenario = line.slice(2);
      if (scenario === 'session') replay = new Replay();
      replay.run(`Z ${SIZES[scenario] ?? 4}`);
      started = false;
      continue;
    }
    if (line.startsWith('S') && !started) {
      replay.now = Number(line.split(' ')[6]) - 1;
      started = true;
    }
    const got = replay.run(line).trimEnd();
    if (got !== line) out.push(`${scenario}: ${line} got ${got}`);
  }
  return out;
}

test.each([
  ['one cpu', BUFFER_ANSWERS],
  ['discards, sub-buffer sizes, snapshots, a reader beside the writer', SHARED_ANSWERS],
  ['records that a walk does not see', UNSEEN_ANSWERS],
  ['steps drawn at random', RANDOM_ANSWERS],
])('the buffer answers as the kernel did: %s', (_, answers) => {
  expect(differences(answers)).toEqual([]);
});
