import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { Memory } from './memory.ts';

fc.configureGlobal({ seed: 616 });

const BASE = 0xffff888000000000n;
const lo = (addr: bigint) => Number(addr & 0xffffffffn);
const hi = (addr: bigint) => Number((addr >> 32n) & 0xffffffffn);
const text = (value: string) => new TextEncoder().encode(value);

/** Two mapped pages with a gap before and after, holding bytes that tell their place. */
function twoPages(): Memory {
  const memory = new Memory();
  memory.map(BASE + 0x1000n, 0x2000);
  memory.write(
    BASE + 0x1000n,
    Uint8Array.from({ length: 0x2000 }, (_, i) => (i * 7) & 0xff),
  );
  return memory;
}

test.each([
  [1, 0x1000n, 0x00n],
  [2, 0x1001n, 0x0e07n],
  [4, 0x1001n, 0x1c150e07n],
  [8, 0x1000n, 0x312a231c150e0700n],
  [8, 0x1ffcn, 0x150e0700f9f2ebe4n],
  [2, 0x1fffn, 0x00f9n],
] as const)('loads %i bytes at %i', (size, at, value) => {
  const memory = twoPages();
  expect(memory.load(lo(BASE + at), hi(BASE + at), size)).toBe(true);
  expect((BigInt(memory.hi) << 32n) | BigInt(memory.lo)).toBe(value);
});

test.each([
  [8, 0x0ffcn],
  [8, 0x2ffcn],
  [1, 0x3000n],
  [4, 0x0n],
] as const)('a load of %i bytes that leaves the mapped pages is a fault', (size, at) => {
  expect(twoPages().load(lo(BASE + at), hi(BASE + at), size)).toBe(false);
});

test('addresses wrap at the end of the address space', () => {
  const memory = new Memory();
  memory.map(0xfffffffffffff000n, 0x1000);
  memory.map(0n, 0x1000);
  memory.writeUint(0xfffffffffffffffcn, 4, 0x11223344n);
  memory.writeUint(0n, 4, 0x55667788n);
  expect(memory.load64(0xfffffffc, 0xffffffff)).toBe(true);
  expect([memory.lo, memory.hi]).toEqual([0x11223344, 0x55667788]);
});

test.each([
  ['within a page', 0x1100n],
  ['across pages', 0x1ffen],
  ['unaligned', 0x1003n],
])('store64 %s is read back', (_, at) => {
  const memory = twoPages();
  expect(memory.store64(lo(BASE + at), hi(BASE + at), 0x89abcdef, 0xf1234567)).toBe(true);
  expect(memory.readUint(BASE + at, 8)).toBe(0xf123456789abcdefn);
});

test('a store that leaves the mapped pages stores nothing', () => {
  const memory = twoPages();
  expect(memory.store64(lo(BASE + 0x2ffcn), hi(BASE), 1, 1)).toBe(false);
  expect(memory.write(BASE + 0x2ffcn, new Uint8Array(8))).toBe(false);
  expect(memory.readUint(BASE + 0x2ffcn, 4)).toBe(0xf9f2ebe4n);
});

test.each([
  ['hello', 10, 6, 6, 'hello\0'],
  ['hello', 6, 6, 6, 'hello\0'],
  ['hello', 5, 5, 5, 'hell\0'],
  ['', 10, 1, 1, '\0'],
])('string %j with at most %i bytes', (value, max, length, copied, result) => {
  const memory = twoPages();
  const at = BASE + 0x1ffdn;
  memory.write(at, text(`${value}\0`));
  const dest = new Uint8Array(16).fill(0x2e);
  expect(memory.stringLength(lo(at), hi(at), max)).toBe(length);
  expect(memory.copyString(lo(at), hi(at), max, dest, 2)).toBe(copied);
  expect(new TextDecoder().decode(dest.subarray(2, 2 + copied))).toBe(result);
  expect(dest[2 + copied]).toBe(0x2e);
});

test('a string that runs into unmapped memory is a fault', () => {
  const memory = twoPages();
  memory.write(BASE + 0x2ff0n, text('0123456789abcdef'));
  const dest = new Uint8Array(32).fill(0x2e);
  expect(memory.stringLength(lo(BASE + 0x2ff0n), hi(BASE), 32)).toBe(-Errno.EFAULT);
  expect(memory.copyString(lo(BASE + 0x2ff0n), hi(BASE), 32, dest, 0)).toBe(-Errno.EFAULT);
  expect(dest[0]).toBe(0);
});

test('random maps, unmaps, writes and loads agree with a table of bytes', () => {
  const place = fc.record({
    area: fc.constantFrom(0n, 0x7ffd00000000n, BASE, 0xffffffff81000000n),
    page: fc.integer({ min: 0, max: 3 }),
    at: fc.oneof(fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 4085, max: 4095 })),
  });
  const command = fc.oneof(
    fc.record({ kind: fc.constant('map' as const), place, size: fc.integer({ min: 1, max: 9000 }) }),
    fc.record({ kind: fc.constant('unmap' as const), place, size: fc.integer({ min: 1, max: 5000 }) }),
    fc.record({ kind: fc.constant('write' as const), place, bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
    fc.record({
      kind: fc.constant('load' as const),
      place,
      size: fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const),
    }),
    fc.record({ kind: fc.constant('store' as const), place, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const memory = new Memory();
      const pages = new Set<bigint>();
      const bytes = new Map<bigint, number>();
      const mapped = (addr: bigint, size: number) =>
        Array.from({ length: size }, (_, i) => (addr + BigInt(i)) >> 12n).every((page) => pages.has(page));
      for (const step of commands) {
        const addr = step.place.area + BigInt(step.place.page * 4096 + step.place.at);
        switch (step.kind) {
          case 'map':
            memory.map(addr, step.size);
            for (let page = addr >> 12n; page <= (addr + BigInt(step.size - 1)) >> 12n; page++) pages.add(page);
            break;
          case 'unmap':
            memory.unmap(addr, step.size);
            for (let page = addr >> 12n; page <= (addr + BigInt(step.size - 1)) >> 12n; page++) {
              pages.delete(page);
              for (const key of bytes.keys()) if (key >> 12n === page) bytes.delete(key);
            }
            break;
          case 'write': {
            const fits = mapped(addr, step.bytes.length);
            expect(memory.write(addr, step.bytes)).toBe(fits);
            if (fits) for (const [i, byte] of step.bytes.entries()) bytes.set(addr + BigInt(i), byte);
            break;
          }
          case 'store': {
            const fits = mapped(addr, 8);
            expect(memory.store64(lo(addr), hi(addr), lo(step.value), hi(step.value))).toBe(fits);
            if (fits)
              for (let i = 0; i < 8; i++) bytes.set(addr + BigInt(i), Number((step.value >> BigInt(8 * i)) & 0xffn));
            break;
          }
          case 'load': {
            const fits = mapped(addr, step.size);
            expect(memory.load(lo(addr), hi(addr), step.size)).toBe(fits);
            let value = 0n;
            for (let i = step.size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes.get(addr + BigInt(i)) ?? 0);
            if (fits) expect((BigInt(memory.hi) << 32n) | BigInt(memory.lo)).toBe(value);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});
