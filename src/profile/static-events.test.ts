import { expect, test } from 'vitest';
import { buildEvents } from './build-events.ts';
import { isProfileError } from './profile-error.ts';
import { parseFormat, StaticEvents } from './static-events.ts';

const COMMON = `\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;
`;
const format = (name: string, id: number, fields: string, print = '"x"') =>
  `name: ${name}\nID: ${id}\nformat:\n${COMMON}\n${fields}\nprint fmt: ${print}\n`;

test.each<[declaration: string, name: string, type: string, len?: number]>([
  ['int pid', 'pid', 'int'],
  ['const char * name', 'name', 'const char *'],
  ['void *p', 'p', 'void *'],
  ['char comm[16]', 'comm', 'char[16]', 16],
  ['unsigned long args[6]', 'args', 'unsigned long[6]', 6],
  ['__data_loc char[] name', 'name', '__data_loc char[]'],
  ['u8 buf[]', 'buf', 'u8[]'],
  ['u32 x[(1 + 2)]', 'x', 'u32[(1 + 2)]'],
  ['struct in6_addr saddr', 'saddr', 'struct in6_addr'],
])('field %s', (declaration, name, type, len) => {
  const { fields } = parseFormat(format('e', 1, `\tfield:${declaration};\toffset:8;\tsize:24;\tsigned:1;\n`));
  expect(fields).toEqual([{ name, type, offset: 8, size: 24, signed: true, ...(len !== undefined && { len }) }]);
});

test('lines that are no field are left out, the print format may have newlines', () => {
  const long = `\tfield:${'a '.repeat(100_000)}`;
  expect(parseFormat(format('e', 1, `\tfield:int;\n${long}\ngarbage`, '"a\nb", REC->x'))).toEqual({
    fields: [],
    printFmt: '"a\nb", REC->x',
  });
  expect(parseFormat('')).toEqual({ fields: [], printFmt: '' });
});

test('events keep the order of available_events, hidden ones come after', () => {
  const texts = {
    a: format('a', 7, '\tfield:int x;\toffset:8;\tsize:4;\tsigned:1;\n'),
    b: format('b', 300, ''),
    function: format('function', 1, ''),
  };
  const all = `== events/s/a/format\n${texts.a}== events/ftrace/function/format\n${texts.function}== events/s/b/format\n${texts.b}`;
  const built = buildEvents('s:b\ns:missing\ns:a\ns:b\n', all);
  if (isProfileError(built)) throw new Error(built.error);
  expect([built.count, built.withoutFormat]).toEqual([3, 1]);
  let reads = 0;
  const events = StaticEvents.fromBytes(built.bytes, () => {
    reads++;
    return built.formats;
  });
  if (isProfileError(events)) throw new Error(events.error);
  expect(events.list).toEqual([
    { system: 's', name: 'b' },
    { system: 's', name: 'a' },
  ]);
  expect(events.all.slice(2)).toEqual([{ system: 'ftrace', name: 'function' }]);
  expect([events.idOf('s', 'b'), events.idOf('ftrace', 'function'), events.idOf('s', 'c')]).toEqual([
    300,
    1,
    undefined,
  ]);
  expect([events.enableable('s', 'a'), events.enableable('ftrace', 'function'), events.enableable('x', 'y')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(reads).toBe(0);
  expect(events.get('s', 'a')).toEqual({
    system: 's',
    name: 'a',
    id: 7,
    fields: [{ name: 'x', type: 'int', offset: 8, size: 4, signed: true }],
    printFmt: '"x"',
    formatText: texts.a,
  });
  expect(events.get('s', 'c')).toBeUndefined();
});

test.each<[error: string, available: string, formats: string]>([
  ['available_events has a line that is not "SYSTEM:NAME": "no colon"', 'no colon\n', ''],
  ['available_events has a line that is not "SYSTEM:NAME": "\\u0000\\u0001"', '\0\x01\n', ''],
  ['does not start with a line "== events/SYSTEM/NAME/format"', '', 'garbage'],
  ['has no "ID:" for s:a', 's:a\n', '== events/s/a/format\nname: a\n'],
])('%s', (error, available, formats) => {
  expect(buildEvents(available, formats)).toEqual({ error });
});
