import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { GraphOps } from '../fgraph/graph-ops.ts';
import type { ArchName } from '../machine/arch.ts';
import { Fprobe, FprobeFlag, type FprobeOptions } from './fprobe.ts';
import { testBoot } from './test-boot.ts';

const FUNCTIONS = ['f0', 'f1', '-f2', 'vfs_read', 'vfs_write=my_write'];
const CALLER = 0xffffffff81344645n;

function boot(arch: ArchName = 'x86_64') {
  const engine = testBoot(FUNCTIONS, { arch, cpus: 2 });
  const { machine, ftrace, cpu } = engine;
  const events: string[] = [];
  const name = (fn: number) => machine.functions.name(fn);
  const address = (lo: number, hi: number) => ((BigInt(hi) << 32n) | BigInt(lo)) === CALLER;
  /** An fprobe that notes its calls; `cancel` makes its entry handler return 1. */
  const probe = (tag: string, options: FprobeOptions = {}, cancel = false) =>
    new Fprobe({
      entryHandler: (_fp, fn, lo, hi, _fregs, data) => {
        events.push(`${tag}>${name(fn)}${address(lo, hi) ? '' : '!'}`);
        data?.set(0, fn, 7);
        return cancel ? 1 : 0;
      },
      exitHandler: (_fp, fn, lo, hi, _fregs, data) => {
        const kept = data === null || (data.lo(0) === fn && data.hi(0) === 7);
        events.push(`${tag}<${name(fn)}${address(lo, hi) && kept ? '' : '!'}`);
      },
      ...options,
    });
  const entryOnly = (tag: string) => {
    const fp = probe(tag);
    fp.exitHandler = undefined;
    return fp;
  };
  const enter = (fn: number) => machine.enterFunction(cpu, fn, Number(CALLER & 0xffffffffn), Number(CALLER >> 32n));
  const leave = () => machine.leaveFunction(cpu);
  const call = (fn: number) => {
    events.length = 0;
    enter(fn);
    leave();
    return events.join(' ');
  };
  const ip = (fn: number) => machine.functions.entryIp(fn);
  const lines = () =>
    [...ftrace.enabledFunctions().matchAll(/^(\S+)(?: \[\w+\])? \((\d+)\)/gm)].map(
      (match) => `${match[1]} ${match[2]}`,
    );
  return { ...engine, events, probe, entryOnly, enter, leave, call, ip, lines };
}

test('entry only: the return is not hooked', () => {
  const { fprobes, entryOnly, call, enter, leave, fgraph, cpu, ip } = boot();
  expect(fprobes.registerFprobeIps(entryOnly('a'), [ip(1)])).toBe(0);
  expect(call(1)).toBe('a>f1');
  expect(call(0)).toBe('');
  expect(enter(1)).toBe(false);
  expect(fgraph.stackOf(cpu.current)?.current).toBe(0);
  leave();
});

test('entry and exit', () => {
  const { fprobes, probe, call } = boot();
  expect(fprobes.registerFprobeSyms(probe('a'), ['f1', 'my_write'])).toBe(0);
  expect(call(1)).toBe('a>f1 a<f1');
  expect(call(4)).toBe('a>vfs_write a<vfs_write');
  expect(call(3)).toBe('');
});

test('exit only', () => {
  const { fprobes, probe, call, ip } = boot();
  const fp = probe('a', { entryDataSize: 0 });
  fp.entryHandler = undefined;
  fprobes.registerFprobeIps(fp, [ip(1)]);
  expect(call(1)).toBe('a<f1');
});

test.each([
  ['f?', undefined, 'f0 1,f1 1,f2 1'],
  ['f?', 'f1', 'f0 1,f2 1'],
  ['vfs_*', undefined, 'vfs_read 1,vfs_write 1'],
  ['*', 'f*', 'vfs_read 1,vfs_write 1'],
])('filter %s, not %s', (filter, notfilter, expected) => {
  const { fprobes, entryOnly, lines } = boot();
  const fp = entryOnly('a');
  expect(fprobes.registerFprobe(fp, filter, notfilter)).toBe(0);
  expect(lines().join()).toBe(expected);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
  expect(lines()).toEqual([]);
});

