import { expect, test } from 'vitest';
import { parseKallsyms } from './kallsyms.ts';

const encode = (text: string) => new TextEncoder().encode(text);

test('columns of each line', () => {
  const columns = parseKallsyms(
    encode('0000000000000000 A zero\nFFFFFFFF81000000 T _text\nffffffffc0000000 t f\t[mod]\nc0 d end'),
  );
  if ('error' in columns) throw new Error(columns.error);
  const name = (i: number) =>
    new TextDecoder().decode(columns.text.subarray(columns.nameStarts[i], columns.nameEnds[i]));
  expect([0, 1, 2, 3].map(name)).toEqual(['zero', '_text', 'f', 'end']);
  expect([...columns.highs]).toEqual([0, 0xffffffff, 0xffffffff, 0]);
  expect([...columns.lows]).toEqual([0, 0x81000000, 0xc0000000, 0xc0]);
  expect(String.fromCharCode(...columns.types)).toBe('ATtd');
  expect([[...columns.modules], columns.moduleNames]).toEqual([[0, 0, 1, 0], ['mod']]);
});

const LINE = 'ffffffff81000000 T _text\n';

test.each<[error: string, text: string]>([
  ['has no symbols', ''],
  ['line 1 is not "ADDRESS TYPE NAME"', '\n'],
  ['line 2 is not "ADDRESS TYPE NAME"', `${LINE}${LINE.slice(0, 18)}`],
  ['line 1 is not "ADDRESS TYPE NAME"', 'ffffffff81000000'],
  ['line 1 is not "ADDRESS TYPE NAME"', 'ffffffff81000000 T \n'],
  ['line 1 is not "ADDRESS TYPE NAME"', 'ffffffff81000000 Tx name\n'],
  ['line 1 is not "ADDRESS TYPE NAME"', '1ffffffff81000000 T name\n'],
  ['line 1 is not "ADDRESS TYPE NAME"', 'name T ffffffff81000000\n'],
  ['line 2 is not "ADDRESS TYPE NAME"', `${LINE}ffffffff81000000 T name other\n`],
  ['line 2 is not "ADDRESS TYPE NAME"', `${LINE}ffffffff81000000 T name [mod\n`],
  ['line 2 is not "ADDRESS TYPE NAME"', `${LINE}ffffffff81000000 T na\0me\n`],
  ['line 1 is not "ADDRESS TYPE NAME"', '\x7fELF\x02\x01\x01\0\0\0\n\n'],
  ['line 1 is not "ADDRESS TYPE NAME"', 'f'.repeat(1 << 20)],
  ['line 1 has a name longer than 511 bytes', `ffffffff81000000 T ${'x'.repeat(1 << 20)}\n`],
  [
    'shows every address as 0: read it as root with kernel.kptr_restrict at 0 or 1',
    '0000000000000000 T _text\n0000000000000000 t f [mod]\n',
  ],
])('%s', (error, text) => {
  expect(parseKallsyms(encode(text))).toEqual({ error });
});
