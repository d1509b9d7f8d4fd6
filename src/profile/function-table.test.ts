import { expect, test } from 'vitest';
import { packFunctions, sitesOfList } from './build-functions.ts';
import { buildSymbols } from './build-symbols.ts';
import { FunctionTable } from './function-table.ts';
import { parseKallsyms } from './kallsyms.ts';
import { isProfileError } from './profile-error.ts';
import { SymbolTable } from './symbol-table.ts';

const encode = (text: string) => new TextEncoder().encode(text);

const columns = parseKallsyms(
  encode(`\
ffffffff81000000 T _stext
ffffffff81000010 t twin
ffffffff81000040 T vfs_read
ffffffff81000040 W alias_of_read
ffffffff81000100 t twin
ffffffff81000180 T no_endbr
ffffffff81000200 T not_traced
ffffffff82001000 B _end
ffffffffc0002000 t ext_read\t[ext]
`),
);
const symbols = SymbolTable.fromBytes(
  buildSymbols(columns as Exclude<typeof columns, { error: string }>) as Uint8Array,
) as SymbolTable;

const LINES = `\
ffffffffc0002004 ext_read [ext]
ffffffff81000014 twin
ffffffff81000044 vfs_read
ffffffff81000104 twin
ffffffff81000180 no_endbr
`;

const built = sitesOfList(encode(LINES), symbols, 'x86_64');
if (isProfileError(built)) throw new Error(built.error);
const functions = FunctionTable.fromBytes(packFunctions(built.sites), () => symbols) as FunctionTable;

test('ids are in address order and know site, symbol and name', () => {
  const rows = Array.from({ length: functions.count }, (_, id) => [
    functions.entryIp(id),
    functions.symbolAddress(id),
    functions.name(id),
  ]);
  expect(rows).toEqual([
    [0xffffffff81000014n, 0xffffffff81000010n, 'twin'],
    [0xffffffff81000044n, 0xffffffff81000040n, 'vfs_read'],
    [0xffffffff81000104n, 0xffffffff81000100n, 'twin'],
    [0xffffffff81000180n, 0xffffffff81000180n, 'no_endbr'],
    [0xffffffffc0002004n, 0xffffffffc0002000n, 'ext_read'],
  ]);
  expect(functions.entryIps[4]).toBe(0xffffffffc0002004n);
});

test.each<[address: bigint, atIp: number | undefined, atSymbol: number | undefined]>([
  [0xffffffff81000010n, undefined, 0],
  [0xffffffff81000014n, 0, undefined],
  [0xffffffff81000015n, undefined, undefined],
  [0xffffffff81000180n, 3, 3],
  [0xffffffff81000200n, undefined, undefined],
  [0xffffffffc0002000n, undefined, 4],
  [0xffffffffc0002004n, 4, undefined],
  [0xffffffffc0002005n, undefined, undefined],
  [0n, undefined, undefined],
  [0x81000010n, undefined, undefined],
  [2n ** 64n - 1n, undefined, undefined],
])('address %#x', (address, atIp, atSymbol) => {
  expect([functions.idAtIp(address), functions.idAtSymbol(address), functions.idAt(address)]).toEqual([
    atIp,
    atSymbol,
    atIp ?? atSymbol,
  ]);
});

test('names: shown ones for function filters, aliases too for fprobes', () => {
  expect([
    functions.idsByName('twin'),
    functions.idsByName('alias_of_read'),
    functions.idsByName('not_traced'),
  ]).toEqual([[0, 2], [], []]);
  expect([
    functions.idsBySymbol('twin'),
    functions.idsBySymbol('alias_of_read'),
    functions.idsBySymbol('none'),
  ]).toEqual([[0, 2], [1], []]);
  expect([functions.match('*read'), functions.match('alias*'), functions.match('*')]).toEqual([
    [1, 4],
    [],
    [0, 1, 2, 3, 4],
  ]);
  expect([functions.matchSymbols('*read'), functions.matchSymbols('alias*')]).toEqual([[1, 4], [1]]);
});

test.each<[error: string, text: string]>([
  ['has no functions', ''],
  ['line 2 is not "ADDRESS NAME"', 'ffffffff81000014 twin\nvfs_read\n'],
  ['line 1 is not "ADDRESS NAME"', '\x7fELF\0\0'],
  ['line 1 is not "ADDRESS NAME"', `ffffffff81000014 ${'x'.repeat(1 << 20)}\n`],
  ['names no function at an address where kallsyms has it: are both from the same boot?', 'ffffffffa1000014 twin\n'],
])('%s', (error, text) => {
  expect(sitesOfList(encode(text), symbols, 'x86_64')).toEqual({ error });
});

test('lines that do not fit the symbols are counted and left out', () => {
  const text =
    'ffffffff81000014 twin\nffffffff81000044 other_name\nffffffff81000044 vfs_read\nffffffff82000000 not_traced\n';
  expect(sitesOfList(encode(text), symbols, 'x86_64')).toMatchObject({ sites: { size: 2 }, unknown: 2 });
});
