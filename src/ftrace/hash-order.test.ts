import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ftraceHashOrder, hash64 } from './hash-order.ts';

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
const names = (ips: readonly bigint[]) => ips.map((ip) => Object.keys(IPS).find((name) => IPS[name] === ip)).join(' ');
const matching = (prefix: string) =>
  Object.keys(IPS)
    .filter((name) => name.startsWith(prefix))
    .map((name) => IPS[name]);

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
  expect(names(ftraceHashOrder(matching(prefix)))).toBe(expected);
});

test('a hash that is added to is filled from its own order', () => {
  const order = ftraceHashOrder([...ftraceHashOrder(matching('vfs_s')), ...matching('vfs_w')]);
  expect(names(order)).toBe(
    'vfs_setlease vfs_splice_read vfs_statx vfs_statfs.part.0.isra.0 vfs_symlink vfs_setxattr vfs_set_acl vfs_write vfs_statfs vfs_writev vfs_setpos',
  );
});

test('none or one stays as it is', () => {
  expect([ftraceHashOrder([]), ftraceHashOrder([5n])]).toEqual([[], [5n]]);
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
