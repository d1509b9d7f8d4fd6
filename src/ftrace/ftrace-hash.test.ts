import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FtraceHash } from './ftrace-hash.ts';
import { hash64 } from './hash64.ts';

fc.configureGlobal({ seed: 616 });

/** Entry sites of a recorded kernel. */
const IPS: Record<string, bigint> = {
  vfs_fadvise: 0xffffffff815e8da4n,
  vfs_fallocate: 0xffffffff8170e6b4n,
  vfs_fchmod: 0xffffffff81710794n,
  vfs_fchown: 0xffffffff81711264n,
  vfs_setpos: 0xffffffff81712634n,
  vfs_writev: 0xffffffff81714270n,
  vfs_write: 0xffffffff81715774n,
  vfs_statx: 0xffffffff8171e0e0n,
  vfs_fstat: 0xffffffff8171e254n,
  vfs_fstatat: 0xffffffff8171e8a4n,
  vfs_symlink: 0xffffffff81727e44n,
  vfs_fileattr_get: 0xffffffff81731b64n,
  vfs_fileattr_set: 0xffffffff81732334n,
  vfs_setxattr: 0xffffffff817545d4n,
  vfs_splice_read: 0xffffffff81766824n,
  vfs_fsync_range: 0xffffffff81769db4n,
  vfs_fsync: 0xffffffff81769fd4n,
  'vfs_statfs.part.0.isra.0': 0xffffffff8176d310n,
  vfs_statfs: 0xffffffff8176d3a4n,
  vfs_setlease: 0xffffffff817acec4n,
  vfs_set_acl: 0xffffffff817b7344n,
};
const NAMES = Object.keys(IPS);
const SITES = { entryWords: new Uint32Array(new BigUint64Array(Object.values(IPS)).buffer) };
const matching = (prefix: string) => [...NAMES.keys()].filter((fn) => NAMES[fn].startsWith(prefix));
const listed = (hash: FtraceHash) => [...hash].map((fn) => NAMES[fn]).join(' ');
/** A hash in place, to which functions were added while another was. */
function added(fns: readonly number[], to = new FtraceHash(SITES)): FtraceHash {
  const hash = to.copy();
  for (const fn of fns) hash.add(fn);
  return hash.moved();
}

test.each([
  ['vfs_w', 'vfs_writev vfs_write'],
  [
    'vfs_s',
    'vfs_setlease vfs_splice_read vfs_statx vfs_statfs.part.0.isra.0 vfs_symlink vfs_setxattr vfs_set_acl vfs_statfs vfs_setpos',
  ],
  [
    'vfs_f',
    'vfs_fchmod vfs_fsync vfs_fadvise vfs_fstat vfs_fileattr_set vfs_fchown vfs_fileattr_get vfs_fallocate vfs_fstatat vfs_fsync_range',
  ],
])('%s* is listed as the kernel lists it', (prefix, expected) => {
  expect(listed(added(matching(prefix)))).toBe(expected);
});

test('a hash that is added to is filled from its own order', () => {
  expect(listed(added(matching('vfs_w'), added(matching('vfs_s'))))).toBe(
    'vfs_setlease vfs_splice_read vfs_statx vfs_statfs.part.0.isra.0 vfs_symlink vfs_setxattr vfs_set_acl vfs_write vfs_statfs vfs_writev vfs_setpos',
  );
});

test('it holds what a set holds', () => {
  const change = fc.tuple(fc.boolean(), fc.nat(NAMES.length - 1));
  fc.assert(
    fc.property(fc.array(change), fc.integer({ min: 0, max: 4 }), (changes, bits) => {
      const hash = new FtraceHash(SITES, bits);
      const model = new Set<number>();
      for (const [add, fn] of changes) {
        if (add) {
          expect(hash.add(fn)).toBe(!model.has(fn));
          model.add(fn);
        } else expect(hash.delete(fn)).toBe(model.delete(fn));
      }
      for (const each of [hash, hash.copy(), hash.moved()]) {
        expect([...each].sort((a, b) => a - b)).toEqual([...model].sort((a, b) => a - b));
        expect([...each.members]).toEqual([...model].sort((a, b) => a - b));
        expect(each.has(0)).toBe(model.has(0));
      }
    }),
  );
});

test('hash64 is the product with the golden ratio', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer({ min: 1, max: 32 }), (value, bits) => {
      const product = BigInt.asUintN(64, value * 0x61c8864680b583ebn);
      expect(hash64(Number(value & 0xffffffffn), Number(value >> 32n), bits)).toBe(
        Number(product >> BigInt(64 - bits)),
      );
    }),
  );
});
