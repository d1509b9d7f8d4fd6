import { expect, test } from 'vitest';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import { availableEventsText, setEventText, systemEnableText, writeSetEvent } from './set-event.ts';
import { makeTracing, NumberEvent } from './test-tracing.ts';
import { TraceArray } from './trace-array.ts';

function withEvents(...names: string[]) {
  const tracing = makeTracing();
  const events = names.map((name) => {
    const [system = '', event = ''] = name.split(':');
    const call = new NumberEvent(system, event);
    expect(tracing.events.add(call)).toBe(0);
    return call;
  });
  return { tracing, top: tracing.top, events };
}

test('an event gets the lowest free id', () => {
  const { tracing, events } = withEvents('g:a', 'g:b', 'g:c');
  expect(events.map((event) => event.id)).toEqual([1585, 1586, 1587]);
  expect(tracing.events.remove(events[1]!)).toBe(0);
  expect(tracing.events.find('g', 'b')).toBeUndefined();
  const next = new NumberEvent('h', 'd');
  tracing.events.add(next);
  expect([next.id, tracing.events.byId(1586)]).toEqual([1586, next]);
  const last = new NumberEvent('h', 'e');
  tracing.events.add(last);
  expect(last.id).toBe(1588);
});

test('an event that is enabled somewhere, or open in perf, cannot be removed', () => {
  const { tracing, events } = withEvents('g:a');
  const [call] = events as [NumberEvent];
  const instance = new TraceArray(tracing, 'i');
  instance.eventFileOf(call).setEnabled(true);
  expect(tracing.events.remove(call)).toBe(-16);
  instance.eventFileOf(call).setEnabled(false);
  call.perfRefcnt = 1;
  expect(tracing.events.remove(call)).toBe(-16);
  call.perfRefcnt = 0;
  const file = instance.eventFileOf(call);
  expect(tracing.events.remove(call)).toBe(0);
  expect(file.flags & EventFileFlag.FREED).not.toBe(0);
});

test('removing an event that was enabled empties the buffers where it was', () => {
  const { tracing, top, events } = withEvents('g:a', 'g:b');
  const [a, b] = events as [NumberEvent, NumberEvent];
  const instance = new TraceArray(tracing, 'i');
  for (const array of [top, instance]) array.eventFileOf(b).setEnabled(true);
  instance.eventFileOf(a).setEnabled(true);
  b.hit(tracing, 1);
  instance.eventFileOf(a).setEnabled(false);
  expect(tracing.events.remove(a)).toBe(0);
  expect([top.buffer.entries(), instance.buffer.entries()]).toEqual([1, 1]);
  tracing.events.resetBuffers();
  expect([top.buffer.entries(), instance.buffer.entries()]).toEqual([1, 0]);
});

test('enabling hooks once, disabling unhooks, a refusal leaves it off', () => {
  const { top, events } = withEvents('g:a');
  const [call] = events as [NumberEvent];
  const file = top.eventFileOf(call);
  file.setEnabled(true);
  file.setEnabled(true);
  file.setEnabled(false);
  file.setEnabled(false);
  expect(call.regs).toEqual(['register', 'unregister']);
  call.refusal = -12;
  expect(file.setEnabled(true)).toBe(-12);
  expect(file.enableText()).toBe('0');
});

/** What is done to the event, its `enable` file afterwards, and whether it is hooked. */
test.each([
  [['soft+'], '0*', true],
  [['soft+', 'soft+', 'soft-'], '0*', true],
  [['soft+', 'soft-'], '0', false],
  [['soft+', 'on'], '1*', true],
  [['soft+', 'on', 'off'], '0*', true],
  [['soft+', 'on', 'soft-'], '1', true],
  [['on', 'soft+'], '1*', true],
  [['on', 'soft+', 'off'], '0*', true],
  [['on', 'soft+', 'off', 'soft-'], '0', false],
  [['on', 'soft+', 'soft-'], '1', true],
])('soft mode: %j', (actions, text, hooked) => {
  const { top, events } = withEvents('g:a');
  const [call] = events as [NumberEvent];
  const file = top.eventFileOf(call);
  for (const action of actions) file.setEnabled(action === 'on' || action === 'soft+', action.startsWith('soft'));
  expect([file.enableText(), call.files.size === 1]).toEqual([text, hooked]);
});

test('set_event lists the newest first, in an instance those before it last', () => {
  const { tracing, top, events } = withEvents('g:a', 'g:b');
  const instance = new TraceArray(tracing, 'i');
  for (const name of ['c', 'd']) tracing.events.add(new NumberEvent('h', name));
  expect(availableEventsText(top)).toBe('h:d\nh:c\ng:b\ng:a\n');
  for (const array of [top, instance]) {
    writeSetEvent(array, 'g:\n');
    writeSetEvent(array, 'h\n');
  }
  expect(setEventText(top)).toBe('h:d\nh:c\ng:b\ng:a\n');
  expect(setEventText(instance)).toBe('h:d\nh:c\ng:a\ng:b\n');
  expect(events[0]!.files.size).toBe(2);
});

test.each([
  ['a\n', 'h:a\ng:a\n', 2],
  ['g:b x', 'g:b\n', 4],
  ['g', 'g:b\ng:a\n', 1],
  ['*:a', 'h:a\ng:a\n', 3],
  [':a', 'h:a\ng:a\n', 2],
  ['g:', 'g:b\ng:a\n', 2],
  ['*:*', 'h:a\ng:b\ng:a\n', 3],
  ['nope', '', -22],
  ['g:nope', '', -22],
  ['g:a*', '', -22],
  ['*', '', -22],
  ['!g:a', '', 4],
  ['ftrace:print', '', -22],
  ['g:a:mod:m', 'g:a:mod:m\n', 9],
  ['a:mod:m-n', 'a:mod:m_n\n', 9],
  [':mod:m', '*:*:mod:m\n', 6],
  ['', '', 0],
  [' \n', '', 2],
  ['x'.repeat(128), '', -22],
])('a write of %j to set_event', (data, text, ret) => {
  const { top } = withEvents('g:a', 'g:b', 'h:a');
  expect([writeSetEvent(top, data), setEventText(top)]).toEqual([ret, text]);
});

test('a system is 0, 1, X, or ? when it has nothing to enable', () => {
  const { top } = withEvents('g:a', 'g:b', 'h:a');
  const state = () => ['g', 'h', 'ftrace', undefined].map((system) => systemEnableText(top, system)).join('');
  expect(state()).toBe('00?0');
  writeSetEvent(top, 'h:a');
  expect(state()).toBe('01?X');
  writeSetEvent(top, 'g:a');
  expect(state()).toBe('X1?X');
  writeSetEvent(top, 'g:b');
  expect(state()).toBe('11?1');
});
