import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildSymbols } from './build-symbols.ts';
import { parseKallsyms } from './kallsyms.ts';
import { isProfileError } from './profile-error.ts';
import { SymbolTable } from './symbol-table.ts';

fc.configureGlobal({ seed: 616 });

const KALLSYMS = `\
0000000000000000 A fixed_percpu_data
0000000000001000 D cpu_debug_store
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000010 t twin
ffffffff81000040 T vfs_read
ffffffff81000040 W alias_of_read
ffffffff81000100 t twin
ffffffff81000100 t vfs_read.cold
ffffffff81000180 T __pfx_vfs_write
ffffffff81000190 T vfs_write
ffffffff81000200 T _etext
ffffffff82000000 d twin
ffffffff82000800 B last_variable
ffffffff82001000 B _end
ffffffff82002000 B behind
ffffffffc0002010 t ext_write\t[ext]
ffffffffc0002000 t ext_read\t[ext]
ffffffffc0002000 t twin\t[ext]
ffffffffc0001000 t only_one\t[small]
ffffffffc0004000 t twin [late]
`;

function table(text: string): SymbolTable {
  const columns = parseKallsyms(new TextEncoder().encode(text));
  if (isProfileError(columns)) throw new Error(columns.error);
  const bytes = buildSymbols(columns);
  const symbols = isProfileError(bytes) ? bytes : SymbolTable.fromBytes(bytes);
  if (isProfileError(symbols)) throw new Error(symbols.error);
  return symbols;
}

const symbols = table(KALLSYMS);

test.each<[name: string, addresses: bigint[]]>([
  ['vfs_read', [0xffffffff81000040n]],
  ['alias_of_read', [0xffffffff81000040n]],
  ['twin', [0xffffffff81000010n, 0xffffffff81000100n, 0xffffffff82000000n, 0xffffffffc0002000n, 0xffffffffc0004000n]],
  ['vfs_read.cold', [0xffffffff81000100n]],
  ['__pfx_vfs_write', [0xffffffff81000180n]],
  ['fixed_percpu_data', [0n]],
  ['ext_read', [0xffffffffc0002000n]],
  ['behind', [0xffffffff82002000n]],
  ['vfs_rea', []],
  ['vfs_readx', []],
  ['', []],
])('the addresses of %s, the first of which a lookup answers', (name, addresses) => {
  expect(symbols.addressesOf(name)).toEqual(addresses);
  expect(symbols.lookupName(name)).toBe(addresses[0]);
  expect(symbols.has(name)).toBe(addresses.length > 0);
});

test.each<[address: bigint, expected: string | undefined]>([
  [0xffffffff81000000n, '_stext+0x0/0x10'],
  [0xffffffff8100004fn, 'vfs_read+0xf/0xc0'],
  [0xffffffff81000104n, 'twin+0x4/0x80'],
  [0xffffffff8100018fn, '__pfx_vfs_write+0xf/0x10'],
  [0xffffffff81ffffffn, '_etext+0xfffdff/0xfffe00'],
  [0xffffffff82000fffn, 'last_variable+0x7ff/0x800'],
  [0xffffffff82001000n, undefined],
  [0xffffffff82002000n, undefined],
  [0xffffffff80ffffffn, undefined],
  [0n, undefined],
  [0x1000n, undefined],
  [0xffffffffc0002008n, 'ext_read+0x8/0x10 [ext]'],
  [0xffffffffc0002fffn, 'ext_write+0xfef/0xff0 [ext]'],
  [0xffffffffc0003000n, undefined],
  [0xffffffffc0001800n, 'only_one+0x800/0x1000 [small]'],
  [0xffffffffc0000fffn, undefined],
  [2n ** 64n - 1n, undefined],
])('address %#x', (address, expected) => {
  const at = symbols.at(address);
  const module = at?.module === undefined ? '' : ` [${at.module}]`;
  expect(at && `${at.name}+0x${(address - at.address).toString(16)}/0x${at.size.toString(16)}${module}`).toBe(expected);
});

test('the lines are those of kallsyms, modules sorted behind the kernel', () => {
  const lines = [...symbols.lines()].map(
    ({ address, type, name, module }) =>
      `${address.toString(16).padStart(16, '0')} ${type} ${name}${module ? `\t[${module}]` : ''}`,
  );
  const given = KALLSYMS.trimEnd().replace(' [late]', '\t[late]').split('\n');
  const [write, read, twin, small, late] = given.slice(-5);
  expect(lines).toEqual([...given.slice(0, -5), small, read, twin, write, late]);
});

test('a pattern gives symbols in the order of kallsyms', () => {
  const names = (pattern: string) => [...symbols.match(pattern)].map(({ name }) => name);
  expect(names('*read*')).toEqual(['vfs_read', 'alias_of_read', 'vfs_read.cold', 'ext_read']);
  expect(names('vfs_[rw]*')).toEqual(['vfs_read', 'vfs_read.cold', 'vfs_write']);
  expect(names('twin')).toHaveLength(5);
  expect(names('*')).toHaveLength(symbols.count);
  expect(names('nothing*')).toEqual([]);
});

test('a kernel without _stext and _end goes from its first to its last symbol', () => {
  const bare = table('ffff800010000000 T first\nffff800010000100 T last\n');
  expect(
    [0xffff800010000004n, 0xffff800010000100n, 0xffff800010000101n].map((address) => bare.at(address)?.name),
  ).toEqual(['first', 'last', undefined]);
});

test('it agrees with a naive model', () => {
  const line = fc.record({
    address: fc.nat(40).map((n) => 0xffffffff_fffff000n + BigInt(n) * 0x100n * 0x40000n - 0x40000000n),
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 40 }), (unsorted) => {
      const lines = unsorted
        .map((one) => ({ ...one, address: BigInt.asUintN(64, one.address) }))
        .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
      const made = table(lines.map(({ address, name }) => `${address.toString(16)} t ${name}\n`).join(''));
      for (const name of 'abcdef') {
        const addresses = lines.filter((one) => one.name === name).map((one) => one.address);
        expect(made.addressesOf(name)).toEqual(addresses);
      }
      for (const { address } of lines) {
        for (const probe of [address, address + 5n]) {
          const expected =
            probe > lines.at(-1)!.address ? undefined : lines.find((one) => one.address === address)!.name;
          expect(made.at(probe)?.name).toBe(expected);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('damaged bytes give an error or answers, and every search ends', () => {
  const columns = parseKallsyms(new TextEncoder().encode(KALLSYMS));
  const bytes = buildSymbols(columns as Exclude<typeof columns, { error: string }>) as Uint8Array;
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 10 }), fc.nat(bytes.length), (changes, length) => {
      const damaged = bytes.slice(0, length % 3 === 0 ? length : bytes.length);
      for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
      const opened = SymbolTable.fromBytes(damaged);
      if (isProfileError(opened)) return;
      opened.lookupName('vfs_read');
      opened.addressesOf('twin');
      for (const address of [0xffffffff81000044n, 0xffffffffc0002008n, 0n]) opened.at(address);
      for (const { name } of opened.match('*')) expect(name.length).toBeLessThan(1000);
    }),
    { numRuns: 1000 },
  );
});
