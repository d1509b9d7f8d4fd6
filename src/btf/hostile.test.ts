import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BtfBuilder } from './blob-builder.ts';
import { Btf } from './btf.ts';

fc.configureGlobal({ seed: 616 });

function small(): BtfBuilder {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  const anonymous = b.composite('union', '', 4, [['c', u32, 0]]);
  const struct = b.composite('struct', 's', 8, [
    ['a', u32, 0, 3],
    ['', anonymous, 32, 0],
  ]);
  const typedef = b.add({ kind: 'typedef', name: 't', third: struct });
  b.add({ kind: 'array', extra: [typedef, u32, 3] });
  b.add({ kind: 'enum', name: 'e', third: 4, vlen: 1, extra: ['A', 1] });
  b.add({ kind: 'enum64', name: 'e64', third: 8, vlen: 1, extra: ['B', 1, 2] });
  b.add({ kind: 'datasec', name: '.data', third: 8, vlen: 1, extra: [1, 0, 4] });
  b.func('fn', typedef, [['p', u32]]);
  return b;
}

/** Asks everything there is to ask; an endless loop shows as a timeout, a crash as an exception. */
function exercise(btf: Btf): void {
  const names = ['u32', 's', 't', 'a', 'c', 'fn', 'e', 'missing'];
  for (let id = 0; id <= btf.typeCount; id++) {
    btf.type(id);
    btf.skipModifiers(id);
    btf.sizeOf(id);
    for (const name of names) btf.findMember(id, name);
    btf.memberPath(id, 'a.c');
  }
  for (const name of names) {
    btf.funcProto(name);
    btf.findByName(name, 'struct');
  }
}

const header = (at: number, value: number) => (bytes: Uint8Array) =>
  new DataView(bytes.buffer).setUint32(at, value, true);
const word = (at: number, value: number) => header(24 + at * 4, value);

test.each<[string, (bytes: Uint8Array) => void]>([
  ['not BTF: the magic is 0x457f, not 0xeb9f', (b) => b.set([0x7f, 0x45])],
  ['BTF version 2 is not supported', (b) => b.set([2], 2)],
  ['BTF flags 0x80 are not supported', (b) => b.set([0x80], 3)],
  ['BTF header length 8 is impossible', header(4, 8)],
  ['BTF header length 4294967295 is impossible', header(4, 0xffff_ffff)],
  ['BTF type section is not aligned to 4 bytes', header(8, 2)],
  ['BTF has no types', header(12, 0)],
  ['BTF sections overlap', header(16, 0)],
  ['BTF string section does not start and end with a NUL byte', header(20, 0)],
  ['BTF string section does not start and end with a NUL byte', (b) => b.set([65], b.length - 1)],
  ['BTF type 1 is of an unknown kind', word(1, 0)],
  ['BTF type 1 is of an unknown kind', word(1, 20 << 24)],
  ['BTF type 1 has a name outside the string section', word(0, 0x7fff_ffff)],
])('%s', (error, damage) => {
  const bytes = small().build();
  damage(bytes);
  expect(Btf.parse(bytes)).toEqual({ error });
});

test('a section or a type that ends outside says by how much', () => {
  const bytes = small().build();
  header(12, 4 * bytes.length)(bytes);
  expect(Btf.parse(bytes)).toEqual({ error: expect.stringMatching(/^BTF type section ends \d+ bytes past the data$/) });
  const long = small().build();
  word(5, (4 << 24) | 0xffff)(long);
  expect(Btf.parse(long)).toEqual({
    error: expect.stringMatching(/^BTF type 2 ends \d+ bytes past the type section$/),
  });
});

test('every truncation is an error', () => {
  const bytes = small().build();
  for (let length = 0; length < bytes.length; length++) {
    expect(Btf.parse(bytes.slice(0, length))).toEqual({ error: expect.stringContaining('BTF') });
  }
});

test('types that refer to themselves end in undefined', () => {
  const b = new BtfBuilder();
  const self = b.add({ kind: 'typedef', name: 'self', third: 1 });
  const ping = b.add({ kind: 'const', third: 3 });
  const pong = b.add({ kind: 'volatile', third: 2 });
  const array = b.add({ kind: 'array', extra: [4, 1, 2] });
  const struct = b.composite('struct', 's', 8, [
    ['', 5, 0],
    ['', 5, 32],
  ]);
  const variable = b.add({ kind: 'var', name: 'v', third: 6, extra: [0] });
  b.add({ kind: 'func', name: 'fn', third: 7 });
  const btf = Btf.parse(b.build());
  if ('error' in btf) throw new Error(btf.error);
  for (const id of [self, ping, pong]) expect([btf.skipModifiers(id), btf.sizeOf(id)]).toEqual([undefined, undefined]);
  for (const id of [array, variable]) expect(btf.sizeOf(id)).toBeUndefined();
  expect(btf.findMember(struct, 'x')).toBeUndefined();
  expect(btf.funcProto('fn')).toBeUndefined();
});

test('a name longer than any kernel name makes its type unreadable, not the blob', () => {
  const b = new BtfBuilder();
  b.int('x'.repeat(511), 4);
  b.int('y'.repeat(512), 4);
  const btf = Btf.parse(b.build());
  if ('error' in btf) throw new Error(btf.error);
  expect([btf.type(1)?.kind, btf.type(2)]).toEqual(['int', undefined]);
});

test('mutated blobs give answers or errors', () => {
  const original = small().build();
  const change = fc.tuple(
    fc.nat(original.length - 1),
    fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 8, 0x7f, 0x80, 0xff)),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), fc.boolean(), (changes, shift) => {
      const bytes = new Uint8Array(original.length + 1).subarray(shift ? 1 : 0, original.length + (shift ? 1 : 0));
      bytes.set(original);
      for (const [at, value] of changes) bytes[at] = value;
      const btf = Btf.parse(bytes);
      if ('error' in btf) expect(btf.error).toMatch(/^(not )?BTF/);
      else exercise(btf);
    }),
    { numRuns: 2000 },
  );
});

test('random words behind a good header give answers or errors', () => {
  const info = fc
    .tuple(fc.nat(21), fc.nat(4), fc.boolean())
    .map(([kind, vlen, flag]) => ((flag ? 0x8000_0000 : 0) | (kind << 24) | vlen) >>> 0);
  const someWord = fc.oneof(fc.nat(12), info);
  fc.assert(
    fc.property(fc.array(someWord, { minLength: 3, maxLength: 60 }), (words) => {
      const b = small();
      b.add({ kind: 'int', name: 'tail', extra: [0, ...words] });
      const btf = Btf.parse(b.build());
      if (!('error' in btf)) exercise(btf);
    }),
    { numRuns: 2000 },
  );
});

test('a damaged stored index gives answers of the blob or none', () => {
  const bytes = small().build();
  const btf = Btf.parse(bytes) as Btf;
  const stored = btf.storeIndex();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(stored.length - 1), fc.oneof(fc.nat(20), fc.nat(0xffff_ffff))), {
        minLength: 1,
        maxLength: 6,
      }),
      (changes) => {
        const index = stored.slice();
        for (const [at, value] of changes) index[at] = value;
        const damaged = Btf.parse(bytes, { index });
        if (!('error' in damaged)) exercise(damaged);
        for (let length = 0; length < 3; length++)
          expect(Btf.parse(bytes, { index: stored.subarray(0, length) })).toHaveProperty('typeCount', btf.typeCount);
      },
    ),
    { numRuns: 1000 },
  );
});