test('each name of a function that matches counts: handlers run as often', () => {
  const { fprobes, probe, call, lines } = boot();
  fprobes.registerFprobe(probe('a'), '*_write');
  expect(call(4)).toBe('a>vfs_write a>vfs_write a<vfs_write a<vfs_write');
  expect(lines()).toEqual(['vfs_write 1']);
});

test('refusals', () => {
  const { machine, fprobes, probe, ip, lines } = boot();
  const fp = probe('a');
  expect(fprobes.registerFprobe(fp, 'no_such_*')).toBe(-Errno.ENOENT);
  expect(fprobes.registerFprobe(fp, 'vfs_*', '*')).toBe(-Errno.ENOENT);
  expect(fprobes.registerFprobeIps(fp, [])).toBe(-Errno.EINVAL);
  expect(fprobes.registerFprobeIps(fp, [ip(0), ip(0) + 5n])).toBe(-Errno.ENOENT);
  expect(fprobes.registerFprobeSyms(fp, [])).toBe(-Errno.EINVAL);
  expect(fprobes.registerFprobeSyms(fp, ['f0', 'nope'])).toBe(-Errno.ENOENT);
  expect(fprobes.unregisterFprobe(fp)).toBe(-Errno.EINVAL);
  expect(lines()).toEqual([]);
  expect(fprobes.registerFprobeIps(fp, [machine.functions.symbolAddress(0)])).toBe(0);
  expect(fprobes.registerFprobeIps(fp, [ip(1)])).toBe(-Errno.EEXIST);
  expect(fprobes.registerFprobe(fp, 'f1')).toBe(-Errno.EEXIST);
  expect(lines()).toEqual(['f0 1']);
  expect([fprobes.isRegistered(fp), fprobes.unregisterFprobe(fp), fprobes.isRegistered(fp)]).toEqual([true, 0, false]);
  expect(fprobes.unregisterFprobe(fp)).toBe(-Errno.EINVAL);
});

test.each([
  [0, 0, 0],
  [1, 8, 0],
  [8, 8, 0],
  [120, 120, 0],
  [113, 120, 0],
  [121, 121, -Errno.E2BIG],
  [128, 128, -Errno.E2BIG],
])('%i bytes of entry data', (bytes, rounded, result) => {
  const { fprobes, probe, ip, call } = boot();
  const fp = probe('a', { entryDataSize: bytes });
  expect(fprobes.registerFprobeIps(fp, [ip(1)])).toBe(result);
  expect(fp.entryDataSize).toBe(rounded);
  expect(call(1)).toBe(result === 0 ? 'a>f1 a<f1' : '');
});

test.each([1, 2, 4, 8, 15])('%i words of entry data reach the exit handler', (words) => {
  const { fprobes, ip, call, events } = boot();
  const fp = new Fprobe({
    entryDataSize: words * 8,
    entryHandler: (_fp, _fn, _lo, _hi, _fregs, data) => {
      for (let n = 0; n < words; n++) data?.set(n, n + 1, 0xff000000 + n);
      data?.set(words, 99, 99);
      return 0;
    },
    exitHandler: (_fp, _fn, _lo, _hi, _fregs, data) => {
      const got = Array.from({ length: data?.size ?? 0 }, (_, n) => data?.get(n));
      const expected = Array.from({ length: words }, (_, n) => (BigInt(0xff000000 + n) << 32n) | BigInt(n + 1));
      events.push(`${got.join() === expected.join()}`);
    },
  });
  fprobes.registerFprobeIps(fp, [ip(1)]);
  expect(call(1)).toBe('true');
});

test('data is there only with a size and an exit handler', () => {
  const { fprobes, ip, call, events } = boot();
  const note =
    (tag: string) => (_fp: Fprobe, _fn: number, _lo: number, _hi: number, _fregs: unknown, data: unknown) => {
      events.push(`${tag}${data === null ? '-' : '+'}`);
      return 0;
    };
  for (const [tag, entryDataSize, exits] of [
    ['a', 0, true],
    ['b', 8, false],
    ['c', 8, true],
  ] as const) {
    const fp = new Fprobe({ entryDataSize, entryHandler: note(tag) });
    if (exits) fp.exitHandler = (...args) => void note(tag.toUpperCase())(...args);
    fprobes.registerFprobeIps(fp, [ip(1)]);
  }
  expect(call(1)).toBe('c+ b- a- C+ A-');
});

