import { expect, test } from 'vitest';
import { GraphOps } from '../fgraph/graph-ops.ts';
import type { ArchName } from '../machine/arch.ts';
import { snapshotEngine } from './engine-snapshot.ts';
import { Fprobe } from './fprobe.ts';
import { StackWatch, type WatchPhase } from './stack-watch.ts';
import { testBoot } from './test-boot.ts';

function boot(arch: ArchName = 'x86_64') {
  const engine = testBoot(['f0', 'f1', 'f2'], { arch, cpus: 2 });
  const { machine, fprobes, fgraph, cpu } = engine;
  const names = new Map<Fprobe, string>();
  const probe = (name: string, fns: number[], dataWords: number, exits = true) => {
    const fp = new Fprobe({
      entryDataSize: 8 * dataWords,
      entryHandler: (_fp, _fn, _lo, _hi, _fregs, data) => {
        for (let n = 0; n < dataWords; n++) data?.set(n, 0x100 + n, 0);
        return 0;
      },
    });
    if (exits) fp.exitHandler = () => {};
    names.set(fp, name);
    expect(
      fprobes.registerFprobeIps(
        fp,
        fns.map((fn) => machine.functions.entryIp(fn)),
      ),
    ).toBe(0);
    return fp;
  };
  const enter = (fn: number) => machine.enterFunction(cpu, fn, 0x81344645, 0xffffffff);
  const snapshot = () => snapshotEngine(fgraph, fprobes, (fp) => names.get(fp) ?? '?');
  /** The innermost frame's words as short texts. */
  const innermost = () =>
    snapshot()
      .tasks[0].frames.at(-1)
      ?.words.map(({ kind, holds, fprobe, dataSize, n }) =>
        [kind === 'payload' ? holds : kind, fprobe, dataSize, n].filter((part) => part !== undefined).join(' '),
      );
  return { ...engine, probe, enter, snapshot, innermost };
}

test.each([
  ['x86_64', ['header b 2', 'entry-data b 0', 'entry-data b 1', 'header a 0']],
  ['loongarch', ['header b 2', 'header-size b 2', 'entry-data b 0', 'entry-data b 1', 'header a 0', 'header-size a 0']],
] as const)('on %s headers and data are told apart', (arch, expected) => {
  const { probe, enter, innermost } = boot(arch);
  probe('a', [1], 0);
  probe('b', [1], 2);
  probe('entry only', [1], 0, false);
  enter(1);
  expect(innermost()).toEqual(['ret', 'func', 'retp', 'bitmap', ...expected, 'data']);
});

test('what is given up is unused, a pointer to an fprobe that has gone is nobody’s', () => {
  const { probe, enter, innermost, fprobes } = boot();
  const gone = probe('gone', [1], 1);
  const cancels = probe('cancels', [1], 2);
  cancels.entryHandler = () => 1;
  probe('stays', [1], 0);
  enter(1);
  fprobes.unregisterFprobe(gone);
  expect(innermost()?.slice(4)).toEqual([
    'header stays 0',
    'header 1',
    'entry-data 0',
    'unused',
    'unused',
    'unused',
    'data',
  ]);
});

test('tasks, tables and ops', () => {
  const { probe, enter, snapshot, machine, cpu, fgraph, ftrace } = boot();
  const other = machine.createTask({ comm: 'other' });
  const both = probe('both', [0, 2], 15);
  probe('one', [2], 1);
  const tracer = new GraphOps({
    entry: () => true,
    entrySymbol: 'trace_graph_entry',
    returnSymbol: 'trace_graph_return',
  });
  ftrace.setFilterFunctions(tracer.ops, [0]);
  fgraph.register(tracer);
  fgraph.setTaskVar(cpu.current, tracer, 5);
  enter(0);
  machine.switchTo(cpu, other);
  enter(2);
  both.nmissed = 3;
  both.flags |= 1;
  const { tasks, emptyTasks, graphOps, ipTable, fprobeTable, addresses } = snapshot();
  expect(
    tasks.map(({ comm, cpu: on, depth, frames, taskVars }) => [
      comm,
      on,
      depth,
      frames.map((frame) => frame.function),
      taskVars,
    ]),
  ).toEqual([
    ['other', 0, 0, ['f2'], []],
    ['test', undefined, 0, ['f0'], [{ op: 1, value: 5 }]],
  ]);
  expect(emptyTasks).toBe(2);
  expect(graphOps).toEqual([
    { index: 0, entry: 'fprobe_entry', return: 'fprobe_return' },
    { index: 1, entry: 'trace_graph_entry', return: 'trace_graph_return' },
  ]);
  expect(addresses).toBe(2);
  expect(ipTable.map(({ place, fprobes }) => `${place} ${fprobes}`).toSorted()).toEqual([
    'f0+0x4 both',
    'f2+0x4 one,both',
  ]);
  expect(fprobeTable.toSorted((a, b) => a.name.localeCompare(b.name))).toMatchObject([
    { name: 'both', handlers: ['entry', 'exit'], dataWords: 15, nmissed: 3, disabled: true, functions: 2 },
    { name: 'one', dataWords: 1, nmissed: 0, disabled: false, functions: 1 },
  ]);
});

test.each([
  ['entry', ['f1: reserved unwritten unwritten', 'f2: reserved unwritten unwritten']],
  ['body', ['f1: bitmap header entry-data', 'f2: bitmap header entry-data']],
  ['return', ['f2: bitmap header entry-data', 'f1: bitmap header entry-data']],
] as const)('a watcher sees every call at its %s, and changes nothing', (phase: WatchPhase, expected) => {
  const { probe, enter, machine, ftrace, fprobes, fgraph, snapshot, cpu } = boot();
  probe('a', [1, 2], 1);
  const seen: string[] = [];
  new StackWatch(ftrace, fprobes, { fn: undefined, phase }, (_cpu, fn) => {
    const words = snapshot().tasks[0].frames.at(-1)?.words ?? [];
    const text = words.slice(3, -1).map(({ kind, holds }) => (kind === 'payload' ? holds : kind));
    seen.push(`${machine.functions.name(fn)}: ${text.join(' ')}`);
  });
  enter(1);
  enter(2);
  expect(fgraph.stackOf(cpu.current)?.current).toBe(14);
  machine.leaveFunction(cpu);
  machine.leaveFunction(cpu);
  expect(seen).toEqual(expected);
  expect(fgraph.stackOf(cpu.current)?.current).toBe(0);
});

test('a watcher of one function looks at its calls alone, several fprobes once', () => {
  const { probe, enter, machine, ftrace, fprobes, cpu } = boot();
  for (const name of ['a', 'b', 'c']) probe(name, [0, 1, 2], 0);
  const seen: number[] = [];
  new StackWatch(ftrace, fprobes, { fn: 1, phase: 'return' }, (_cpu, fn) => seen.push(fn));
  for (const fn of [0, 1, 2, 1]) enter(fn);
  for (let i = 0; i < 4; i++) machine.leaveFunction(cpu);
  expect(seen).toEqual([1, 1]);
});
