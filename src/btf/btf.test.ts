import { expect, test } from 'vitest';
import { BtfBuilder } from './blob-builder.ts';
import { Btf } from './btf.ts';

function parsed(bytes: Uint8Array, options = {}): Btf {
  const btf = Btf.parse(bytes, options);
  if ('error' in btf) throw new Error(btf.error);
  return btf;
}

function sample() {
  const b = new BtfBuilder();
  const u32 = b.int('unsigned int', 4);
  const s64 = b.int('long long', 8, true);
  const ptr = b.add({ kind: 'ptr', third: u32 });
  const array = b.add({ kind: 'array', extra: [s64, u32, 5] });
  const u32t = b.add({ kind: 'typedef', name: 'u32', third: u32 });
  const constU32 = b.add({ kind: 'const', third: u32t });
  const tagged = b.add({ kind: 'type_tag', name: 'rcu', third: constU32 });
  const restricted = b.add({ kind: 'restrict', third: ptr });
  const volatile = b.add({ kind: 'volatile', third: u32 });
  return { b, u32, s64, ptr, array, u32t, constU32, tagged, restricted, volatile };
}

test('every kind up to 19 is decoded', () => {
  const b = new BtfBuilder();
  const ids: Record<string, number> = {
    int: b.int('int', 4, true),
    bool: b.add({ kind: 'int', name: '_Bool', third: 1, extra: [(4 << 24) | 8] }),
    char: b.add({ kind: 'int', name: 'char', third: 1, extra: [(2 << 24) | (3 << 16) | 5] }),
    ptr: b.add({ kind: 'ptr', third: 1 }),
    array: b.add({ kind: 'array', extra: [1, 2, 7] }),
    struct: b.composite('struct', 's', 8, [
      ['a', 1, 0, 3],
      ['b', 1, 3, 29],
      ['c', 1, 32, 0],
    ]),
    union: b.composite('union', 'u', 4, [['a', 1, 0]]),
    enum: b.add({ kind: 'enum', name: 'e', third: 4, vlen: 2, flag: true, extra: ['A', 0xffff_ffff, 'B', 7] }),
    unsignedEnum: b.add({ kind: 'enum', name: 'eu', third: 4, vlen: 1, extra: ['A', 0xffff_ffff] }),
    fwd: b.add({ kind: 'fwd', name: 'f', flag: true }),
    typedef: b.add({ kind: 'typedef', name: 't', third: 1 }),
    volatile: b.add({ kind: 'volatile', third: 1 }),
    const: b.add({ kind: 'const', third: 1 }),
    restrict: b.add({ kind: 'restrict', third: 4 }),
    func: b.func('fn', 0, [
      ['x', 1],
      ['', 0],
    ]),
    var: b.add({ kind: 'var', name: 'v', third: 1, extra: [1] }),
    datasec: b.add({ kind: 'datasec', name: '.data', third: 64, vlen: 1, extra: [16, 8, 4] }),
    float: b.add({ kind: 'float', name: 'double', third: 8 }),
    declTag: b.add({ kind: 'decl_tag', name: 'user', third: 6, extra: [0xffff_ffff] }),
    typeTag: b.add({ kind: 'type_tag', name: 'percpu', third: 1 }),
    enum64: b.add({ kind: 'enum64', name: 'e64', third: 8, vlen: 1, extra: ['BIG', 1, 0x8000_0000] }),
    signedEnum64: b.add({
      kind: 'enum64',
      name: 'es',
      third: 8,
      vlen: 1,
      flag: true,
      extra: ['NEG', 0xffff_fffe, 0xffff_ffff],
    }),
  };
  const expected = {
    int: { kind: 'int', name: 'int', size: 4, signed: true, char: false, bool: false, bitOffset: 0, bits: 32 },
    bool: { kind: 'int', name: '_Bool', size: 1, signed: false, char: false, bool: true, bitOffset: 0, bits: 8 },
    char: { kind: 'int', name: 'char', size: 1, signed: false, char: true, bool: false, bitOffset: 3, bits: 5 },
    ptr: { kind: 'ptr', name: '', type: 1 },
    array: { kind: 'array', name: '', type: 1, indexType: 2, count: 7 },
    struct: {
      kind: 'struct',
      name: 's',
      size: 8,
      members: [
        { name: 'a', type: 1, bitOffset: 0, bitfieldSize: 3 },
        { name: 'b', type: 1, bitOffset: 3, bitfieldSize: 29 },
        { name: 'c', type: 1, bitOffset: 32, bitfieldSize: 0 },
      ],
    },
    union: { kind: 'union', name: 'u', size: 4, members: [{ name: 'a', type: 1, bitOffset: 0, bitfieldSize: 0 }] },
    enum: {
      kind: 'enum',
      name: 'e',
      size: 4,
      signed: true,
      values: [
        { name: 'A', value: -1 },
        { name: 'B', value: 7 },
      ],
    },
    unsignedEnum: { kind: 'enum', name: 'eu', size: 4, signed: false, values: [{ name: 'A', value: 0xffff_ffff }] },
    fwd: { kind: 'fwd', name: 'f', union: true },
    typedef: { kind: 'typedef', name: 't', type: 1 },
    volatile: { kind: 'volatile', name: '', type: 1 },
    const: { kind: 'const', name: '', type: 1 },
    restrict: { kind: 'restrict', name: '', type: 4 },
    func: { kind: 'func', name: 'fn', type: 15, linkage: 0 },
    var: { kind: 'var', name: 'v', type: 1, linkage: 1 },
    datasec: { kind: 'datasec', name: '.data', size: 64, vars: [{ type: 16, offset: 8, size: 4 }] },
    float: { kind: 'float', name: 'double', size: 8 },
    declTag: { kind: 'decl_tag', name: 'user', type: 6, component: -1 },
    typeTag: { kind: 'type_tag', name: 'percpu', type: 1 },
    enum64: { kind: 'enum64', name: 'e64', size: 8, signed: false, values: [{ name: 'BIG', value: 2n ** 63n + 1n }] },
    signedEnum64: { kind: 'enum64', name: 'es', size: 8, signed: true, values: [{ name: 'NEG', value: -2n }] },
  };
  for (const little of [true, false]) {
    const btf = parsed(b.build(little));
    expect(btf.typeCount).toBe(24);
    expect(Object.fromEntries(Object.entries(ids).map(([key, id]) => [key, btf.type(id)]))).toEqual(expected);
    expect(btf.type(0)).toEqual({ kind: 'void', name: '' });
    expect([-1, 24, 0.5, Number.NaN, 2 ** 32].map((id) => btf.type(id))).toEqual(Array(5).fill(undefined));
  }
});

