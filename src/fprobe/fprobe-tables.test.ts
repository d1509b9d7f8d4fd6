import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testMachine } from '../machine/test-kernel.ts';
import { Fprobe, FprobeNode } from './fprobe.ts';
import { FprobeTable, IpTable } from './fprobe-tables.ts';

fc.configureGlobal({ seed: 616 });

const FUNCTIONS = Array.from({ length: 600 }, (_, n) => `f${n}`);

test('nodes of one address are neighbours, newer before older, and each is in its bucket', () => {
  const machine = testMachine({ functions: FUNCTIONS });
  const step = fc.record({
    fn: fc.constantFrom(0, 1, 2, 255, 256, 257, 511, 512),
    remove: fc.boolean(),
    pick: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new IpTable(machine.functions);
      const model = new Map<number, FprobeNode[]>();
      for (const { fn, remove, pick } of steps) {
        const nodes = model.get(fn) ?? [];
        if (remove && nodes.length > 0) {
          const [node] = nodes.splice(pick % nodes.length, 1);
          expect(table.delete(node)).toBe(nodes.length > 0);
          expect(node.fp).toBeNull();
          expect(table.delete(node)).toBe(nodes.length > 0);
        } else {
          const node = new FprobeNode(fn, new Fprobe());
          table.insert(node);
          model.set(fn, [node, ...nodes]);
        }
      }
      for (const [fn, nodes] of model) {
        const bucket = table.bucket(table.bucketOf(fn));
        const first = bucket.findIndex((node) => node.fn === fn);
        expect(table.first(fn)).toBe(nodes[0] ?? null);
        if (nodes.length > 0) expect(bucket.slice(first, first + nodes.length)).toEqual(nodes);
        expect(bucket.filter((node) => node.fn === fn)).toHaveLength(nodes.length);
        expect(bucket.every((node) => table.bucketOf(node.fn) === table.bucketOf(fn))).toBe(true);
      }
    }),
  );
});

test('a walk that stands on a deleted node finds its successors', () => {
  const table = new IpTable(testMachine({ functions: FUNCTIONS }).functions);
  const [older, newer] = [new FprobeNode(3, new Fprobe()), new FprobeNode(3, new Fprobe())];
  table.insert(older);
  table.insert(newer);
  table.delete(newer);
  expect(newer.next).toBe(older);
  expect(table.first(3)).toBe(older);
});

test.each([
  ['given out', 0n],
  ['their own', 0xffff888001000040n],
])('fprobes with addresses that are %s are found while they live', (_, own) => {
  const table = new FprobeTable(0xffff888002000000n);
  const fprobes = Array.from(
    { length: 200 },
    (_, n) => new Fprobe({ address: own === 0n ? 0n : own + BigInt(n * 64) }),
  );
  for (const fp of fprobes) {
    table.place(fp);
    expect(table.find(fp.addressLo, fp.addressHi)).toBeNull();
    table.add(fp);
  }
  expect(new Set(fprobes.map((fp) => fp.address)).size).toBe(200);
  for (const fp of fprobes) expect(table.find(fp.addressLo, fp.addressHi)).toBe(fp);
  for (const fp of fprobes.filter((_, n) => n % 3 === 0)) table.remove(fp);
  for (const [n, fp] of fprobes.entries()) expect(table.find(fp.addressLo, fp.addressHi)).toBe(n % 3 === 0 ? null : fp);
  const kept = Array.from({ length: 64 }, (_, bucket) => table.bucket(bucket)).flat();
  expect(new Set(kept)).toEqual(new Set(fprobes.filter((_, n) => n % 3 !== 0)));
  expect(table.find(0, 0)).toBeNull();
  expect(table.find(fprobes[1].addressLo + 8, fprobes[1].addressHi)).toBeNull();
});

test('an address is kept over registrations and never given out twice', () => {
  const table = new FprobeTable(0xffff888002000000n);
  const [a, b] = [new Fprobe(), new Fprobe()];
  table.place(a);
  table.add(a);
  const { address } = a;
  table.remove(a);
  table.place(b);
  table.place(a);
  expect(a.address).toBe(address);
  expect(b.address).not.toBe(address);
});
