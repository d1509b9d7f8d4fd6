import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testMachine } from '../machine/test-kernel.ts';
import { RecursionStart, recursionTrylock, recursionUnlock } from './recursion.ts';

const boot = () => {
  const machine = testMachine({ functions: ['f'] });
  return { machine, cpu: machine.cpus[0] };
};

test('each context has its bit, one more entry takes the transition bit, then it is refused', () => {
  const { machine, cpu } = boot();
  const lock = () => recursionTrylock(cpu, RecursionStart.FTRACE);
  expect(lock()).toBe(3);
  machine.irqEnter(cpu, 'softirq');
  expect(lock()).toBe(2);
  machine.irqEnter(cpu, 'hardirq');
  expect(lock()).toBe(1);
  machine.irqEnter(cpu, 'nmi');
  expect(lock()).toBe(0);
  expect(lock()).toBe(4);
  expect(lock()).toBe(-1);
  for (const bit of [4, 0]) recursionUnlock(cpu, bit);
  machine.irqExit(cpu);
  expect(lock()).toBe(4);
  expect(lock()).toBe(-1);
});

test('an interrupt that is not counted yet gets in once', () => {
  const { machine, cpu } = boot();
  const bit = recursionTrylock(cpu, RecursionStart.FTRACE);
  machine.irqEnter(cpu, 'hardirq', false);
  const early = recursionTrylock(cpu, RecursionStart.FTRACE);
  expect([bit, early]).toEqual([3, 4]);
  recursionUnlock(cpu, early);
  machine.irqExit(cpu);
  recursionUnlock(cpu, bit);
  expect([cpu.current.recursion, cpu.preemptCount]).toEqual([0, 0]);
});

test('the list function has bits of its own, and preemption is off while a bit is held', () => {
  const { cpu } = boot();
  const list = recursionTrylock(cpu, RecursionStart.LIST);
  const single = recursionTrylock(cpu, RecursionStart.FTRACE);
  expect([list, single, cpu.preemptCount]).toEqual([8, 3, 2]);
  recursionUnlock(cpu, single);
  recursionUnlock(cpu, list);
  expect([cpu.current.recursion, cpu.preemptCount]).toEqual([0, 0]);
});

test('the lock belongs to the task, not the cpu', () => {
  const { machine, cpu } = boot();
  const bit = recursionTrylock(cpu, RecursionStart.FTRACE);
  machine.switchTo(cpu, machine.createTask({ comm: 'other' }));
  expect(recursionTrylock(cpu, RecursionStart.FTRACE)).toBe(bit);
});

test('the drawing shows the bits', () => {
  const source = readFileSync(join(import.meta.dirname, 'recursion.ts'), 'utf8');
  const [bits, contexts] = source
    .split('\n')
    .flatMap((line, i, lines) => (/ bit 0 /.test(line) ? [line, lines[i + 1]] : []));
  const numbers = [...bits.matchAll(/(\d)/g)].map((match) => Number(match[1]));
  const names = contexts.replace(/[*|]/g, '').trim().split(/\s+/);
  expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const order = ['nmi', 'hardirq', 'softirq', 'task', 'transition'];
  expect(names).toEqual([...order, ...order]);
  const { machine, cpu } = boot();
  for (const [at, name] of order.entries()) {
    if (name === 'transition') continue;
    const interrupt = name === 'task' ? undefined : (name as 'nmi' | 'hardirq' | 'softirq');
    if (interrupt) machine.irqEnter(cpu, interrupt);
    for (const start of [RecursionStart.FTRACE, RecursionStart.LIST]) {
      const bit = recursionTrylock(cpu, start);
      expect(bit).toBe(start + at);
      recursionUnlock(cpu, bit);
    }
    if (interrupt) machine.irqExit(cpu);
  }
});