test('several fprobes on one function: the newest first, data apart', () => {
  const { fprobes, probe, call, ip, lines, fgraph, enter, leave, cpu } = boot();
  for (const [tag, entryDataSize] of [
    ['a', 8],
    ['b', 16],
    ['c', 0],
  ] as const) {
    fprobes.registerFprobeIps(probe(tag, { entryDataSize }), [ip(1), ip(2)]);
  }
  expect(call(1)).toBe('c>f1 b>f1 a>f1 c<f1 b<f1 a<f1');
  expect(lines()).toEqual(['f1 1', 'f2 1']);
  enter(1);
  // Frame 3, bitmap 1, headers 3, data 3, data word 1.
  expect(fgraph.stackOf(cpu.current)?.current).toBe(11);
  leave();
});

test('nested and recursive calls keep their data apart', () => {
  const { fprobes, probe, enter, leave, events } = boot();
  fprobes.registerFprobe(probe('a', { entryDataSize: 8 }), 'f?');
  for (const fn of [0, 1, 1, 2]) enter(fn);
  for (let i = 0; i < 4; i++) leave();
  expect(events.join(' ')).toBe('a>f0 a>f1 a>f1 a>f2 a<f2 a<f1 a<f1 a<f0');
});

test('a non-zero entry handler cancels its exit, and nobody else’s', () => {
  const { fprobes, probe, call, ip } = boot();
  const cancelled = probe('c', { entryDataSize: 24 }, true);
  for (const fp of [probe('a'), cancelled, probe('b', { entryDataSize: 8 })]) fprobes.registerFprobeIps(fp, [ip(1)]);
  expect(call(1)).toBe('b>f1 c>f1 a>f1 b<f1 a<f1');
  expect(cancelled.nmissed).toBe(0);
});

test('one that cancels alone leaves the return unhooked', () => {
  const { fprobes, probe, enter, leave, ip, fgraph, cpu } = boot();
  fprobes.registerFprobeIps(probe('a', {}, true), [ip(1)]);
  expect(enter(1)).toBe(false);
  expect(fgraph.stackOf(cpu.current)?.current).toBe(0);
  leave();
});

test('what is left of a reservation is zero', () => {
  const { fprobes, probe, enter, leave, ip, fgraph, cpu } = boot();
  const stack = () => fgraph.stackOf(cpu.current)?.wide ?? new BigUint64Array();
  const other = probe('x', { entryDataSize: 40 });
  fprobes.registerFprobeIps(other, [ip(1)]);
  stack().fill(0xdeadn, 0, 100);
  fprobes.registerFprobeIps(probe('a', { entryDataSize: 8 }), [ip(1)]);
  other.entryHandler = () => 1;
  enter(1);
  // a: header and data in words 4–5; the six words of x, at 6–11, are given up.
  expect([...stack().subarray(6, 12)]).toEqual(new Array(6).fill(0n));
  leave();
});

test('disabled: neither handler runs, the sites stay', () => {
  const { fprobes, probe, call, enter, leave, ip, events, lines } = boot();
  const fp = probe('a');
  fprobes.registerFprobeIps(fp, [ip(1)]);
  fprobes.disableFprobe(fp);
  expect(call(1)).toBe('');
  expect(lines()).toEqual(['f1 1']);
  fprobes.enableFprobe(fp);
  expect(call(1)).toBe('a>f1 a<f1');
  events.length = 0;
  enter(1);
  fprobes.disableFprobe(fp);
  leave();
  expect(events).toEqual(['a>f1']);
  expect(fp.nmissed).toBe(0);
});

