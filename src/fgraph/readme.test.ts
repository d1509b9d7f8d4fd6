import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HeaderCodec } from '../fprobe/index.ts';
import { ARCHES } from '../machine/index.ts';
import {
  backOf,
  bitmapOf,
  dataIndexOf,
  dataSizeOf,
  frameWords,
  maxOffset,
  ShadowLayout,
  typeOf,
} from './shadow-stack.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const arch = ARCHES.x86_64;
const L = ShadowLayout;

/** Rows of the drawing that have a number. */
const rows = [...read('../../README.md').matchAll(/^ *(\d+) │ ([0-9a-f]{16})? *│ (.*)$/gm)].map(
  ([, at, value, label]) => ({ at: Number(at), value: BigInt(`0x${value ?? '0'}`), label: label! }),
);
const labelled = (pattern: RegExp) => rows.filter(({ label }) => pattern.test(label));
const bits = (shift: number, count: number) => `${shift}–${shift + count - 1}`;

test('the drawing in README.md has the places that the constants give', () => {
  expect(labelled(/^task variable/).map(({ at }) => at)).toEqual([L.WORDS - 1, L.TASK_VARS]);
  expect(labelled(/^task variable/)[0]!.label).toContain(`graph op ${L.OPS - 1}`);
  expect(read('../../README.md')).toContain(`free; no frame ends beyond word ${maxOffset(arch) - 1}\n`);
  const used = rows.filter(({ at, label }) => at < maxOffset(arch) && !label.includes('curr_ret_stack'));
  // From word 0 up, without a gap, to curr_ret_stack.
  expect(used.map(({ at }) => at)).toEqual(used.map((_, n) => used.length - 1 - n));
  expect(labelled(/← curr_ret_stack/).map(({ at }) => at)).toEqual([used.length]);
});

test('its words hold the fields that it names', () => {
  const word = (at: number) => rows.find((row) => row.at === at)!;
  const frames = labelled(/^ret /).map(({ at }) => at);
  expect(frames.length).toBeGreaterThan(1);
  for (const frame of frames) {
    expect(word(frame + 1).label).toMatch(/^func /);
    expect(word(frame + frameWords(arch) - 1).label).toMatch(/^retp /);
    const bitmap = word(frame + frameWords(arch));
    const low = Number(bitmap.value & 0xffffffffn);
    expect([typeOf(low), backOf(low)]).toEqual([L.TYPE_BITMAP, frameWords(arch)]);
    expect(bitmap.label).toContain(`bitmap  type ${typeOf(low)}, back ${backOf(low)}, ops 0 want`);
    expect(bitmapOf(low)).toBe(1);
  }
  const data = labelled(/^data /);
  expect(data).toHaveLength(frames.length);
  for (const { at, value, label } of data) {
    const low = Number(value & 0xffffffffn);
    expect(typeOf(low)).toBe(L.TYPE_DATA);
    expect(label).toBe(
      `data    type ${typeOf(low)}, back ${backOf(low)}, op ${dataIndexOf(low)}, size ${dataSizeOf(low)}`,
    );
    const frame = at - backOf(low);
    expect(frames).toContain(frame);
    expect(at - dataSizeOf(low)).toBe(frame + frameWords(arch) + 1);
    const header = word(at - dataSizeOf(low));
    const codec = new HeaderCodec(arch.header);
    const halves = new Uint32Array([Number(header.value & 0xffffffffn), Number(header.value >> 32n)]);
    codec.read(halves, 0);
    expect(header.label).toContain(`header  size ${codec.size},`);
    expect(codec.size).toBe(dataSizeOf(low) - codec.words);
  }
});

test('the table of fields in this folder is that of the constants', () => {
  const text = read('README.md');
  const back = bits(L.BACK_SHIFT, L.BACK_BITS);
  const type = bits(L.TYPE_SHIFT, L.TYPE_BITS);
  expect(text).toContain(`| word | bits ${back} | bits ${type} | above |`);
  expect(text).toContain(
    `| bitmap | the same | ${L.TYPE_BITMAP} | ${bits(L.INDEX_SHIFT, L.INDEX_BITS)}: the graph ops`,
  );
  const size = bits(L.DATA_SIZE_SHIFT, L.DATA_SIZE_BITS);
  const index = bits(L.DATA_INDEX_SHIFT, L.DATA_INDEX_BITS);
  expect(text).toContain(
    `| data | the same | ${L.TYPE_DATA} | ${size}: words of data below, less one; ${index}: the graph op |`,
  );
  expect(text).toContain(`back to the frame's start | ${L.TYPE_RESERVED} |`);
  expect(text).toContain(`${L.WORDS} words of ${L.WORD_BYTES} bytes for each task`);
  expect(text).toContain(`the last ${L.OPS} are task variables`);
  expect(text).toContain(`No frame may reach word ${maxOffset(arch)}`);
  expect(text).toContain(`An op may reserve ${L.MAX_DATA_WORDS} words`);
});
