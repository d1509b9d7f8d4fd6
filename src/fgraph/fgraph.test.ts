import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { Ftrace } from '../ftrace/ftrace.ts';
import type { FtraceRegs } from '../ftrace/ftrace-regs.ts';
import type { MachineOptions } from '../machine/machine.ts';
import { testMachine } from '../machine/test-kernel.ts';
import { Fgraph } from './fgraph.ts';
import { GraphFilter } from './graph-filter.ts';
import { GraphOps } from './graph-ops.ts';
import { IndexPool } from './index-pool.ts';
import { bitmapOf, ShadowLayout } from './shadow-stack.ts';

const CALLER = 0xffffffff81344645n;

function boot(options: Partial<MachineOptions> = {}) {
  const machine = testMachine(
    { functions: ['f0', 'f1', 'f2', 'f3'], symbols: ['return_to_handler', 'ftrace_graph_func', 'ftrace_stub'] },
    options,
  );
  const ftrace = new Ftrace(machine);
  const fgraph = new Fgraph(machine, ftrace);
  const [cpu] = machine.cpus;
  const events: string[] = [];
  /** A graph ops that notes its calls; `keep` says whether it wants the return. */
  const ops = (name: string, keep: (fn: number, fregs: FtraceRegs) => boolean = () => true) =>
    new GraphOps({
      entrySymbol: `${name}_entry`,
      returnSymbol: `${name}_return`,
      entry: (fn, depth, _ops, fregs) => {
        events.push(`${name}>f${fn}@${depth}`);
        return keep(fn, fregs);
      },
      return: (fn, depth) => events.push(`${name}<f${fn}@${depth}`),
    });
  const enter = (fn: number, ret = CALLER) =>
    machine.enterFunction(cpu, fn, Number(ret & 0xffffffffn), Number(ret >> 32n));
  const leave = () => machine.leaveFunction(cpu);
  const stack = () => fgraph.stackOf(cpu.current);
  return { machine, ftrace, fgraph, cpu, events, ops, enter, leave, stack };
}

test('entries and returns pair up, with depths', () => {
  const { fgraph, events, ops, enter, leave, stack } = boot();
  expect(fgraph.register(ops('a'))).toBe(0);
  enter(0);
  enter(1);
  leave();
  enter(2);
  leave();
  leave();
  expect(events).toEqual(['a>f0@0', 'a>f1@1', 'a<f1@1', 'a>f2@1', 'a<f2@1', 'a<f0@0']);
  expect([stack()?.current, stack()?.depth]).toEqual([0, -1]);
});

test('the return address is replaced while the function runs, and is right at its return', () => {
  const { machine, fgraph, enter, leave, cpu, ops } = boot();
  const seen: bigint[] = [];
  const graph = ops('a');
  const read = (fregs: FtraceRegs) => seen.push((BigInt(fregs.hi) << 32n) | BigInt(fregs.lo));
  graph.entry = (_fn, _depth, _ops, fregs) => {
    fregs.returnAddress();
    read(fregs);
    fregs.stackNth(0);
    read(fregs);
    return true;
  };
  graph.return = (_fn, _depth, _overrun, _ops, fregs) => {
    fregs.instructionPointer();
    read(fregs);
  };
  fgraph.register(graph);
  enter(0);
  const sp = cpu.current.regs.wide[machine.arch.spReg];
  expect(machine.memory.readUint(sp, 8)).toBe(fgraph.returnHandler);
  expect(fgraph.returnAddressAt(cpu.current, fgraph.returnHandler, sp)).toBe(CALLER);
  expect(fgraph.returnAddressAt(cpu.current, fgraph.returnHandler, sp + 8n)).toBe(fgraph.returnHandler);
  expect(fgraph.returnAddressAt(cpu.current, 5n, sp)).toBe(5n);
  leave();
  expect(seen).toEqual([CALLER, CALLER, CALLER]);
});

test('nobody who wants the return: the frame is popped and the return is not hooked', () => {
  const { machine, fgraph, events, ops, enter, leave, cpu, stack } = boot();
  fgraph.register(ops('a', () => false));
  expect(enter(0)).toBe(false);
  expect([stack()?.current, stack()?.depth]).toEqual([0, -1]);
  expect(machine.memory.readUint(cpu.current.regs.wide[machine.arch.spReg], 8)).toBe(CALLER);
  leave();
  expect(events).toEqual(['a>f0@0']);
});

test('bit 0 is set in every live bitmap', () => {
  const { fgraph, ops, enter, leave, stack } = boot();
  const [first, second] = [ops('first', () => false), ops('second')];
  for (const each of [first, second]) fgraph.register(each);
  enter(0);
  expect(bitmapOf(stack()?.words[2 * 3] ?? 0)).toBe(0b11);
  fgraph.unregister(first);
  leave();
});