test('unregistered between entry and return: not called; registered in between: not called for that return', () => {
  const { fprobes, probe, enter, leave, ip, events } = boot();
  const [a, b, c] = [probe('a'), probe('b', { entryDataSize: 16 }), probe('c')];
  for (const fp of [a, b]) fprobes.registerFprobeIps(fp, [ip(1)]);
  enter(1);
  fprobes.unregisterFprobe(b);
  fprobes.registerFprobeIps(c, [ip(1)]);
  leave();
  expect(events).toEqual(['b>f1', 'a>f1', 'a<f1']);
});

test('unregistered and registered again in between: the pointer is good again', () => {
  const { fprobes, probe, enter, leave, ip, events } = boot();
  const [a, b] = [probe('a', { entryDataSize: 8 }), probe('b')];
  for (const fp of [a, b]) fprobes.registerFprobeIps(fp, [ip(1)]);
  enter(1);
  fprobes.unregisterFprobe(a);
  fprobes.registerFprobeIps(a, [ip(2)]);
  leave();
  expect(events).toEqual(['b>f1', 'a>f1', 'b<f1', 'a<f1']);
});

test('the last one out unregisters the shared op, the next one in registers it', () => {
  const { fprobes, probe, enter, leave, ip, events, fgraph } = boot();
  const a = probe('a');
  fprobes.registerFprobeIps(a, [ip(1)]);
  expect(fgraph.registered).toEqual([fprobes.graphOps]);
  enter(1);
  fprobes.unregisterFprobe(a);
  expect(fgraph.registered).toEqual([]);
  fprobes.registerFprobeIps(a, [ip(1)]);
  leave();
  expect(events).toEqual(['a>f1']);
});

test('sites are shared: one leaves, the other keeps it', () => {
  const { fprobes, probe, ip, lines } = boot();
  const [a, b] = [probe('a'), probe('b')];
  fprobes.registerFprobeIps(a, [ip(0), ip(1)]);
  fprobes.registerFprobeIps(b, [ip(1), ip(2)]);
  expect(lines()).toEqual(['f0 1', 'f1 1', 'f2 1']);
  fprobes.unregisterFprobe(a);
  expect(lines()).toEqual(['f1 1', 'f2 1']);
  fprobes.unregisterFprobe(b);
  expect(lines()).toEqual([]);
});

test('no room for the data: each enabled fprobe there counts a miss and none runs', () => {
  const { fprobes, probe, entryOnly, call, ip } = boot();
  const all = [
    probe('a', { entryDataSize: 120 }),
    probe('b', { entryDataSize: 120 }),
    entryOnly('e'),
    probe('d', { entryDataSize: 8 }),
  ];
  for (const fp of all.slice(0, 3)) fprobes.registerFprobeIps(fp, [ip(1)]);
  // Twice 16 words fit in 32.
  expect(call(1)).toBe('e>f1 b>f1 a>f1 b<f1 a<f1');
  fprobes.registerFprobeIps(all[3], [ip(1)]);
  expect(call(1)).toBe('');
  expect(all.map((fp) => fp.nmissed)).toEqual([1, 1, 1, 1]);
  fprobes.disableFprobe(all[0]);
  expect(call(1)).toBe('');
  expect(all.map((fp) => fp.nmissed)).toEqual([1, 2, 2, 2]);
  fprobes.unregisterFprobe(all[3]);
  fprobes.registerFprobeIps(all[3], [ip(2)]);
  expect(all[3].nmissed).toBe(0);
});

test('a full shadow stack: the frame is refused without a miss, data that does not fit is one', () => {
  const { fprobes, probe, enter, leave, ip, events, fgraph, cpu } = boot();
  const fp = probe('a');
  const big = probe('b', { entryDataSize: 120 });
  fprobes.registerFprobeIps(fp, [ip(1)]);
  fprobes.registerFprobeIps(big, [ip(2)]);
  // A frame of a takes six words: 81 end at word 486.
  for (let i = 0; i < 81; i++) enter(1);
  expect(fgraph.stackOf(cpu.current)?.current).toBe(486);
  enter(2);
  expect([big.nmissed, fgraph.stackOf(cpu.current)?.overrun]).toEqual([1, 0]);
  enter(1);
  expect([fp.nmissed, fgraph.stackOf(cpu.current)?.overrun]).toEqual([1, 0]);
  fgraph.register(new GraphOps({ entry: () => true, entrySymbol: 'e', returnSymbol: 'r' }));
  enter(0);
  enter(1);
  expect([fp.nmissed, fgraph.stackOf(cpu.current)?.overrun]).toEqual([1, 1]);
  for (let i = 0; i < 85; i++) leave();
  expect(events.filter((event) => event === 'a<f1')).toHaveLength(81);
  expect(fgraph.stackOf(cpu.current)?.current).toBe(0);
});