test('of several types with one name and kind the first one answers', () => {
  const b = new BtfBuilder();
  const int = b.int('twin', 4);
  const struct = b.composite('struct', 'twin', 4, []);
  b.composite('struct', 'twin', 8, []);
  const first = b.func('f', int, []);
  b.func('f', 0, [['x', int]]);
  const btf = parsed(b.build());
  expect(btf.findByName('twin', 'int')).toBe(int);
  expect(btf.findByName('twin', 'struct')).toBe(struct);
  expect(btf.findByName('twin', 'union')).toBeUndefined();
  expect(btf.funcProto('f')).toEqual({ id: first - 1, funcId: first, returnType: int, params: [] });
  for (const name of ['', 'twi', 'twins', 'win', 'f\0', 'x'.repeat(600)])
    expect(btf.findByName(name, 'struct')).toBeUndefined();
});

test('modifiers are skipped, and only they', () => {
  const { b, u32, ptr, tagged, restricted, volatile, array } = sample();
  const btf = parsed(b.build());
  expect([tagged, restricted, volatile, array, 0].map((id) => btf.skipModifiers(id)?.id)).toEqual([
    u32,
    ptr,
    u32,
    array,
    0,
  ]);
  expect(btf.skipModifiers(1000)).toBeUndefined();
});

test('sizes go through modifiers, arrays and variables', () => {
  const { b, u32, s64, ptr, array, tagged } = sample();
  const matrix = b.add({ kind: 'array', extra: [array, u32, 3] });
  const variable = b.add({ kind: 'var', name: 'v', third: matrix, extra: [0] });
  const fwd = b.add({ kind: 'fwd', name: 'f' });
  const ofFwd = b.add({ kind: 'array', extra: [fwd, u32, 3] });
  const huge = b.add({ kind: 'array', extra: [matrix, u32, 0xffff_ffff] });
  const empty = b.add({ kind: 'array', extra: [u32, u32, 0] });
  const func = b.func('f', 0, []);
  const bytes = b.build();
  const btf = parsed(bytes);
  const ids = [u32, s64, ptr, array, tagged, matrix, variable, fwd, ofFwd, huge, empty, func, func - 1, 0, 999];
  const none = undefined;
  expect(ids.map((id) => btf.sizeOf(id))).toEqual([
    4,
    8,
    8,
    40,
    4,
    120,
    120,
    none,
    none,
    none,
    0,
    none,
    none,
    none,
    none,
  ]);
  expect(parsed(bytes, { pointerSize: 4 }).sizeOf(ptr)).toBe(4);
});