test('several ops, each with its own filter; the return of op 0 runs for every frame, as bit 0 is always set', () => {
  const { ftrace, fgraph, events, ops, enter, leave } = boot();
  const [a, b] = [ops('a'), ops('b')];
  ftrace.setFilterFunctions(a.ops, [0, 1]);
  ftrace.setFilterFunctions(b.ops, [1, 2]);
  for (const each of [a, b]) expect(fgraph.register(each)).toBe(0);
  expect(fgraph.register(a)).toBe(-Errno.EBUSY);
  for (const fn of [0, 1, 2, 3]) {
    enter(fn);
    leave();
  }
  expect(events).toEqual(['a>f0@0', 'a<f0@0', 'a>f1@0', 'b>f1@0', 'a<f1@0', 'b<f1@0', 'b>f2@0', 'a<f2@0', 'b<f2@0']);
});

test('an ops whose filter leaves nothing gets everything, until there have been two', () => {
  const { ftrace, fgraph, events, ops, enter, leave } = boot();
  const [a, b] = [ops('a'), ops('b')];
  const call = () => {
    enter(3);
    leave();
    return events.splice(0);
  };
  ftrace.setFilterFunctions(a.ops, [0]);
  ftrace.setFilterFunctions(b.ops, [1]);
  expect(fgraph.register(a)).toBe(0);
  expect(call()).toEqual([]);
  ftrace.replaceNotrace(a.ops.hash, a.ops.hash.filter.clone());
  expect(call()).toEqual(['a>f3@0', 'a<f3@0']);
  expect(fgraph.register(b)).toBe(0);
  expect(fgraph.unregister(b)).toBe(0);
  expect(call()).toEqual([]);
});

test('an ops that goes while frames wait for it is not called, one that comes is not either', () => {
  const { fgraph, events, ops, enter, leave } = boot();
  const [a, b, c] = [ops('a'), ops('b'), ops('c')];
  fgraph.register(a);
  fgraph.register(b);
  enter(0);
  fgraph.unregister(a);
  expect(fgraph.unregister(a)).toBe(-Errno.EINVAL);
  fgraph.register(c);
  enter(1);
  leave();
  leave();
  expect(events).toEqual(['a>f0@0', 'b>f0@0', 'b>f1@1', 'c>f1@1', 'b<f1@1', 'c<f1@1', 'b<f0@0']);
});

test('the last ops goes while frames are live, and another comes later', () => {
  const { fgraph, events, ops, enter, leave, stack } = boot();
  const a = ops('a');
  fgraph.register(a);
  enter(0);
  enter(1);
  fgraph.unregister(a);
  leave();
  fgraph.register(ops('b'));
  leave();
  expect(events).toEqual(['a>f0@0', 'a>f1@1']);
  expect([stack()?.current, stack()?.depth]).toEqual([0, -1]);
});

test('sixteen ops, then none', () => {
  const { fgraph, ops } = boot();
  const all = Array.from({ length: 17 }, (_, n) => ops(`ops${n}`));
  expect(all.map((each) => fgraph.register(each))).toEqual([...new Array(16).fill(0), -Errno.ENOSPC]);
  expect(all.map((each) => each.index)).toEqual([...Array.from({ length: 16 }, (_, n) => n), -1]);
  expect(fgraph.registered).toHaveLength(16);
});

test('indices are used again in the order in which they were given back', () => {
  const pool = new IndexPool(4);
  expect([pool.allocate(), pool.allocate(), pool.allocate()]).toEqual([0, 1, 2]);
  pool.release(1);
  pool.release(0);
  expect([pool.allocate(), pool.allocate(), pool.allocate(), pool.allocate()]).toEqual([3, 1, 0, -1]);
});

test('a deep recursion overruns: refused frames are counted and the rest comes back', () => {
  const { fgraph, events, ops, enter, leave, stack } = boot();
  fgraph.register(ops('a'));
  const hooked = Array.from({ length: 130 }, () => enter(0));
  expect(hooked.filter((each) => each)).toHaveLength(122);
  expect(stack()?.overrun).toBe(8);
  for (let i = 0; i < 130; i++) leave();
  expect(events.filter((event) => event.startsWith('a<'))).toHaveLength(122);
  expect(stack()?.current).toBe(0);
});

test('tasks have stacks from the first registration, new ones from their fork', () => {
  const { machine, fgraph, ops } = boot();
  const before = machine.createTask({ comm: 'before' });
  expect(fgraph.stackOf(before)).toBeUndefined();
  const a = ops('a');
  fgraph.register(a);
  const after = machine.createTask({ comm: 'after' });
  expect(fgraph.stackOf(before)).toBeDefined();
  expect(fgraph.stackOf(after)).toBeDefined();
  machine.exitTask(after);
  expect(fgraph.stackOf(after)).toBeUndefined();
  fgraph.unregister(a);
  expect(fgraph.stackOf(machine.createTask({ comm: 'late' }))).toBeUndefined();
  expect(fgraph.stackOf(before)).toBeDefined();
});

