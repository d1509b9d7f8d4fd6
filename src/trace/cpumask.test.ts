import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cpuMaskTest, cpuMaskText, cpuMaskWeight, parseCpuList, parseCpuMask } from './cpumask.ts';

fc.configureGlobal({ seed: 616 });

const cpusIn = (mask: Uint32Array | number) =>
  typeof mask === 'number'
    ? mask
    : Array.from({ length: mask.length * 32 }, (_, cpu) => cpu).filter((cpu) => cpuMaskTest(mask, cpu));

test.each([
  ['0', 4, [0]],
  ['0-2', 4, [0, 1, 2]],
  ['0,2', 4, [0, 2]],
  [' 1 , 3 ', 4, [1, 3]],
  ['N', 4, [3]],
  ['1-N', 4, [1, 2, 3]],
  ['all', 4, [0, 1, 2, 3]],
  ['ALL:1/2', 4, [0, 2]],
  ['0-7:2/4', 8, [0, 1, 4, 5]],
  ['', 4, []],
  [',', 4, []],
  ['4', 4, -34],
  ['0-4', 4, -34],
  ['2-1', 4, -22],
  ['1-', 4, -22],
  ['a', 4, -22],
  ['0:1/2', 4, -22],
  ['0-3:3/2', 4, -22],
  ['0-3:1/0', 4, -22],
  ['99999999999', 4, -75],
  ['1\n2', 4, [1]],
])('list %j of %i cpus', (text, cpus, expected) => {
  expect(cpusIn(parseCpuList(text, cpus))).toEqual(expected);
});

test.each([
  ['1', 1, [0]],
  ['f', 4, [0, 1, 2, 3]],
  ['F\n', 4, [0, 1, 2, 3]],
  ['1,00000002', 33, [1, 32]],
  ['1 2', 33, [1, 32]],
  [',,1', 1, [0]],
  ['', 1, []],
  ['3', 1, -75],
  ['1,1', 1, -75],
  ['000000001', 1, -75],
  ['g', 1, -22],
  ['0x1', 1, -22],
])('mask %j of %i cpus', (text, cpus, expected) => {
  expect(cpusIn(parseCpuMask(text, cpus))).toEqual(expected);
});

test('what is printed is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(99)), (cpus, wanted) => {
      const list = wanted.filter((cpu) => cpu < cpus).join(',');
      const mask = parseCpuList(list, cpus) as Uint32Array;
      expect(parseCpuMask(cpuMaskText(mask, cpus), cpus)).toEqual(mask);
      expect(cpuMaskWeight(mask)).toBe(new Set(wanted.filter((cpu) => cpu < cpus)).size);
    }),
  );
  expect([
    cpuMaskText(Uint32Array.of(1), 1),
    cpuMaskText(Uint32Array.of(5, 1), 33),
    cpuMaskText(Uint32Array.of(0xff), 8),
  ]).toEqual(['1', '1,00000005', 'ff']);
});
