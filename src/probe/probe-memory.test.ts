import { expect, test } from 'vitest';
import { Memory } from '../machine/index.ts';
import { ProbeMemory } from './probe-memory.ts';

const text = (value: string) => new TextEncoder().encode(value);

function both(): { memory: ProbeMemory; dest: Uint8Array } {
  const kernel = new Memory();
  const user = new Memory();
  kernel.map(0xffff888000001000n, 4096);
  user.map(0x7ffd00001000n, 4096);
  kernel.write(0xffff888000001000n, text('kernel\0'));
  user.write(0x7ffd00001000n, text('user\0'));
  return { memory: new ProbeMemory(kernel, () => user), dest: new Uint8Array(8) };
}

test.each([
  ['an address of the kernel', 0x1000, 0xffff8880, 'kernel'],
  ['an address of the process', 0x1000, 0x7ffd, 'user'],
])('%s is read where it lies', (_, lo, hi, shown) => {
  const { memory, dest } = both();
  expect(memory.stringLength(lo, hi, 64)).toBe(shown.length + 1);
  expect(memory.copyString(lo, hi, 8, dest, 0)).toBe(shown.length + 1);
  expect(new TextDecoder().decode(dest.subarray(0, shown.length))).toBe(shown);
  expect(memory.copyOut(lo, hi, 2, dest, 0)).toBe(true);
  expect([memory.load64(lo, hi), memory.lo & 0xff]).toEqual([true, shown.charCodeAt(0)]);
});

test('what is not there is a fault, without a process all of its addresses are', () => {
  const { memory, dest } = both();
  expect([memory.stringLength(0, 0, 8), memory.load64(0, 0), memory.copyOut(0, 0x7ffd, 1, dest, 0)]).toEqual([
    0,
    false,
    false,
  ]);
  const thread = new ProbeMemory(new Memory(), () => undefined);
  expect([thread.load64(0x1000, 0x7ffd), thread.copyString(0, 0, 8, dest, 0), thread.stringLength(0, 0, 8)]).toEqual([
    false,
    -1,
    -1,
  ]);
});
