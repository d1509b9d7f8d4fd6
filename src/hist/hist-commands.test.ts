import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { makeTracing, NumberEvent } from '../trace/test-tracing.ts';
import { histText, triggerText, truncateTriggers, writeTrigger } from '../trace/trigger-command.ts';
import { addHistTriggers } from './index.ts';

fc.configureGlobal({ seed: 616 });

/** A kernel with two events of a few fields each. */
function boot() {
  const tracing = makeTracing();
  addHistTriggers(tracing);
  const events = ['first', 'second'].map((name) => {
    const event = new NumberEvent('test', name);
    event.fields = [
      { name: 'value', type: 'int', offset: 8, size: 4, signed: true },
      { name: 'count', type: 'u64', offset: 16, size: 8, signed: false },
      { name: 'word', type: 'char[8]', offset: 24, size: 8, signed: false },
    ];
    tracing.events.add(event);
    return event;
  });
  const file = (name: string) => tracing.top.eventFile('test', name)!;
  return { tracing, events, file, errors: () => tracing.top.errorLog.text() };
}

const PIECES = [
  ...[
    'keys=',
    'vals=',
    'sort=',
    'size=',
    'name=',
    'clock=',
    'keys=value',
    'keys=word',
    'keys=value,word',
    'vals=count',
  ],
  ...['value', 'count', 'word', 'common_pid', 'common_timestamp', 'common_stacktrace', 'common_cpu', 'common_comm'],
  ...['hitcount', 'stacktrace', '.hex', '.sym', '.sym-offset', '.log2', '.buckets=', '.usecs', '.execname', '.percent'],
  ...['.descending', '.ascending', '$a', '$b', 'a=', 'b=value', 'a=count', 'test.first.$a', '0', '7', '256', '0x10'],
  ...[
    '+',
    '-',
    '*',
    '/',
    '-(',
    '(',
    ')',
    ',',
    ':',
    ':',
    ':',
    '=',
    '.',
    ' ',
    '\t',
    ' if ',
    'if',
    'value > 3',
    'word ~ "x*"',
  ],
  ...[
    'onmax($a)',
    'onchange($b)',
    'onmatch(test.first)',
    '.save(count,word)',
    '.snapshot()',
    '.trace(x,$a)',
    '.x(value)',
  ],
  ...['pause', 'cont', 'clear', 'nohitcount', 'x', '_', '"', '\\', 'é'],
];
const FIELDS = [
  'value',
  'count',
  'word',
  'common_pid',
  'common_stacktrace',
  'common_cpu',
  'common_comm',
  'common_timestamp',
];
const MODIFIERS = ['', '', '', '.hex', '.sym', '.sym-offset', '.log2', '.buckets=3', '.syscall'];
const field = fc.tuple(fc.constantFrom(...FIELDS), fc.constantFrom(...MODIFIERS)).map((parts) => parts.join(''));
const fields = fc.array(field, { minLength: 1, maxLength: 2 }).map((list) => list.join(','));
const clause = fc.oneof(
  fields.map((list) => `vals=${list}`),
  fc.tuple(fc.constantFrom('a', 'b'), field).map((parts) => parts.join('=')),
  fc.constantFrom(
    'a=value*2+1',
    'b=count-value',
    'size=256',
    'name=x',
    'sort=value',
    'sort=hitcount.descending',
    'pause',
  ),
  fc.constantFrom('nohitcount', 'a=value:onmax($a).save(count,word)', 'b=count:onchange($b).snapshot()', 'clock=mono'),
  fc.constantFrom(...PIECES),
);
const command = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => `hist:${pieces.join('')}`),
  fc
    .tuple(fields, fc.array(clause, { maxLength: 4 }))
    .map(([keys, rest]) => `hist:${[`keys=${keys}`, ...rest].join(':')}`),
  fc
    .tuple(fields, fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }))
    .map(([keys, rest]) => `hist:keys=${keys}${rest.join('')}`),
);

/** A line as it can be written; cpus are shown twice. */
const readable = (listing: string) =>
  listing
    .trimEnd()
    .replace(/ \[(active|paused)\]$/, '')
    .replaceAll('common_cpucommon_cpu', 'common_cpu');

/** Fields that sort are shown with modifiers that the command does not take there. */
const UNREADABLE = /sort=[^:]*\.(?!descending)/;

test('any command is taken or refused; what is taken reads back, and is taken again', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.constantFrom('first', 'second'), command, (name, text) => {
      const { file, events, tracing } = boot();
      const to = file(name);
      const ret = writeTrigger(to, text);
      expect(ret === text.length || ret < 0).toBe(true);
      events[0]!.hit(tracing, 3);
      events[1]!.hit(tracing, 3);
      const listing = triggerText(to);
      if (ret < 0) {
        expect(listing).toContain('# Available triggers');
        return;
      }
      taken++;
      const again = readable(listing);
      truncateTriggers(to);
      expect(triggerText(to)).toContain('# Available triggers');
      if (UNREADABLE.test(again)) return;
      expect(writeTrigger(to, again), again).toBe(again.length);
      expect(readable(triggerText(to))).toBe(again);
    }),
    { numRuns: 3000 },
  );
  expect(taken).toBeGreaterThan(200);
});

test('a refused command changes nothing', () => {
  const { file, errors } = boot();
  const first = file('first');
  writeTrigger(first, 'hist:keys=value:a=count');
  writeTrigger(file('second'), 'hist:keys=value:b=$a');
  const before = triggerText(first);
  expect(writeTrigger(first, 'hist:keys=nothing')).toBe(-Errno.EINVAL);
  expect(writeTrigger(first, '!hist:keys=value:a=count')).toBe(-Errno.EBUSY);
  expect(writeTrigger(first, 'hist:keys=value:a=count')).toBe(-Errno.EINVAL);
  truncateTriggers(first);
  expect(triggerText(first)).toBe(before);
  expect(errors()).toContain("Couldn't find field");
});

test('a hit neither reads nor leaves anything behind when its histogram is gone', () => {
  const { file, events, tracing } = boot();
  const first = file('first');
  writeTrigger(first, 'hist:keys=value');
  events[0]!.hit(tracing, 3);
  expect(histText(first)).toContain('{ value:          3 } hitcount:          1');
  writeTrigger(first, '!hist:keys=value');
  events[0]!.hit(tracing, 3);
  expect(histText(first)).toBe('');
  expect(events[0]!.files.size).toBe(0);
});
