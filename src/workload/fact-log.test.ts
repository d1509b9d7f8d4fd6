import { expect, test } from 'vitest';
import { type LogEntry, type ObjectTimes, settleFacts } from './fact-log.ts';

const OBJECT = 0xffff888004c27000n;
const MEMBER = OBJECT + 8n;

function entry(at: number, byte: number, init: Partial<LogEntry> = {}): LogEntry {
  return {
    at,
    space: -1,
    address: MEMBER,
    bytes: Uint8Array.of(byte),
    object: OBJECT,
    pid: false,
    seen: false,
    exact: false,
    floor: -1,
    ...init,
  };
}

function times(init: { births?: number[]; settles?: number[]; touches?: number[] } = {}): ObjectTimes {
  const map = (steps: number[] | undefined) => new Map(steps === undefined ? [] : [[OBJECT, steps]]);
  return { births: map(init.births), settles: map(init.settles), touches: map(init.touches) };
}

const placed = (log: LogEntry[], when = times()) => settleFacts(log, when).map(({ at, bytes }) => `${at}:${bytes[0]}`);

test.each([
  ['known from the start', [entry(50, 1)], times(), ['0:1']],
  ['known from its birth', [entry(50, 1)], times({ births: [10, 60] }), ['10:1']],
  [
    'a member of something larger that was born',
    [entry(50, 1, { object: OBJECT + 64n })],
    times({ births: [10] }),
    ['10:1'],
  ],
  ['seen twice, stored once', [entry(50, 1), entry(60, 1, { seen: true })], times({ births: [10] }), ['10:1']],
  ['what was zero at first is stored, too', [entry(50, 0, { seen: true })], times({ births: [10] }), ['10:0']],
  [
    'filled in between two looks',
    [entry(20, 0), entry(50, 1)],
    times({ births: [10], settles: [30] }),
    ['10:0', '30:1'],
  ],
  [
    'filled in before the first look: no help',
    [entry(20, 0), entry(50, 1)],
    times({ births: [10], settles: [15] }),
    ['10:0', '50:1'],
  ],
  [
    'changed when last handled',
    [entry(20, 1), entry(50, 2)],
    times({ births: [10], touches: [15, 40, 55] }),
    ['10:1', '40:2'],
  ],
  ['changed exactly here', [entry(20, 1), entry(50, 2, { exact: true })], times({ touches: [40] }), ['0:1', '50:2']],
  ['not before its floor', [entry(50, 1, { floor: 30 })], times({ births: [10] }), ['30:1']],
  [
    'born again, and the same as before',
    [entry(20, 1), entry(50, 1, { seen: true })],
    times({ births: [10, 40] }),
    ['10:1', '40:1'],
  ],
  ['found out late', [entry(50, 2), entry(20, 1)], times({ births: [10] }), ['10:1', '50:2']],
])('%s', (_, log, when, expected) => {
  expect(placed(log, when)).toEqual(expected);
});

test('a stack is stored again each time: other calls have used it since', () => {
  const stack = { address: 0xffffc9000063bd78n, object: 0xffffc9000063bd78n };
  expect(placed([entry(20, 1, { ...stack, floor: 15 }), entry(50, 1, { ...stack, seen: true, floor: 45 })])).toEqual([
    '15:1',
    '45:1',
  ]);
});

test('user memory is as it is since the system call began', () => {
  const user = { space: 0, address: 0x7f0000001000n };
  expect(placed([entry(20, 1, { ...user, floor: 15 }), entry(50, 2, { ...user, floor: 45 })])).toEqual([
    '15:1',
    '45:2',
  ]);
});
