import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { parseFormat } from '../profile/static-events.ts';
import type { EventField } from './event-field.ts';
import { compileFilter } from './filter.ts';
import { FilterErrorText } from './filter-errors.ts';
import type { FilterEnvironment } from './filter-predicate.ts';
import type { RecordWriter } from './record.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const { symbols } = profile;
const env: FilterEnvironment = {
  nrCpus: 1,
  lookupName: (name) => symbols.lookupName(name),
  symbolAt: (address) => symbols.at(address),
  readString: () => -14,
};
const golden = (name: string) => readFileSync(join(import.meta.dirname, '../../selftests/golden', name));

const FIELDS: EventField[] = [
  { name: 'sig', type: 's32', offset: 8, size: 4, signed: true },
  { name: 'fl', type: 'u64', offset: 16, size: 8, signed: false },
  { name: 'com', type: '__data_loc char[]', offset: 24, size: 4, signed: true },
];

/** `^` marks the column of the error as the kernel counts it: of a comparison one further right. Without one the filter is taken. */
test.each([
  ['sig == 17', ''],
  ['sig==1&&fl!=0x10||!(com ~ "a*")', ''],
  ['com == "x" ||', ''],
  ['sig == 1 && fl == 2 &&', ''],
  ['sig == CPUS{0}', ''],
  ['fl.function == vfs_read', ''],
  ['comm == "a" && CPU == 0', ''],
  ['nofield ^== 1', 'FIELD_NOT_FOUND'],
  ['sig =^ 1', 'INVALID_OP'],
  ['sig == x^', 'INVALID_VALUE'],
  ['sig == "^a"', 'EXPECT_DIGIT'],
  ['com == 1^', 'EXPECT_STRING'],
  ['com > "^a"', 'ILLEGAL_FIELD_OP'],
  ['sig == 9^9999999999999999999', 'ILLEGAL_INTVAL'],
  ['sig == 1 ^sig == 2', 'TOO_MANY_PREDS'],
  ['fl.function == nofunc ^', 'NO_FUNCTION'],
  ['sig == CPUS{9}^', 'INVALID_CPULIST'],
  ['^(sig == 1 && (fl == 2)', 'TOO_MANY_OPEN'],
  ['sig == 1^)', 'TOO_MANY_CLOSE'],
  ['com == ^"a', 'MISSING_QUOTE'],
  ['!^', 'NO_FILTER'],
])('%s', (marked, code) => {
  const text = marked.replace('^', '').trimEnd();
  const result = compileFilter(text, FIELDS, env);
  if (code === '') expect(typeof result).toBe('function');
  else expect(result).toMatchObject({ code, pos: marked.indexOf('^') });
});

test('a thousand filters are taken or refused as the kernel did, with its echo and its errno', () => {
  const { steps } = JSON.parse(gunzipSync(golden('filters.jsonl.gz')).toString('utf8')) as {
    steps: { op: string; path: string; data?: string; ret: number; out?: string }[];
  };
  const own = parseFormat(golden('filter-event-format.txt').toString('utf8')).fields;
  let count = 0;
  for (const [i, step] of steps.entries()) {
    if (step.op !== 'write' || !step.path.endsWith('/filter')) continue;
    const [, system = '', event = ''] = step.path.split('/');
    const fields = system === 'fprobes' ? own : profile.events.get(system, event)!.fields;
    const text = Buffer.from(step.data!, 'utf8')
      .toString('latin1')
      .replace(/[\s\xa0]+$/, '');
    if (text.trim() === '0') continue;
    const result = compileFilter(text, fields, env);
    count++;
    if (typeof result === 'function') {
      expect([text, step.ret]).toEqual([text, Buffer.byteLength(step.data!)]);
      continue;
    }
    expect([text, result.errno]).toEqual([text, step.ret]);
    const reason = result.code === undefined ? 'Error: (0)' : `parse_error: ${FilterErrorText[result.code]}`;
    expect([text, steps[i + 1]!.out!.includes(reason)]).toEqual([text, true]);
  }
  expect(count).toBeGreaterThan(1000);
});

/** A record with the values of the recorded event. */
function recordedRecord(fields: readonly EventField[]): RecordWriter {
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  const at = (name: string) => fields.find((field) => field.name === name)!.offset;
  const text = (name: string, offset: number, value: string) => {
    view.setUint32(at(name), offset | ((value.length + 1) << 16), true);
    for (let i = 0; i < value.length; i++) bytes[offset + i] = value.charCodeAt(i);
  };
  view.setUint16(0, 1585, true);
  view.setInt32(4, 145, true);
  view.setBigUint64(at('__probe_ip'), symbols.lookupName('kernel_clone')! + 4n, true);
  view.setInt32(at('a'), -5, true);
  view.setUint32(at('b'), 0x80000001, true);
  view.setBigInt64(at('c'), -1n, true);
  view.setBigUint64(at('d'), 1n << 63n, true);
  bytes[at('e')] = 200;
  view.setInt8(at('f'), -3);
  view.setInt16(at('g'), -300, true);
  view.setUint16(at('h'), 60000, true);
  text('n', 57, 'rec');
  text('t', 61, 'hello_world');
  bytes.set([0, 0, 32], at('arr'));
  return { bytes, view, base: 0, size: 80 };
}

test('records pass and fail as they did in the kernel', () => {
  const { format, cases } = JSON.parse(golden('filter-results.json').toString('utf8')) as {
    format: string;
    cases: [string, boolean][];
  };
  const { fields } = parseFormat(format);
  const record = recordedRecord(fields);
  const cpu = { id: 0, current: { comm: 'rec', pid: 145 } } as unknown as Parameters<
    Exclude<ReturnType<typeof compileFilter>, { errno: number }>
  >[1];
  expect(cases.length).toBeGreaterThan(800);
  for (const [text, passed] of cases) {
    const filter = compileFilter(text, fields, env);
    expect([text, typeof filter === 'function' && filter(record, cpu)]).toEqual([text, passed]);
  }
});
