import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { headerEventText, headerPageText } from './header-text.ts';
import * as layout from './layout.ts';
import { RingBuffer } from './ring-buffer.ts';

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Rows of the drawing in the comment above the constants, as their cells. */
const drawing = readFileSync(new URL('./layout.ts', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith(' *     | '))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const row = (name: string) => drawing.find((cells) => cells[1] === name) as string[];

test('the drawing has the header fields where the constants have them', () => {
  expect(row('commit')[2]).toBe(String(layout.COMMIT_OFFSET));
  expect(row('data')[2]).toBe(String(layout.PAGE_HEADER_SIZE));
  expect(Number(row('commit')[2]) + Number(row('commit')[3])).toBe(layout.PAGE_HEADER_SIZE);
});

test('the drawing has the event types of the constants', () => {
  const cell = (name: string) => row(name)[2];
  const rows = drawing.filter((cells) => cells[1] === 'data').map((cells) => cells[2]);
  expect(rows).toContain(`1–${layout.TYPE_DATA_MAX}`);
  expect([cell('long data'), cell('padding'), cell('end'), cell('time extend'), cell('time stamp')]).toEqual(
    [0, layout.TYPE_PADDING, layout.TYPE_PADDING, layout.TYPE_TIME_EXTEND, layout.TYPE_TIME_STAMP].map(String),
  );
  expect(row('time extend')[4]).toBe(String(layout.TIME_EXTEND_SIZE));
});

test.each([
  [0, 8],
  [1, 8],
  [4, 8],
  [5, 16],
  [8, 16],
  [9, 16],
  [12, 16],
  [13, 20],
  [109, 116],
  [112, 116],
  [113, 124],
  [4072, 4080],
])('%i bytes of data take %i', (data, size) => {
  expect(layout.eventSize(data)).toBe(size);
});

/** Records on one sub-buffer: [time, bytes of data, the character they are filled with] or a discarded one; and the bytes they make. */
const encodings: [string, readonly (readonly [number, number, string?])[], string][] = [
  ['the first delta is 0', [[1000, 4]], '01000000 61616161'],
  [
    'type_len counts words',
    [
      [1, 4],
      [3, 12],
    ],
    '01000000 61616161 43000000 616161616161616161616161',
  ],
  ['a short length is rounded up, never to 12 bytes', [[1, 5]], '03000000 616161616100000000000000'],
  ['the longest data with its length in the word', [[1, 112]], `1c000000 ${'61'.repeat(112)}`],
  [
    'longer data has its length, itself counted, in a word of its own',
    [[1, 113]],
    `00000000 78000000 ${'61'.repeat(113)}000000`,
  ],
  [
    'the largest delta',
    [
      [1, 4],
      [2 ** 27, 4],
    ],
    '01000000 61616161 e1ffffff 61616161',
  ],
  [
    'a time extend',
    [
      [1, 4],
      [1 + 2 ** 27, 4],
    ],
    '01000000 61616161 1e000000 01000000 01000000 61616161',
  ],
  [
    'a long time extend',
    [
      [1, 4],
      [8 + 2 ** 45, 4],
    ],
    '01000000 61616161 fe000000 00000400 01000000 61616161',
  ],
  [
    'a clock that went back',
    [
      [9, 4],
      [5, 4],
      [7, 4],
    ],
    '01000000 61616161 1e000000 00000000 01000000 61616161 41000000 61616161',
  ],
  ['no time extend for the first', [[2 ** 40, 4]], '01000000 61616161'],
  [
    'a discarded record gives its space back; the next has its time',
    [
      [1, 4],
      [2, 40, 'x'],
      [3, 4],
    ],
    '01000000 61616161 7f000000 00000000 01000000 61616161',
  ],
  [
    'a discarded first record leaves nothing',
    [
      [1, 4, 'x'],
      [3, 4],
    ],
    '01000000 61616161',
  ],
];

function record(buffer: RingBuffer, length: number, fill?: string): void {
  const at = buffer.reserve(0, length);
  buffer.bytes(0).fill(0x61, at, at + length);
  if (fill === 'x') buffer.discard(0);
  else buffer.commit(0);
}

test.each(encodings)('%s', (_, records, expected) => {
  let now = 0;
  const buffer = RingBuffer.create({ cpus: 1, size: 1, clock: () => now });
  for (const [time, length, fill] of records) {
    now = time;
    record(buffer, length, fill);
  }
  const page = new Uint8Array(buffer.subbufSize);
  expect(buffer.readPage(0, page)).toBe(0);
  const data = expected.replaceAll(' ', '');
  const first = records.find(([, , fill]) => fill !== 'x') as readonly [number, number];
  const header = new DataView(new ArrayBuffer(16));
  header.setBigUint64(0, BigInt(first[0]), true);
  header.setBigUint64(8, BigInt(data.length / 2), true);
  expect(hex(page.subarray(0, 16 + data.length / 2))).toBe(hex(new Uint8Array(header.buffer)) + data);
  expect(page.subarray(16 + data.length / 2).every((byte) => byte === 0)).toBe(true);
});

test('with absolute time stamps every record has one', () => {
  let now = 2 ** 27 + 2;
  const buffer = RingBuffer.create({ cpus: 1, size: 1, clock: () => now++ });
  buffer.timeStampAbs = true;
  expect(buffer.maxEventSize).toBe(4064);
  expect(buffer.reserve(0, 4065)).toBe(-1);
  record(buffer, 4);
  record(buffer, 4);
  const page = new Uint8Array(4096);
  buffer.readPage(0, page);
  expect(hex(page.subarray(16, 48))).toBe('5f000000010000000100000061616161' + '7f000000010000000100000061616161');
});

/** What ends a sub-buffer, by how many bytes a next record of 8 finds left. */
test.each([
  [0, '', 4080],
  [4, '1d000000', 4076],
  [8, '3d00000004000000', 4080],
  [12, '3d00000008000000', 4080],
])('%i bytes are left at the end of a sub-buffer', (left, ending, commit) => {
  const buffer = RingBuffer.create({ cpus: 1, size: 4 * 4096, clock: () => 1 });
  record(buffer, 4080 - 8 - 16 - left);
  record(buffer, 12);
  record(buffer, left === 0 ? 4 : 40);
  const words = new Uint32Array(buffer.bytes(0).slice(0, 4096).buffer);
  expect(words[2]).toBe(commit);
  expect(hex(buffer.bytes(0).subarray(4096 - left, 4096 - left + ending.length / 2))).toBe(ending);
  expect(buffer.stats(0).bytes).toBe(commit + (left === 0 ? 8 : 44));
});

test('the texts of events/header_page and events/header_event', () => {
  expect(headerPageText(4096)).toBe(
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
      '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n',
  );
  expect(headerEventText()).toBe(
    '# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n' +
      '\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n',
  );
});