test('shared with kprobes: a missed entry while one of their handlers runs on the cpu, and its exit all the same', () => {
  const { machine, fprobes, probe, call, ip, cpu } = boot();
  const shared = probe('s', { flags: FprobeFlag.KPROBE_SHARED });
  const plain = probe('p');
  for (const fp of [shared, plain]) fprobes.registerFprobeIps(fp, [ip(1)]);
  machine.cpus[1].kprobeRunning = true;
  expect(call(1)).toBe('p>f1 s>f1 p<f1 s<f1');
  cpu.kprobeRunning = true;
  expect(call(1)).toBe('p>f1 p<f1 s<f1');
  expect([shared.nmissed, plain.nmissed, cpu.kprobeRunning]).toEqual([1, 0, true]);
  cpu.kprobeRunning = false;
  expect(call(1)).toBe('p>f1 s>f1 p<f1 s<f1');
  expect([shared.nmissed, cpu.kprobeRunning]).toEqual([1, false]);
});

test('shared with kprobes: two on one function do not see each other run', () => {
  const { fprobes, probe, call, ip } = boot();
  for (const tag of ['a', 'b']) fprobes.registerFprobeIps(probe(tag, { flags: FprobeFlag.KPROBE_SHARED }), [ip(1)]);
  expect(call(1)).toBe('b>f1 a>f1 b<f1 a<f1');
});

test('recursion that fgraph refuses is not counted', () => {
  const { machine, fprobes, probe, ip, events, cpu } = boot();
  const fp = probe('a');
  const { entryHandler } = fp;
  fp.entryHandler = (...args) => {
    entryHandler?.(...args);
    if (events.length < 10) machine.call(cpu, 1, [], CALLER);
    return 0;
  };
  fprobes.registerFprobeIps(fp, [ip(1)]);
  machine.call(cpu, 1, [], CALLER);
  expect(events).toEqual(['a>f1', 'a>f1', 'a<f1', 'a<f1']);
  expect(fp.nmissed).toBe(0);
});

test('a pointer that cannot be encoded: the entry runs, the exit does not, the log says so', () => {
  const { machine, fprobes, probe, call, ip } = boot();
  fprobes.registerFprobeIps(probe('a', { address: 0x7fff888004000000n }), [ip(1)]);
  fprobes.registerFprobeIps(probe('b'), [ip(1)]);
  expect(call(1)).toBe('b>f1 a>f1 b<f1');
  expect(machine.log.lines).toHaveLength(1);
  expect(machine.log.lines[0]).toContain('cannot be encoded');
});

test('an fprobe with an address of its own works', () => {
  const { fprobes, probe, call, ip } = boot();
  fprobes.registerFprobeIps(probe('a', { address: 0xffff888001000040n }), [ip(1)]);
  expect(call(1)).toBe('a>f1 a<f1');
});

test.each(['arm64', 'riscv64', 'loongarch', 's390', 'powerpc64'] as const)(
  'on %s entry data and exits work',
  (arch) => {
    const { fprobes, probe, call, ip, enter, leave, fgraph, cpu, machine } = boot(arch);
    fprobes.registerFprobeIps(probe('a', { entryDataSize: 8 }), [ip(1)]);
    fprobes.registerFprobeIps(probe('b', { entryDataSize: 120 }), [ip(1)]);
    expect(call(1)).toBe('b>f1 a>f1 b<f1 a<f1');
    enter(1);
    const headers = machine.arch.header.kind === 'packed' ? 2 : 4;
    const frame = machine.arch.framePointerTest ? 5 : 4;
    expect(fgraph.stackOf(cpu.current)?.current).toBe(frame + headers + 16 + 1);
    leave();
  },
);

