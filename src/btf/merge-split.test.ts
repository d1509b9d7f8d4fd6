import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BtfBuilder } from './blob-builder.ts';
import { Btf } from './btf.ts';
import { mergeSplit } from './merge-split.ts';

/** Types of a kernel, and those of a module that goes on where they end: as the kernel has them, made of one blob of both. */
function kernelAndModule(
  module: string,
  little = true,
): { kernel: Uint8Array; split: Uint8Array; whole: Uint8Array; count: number } {
  const add = (b: BtfBuilder) => {
    const u32 = b.int('u32', 4);
    const skb = b.composite('struct', 'skb', 8, [['len', u32, 0]]);
    const pointer = b.add({ kind: 'ptr', third: skb });
    b.func('xmit', u32, [['skb', pointer]]);
    return { u32, skb, pointer };
  };
  const kernel = new BtfBuilder();
  add(kernel);
  const whole = new BtfBuilder();
  const { u32, pointer } = add(whole);
  const own = whole.composite('struct', `${module}_priv`, 16, [
    ['skb', pointer, 0],
    [`${module}_count`, u32, 64],
  ]);
  const ownPointer = whole.add({ kind: 'ptr', third: own });
  whole.add({ kind: 'array', extra: [own, u32, 3] });
  whole.add({ kind: 'enum', name: `${module}_e`, third: 4, vlen: 1, extra: [`${module}_A`, 1] });
  whole.add({ kind: 'enum64', name: 'e64', third: 8, vlen: 1, extra: [`${module}_B`, 1, 2] });
  whole.add({ kind: 'datasec', name: '.data', third: 8, vlen: 1, extra: [own, 0, 4] });
  whole.func(`${module}_open`, u32, [
    ['priv', ownPointer],
    ['skb', pointer],
  ]);
  const kernelBytes = kernel.build(little);
  const wholeBytes = whole.build(little);
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer);
  const [types, strings] = [12, 20].map((at) => view(kernelBytes).getUint32(at, little)) as [number, number];
  const [allTypes] = [view(wholeBytes).getUint32(12, little)];
  const split = Uint8Array.from([
    ...wholeBytes.subarray(0, 24),
    ...wholeBytes.subarray(24 + types, 24 + allTypes),
    ...wholeBytes.subarray(24 + allTypes + strings),
  ]);
  for (const at of [12, 16]) view(split).setUint32(at, allTypes - types, little);
  view(split).setUint32(20, view(wholeBytes).getUint32(20, little) - strings, little);
  return { kernel: kernelBytes, split, whole: wholeBytes, count: parsed(wholeBytes).typeCount };
}

function parsed(bytes: Uint8Array): Btf {
  const btf = Btf.parse(bytes);
  if ('error' in btf) throw new Error(btf.error);
  return btf;
}

function merged(
  base: Uint8Array,
  splits: readonly Uint8Array[],
): { btf: Btf; errors: readonly (string | undefined)[] } {
  const result = mergeSplit(base, splits);
  if ('error' in result) throw new Error(result.error);
  return { btf: parsed(result.bytes), errors: result.errors };
}

test.each([true, false])('one module behind the kernel is what a blob of both is (little-endian: %s)', (little) => {
  const { kernel, split, whole } = kernelAndModule('veth', little);
  const result = mergeSplit(kernel, [split]);
  expect('error' in result ? result : result.bytes).toEqual(whole);
});

test('modules that have the same numbers each get their own', () => {
  const modules = ['veth', 'tun', 'dummy'];
  const made = modules.map((name) => kernelAndModule(name));
  const { btf, errors } = merged(
    made[0]!.kernel,
    made.map(({ split }) => split),
  );
  expect(errors).toEqual([undefined, undefined, undefined]);
  for (const name of modules) {
    const [priv, skb] = btf.funcProto(`${name}_open`)!.params;
    expect([priv?.name, skb?.name]).toEqual(['priv', 'skb']);
    const pointer = btf.type(priv!.type);
    const struct = pointer?.kind === 'ptr' ? pointer.type : 0;
    expect(btf.type(struct)).toMatchObject({
      name: `${name}_priv`,
      members: [{ name: 'skb' }, { name: `${name}_count` }],
    });
    expect(btf.type(skb!.type)).toEqual({ kind: 'ptr', name: '', type: btf.findByName('skb', 'struct') });
    expect(btf.type(btf.findByName(`${name}_e`, 'enum')!)).toMatchObject({ values: [{ name: `${name}_A` }] });
  }
  expect(btf.funcProto('xmit')?.funcId).toBe(parsed(made[0]!.kernel).funcProto('xmit')?.funcId);
});

test('none is the kernel alone', () => {
  const { kernel } = kernelAndModule('veth');
  expect(mergeSplit(kernel, [])).toEqual({ bytes: kernel, errors: [] });
});

test.each<[string, (split: Uint8Array) => Uint8Array | undefined]>([
  ['BTF of 10 bytes is shorter than its header of 24 bytes', (split) => split.subarray(0, 10)],
  ['BTF string section does not end with a NUL byte', (split) => void split.set([65], split.length - 1)],
  ['BTF type 6 is malformed', (split) => void split.set([31], 24 + 7)],
  ['BTF has a name outside the string section', (split) => void split.set([0xff, 0xff, 0xff], 24)],
])('a module that is damaged is left out, the others are not: %s', (error, damage) => {
  const { kernel, split, whole } = kernelAndModule('veth');
  const broken = split.slice();
  const result = mergeSplit(kernel, [damage(broken) ?? broken, split]);
  expect(result).toEqual({ bytes: whole, errors: [error, undefined] });
});

test('a kernel that is damaged is an error', () => {
  const { split } = kernelAndModule('veth');
  expect(mergeSplit(new Uint8Array(3), [split])).toHaveProperty('error');
});

test('whatever a module has, what comes out can be read', () => {
  const { kernel, split, count } = kernelAndModule('veth');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(split.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(split.length),
      (changes, cut) => {
        const bytes = split.slice(0, cut % 4 === 0 ? cut : split.length);
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        const { btf } = merged(kernel, [bytes]);
        expect(btf.typeCount).toBeGreaterThanOrEqual(5);
        expect(btf.typeCount).toBeLessThanOrEqual(count + split.length / 12);
        for (let id = 0; id < btf.typeCount; id++) btf.sizeOf(id);
        expect(btf.funcProto('xmit')?.params[0]?.name).toBe('skb');
      },
    ),
    { numRuns: 500 },
  );
});
