import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { testMachine } from '../machine/test-kernel.ts';
import { Ftrace } from './ftrace.ts';
import { FtraceOps } from './ftrace-ops.ts';
import { type Tracepoint, Tracepoints } from './tracepoint.ts';

function boot() {
  const machine = testMachine({
    functions: ['__probestub_sched_switch'],
    symbols: [
      '__tracepoint_sched_switch',
      '__traceiter_sched_switch',
      '__tracepoint_no_stub',
      '__tracepoint_bare',
      '__probestub_bare',
    ],
  });
  const ftrace = new Ftrace(machine);
  return { machine, ftrace, tracepoints: new Tracepoints(machine), cpu: machine.cpus[0] };
}

test('a tracepoint exists when kallsyms knows it', () => {
  const { tracepoints } = boot();
  expect(tracepoints.find('sched_switch')?.stubFn).toBe(0);
  expect(tracepoints.find('sched_switch')).toBe(tracepoints.find('sched_switch'));
  expect(tracepoints.find('sched')).toBeUndefined();
  expect(tracepoints.find('no_stub')).toBeUndefined();
  // Its stub cannot be traced.
  expect(tracepoints.find('bare')?.stubFn).toBeUndefined();
  expect(tracepoints.find('bare')?.registerStub()).toBe(0);
});

test('the stub is one probe only', () => {
  const tracepoint = boot().tracepoints.find('sched_switch') as Tracepoint;
  expect(tracepoint.enabled).toBe(false);
  expect(tracepoint.unregisterStub()).toBe(-Errno.ENOENT);
  expect(tracepoint.registerStub()).toBe(0);
  expect(tracepoint.registerStub()).toBe(-Errno.EEXIST);
  expect([tracepoint.enabled, tracepoint.stubRegistered]).toEqual([true, true]);
  expect(tracepoint.unregisterStub()).toBe(0);
  expect(tracepoint.enabled).toBe(false);
});

test('firing calls plain probes, then the stub through its entry site, with preemption off', () => {
  const { machine, ftrace, tracepoints, cpu } = boot();
  const tracepoint = tracepoints.find('sched_switch') as Tracepoint;
  const hits: string[] = [];
  const ops = new FtraceOps({
    symbol: 'probe',
    func: (fn, _ops, fregs) => {
      fregs.returnAddress();
      const caller = machine.kallsyms.symbolAt((BigInt(fregs.hi) << 32n) | BigInt(fregs.lo));
      fregs.argument(1);
      hits.push(`${machine.functions.name(fn)} from ${caller} arg ${fregs.lo} preempt ${fregs.cpu.preemptCount}`);
      return false;
    },
  });
  ftrace.registerFunction(ops);
  const callback = () => hits.push('callback');
  expect(tracepoint.addCallback(callback)).toBe(0);
  expect(tracepoint.addCallback(callback)).toBe(-Errno.EEXIST);
  cpu.current.regs.wide[machine.arch.argRegs[1]] = 77n;
  const sp = cpu.current.regs.wide[machine.arch.spReg];
  tracepoint.fire(cpu);
  expect(hits).toEqual(['callback']);
  tracepoint.registerStub();
  tracepoint.fire(cpu);
  expect(hits.slice(1)).toEqual([
    'callback',
    '__probestub_sched_switch from __traceiter_sched_switch+0x32/0x100 arg 77 preempt 1',
  ]);
  expect(cpu.current.regs.wide[machine.arch.spReg]).toBe(sp);
  expect(cpu.preemptCount).toBe(0);
  expect(tracepoint.removeCallback(callback)).toBe(0);
  expect(tracepoint.removeCallback(callback)).toBe(-Errno.ENOENT);
  tracepoint.unregisterStub();
  tracepoint.fire(cpu);
  expect(hits).toHaveLength(3);
});

test('a tracepoint of a module goes with it', () => {
  const { machine, tracepoints } = boot();
  const definition = {
    name: 'm',
    functions: [{ name: '__probestub_m_event' }],
    symbols: [{ name: '__tracepoint_m_event' }],
  };
  expect(tracepoints.find('m_event')).toBeUndefined();
  machine.loadModule(definition);
  const first = tracepoints.find('m_event');
  expect(first?.registerStub()).toBe(0);
  machine.unloadModule('m');
  expect(tracepoints.find('m_event')).toBeUndefined();
  machine.loadModule(definition);
  expect(tracepoints.find('m_event')?.registerStub()).toBe(0);
});
