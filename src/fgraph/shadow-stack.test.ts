import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ARCHES } from '../machine/arch.ts';
import {
  backOf,
  bitmapOf,
  bitmapWord,
  dataIndexOf,
  dataSizeOf,
  dataWord,
  frameWords,
  ShadowLayout as L,
  maxOffset,
  reservedWord,
  ShadowStack,
  typeOf,
} from './shadow-stack.ts';

fc.configureGlobal({ seed: 616 });

const arch = ARCHES.x86_64;
const SITES = Uint32Array.from([0x81200004, 0xffffffff, 0x81200104, 0xffffffff]);

/** Registers with the given return address and stack pointer. */
function regs(ret: bigint, sp = 0xffffc90000103000n, of = arch): Uint32Array {
  const wide = new BigUint64Array(of.registers.length);
  wide[of.linkReg] = ret;
  wide[of.spReg] = sp;
  wide[of.fpReg] = 0xf0f0n;
  return new Uint32Array(wide.buffer);
}

test('the drawing agrees with the constants', () => {
  const source = readFileSync(join(import.meta.dirname, 'shadow-stack.ts'), 'utf8');
  const comment = source.slice(source.indexOf('/**'), source.indexOf('*/'));
  const words = [...comment.matchAll(/\* +word (\d+)/g)].map((match) => Number(match[1]));
  expect(words).toEqual([L.WORDS - 1, L.TASK_VARS, 0]);
  expect(comment).toContain(`${L.WORDS} words of ${L.WORD_BYTES} bytes`);
  expect(comment).toContain(`no frame starts where it would reach ${maxOffset(arch)}`);
  expect(comment).toContain(`task variable of graph op ${L.OPS - 1}`);
  expect(comment).toContain(`reserved data, 1 to ${L.MAX_DATA_WORDS} words`);
  const range = (from: number, bits: number) => `bits ${from}–${from + bits - 1}`;
  const back = `${range(L.BACK_SHIFT, L.BACK_BITS)} back`;
  const type = (value: number) => `${range(L.TYPE_SHIFT, L.TYPE_BITS)} type ${value}`;
  const flat = comment.replace(/ +/g, ' ');
  expect(flat).toContain(`reserved word ${back} ${type(L.TYPE_RESERVED)}`);
  expect(flat).toContain(
    `bitmap word ${back} ${type(L.TYPE_BITMAP)} ${range(L.INDEX_SHIFT, L.INDEX_BITS)} one for each op`,
  );
  expect(flat).toContain(
    `data word ${back} ${type(L.TYPE_DATA)} ${range(L.DATA_SIZE_SHIFT, L.DATA_SIZE_BITS)} size in words less one ${range(L.DATA_INDEX_SHIFT, L.DATA_INDEX_BITS)} the op's index`,
  );
  expect(flat.match(/\* (retp|func|ret): /g) ?? flat.match(/│ (retp|func|ret): /g)).toHaveLength(L.FRAME_WORDS);
  expect(L.TASK_VARS).toBe(L.WORDS - L.OPS);
  expect(1 << L.DATA_SIZE_BITS).toBe(L.MAX_DATA_WORDS);
  expect(1 << L.DATA_INDEX_BITS).toBe(L.OPS);
  expect(L.INDEX_BITS).toBe(L.OPS);
  expect(1 << L.BACK_BITS).toBeGreaterThan(L.WORDS);
});

test.each([
  ['reserved', reservedWord(3), 0x3],
  ['bitmap of ops 0 and 3', bitmapWord(0b1001, 3), 0x9403],
  ['data of op 3, 2 words, 6 back', dataWord(3, 2, 6), 0x61806],
  ['data of op 15, 32 words, 36 back', dataWord(15, 32, 36), 0x1ff824],
  ['bitmap of all ops', bitmapWord(0xffff, 3), 0xffff403],
])('%s', (_, word, expected) => {
  expect(word).toBe(expected);
});

test('the fields come back out of the words', () => {
  fc.assert(
    fc.property(
      fc.nat(15),
      fc.integer({ min: 1, max: 32 }),
      fc.integer({ min: 1, max: 1023 }),
      fc.nat(0xffff),
      (index, size, back, bitmap) => {
        const data = dataWord(index, size, back);
        expect([typeOf(data), dataIndexOf(data), dataSizeOf(data), backOf(data)]).toEqual([
          L.TYPE_DATA,
          index,
          size,
          back,
        ]);
        const bits = bitmapWord(bitmap, back);
        expect([typeOf(bits), bitmapOf(bits), backOf(bits)]).toEqual([L.TYPE_BITMAP, bitmap, back]);
      },
    ),
  );
});

test('a frame has return address, site, place and bitmap', () => {
  const stack = new ShadowStack(arch);
  expect(stack.push(1, SITES, regs(0xffffffff81344645n))).toBe(3);
  stack.setBitmap(3, 0b101);
  expect([...stack.wide.subarray(0, 4)]).toEqual([
    0xffffffff81344645n,
    0xffffffff81200104n,
    0xffffc90000103000n,
    0x5403n,
  ]);
  expect([stack.current, stack.frameBelow(stack.current), stack.functionAt(0), stack.bitmapAt(0)]).toEqual([
    4, 0, 1, 3,
  ]);
  stack.pop(3);
  expect([stack.current, stack.frameBelow(0)]).toEqual([0, -1]);
});

