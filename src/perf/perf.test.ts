import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { type PerfBuffer, PerfEvent, PerfSample, readPerfRecord } from './index.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);

function boot(...definitions: string[]) {
  const kernel = SimulatedKernel.boot(profile as Exclude<typeof profile, { error: string }>, { cpus: 2 });
  const { machine, tracefs, perf } = kernel;
  for (const definition of definitions) expect(tracefs.append('dynamic_events', `${definition}\n`)).toBeGreaterThan(0);
  /** Opens an event; time stands still. */
  const open = (event: string, attr: object, target: object) => {
    const [system = '', name = ''] = event.split('/');
    return perf.open({ config: kernel.tracing.events.find(system, name)!.id, ...attr }, target);
  };
  const must = (event: PerfEvent | number): PerfEvent => {
    expect(event).toBeInstanceOf(PerfEvent);
    return event as PerfEvent;
  };
  const call = (cpu: number, fn = 'vfs_read', args: bigint[] = []) => machine.call(machine.cpus[cpu]!, fn, args);
  return { ...kernel, kernel, machine, tracefs, open, must, call };
}

test('an event counts in its task, on its cpu, or everywhere, and only while its task runs there', () => {
  const { machine, open, must, call } = boot('f:ev vfs_read');
  const [first, second] = machine.cpus;
  const [a, b] = ['a', 'b'].map((comm) => machine.createTask({ comm }));
  machine.switchTo(first!, a!);
  machine.switchTo(second!, b!);
  const inTask = must(open('fprobes/ev', { readFormat: 3 }, { task: a }));
  const onCpu = must(open('fprobes/ev', { readFormat: 3 }, { cpu: 1 }));
  const both = must(open('fprobes/ev', { readFormat: 3 }, { task: a, cpu: 1 }));
  const everywhere = machine.cpus.map(({ id }) => must(open('fprobes/ev', {}, { cpu: id })));
  machine.clock.advance(1000);
  call(0);
  call(1);
  call(1);
  machine.block(first!);
  machine.wake(a!);
  machine.clock.advance(500);
  call(0);
  machine.switchTo(second!, a!);
  machine.clock.advance(30);
  call(1);
  expect(inTask.read()).toEqual([2n, 1030n, 1030n]);
  expect(onCpu.read()).toEqual([3n, 1530n, 1530n]);
  expect(both.read()).toEqual([1n, 30n, 30n]);
  expect(everywhere.map(({ count }) => count)).toEqual([2, 3]);
});

test('children that are forked while it is open count for an event that inherits', () => {
  const { machine, processes, open, must, call } = boot('f:ev vfs_read');
  const event = must(open('fprobes/ev', { inherit: true, readFormat: 1 }, { task: processes.first }));
  const alone = must(open('fprobes/ev', {}, { task: processes.first }));
  const child = machine.createTask({ comm: 'child', parent: processes.first });
  const grandchild = machine.createTask({ comm: 'grandchild', parent: child });
  machine.switchTo(machine.cpus[1]!, grandchild);
  machine.clock.advance(100);
  call(0);
  call(1);
  machine.exitTask(grandchild);
  call(1);
  expect(event.read()).toEqual([2n, 200n]);
  expect(alone.count).toBe(1);
  expect(event.mmap(1)).toBe(-Errno.EINVAL);
});

test('a sample has what was asked for, and the record that trace would show', () => {
  const { machine, open, must, call, tracefs } = boot('f:ev vfs_read count=$arg3:u64 name=$comm');
  const { IP, TID, TIME, CPU, PERIOD, RAW } = PerfSample;
  const sampleType = IP | TID | TIME | CPU | PERIOD | RAW;
  const event = must(open('fprobes/ev', { samplePeriod: 1, sampleType }, { cpu: 1 }));
  const buffer = event.mmap(1) as PerfBuffer;
  const task = machine.createTask({ comm: 'thread', pid: 300, tgid: 299 });
  machine.switchTo(machine.cpus[1]!, task);
  call(1, 'vfs_read', [0n, 0n, 832n]);
  const sample = readPerfRecord(buffer.read()!, sampleType);
  if (sample.type !== 'sample') throw new Error(sample.type);
  const { raw, ...rest } = sample;
  expect(rest).toEqual({
    type: 'sample',
    ip: machine.kallsyms.lookupName('vfs_read')! + 9n,
    pid: 299,
    tid: 300,
    time: machine.clock.now,
    cpu: 1,
    period: 1,
  });
  const view = new DataView(raw!.buffer, raw!.byteOffset, raw!.byteLength);
  expect(view.getUint16(0, true)).toBe(Number(tracefs.read('events/fprobes/ev/id')));
  expect([view.getInt32(4, true), view.getBigUint64(16, true)]).toEqual([300, 832n]);
  expect(Buffer.from(raw!.subarray(28, 35)).toString('latin1')).toBe('thread\0');
  expect((raw!.length + 4) % 8).toBe(0);
  expect(buffer.read()).toBeUndefined();
});