test('members are found through anonymous structs, named ones first, the last anonymous one first', () => {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  const inner = b.composite('struct', '', 8, [
    ['deep', u32, 0],
    ['both', u32, 32],
  ]);
  const left = b.composite('union', '', 8, [
    ['', inner, 0],
    ['left', u32, 0],
    ['twice', u32, 0],
  ]);
  const right = b.composite('struct', '', 8, [
    ['both', u32, 0],
    ['twice', u32, 32],
  ]);
  const constLeft = b.add({ kind: 'const', third: left });
  const outer = b.composite('struct', 'outer', 24, [
    ['first', u32, 0],
    ['', constLeft, 32],
    ['', right, 96],
    ['last', u32, 160],
  ]);
  const alias = b.add({ kind: 'typedef', name: 'outer_t', third: outer });
  const btf = parsed(b.build());
  const place = (name: string, id = outer) => {
    const found = btf.findMember(id, name);
    return found && [found.anonOffset, found.member.bitOffset];
  };
  expect(place('first')).toEqual([0, 0]);
  expect(place('last', alias)).toEqual([0, 160]);
  expect(place('left')).toEqual([32, 0]);
  expect(place('deep')).toEqual([32, 0]);
  expect(place('both')).toEqual([96, 0]);
  expect(place('twice')).toEqual([96, 32]);
  expect([place('none'), place(''), place('first', u32), place('first', 99)]).toEqual(Array(4).fill(undefined));
});

test('at most 16 anonymous members wait at a time', () => {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  const ids = Array.from({ length: 20 }, (_, i) => b.composite('struct', '', 4, [[`m${i}`, u32, 0]]));
  const outer = b.composite(
    'struct',
    'outer',
    80,
    ids.map((id, i) => ['', id, i * 32] as const),
  );
  const btf = parsed(b.build());
  const found = ids.map((_, i) => btf.findMember(outer, `m${i}`)?.anonOffset);
  expect(found).toEqual(ids.map((_, i) => (i < 16 ? i * 32 : undefined)));
});

test('a path of members adds up their places', () => {
  const b = new BtfBuilder();
  const u32 = b.int('u32', 4);
  const ptr = b.add({ kind: 'ptr', third: 4 });
  const qstr = b.composite('struct', 'qstr', 16, [
    ['hash', u32, 0, 0],
    ['bits', u32, 35, 5],
    ['name', ptr, 64, 0],
  ]);
  const anonymous = b.composite('struct', '', 16, [['d_name', qstr, 0]]);
  const dentry = b.composite('struct', 'dentry', 48, [
    ['d_flags', u32, 0],
    ['', anonymous, 128],
    ['d_parent', ptr, 256],
  ]);
  const btf = parsed(b.build());
  const cases: [string, unknown][] = [
    ['d_flags', { bitOffset: 0, bitSize: 32, type: u32 }],
    ['d_name.name', { bitOffset: 192, bitSize: 64, type: ptr }],
    ['d_name.bits', { bitOffset: 163, bitSize: 5, type: u32 }],
    ['d_name', { bitOffset: 128, bitSize: 128, type: qstr }],
    ['d_parent.d_flags', undefined],
    ['d_name.', undefined],
    ['', undefined],
  ];
  for (const [path, expected] of cases) expect([path, btf.memberPath(dentry, path)]).toEqual([path, expected]);
});

test('a stored index answers as a scan does, and is refused for another blob', () => {
  const { b, u32, s64 } = sample();
  for (let i = 0; i < 40; i++) b.func(`f${i}`, s64, [['x', u32]]);
  const bytes = b.build();
  const scanned = parsed(bytes);
  const index = scanned.storeIndex();
  const restored = parsed(bytes, { index });
  expect(restored.typeCount).toBe(scanned.typeCount);
  for (let id = 0; id < scanned.typeCount; id++) expect(restored.type(id)).toEqual(scanned.type(id));
  for (let i = 0; i <= 40; i++) expect(restored.funcProto(`f${i}`)).toEqual(scanned.funcProto(`f${i}`));
  b.int('one more', 1);
  expect(parsed(b.build(), { index }).typeCount).toBe(scanned.typeCount + 1);
});