test('each task has its own frames', () => {
  const { machine, fgraph, events, ops, enter, leave, cpu } = boot();
  const other = machine.createTask({ comm: 'other' });
  fgraph.register(ops('a'));
  enter(0);
  const first = cpu.current;
  machine.switchTo(cpu, other);
  enter(1);
  leave();
  expect(fgraph.stackOf(first)?.depth).toBe(0);
  expect(events).toEqual(['a>f0@0', 'a>f1@0', 'a<f1@0']);
});

test('a function called by a callback gets in once, by the transition bit', () => {
  const { machine, fgraph, events, ops, cpu } = boot();
  fgraph.register(
    ops('a', (fn) => {
      if (fn < 3) machine.call(cpu, fn + 1);
      return true;
    }),
  );
  machine.call(cpu, 0);
  expect(events).toEqual(['a>f0@0', 'a>f1@1', 'a<f1@1', 'a<f0@0']);
  expect([cpu.current.recursion, cpu.preemptCount]).toEqual([0, 0]);
});

test('the callbacks of a return are skipped when the lock is held, the return is not', () => {
  const { fgraph, events, ops, enter, leave, cpu, stack } = boot();
  fgraph.register(ops('a'));
  enter(0);
  cpu.current.recursion = 0b11000;
  leave();
  expect(events).toEqual(['a>f0@0']);
  expect([stack()?.current, stack()?.depth]).toEqual([0, -1]);
});

test('an interrupt within a function is traced on the stack of the task', () => {
  const { machine, fgraph, events, ops, enter, leave, cpu } = boot();
  fgraph.register(ops('a'));
  enter(0);
  machine.irqEnter(cpu, 'hardirq');
  enter(1);
  leave();
  machine.irqExit(cpu);
  leave();
  expect(events).toEqual(['a>f0@0', 'a>f1@1', 'a<f1@1', 'a<f0@0']);
});

test.each([1, 2, 4, 8, 31, 32])('%i words of data pass from entry to return', (words) => {
  const { fgraph, ops, enter, leave, stack, cpu } = boot();
  const graph = ops('a');
  const got: bigint[] = [];
  graph.entry = () => {
    const at = fgraph.reserveData(cpu, graph.index, words * 8);
    for (let n = 0; n < words; n++) (stack()?.wide ?? [])[at + n] = 0xfeed0000n + BigInt(n);
    return true;
  };
  graph.return = () => {
    const at = fgraph.retrieveData(cpu, graph.index);
    expect(fgraph.size).toBe(words);
    got.push(...(stack()?.wide.subarray(at, at + words) ?? []));
  };
  fgraph.register(graph);
  enter(0);
  leave();
  expect(got).toEqual(Array.from({ length: words }, (_, n) => 0xfeed0000n + BigInt(n)));
});

test.each([
  [1, 1],
  [8, 1],
  [9, 2],
  [256, 32],
  [257, -1],
  [0, -1],
])('%i bytes are %i words', (bytes, words) => {
  const { fgraph, ops, enter, stack, cpu } = boot();
  const graph = ops('a');
  graph.entry = () => {
    expect(fgraph.reserveData(cpu, graph.index, bytes)).toBe(words < 0 ? -1 : 4);
    return true;
  };
  fgraph.register(graph);
  enter(0);
  expect(stack()?.current).toBe(words < 0 ? 4 : 4 + words + 1);
});

test('data of an ops that does not want the return is given back', () => {
  const { fgraph, ops, enter, leave, stack, cpu } = boot();
  const graph = ops('a', () => fgraph.reserveData(cpu, graph.index, 64) < 0);
  fgraph.register(graph);
  fgraph.register(ops('b'));
  enter(0);
  expect(stack()?.current).toBe(4);
  leave();
});

test('data of parents is found by depth and index', () => {
  const { fgraph, ops, enter, leave, stack, cpu } = boot();
  const [a, b] = [ops('a'), ops('b')];
  for (const [graph, tag] of [
    [a, 100n],
    [b, 200n],
  ] as const) {
    graph.entry = (fn) => {
      const at = fgraph.reserveData(cpu, graph.index, 8);
      (stack()?.wide ?? [])[at] = tag + BigInt(fn);
      return true;
    };
    fgraph.register(graph);
  }
  const found: (bigint | undefined)[] = [];
  a.return = (fn) => {
    if (fn !== 2) return;
    for (const index of [a.index, b.index]) {
      for (let depth = 0; depth < 4; depth++) {
        const at = fgraph.retrieveParentData(cpu, index, depth);
        found.push(at < 0 ? undefined : stack()?.wide[at]);
      }
    }
  };
  for (const fn of [0, 1, 2]) enter(fn);
  for (let i = 0; i < 3; i++) leave();
  expect(found).toEqual([102n, 101n, 100n, undefined, 202n, 201n, 200n, undefined]);
  expect(fgraph.retrieveData(cpu, a.index)).toBe(-1);
});

