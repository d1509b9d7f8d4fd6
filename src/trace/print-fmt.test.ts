import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { Enumerators } from './enumerators.ts';
import type { EventField } from './event-field.ts';
import { filterTypeOf, formatText } from './event-field.ts';
import { compilePrintFmt } from './print-fmt.ts';
import { parsePrintFmt } from './print-fmt-parse.ts';
import type { RecordView } from './record.ts';
import { ProfileEvents } from './static-event.ts';
import { TraceSeq } from './trace-seq.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const { symbols } = profile;
const enumerators = new Enumerators(() => profile.btf);
const events = new ProfileEvents(profile.events, { enumerator: (name) => enumerators.value(name) });

function makeSeq(strings = new Map<number, string>()): TraceSeq {
  return new TraceSeq({
    symbol: (lo, hi, withOffset) => {
      const address = (BigInt(hi) << 32n) | BigInt(lo);
      const at = symbols.at(address);
      return (
        at && (withOffset ? `${at.name}+0x${(address - at.address).toString(16)}/0x${at.size.toString(16)}` : at.name)
      );
    },
    comm: () => '',
    kernelString: (lo) => strings.get(lo),
  });
}

test('every format of the profile is rebuilt from its fields', () => {
  for (const { system, name } of profile.events.all) {
    const event = profile.events.get(system, name)!;
    expect(formatText(event)).toBe(event.formatText);
  }
});

test('every print fmt of the profile can be read', () => {
  const unread = profile.events.all.filter(
    ({ system, name }) => !parsePrintFmt(profile.events.get(system, name)!.printFmt),
  );
  expect(unread).toEqual([]);
});

const FIELDS: EventField[] = [
  { name: 'i', type: 'int', offset: 8, size: 4, signed: true },
  { name: 'u', type: 'unsigned long', offset: 16, size: 8, signed: false },
  { name: 'b', type: 'u8[4]', offset: 24, size: 4, signed: false, len: 4 },
  { name: 'c', type: 'char[8]', offset: 28, size: 8, signed: false, len: 8 },
  { name: 's', type: '__data_loc char[]', offset: 36, size: 4, signed: true },
];
const bytes = new Uint8Array(64);
const view = new DataView(bytes.buffer);
view.setInt32(8, -3, true);
view.setBigUint64(16, 0xffff_8880_0000_1005n, true);
bytes.set([1, 2, 0xfe, 10], 24);
bytes.set(Buffer.from('comm'), 28);
view.setUint32(36, 40 | (6 << 16), true);
bytes.set(Buffer.from('hello'), 40);
const record: RecordView = { bytes, view, base: 0, size: 48, cpu: 0, timestamp: 0 };

test.each([
  ['"plain 100%%"', 'plain 100%'],
  ['"%d %u %x", REC->i, REC->i, REC->i', '-3 4294967293 fffffffd'],
  ['"%ld %lx", REC->i, (unsigned long)REC->i', '-3 fffffffffffffffd'],
  ['"%5d|%-5d|%05d|%+d", REC->i, REC->i, REC->i, 7', '   -3|-3   |-0003|+7'],
  ['"%#x %#o %08lx %lX", 255, 8, REC->u, REC->u', '0xff 10 ffff888000001005 FFFF888000001005'],
  ['"%s|%8s|%-6s|%.2s|%.*s", REC->c, REC->c, REC->c, __get_str(s), 3, __get_str(s)', 'comm|    comm|comm  |he|hel'],
  ['"%c%c", 65, REC->b[3] + 56', 'AB'],
  ['"%d %d", REC->b[2], (s8)REC->b[2]', '254 -2'],
  ['"%d,%d", ((unsigned int) ((REC->u) >> 20)), ((unsigned int) ((REC->u) & ((1U << 20) - 1)))', '-125304832,4101'],
  ['"%s", REC->i < 0 ? "neg" : "pos"', 'neg'],
  ['"%d", REC->i == -3 && !(REC->u & 2)', '1'],
  ['"%s", __print_flags(REC->u & 7, "|", { 1, "A" }, { 2, "B" }, { 4, "C" })', 'A|C'],
  ['"%s", __print_flags(24, "|", { 8, "A" })', 'A|0x10'],
  ['"%s", __print_flags(0, "|", { 1, "A" })', ''],
  ['"%s %s", __print_symbolic(REC->b[1], { 1, "one" }, { 2, "two" }), __print_symbolic(9, { 1, "one" })', 'two 0x9'],
  ['"%s", __print_hex(REC->b, 4)', '01 02 fe 0a'],
  ['"%s", __print_array(REC->b, 2, sizeof(u8))', '{0x1,0x2}'],
  ['"%zu %pI4 %pM", sizeof(u64), REC->b, REC->b', '8 1.2.254.10 01:02:fe:0a'],
  ['"a" "b%d" "c", 1', 'ab1c'],
  ['"%d", unknown_function(REC->i)', '0'],
])('%s', (printFmt, text) => {
  const out = makeSeq();
  compilePrintFmt(printFmt, { fields: FIELDS })!(record, out);
  expect(out.text).toBe(text);
});

