import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { Ftrace } from '../ftrace/ftrace.ts';
import { testMachine } from '../machine/test-kernel.ts';
import { FprobeFlag, type FprobeOptions } from './fprobe.ts';
import { PooledFprobe, PooledFprobes } from './pooled-fprobes.ts';

const READ = 0;
const WRITE = 1;
const RET = 0xffffffff81200100n;

function boot(cpus = 1) {
  const machine = testMachine({ functions: ['vfs_read', 'vfs_write'], symbols: [] }, { cpus });
  const ftrace = new Ftrace(machine);
  const fprobes = new PooledFprobes(ftrace);
  const cpu = machine.cpus[0]!;
  const tasks = [1, 2].map((n) => machine.createTask({ comm: `task-${n}` }));
  machine.switchTo(cpu, tasks[0]!);
  const events: string[] = [];
  const make = (name: string, options: FprobeOptions & { maxactive?: number } = {}) =>
    new PooledFprobe({
      entryHandler: (_fp, fn, retLo, retHi, _fregs, data) => {
        data?.set(0, events.length, 0);
        events.push(`${name}>${fn} ${((BigInt(retHi) << 32n) | BigInt(retLo)) === RET ? 'to caller' : 'astray'}`);
        return 0;
      },
      exitHandler: (_fp, fn, retLo, retHi, _fregs, data) => {
        const to = ((BigInt(retHi) << 32n) | BigInt(retLo)) === RET ? 'to caller' : 'astray';
        events.push(`${name}<${fn} ${to}${data === null ? '' : ` of ${data.get(0)}`}`);
      },
      ...options,
    });
  const enter = (fn: number) => machine.enterFunction(cpu, fn, Number(RET & 0xffffffffn), Number(RET >> 32n));
  return { machine, ftrace, fprobes, cpu, tasks, events, make, enter, leave: () => machine.leaveFunction(cpu) };
}

test('several at one function: each has its node, the newest is first both ways, and all see the real return', () => {
  const { fprobes, events, make, enter, leave } = boot();
  fprobes.register(make('a', { entryDataSize: 8 }), [READ]);
  fprobes.register(make('b'), [READ]);
  const entryOnly = make('c');
  entryOnly.exitHandler = undefined;
  fprobes.register(entryOnly, [READ, WRITE]);
  enter(READ);
  leave();
  expect(events).toEqual(['c>0 to caller', 'b>0 to caller', 'a>0 to caller', 'a<0 to caller of 2', 'b<0 to caller']);
});

test.each([
  { cpus: 1, maxactive: 0, functions: [READ], nodes: 2 },
  { cpus: 3, maxactive: 0, functions: [READ, WRITE], nodes: 12 },
  { cpus: 3, maxactive: 5, functions: [READ, WRITE], nodes: 5 },
])(
  'a pool has two nodes for each cpu and function, or what is asked for: $nodes',
  ({ cpus, maxactive, functions, nodes }) => {
    const { fprobes, make, enter, leave, machine, cpu, events, tasks } = boot(cpus);
    const fp = make('a', { maxactive });
    expect(fprobes.register(fp, functions)).toBe(0);
    for (let depth = 0; depth < nodes + 3; depth++) enter(functions[depth % functions.length]!);
    expect([events.length, fp.nmissed, fprobes.heldBy(tasks[0]!)]).toEqual([nodes, 3, nodes]);
    // The nodes are everyone's: another task finds none.
    machine.switchTo(cpu, tasks[1]!);
    enter(READ);
    leave();
    expect(fp.nmissed).toBe(4);
    machine.switchTo(cpu, tasks[0]!);
    for (let depth = 0; depth < nodes + 3; depth++) leave();
    expect([events.length, fprobes.heldBy(tasks[0]!)]).toEqual([2 * nodes, 0]);
    enter(READ);
    expect(events).toHaveLength(2 * nodes + 1);
  },
);

test('an entry handler that says no gives the node back', () => {
  const { fprobes, events, make, enter, leave } = boot();
  const fp = make('a', { entryHandler: () => 1 });
  fprobes.register(fp, [READ]);
  for (let n = 0; n < 5; n++) {
    enter(READ);
    leave();
  }
  expect([events, fp.nmissed]).toEqual([[], 0]);
});

test('calls that are held when an fprobe goes return without it, also when it has come back', () => {
  const { fprobes, events, make, enter, leave, ftrace } = boot();
  const fp = make('a');
  fprobes.register(fp, [READ]);
  enter(READ);
  expect([fprobes.unregister(fp), fprobes.unregister(fp)]).toEqual([0, -Errno.EINVAL]);
  expect(ftrace.sites[READ]).toBe(0);
  expect([fprobes.register(fp, [READ]), fprobes.register(fp, [READ])]).toEqual([0, -Errno.EEXIST]);
  enter(READ);
  leave();
  leave();
  expect(events).toEqual(['a>0 to caller', 'a>0 to caller', 'a<0 to caller']);
  expect(fp.pool).toHaveLength(2);
});

test('a handler that comes to a probed function is a miss; a disabled fprobe is not', () => {
  const { fprobes, make, enter, leave } = boot();
  const nested = make('a', {
    entryHandler: () => {
      for (let n = 0; n < 2; n++) {
        enter(READ);
        leave();
      }
      return 0;
    },
  });
  fprobes.register(nested, [READ]);
  enter(READ);
  leave();
  // The transition bit lets one level in, which recurses itself.
  expect(nested.nmissed).toBe(4);
  nested.flags |= FprobeFlag.DISABLED;
  enter(READ);
  leave();
  expect(nested.nmissed).toBe(4);
});