test('task variables start at zero for each ops and task', () => {
  const { machine, fgraph, ops, cpu } = boot();
  const task = cpu.current;
  const [a, b] = [ops('a'), ops('b')];
  fgraph.register(a);
  fgraph.setTaskVar(task, a, 7);
  fgraph.register(b);
  expect([fgraph.taskVar(task, a), fgraph.taskVar(task, b)]).toEqual([7, 0]);
  expect(fgraph.stackOf(task)?.words[2 * (ShadowLayout.TASK_VARS + a.index)]).toBe(7);
  fgraph.unregister(a);
  for (let n = 0; n < 15; n++) fgraph.register(ops(`more${n}`));
  expect(fgraph.stackOf(task)?.words[2 * ShadowLayout.TASK_VARS]).toBe(0);
  expect(fgraph.taskVar(machine.createTask({ comm: 'new' }), b)).toBe(0);
});

test('a ruined stack stops the graph for good, with a word in the log', () => {
  const { machine, fgraph, events, ops, enter, leave, stack } = boot();
  fgraph.register(ops('a'));
  enter(0);
  const current = stack()?.current ?? 0;
  (stack()?.words ?? [])[2 * (current - 1)] = 0;
  leave();
  enter(1);
  leave();
  expect(events).toEqual(['a>f0@0']);
  expect(machine.log.lines).toHaveLength(1);
  expect(machine.log.lines[0]).toContain('Bad function graph ret_stack pointer: 4');
});

test('where frames keep the frame pointer, one that has changed at the return stops the graph for good', () => {
  const { machine, fgraph, events, ops, enter, leave, cpu } = boot({ arch: 'arm64' });
  fgraph.register(ops('a'));
  enter(0);
  leave();
  enter(1);
  const { fpReg } = machine.arch;
  cpu.current.regs.wide[fpReg] = 0xffff800080000010n;
  leave();
  enter(2);
  leave();
  expect(events).toEqual(['a>f0@0', 'a<f0@0', 'a>f1@0']);
  expect(machine.log.lines.map((line) => line.slice(15))).toEqual([
    'WARNING: Bad frame pointer: expected 0, received ffff800080000010',
    '  from func f1 return to 0xffffffff81344645',
  ]);
});

test.each([
  ['no limits', {}, '0 1 2 /2 /1 /0'],
  ['depth 1', { maxDepth: 1 }, '0 /0'],
  ['depth 2', { maxDepth: 2 }, '0 1 /1 /0'],
  ['from function 1', { functions: [1] }, '1 2 /2 /1'],
  // The frames that were not kept do not count.
  ['from function 1 to depth 1', { functions: [1], maxDepth: 1 }, '1 /1'],
  ['not function 1', { notrace: [1] }, '0 /0'],
  ['not function 2', { notrace: [2] }, '0 1 /1 /0'],
  ['from 0 but not 2', { functions: [0], notrace: [2] }, '0 1 /1 /0'],
] as const)(
  'graph filter: %s',
  (_, {
    maxDepth = 0,
    functions = [],
    notrace = [],
  }: { maxDepth?: number; functions?: readonly number[]; notrace?: readonly number[] }, expected) => {
    const { fgraph, enter, leave } = boot();
    const filter = new GraphFilter(fgraph);
    filter.maxDepth = maxDepth;
    for (const fn of functions) filter.functions.add(fn);
    for (const fn of notrace) filter.notrace.add(fn);
    const seen: string[] = [];
    const graph = new GraphOps({
      entrySymbol: 'trace_graph_entry',
      returnSymbol: 'trace_graph_return',
      entry: (fn, depth, ops, fregs) => {
        const verdict = filter.enter(fn, depth, ops, fregs);
        if (verdict === 'trace') seen.push(`${fn}`);
        return verdict !== 'skip';
      },
      return: (fn, depth, _overrun, ops, fregs) => {
        if (filter.leave(depth, ops, fregs)) seen.push(`/${fn}`);
      },
    });
    fgraph.register(graph);
    for (let round = 0; round < 2; round++) {
      seen.length = 0;
      for (const fn of [0, 1, 2]) enter(fn);
      for (let i = 0; i < 3; i++) leave();
      expect(seen.join(' ')).toBe(expected);
    }
  },
);
