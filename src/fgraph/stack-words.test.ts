import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ARCHES } from '../machine/arch.ts';
import { frameWords, ShadowStack } from './shadow-stack.ts';
import { readFrames } from './stack-words.ts';

fc.configureGlobal({ seed: 616 });

const SITES = new Uint32Array(64);
const REGS = new Uint32Array(128);

test.each(['x86_64', 'arm64'] as const)('on %s every word is told once, in order, as it was pushed', (name) => {
  const arch = ARCHES[name];
  const frame = fc.record({
    fn: fc.nat(9),
    ops: fc.uniqueArray(fc.nat(15), { maxLength: 3 }),
    words: fc.integer({ min: 1, max: 32 }),
    done: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), (wanted) => {
      const stack = new ShadowStack(arch);
      const expected: { fn: number; start: number; text: string }[] = [];
      for (const { fn, ops, words, done } of wanted) {
        const start = stack.current;
        const bitmapAt = stack.push(fn, SITES, REGS);
        if (bitmapAt < 0) break;
        const held = ops.filter((op) => stack.reserve(op, words) >= 0);
        const bits = held.reduce((sum, op) => sum | (1 << op), 1);
        if (done) stack.setBitmap(bitmapAt, bits);
        const sorted = [...new Set([0, ...held])].toSorted((a, b) => a - b);
        const head = arch.framePointerTest ? 'ret func fp retp' : 'ret func retp';
        const data = held.map(
          (op, i) =>
            ` ${Array.from({ length: words }, (_, n) => `${op}[${n}]`).join(' ')} data(${op},${words},${frameWords(arch) + (words + 1) * (i + 1)})`,
        );
        expected.push({ fn, start, text: `${head} ${done ? `bitmap(${sorted})` : 'reserved'}${data.join('')}` });
      }
      const frames = readFrames(stack, arch);
      const told = frames.map(({ fn, start, words }) => ({
        fn,
        start,
        text: words
          .map((word) => {
            if (word.kind === 'bitmap') return `bitmap(${word.ops})`;
            if (word.kind === 'data') return `data(${word.op},${word.size},${word.back})`;
            return word.kind === 'payload' ? `${word.op}[${word.at}]` : word.kind;
          })
          .join(' '),
      }));
      expect(told).toEqual(expected);
      const all = frames.flatMap(({ words }) => words.map(({ index }) => index));
      expect(all).toEqual(Array.from({ length: stack.current }, (_, index) => index));
    }),
  );
});