test.each(['', 'REC->i', '"%d"', '"%d", ', '"%d", REC->', '"x', '"%d", @'])('no print fmt: %j', (printFmt) => {
  expect(compilePrintFmt(printFmt, { fields: FIELDS })).toBeUndefined();
});

test('functions and hashed pointers', () => {
  const address = symbols.lookupName('vfs_read')!;
  const out = makeSeq();
  compilePrintFmt(`"%ps %pS %p %p", ${address}, ${address + 4n}, REC->u, REC->u`, { fields: FIELDS })!(record, out);
  expect(out.text).toMatch(/^vfs_read vfs_read\+0x4\/0x[0-9a-f]+ (0{8}[0-9a-f]{8}) \1$/);
});

/** Rebuilds a record from what `options/fields` showed of it. */
function rebuild(fields: readonly EventField[], shown: string, strings: Map<number, string>): RecordView | undefined {
  const data = new Uint8Array(512);
  const dataView = new DataView(data.buffer);
  let end = Math.max(8, ...fields.map((field) => field.offset + field.size));
  for (const [i, { name, type, offset, size }] of fields.entries()) {
    const next = fields[i + 1];
    const value = new RegExp(` ${name}=${next ? `(.*?)(?= ${next.name}=)` : '(.*)$'}`).exec(shown)?.[1];
    if (value === undefined) return undefined;
    const kind = filterTypeOf(type);
    if (kind === 'string') data.set(Buffer.from(value, 'latin1'), offset);
    else if (kind === 'dyn-string') {
      dataView.setUint32(offset, end | ((value.length + 1) << 16), true);
      data.set(Buffer.from(value, 'latin1'), end);
      end += value.length + 1;
    } else if (kind === 'ptr-string') {
      const text = /:(.*)\)$/.exec(value)?.[1];
      if (text === undefined) return undefined;
      dataView.setUint32(offset, 1000 + i, true);
      strings.set(1000 + i, text);
    } else {
      const number = /\((-?\d+)\)$/.exec(value)?.[1];
      if (number === undefined) return undefined;
      for (let byte = 0; byte < size; byte++)
        data[offset + byte] = Number((BigInt(number) >> BigInt(8 * byte)) & 0xffn);
    }
  }
  return { bytes: data, view: dataView, base: 0, size: end, cpu: 0, timestamp: 0 };
}

test('recorded events print as they did in the kernel', () => {
  const rows = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../selftests/golden/printed-events.json'), 'utf8'),
  ) as [string, string][];
  const names = new Map(events.names.filter(({ system }) => system !== 'ftrace').map((event) => [event.name, event]));
  const noPointers = (text: string) => text.replace(/\b[0-9a-f]{16}\b/g, '#').trimEnd();
  let count = 0;
  for (const [text, shown] of rows) {
    const event = names.get(shown.slice(0, shown.indexOf(':')));
    const call = event && events.get(event.system, event.name);
    const strings = new Map<number, string>();
    const rec = call && rebuild(call.fields, shown, strings);
    if (!rec) continue;
    const out = makeSeq(strings);
    call.print(rec, out);
    expect(noPointers(out.text)).toBe(noPointers(text));
    count++;
  }
  expect(count).toBeGreaterThan(120);
});
