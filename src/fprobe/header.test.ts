import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ARCHES, type ArchName } from '../machine/arch.ts';
import { FPROBE_DATA_SIZE_BITS, HeaderCodec, MAX_FPROBE_DATA_WORDS } from './header.ts';

fc.configureGlobal({ seed: 616 });

const names = Object.keys(ARCHES) as ArchName[];

/** Writes a header and reads it back; undefined when it is refused. */
function roundTrip(arch: ArchName, pointer: bigint, size: number) {
  const codec = new HeaderCodec(ARCHES[arch].header);
  const stack = new Uint32Array(8);
  const [lo, hi] = [Number(BigInt.asIntN(32, pointer)), Number(BigInt.asIntN(32, pointer >> 32n))];
  if (!codec.write(stack, 1, lo, hi, size)) return undefined;
  codec.read(stack, 1);
  const pointerRead = (BigInt(codec.hi >>> 0) << 32n) | BigInt(codec.lo >>> 0);
  return {
    words: [...new BigUint64Array(stack.buffer)].slice(1, 1 + codec.words),
    pointer: pointerRead,
    size: codec.size,
  };
}

test.each([
  ['x86_64', 0xffff888004123400n, 15, [0xffff888004123400n]],
  ['x86_64', 0xffff888004123400n, 2, [0x2fff888004123400n]],
  ['arm64', 0xffff000004123400n, 0, [0x0fff000004123400n]],
  ['riscv64', 0xff60000004123400n, 7, [0x7f60000004123400n]],
  ['powerpc64', 0xc000000004123400n, 3, [0x3000000004123400n]],
  ['s390', 0x0000000084123400n, 9, [0x9000000084123400n]],
  ['loongarch', 0x9000000004123400n, 15, [0x9000000004123400n, 15n]],
  ['i386', 0xc4123400n, 4, [0xc4123400n, 4n]],
] as const)('%s: pointer %i with %i words', (arch, pointer, size, words) => {
  expect(roundTrip(arch, pointer, size)).toEqual({ words: [...words], pointer, size });
});

test.each([
  ['x86_64', 0x7fff888004123400n, 1],
  ['x86_64', 0xffff888004123400n, 16],
  ['powerpc64', 0xf000000004123400n, 1],
  ['s390', 0xffff888004123400n, 1],
  ['loongarch', 0x9000000004123400n, 16],
] as const)('%s refuses pointer %i with %i words', (arch, pointer, size) => {
  expect(roundTrip(arch, pointer, size)).toBeUndefined();
});

test.each(names)('%s: whatever can be encoded comes back, on every arch', (arch) => {
  const codec = new HeaderCodec(ARCHES[arch].header);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(20), (pointer, size) => {
      const encodable = codec.encodable(Number(BigInt.asIntN(32, pointer >> 32n)), size);
      const result = roundTrip(arch, pointer, size);
      if (encodable) expect(result).toMatchObject({ pointer, size });
      else expect(result).toBeUndefined();
    }),
  );
});

test('the drawing agrees with the constants', () => {
  const source = readFileSync(join(import.meta.dirname, 'header.ts'), 'utf8');
  const packed = source.split('\n').find((line) => line.includes('packed    word 0')) ?? '';
  const [, top, sizeEnd, pointerTop, pointerEnd] =
    packed.match(/(\d+) ── (\d+) size in words │ (\d+) ─+ (\d+) pointer/) ?? [];
  expect([top, sizeEnd, pointerTop, pointerEnd].map(Number)).toEqual([
    63,
    64 - FPROBE_DATA_SIZE_BITS,
    63 - FPROBE_DATA_SIZE_BITS,
    0,
  ]);
  expect(MAX_FPROBE_DATA_WORDS).toBe(15);
});