test.each(['i386', 'arm'] as const)('on %s there is no fprobe', (arch) => {
  const { fprobes, probe, ip } = boot(arch);
  const fp = probe('a');
  expect(fprobes.registerFprobe(fp, '*')).toBe(-Errno.EOPNOTSUPP);
  expect(fprobes.registerFprobeIps(fp, [ip(0)])).toBe(-Errno.EOPNOTSUPP);
  expect(fprobes.registerFprobeSyms(fp, ['f0'])).toBe(-Errno.EOPNOTSUPP);
  expect(fprobes.unregisterFprobe(fp)).toBe(-Errno.EOPNOTSUPP);
});

test('a module’s nodes die with it, its fprobes stay and can be removed', () => {
  const { machine, fprobes, probe, ip, lines, events } = boot();
  const definition = { name: 'brd', functions: [{ name: 'brd_probe' }] };
  machine.loadModule(definition);
  const [both, own] = [probe('both'), probe('own')];
  fprobes.registerFprobeSyms(both, ['f1', 'brd_probe']);
  fprobes.registerFprobe(own, 'brd_*');
  expect(lines()).toEqual(['f1 1', 'brd_probe 1']);
  machine.unloadModule('brd');
  expect([lines(), fprobes.isRegistered(own)]).toEqual([['f1 1'], true]);
  machine.loadModule(definition);
  expect(lines()).toEqual(['f1 1']);
  machine.call(machine.cpus[0], 'brd_probe', [], CALLER);
  expect(events).toEqual([]);
  const again = probe('again');
  expect(fprobes.registerFprobe(again, 'brd_*')).toBe(0);
  machine.call(machine.cpus[0], 'brd_probe', [], CALLER);
  expect(events).toEqual(['again>brd_probe', 'again<brd_probe']);
  expect([fprobes.unregisterFprobe(own), fprobes.unregisterFprobe(again), lines()]).toEqual([0, 0, ['f1 1']]);
  expect(fprobes.unregisterFprobe(both)).toBe(0);
  expect(lines()).toEqual([]);
  expect(fprobes.registerFprobeIps(both, [ip(0)])).toBe(0);
});

test('when the last address goes with a module, the empty filter traces every function, as Linux 6.16 does', () => {
  const { machine, fprobes, probe, call, lines } = boot();
  machine.loadModule({ name: 'brd', functions: [{ name: 'brd_probe' }] });
  const fp = probe('a');
  fprobes.registerFprobe(fp, 'brd_*');
  machine.unloadModule('brd');
  expect(lines()).toHaveLength(FUNCTIONS.length);
  expect(call(1)).toBe('');
  machine.loadModule({ name: 'brd', functions: [{ name: 'brd_probe' }] });
  expect(lines()).toHaveLength(FUNCTIONS.length + 1);
  fprobes.unregisterFprobe(fp);
  expect(lines()).toEqual([]);
});

test('with another graph op, op 0 is called for frames that are not its own: fprobe says so once', () => {
  const { machine, ftrace, fgraph, fprobes, probe, call, ip } = boot();
  fprobes.registerFprobeIps(probe('a'), [ip(1)]);
  const tracer = new GraphOps({ entry: () => true, entrySymbol: 'e', returnSymbol: 'r' });
  ftrace.setFilterFunctions(tracer.ops, [0, 1]);
  fgraph.register(tracer);
  expect(call(1)).toBe('a>f1 a<f1');
  expect(machine.log.lines).toEqual([]);
  for (let i = 0; i < 3; i++) expect(call(0)).toBe('');
  expect(machine.log.lines).toHaveLength(1);
});

test('many fprobes share one graph op', () => {
  const { fprobes, entryOnly, probe, call, ip, fgraph } = boot();
  for (let i = 0; i < 1000; i++) fprobes.registerFprobeIps(entryOnly(`p${i}`), [ip(0)]);
  fprobes.registerFprobeIps(probe('a'), [ip(1)]);
  expect([fgraph.registered.length, fprobes.registered]).toEqual([1, 1001]);
  expect(call(1)).toBe('a>f1 a<f1');
});
