import { expect, test } from 'vitest';
import { Memory } from '../machine/index.ts';
import { traceLines } from '../trace/trace-file.ts';
import { TestKernel } from './test-kernel.ts';

const FROM = 0xffffffff81200100n;

function enableAll({ tracing: { events, top } }: TestKernel, on: boolean): void {
  for (const { system, name } of events.dynamicEvents) top.eventFile(system, name)!.setEnabled(on);
}

/** A machine where `cat` runs on cpu 0 and these definitions are enabled. */
function traced(...definitions: string[]): TestKernel {
  const kernel = new TestKernel();
  const { machine } = kernel;
  const cpu = machine.cpus[0]!;
  const user = new Memory();
  user.map(0x10000n, 4096);
  user.write(0x10000n, Buffer.from('/etc/passwd\0'));
  machine.switchTo(cpu, machine.createTask({ comm: 'cat', pid: 77, user }));
  for (const definition of definitions) expect(kernel.append(definition), kernel.errorLog).toBeGreaterThan(0);
  enableAll(kernel, true);
  return kernel;
}

const call = (kernel: TestKernel, fn: string, ...args: bigint[]) =>
  kernel.machine.call(kernel.machine.cpus[0]!, fn, args, FROM);

/** What the trace says of each hit, from the event's name on. */
const hits = ({ tracing: { top } }: TestKernel) =>
  [...traceLines({ array: top, buffer: top.buffer, cpus: [0] })].map((line) =>
    line.replace(/^.*?: (?=\w+: )/, '').trimEnd(),
  );

test('an entry prints where it is and its arguments', () => {
  const kernel = traced('f:in vfs_read count pos=$arg4 buf=buf:ustring $comm');
  call(kernel, 'vfs_read', 0n, 0x10000n, 131072n, 0xffff888000000010n);
  expect(hits(kernel)).toEqual([
    'in: (vfs_read+0x4/0x370) count=131072 pos=0xffff888000000010 buf="/etc/passwd" arg4="cat"',
  ]);
});

test('a return prints where it goes, what it returns, and arguments from the entry', () => {
  const kernel = traced('f:out vfs_read%return count ret=$retval buf=+0(buf):x8 again=count:u8');
  const { machine } = kernel;
  machine.memory.map(0xffff888000000000n, 4096);
  machine.memory.write(0xffff888000000000n, Uint8Array.of(0x5a));
  const cpu = machine.cpus[0]!;
  const regs = cpu.current.regs.wide;
  const id = machine.functions.idsByName('vfs_read')[0]!;
  const { argRegs, retReg } = machine.arch;
  regs[argRegs[1]!] = 0xffff888000000000n;
  regs[argRegs[2]!] = 0x1234n;
  machine.enterFunction(cpu, id, Number(FROM & 0xffffffffn), Number(FROM >> 32n));
  regs[argRegs[1]!] = 0n;
  regs[argRegs[2]!] = 0n;
  regs[retReg] = BigInt.asUintN(64, -11n);
  machine.leaveFunction(cpu);
  const caller = machine.kallsyms.symbolAt(FROM);
  expect(hits(kernel)).toEqual([`out: (${caller} <- vfs_read) count=4660 ret=-11 buf=0x5a again=52`]);
});

test('all probes of an event and all files of a probe get the hit', () => {
  const kernel = traced('f:ev vfs_read n=\\1', 'f:ev vfs_write n=\\2', 'f:other vfs_write');
  call(kernel, 'vfs_read');
  call(kernel, 'vfs_write');
  call(kernel, 'vfs_open');
  expect(hits(kernel).toSorted()).toEqual([
    'ev: (vfs_read+0x4/0x370) n=0x1',
    'ev: (vfs_write+0x4/0x450) n=0x2',
    'other: (vfs_write+0x4/0x450)',
  ]);
});

test('a probe added to an enabled event hits at once, one taken off no more', () => {
  const kernel = traced('f:ev vfs_read n=\\1');
  kernel.append('f:ev vfs_write n=\\2');
  call(kernel, 'vfs_write');
  kernel.append('-:ev vfs_read');
  call(kernel, 'vfs_read');
  call(kernel, 'vfs_write');
  expect(hits(kernel)).toHaveLength(2);
});

test('nothing hits while the event is disabled', () => {
  const kernel = traced('f:ev vfs_read', 'f:ret vfs_read%return');
  enableAll(kernel, false);
  call(kernel, 'vfs_read');
  expect(hits(kernel)).toEqual([]);
});

test('perf keeps an event hot and busy', () => {
  const kernel = traced('f:ev vfs_read');
  const file = kernel.tracing.top.eventFile('fprobes', 'ev')!;
  expect(file.call.reg('perf-register')).toBe(0);
  file.setEnabled(false);
  expect(kernel.append('-:ev')).toBe(-16);
  expect(file.call.reg('perf-unregister')).toBe(0);
  expect(file.call.reg('unregister', file)).toBe(-2);
  expect(kernel.append('-:ev')).toBe(4);
});

test('a tracepoint probe sees the arguments of the tracepoint', () => {
  const kernel = traced('t:sw sched_switch preempt prev first=$arg1:u8 comm=$comm');
  const { machine, tracepoints } = kernel;
  const cpu = machine.cpus[0]!;
  const regs = cpu.current.regs.wide;
  [0n, 1n, 0xffff888000001000n, 0xffff888000002000n].forEach((value, i) => {
    regs[machine.arch.argRegs[i]!] = value;
  });
  tracepoints.find('sched_switch')!.fire(cpu);
  expect(hits(kernel)).toEqual([
    'sw: (__probestub_sched_switch+0x4/0x10) preempt=1 prev=0xffff888000001000 first=1 comm="cat"',
  ]);
});

test('a waiting tracepoint probe starts with its module and goes on waiting without it', () => {
  const kernel = traced('t:m my_event a=$arg1');
  const { machine, tracepoints } = kernel;
  const cpu = machine.cpus[0]!;
  const load = () =>
    machine.loadModule({
      name: 'mymod',
      functions: [{ name: '__probestub_my_event' }],
      symbols: [{ name: '__tracepoint_my_event' }],
    });
  const fire = (value: bigint) => {
    cpu.current.regs.wide[machine.arch.argRegs[1]!] = value;
    tracepoints.find('my_event')?.fire(cpu);
  };
  fire(1n);
  load();
  fire(2n);
  machine.unloadModule('mymod');
  fire(3n);
  load();
  fire(4n);
  expect(hits(kernel).map((line) => line.replace(/.* /, ''))).toEqual(['a=0x2', 'a=0x4']);
  expect(kernel.dynamicEvents.releaseAll()).toBe(-16);
});