test.each(['arm64', 'riscv64', 'arm'] as const)('%s keeps the frame pointer in a fourth word', (name) => {
  const stack = new ShadowStack(ARCHES[name]);
  expect(frameWords(ARCHES[name])).toBe(4);
  expect(maxOffset(ARCHES[name])).toBe(491);
  expect(stack.push(0, SITES, regs(0x10n, 0x20n, ARCHES[name]))).toBe(4);
  expect([...stack.wide.subarray(0, 4)]).toEqual([0x10n, 0xffffffff81200004n, 0xf0f0n, 0x20n]);
});

test('122 frames fit, the next is refused and counted', () => {
  const stack = new ShadowStack(arch);
  let frames = 0;
  while (stack.push(0, SITES, regs(1n)) >= 0) frames++;
  // Word 488 is the first at which a frame with its bitmap word would reach 492.
  expect([frames, stack.current, stack.overrun]).toEqual([122, 488, 1]);
  expect(stack.push(0, SITES, regs(1n))).toBe(-1);
  expect(stack.overrun).toBe(2);
});

test.each([
  [487, true],
  [488, false],
])('a frame that starts at word %i: %s', (start, fits) => {
  const stack = new ShadowStack(arch);
  stack.current = start;
  expect(stack.push(0, SITES, regs(1n)) >= 0).toBe(fits);
  expect([stack.current, stack.overrun]).toEqual(fits ? [start + 4, 0] : [start, 1]);
});

test.each([
  [0, -1],
  [1, 4],
  [32, 4],
  [33, -1],
])('reserving %i words in an empty frame', (words, expected) => {
  const stack = new ShadowStack(arch);
  stack.push(0, SITES, regs(1n));
  expect(stack.reserve(7, words)).toBe(expected);
  expect(stack.current).toBe(expected < 0 ? 4 : 4 + words + 1);
  expect(stack.dataWordAt(7, stack.current)).toBe(expected < 0 ? -1 : stack.current - 1);
});

test('no data reaches the limit', () => {
  const stack = new ShadowStack(arch);
  while (stack.push(0, SITES, regs(1n)) >= 0);
  expect(stack.current).toBe(488);
  expect(stack.reserve(0, 3)).toBe(-1);
  expect(stack.reserve(0, 2)).toBe(488);
  expect(stack.current).toBe(491);
});

test('data of several ops in one frame is found by index, and a frame does not see that of another', () => {
  const stack = new ShadowStack(arch);
  stack.push(0, SITES, regs(1n));
  expect([stack.reserve(3, 2), stack.reserve(0, 5), stack.reserve(15, 32)]).toEqual([4, 7, 13]);
  const outer = stack.current;
  expect([3, 0, 15, 1].map((index) => stack.dataWordAt(index, outer))).toEqual([6, 12, 45, -1]);
  expect(stack.frameBelow(outer)).toBe(0);
  stack.push(1, SITES, regs(2n));
  expect([3, 0].map((index) => stack.dataWordAt(index, stack.current))).toEqual([-1, -1]);
  expect(stack.frameBelow(stack.current)).toBe(outer);
});

test('the fixed example of two ops, one with two words', () => {
  const stack = new ShadowStack(arch);
  const bitmapAt = stack.push(0, SITES, regs(1n));
  stack.reserve(3, 2);
  stack.setBitmap(bitmapAt, 0b1001);
  expect(stack.words[2 * 3]).toBe((0b1001 << 12) | (1 << 10) | 3);
  expect(stack.words[2 * 6]).toBe((3 << 17) | ((2 - 1) << 12) | (2 << 10) | 6);
});

test('any frames and data can be walked back', () => {
  const frame = fc.array(fc.record({ index: fc.nat(15), words: fc.integer({ min: 1, max: 32 }) }), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 40 }), (frames) => {
      const stack = new ShadowStack(arch);
      const kept: { start: number; data: Map<number, number> }[] = [];
      for (const wanted of frames) {
        const start = stack.current;
        if (stack.push(kept.length, SITES, regs(BigInt(kept.length))) < 0) break;
        const data = new Map<number, number>();
        for (const { index, words } of wanted) {
          if (data.has(index)) continue;
          const at = stack.reserve(index, words);
          if (at < 0) continue;
          stack.wide.fill(BigInt(index + 1000), at, at + words);
          data.set(index, words);
        }
        kept.push({ start, data });
      }
      expect(stack.current).toBeLessThan(maxOffset(arch));
      let offset = stack.current;
      for (const { start, data } of kept.reverse()) {
        for (let index = 0; index < 16; index++) {
          const at = stack.dataWordAt(index, offset);
          const words = data.get(index);
          if (words === undefined) expect(at).toBe(-1);
          else {
            expect(dataSizeOf(stack.words[2 * at])).toBe(words);
            expect([...stack.wide.subarray(at - words, at)]).toEqual(new Array(words).fill(BigInt(index + 1000)));
          }
        }
        expect(stack.frameBelow(offset)).toBe(start);
        expect(stack.wide[start]).toBe(BigInt(stack.functionAt(start)));
        offset = start;
      }
      expect(stack.frameBelow(offset)).toBe(-1);
    }),
  );
});

test('a word that makes no sense is told', () => {
  const stack = new ShadowStack(arch);
  stack.push(0, SITES, regs(1n));
  stack.words[2 * 3] = 0;
  expect(stack.frameBelow(4)).toBe(-2);
  stack.words[2 * 3] = 5;
  expect(stack.frameBelow(4)).toBe(-2);
});