test('what finds no room is told by a LOST record, and the reader gets the rest in order', () => {
  const { open, must, call } = boot('f:ev vfs_read n=$arg3:u64');
  const event = must(open('fprobes/ev', { samplePeriod: 1, sampleType: PerfSample.RAW, readFormat: 16 }, { cpu: 0 }));
  const buffer = event.mmap(1) as PerfBuffer;
  const values: (bigint | string)[] = [];
  const drain = (most: number) => {
    for (let i = 0; i < most; i++) {
      const record = buffer.read();
      if (!record) return;
      const taken = readPerfRecord(record, PerfSample.RAW);
      if (taken.type === 'lost') values.push(`${taken.lost} lost`);
      else values.push(new DataView(taken.raw!.buffer, taken.raw!.byteOffset).getBigUint64(16, true));
    }
  };
  let next = 0n;
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 61; i++) call(0, 'vfs_read', [0n, 0n, next++]);
    drain(23);
  }
  drain(1000);
  const [, lost] = event.read() as bigint[];
  const told = values
    .filter((value) => typeof value === 'string')
    .reduce((sum, text) => sum + Number.parseInt(text as string, 10), 0);
  const seen = values.filter((value) => typeof value === 'bigint');
  expect(seen).toEqual(seen.toSorted((a, b) => Number(a - b)));
  expect(BigInt(seen.length) + lost!).toBe(next);
  // The last ones are told with the next record that fits.
  call(0, 'vfs_read', [0n, 0n, next]);
  drain(2);
  expect(BigInt(told) + BigInt(Number.parseInt(values.at(-2) as string, 10))).toBe(lost);
});

test('a hit in an interrupt does not disturb the one it interrupts, one in the same context is left out', () => {
  const { machine, open, must, tracepoints } = boot('f:ev vfs_read', 't:sw sched_switch');
  const [cpu] = machine.cpus;
  const event = must(open('fprobes/ev', {}, { cpu: 0 }));
  must(open('tracepoints/sw', {}, { cpu: 0 }));
  machine.call(cpu!, 'vfs_read');
  machine.irqEnter(cpu!, 'hardirq');
  machine.call(cpu!, 'vfs_read');
  machine.irqExit(cpu!);
  tracepoints.find('sched_switch')!.fire(cpu!);
  expect(event.count).toBe(2);
});

test.each([0, 3, -1, 1 << 17])('%i data pages are refused', (pages) => {
  const { open, must } = boot('f:ev vfs_read');
  expect(must(open('fprobes/ev', { samplePeriod: 1 }, { cpu: 0 })).mmap(pages)).toBe(-Errno.EINVAL);
});

test('a static event counts and samples as others do', () => {
  const { kernel, machine, open, must, processes } = boot();
  const event = must(
    open('sched/sched_process_fork', { samplePeriod: 1, sampleType: PerfSample.IP }, { task: processes.first }),
  );
  const buffer = event.mmap(1) as PerfBuffer;
  kernel.fork(2);
  expect(event.count).toBe(2);
  const sample = readPerfRecord(buffer.read()!, PerfSample.IP);
  expect(sample.type === 'sample' && machine.kallsyms.at(sample.ip!)?.name).toBe('kernel_clone');
  event.close();
  kernel.fork(1);
  expect(event.count).toBe(2);
});

test('closing twice does no harm, and frees the event once', () => {
  const { open, must, tracefs, call } = boot('f:ev vfs_read');
  const [a, b] = [1, 2].map(() => must(open('fprobes/ev', {}, { cpu: 0 })));
  a!.close();
  a!.close();
  a!.enable();
  call(0);
  expect([a!.count, b!.count]).toEqual([0, 1]);
  expect(tracefs.append('dynamic_events', '-:ev\n')).toBe(-Errno.EBUSY);
  b!.close();
  expect(tracefs.append('dynamic_events', '-:ev\n')).toBe(5);
});

test('a task that has gone cannot be opened', () => {
  const { machine, open } = boot('f:ev vfs_read');
  const task = machine.createTask({ comm: 'gone' });
  machine.exitTask(task);
  expect(open('fprobes/ev', {}, { task })).toBe(-Errno.ESRCH);
  expect(open('fprobes/ev', {}, {})).toBe(-Errno.EINVAL);
});
