import { expect, test } from 'vitest';
import type { Cpu, Machine, StackTrace } from '../machine/index.ts';
import { setOption } from './option-files.ts';
import { StackTraces } from './stack-trace.ts';
import { makeTracing, NumberEvent } from './test-tracing.ts';
import { traceText } from './trace-file.ts';

/** An event with a stack of as many addresses as it is told. */
class DeepEvent extends NumberEvent {
  depth = 0;

  override pushHitStack(_machine: Machine, _cpu: Cpu, trace: StackTrace): void {
    for (let i = 0; i < this.depth; i++) trace.push(0x1000 + i, 0xffffffff);
  }
}

function withStacks() {
  const tracing = makeTracing();
  const { top } = tracing;
  const event = new DeepEvent('g', 'e');
  tracing.events.add(event);
  top.eventFileOf(event).setEnabled(true);
  setOption(top, 'stacktrace', true);
  const lines = () =>
    traceText({ array: top, buffer: top.buffer, cpus: [0] })
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/^.*\d: /, ''));
  return { tracing, event, lines };
}

test.each([
  [0, 0],
  [3, 3],
  [300, 256],
])('a stack of %i entries shows %i', (depth, shown) => {
  const { tracing, event, lines } = withStacks();
  event.depth = depth;
  event.hit(tracing, 5);
  const addresses = Array.from(
    { length: shown },
    (_, i) => ` => 0xffffffff${(0x1000 + i).toString(16).padStart(8, '0')}`,
  );
  expect(lines()).toEqual(['e: 5', '<stack trace>', ...addresses]);
});

test('four traces may be under way on a cpu, each in memory of its own', () => {
  const traces = new StackTraces(2);
  const [cpu, other] = [{ id: 0 }, { id: 1 }] as [Cpu, Cpu];
  const taken = Array.from({ length: 5 }, () => traces.take(cpu));
  expect(new Set(taken.slice(0, 4)).size).toBe(4);
  expect(taken[4]).toBeUndefined();
  expect(traces.take(other)).toBeDefined();
  taken[3]!.push(1, 2);
  traces.give(cpu);
  expect(traces.take(cpu)).toBe(taken[3]);
  expect(taken[3]!.count).toBe(0);
});
