import { beforeEach, expect, test } from 'vitest';
import type { EntryData } from './entry-data.ts';
import { Fprobe, type FprobeOptions } from './fprobe.ts';
import { testBoot } from './test-boot.ts';

/*
 * What `lib/tests/test_fprobe.c` tests on a kernel, written anew: functions of a module that are called for real, and fprobes that look at where they are
 * called, what they hand from entry to exit, and what the function returns.
 */

const DIVISOR = 0x7f3dn;
const VALUE = 0x9abcdef0n;
const SIZES = [1, 2, 4, 8] as const;

type Engine = ReturnType<typeof testBoot>;
let engine: Engine;
/** What the handlers saw: the function's name, and the value that the entry kept. */
let entries: string[];
let exits: string[];
let entryResult: number;

beforeEach(() => {
  engine = testBoot(['do_one_initcall']);
  entries = [];
  exits = [];
  entryResult = 0;
  const loaded = engine.machine.loadModule({
    name: 'test_fprobe',
    functions: [
      { name: 'fprobe_selftest_target', body: (call) => call.argument(0) / DIVISOR },
      { name: 'fprobe_selftest_target2', body: (call) => call.argument(0) / DIVISOR + 1n },
      {
        name: 'fprobe_selftest_nest_target',
        body: (call) => call.call('fprobe_selftest_target', call.argument(0)) + 2n,
      },
    ],
  });
  expect(typeof loaded).toBe('object');
});

const call = (name: string) => engine.machine.call(engine.cpu, name, [VALUE]);
const target = () => call('fprobe_selftest_target');
const target2 = () => call('fprobe_selftest_target2');
const results = { target: VALUE / DIVISOR, target2: VALUE / DIVISOR + 1n };

function put(data: EntryData, size: number): void {
  const bytes = new Uint8Array(data.words.buffer, 8 * data.first, size);
  bytes.fill(0xa5);
}

function holds(data: EntryData, size: number): boolean {
  return new Uint8Array(data.words.buffer, 8 * data.first, size).every((byte) => byte === 0xa5);
}

/** An fprobe that notes where it is called, with preemption off; entry data of a size in bytes passes through. */
function noting(options: FprobeOptions & { exits?: boolean } = {}): Fprobe {
  const { machine, cpu } = engine;
  const size = options.entryDataSize ?? 0;
  const fp = new Fprobe({
    ...options,
    entryHandler: (_fp, fn, _lo, _hi, fregs, data) => {
      expect(cpu.preemptCount).toBeGreaterThan(0);
      fregs.argument(0);
      expect(BigInt(fregs.lo)).toBe(VALUE);
      if (data !== null) put(data, size);
      entries.push(machine.functions.name(fn));
      return entryResult;
    },
  });
  if (options.exits === false) return fp;
  fp.exitHandler = (_fp, fn, _lo, _hi, fregs, data) => {
    expect(cpu.preemptCount).toBeGreaterThan(0);
    expect((data?.size ?? 0) > 0).toBe(size > 0);
    if (data !== null) expect(holds(data, size)).toBe(true);
    fregs.returnValue();
    exits.push(`${machine.functions.name(fn)} ${fregs.lo}`);
  };
  return fp;
}

test('entry only, by filter and notfilter, and not after it is unregistered', () => {
  const { fprobes } = engine;
  const fp = noting({ exits: false });
  expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target')).toBe(0);
  expect([target(), target2()]).toEqual([results.target, results.target2]);
  expect([entries, exits]).toEqual([['fprobe_selftest_target'], []]);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
  target();
  expect(entries).toHaveLength(1);

  expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target*')).toBe(0);
  target();
  target2();
  expect(entries.slice(1)).toEqual(['fprobe_selftest_target', 'fprobe_selftest_target2']);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);

  expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target*', 'fprobe_selftest_target2')).toBe(0);
  target();
  target2();
  expect(entries.slice(3)).toEqual(['fprobe_selftest_target']);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
});

test('entry and exit, by filter and notfilter', () => {
  const { fprobes } = engine;
  const fp = noting();
  expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target*')).toBe(0);
  target();
  target2();
  expect(entries).toEqual(['fprobe_selftest_target', 'fprobe_selftest_target2']);
  expect(exits).toEqual([`fprobe_selftest_target ${results.target}`, `fprobe_selftest_target2 ${results.target2}`]);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);

  expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target*', 'fprobe_selftest_target2')).toBe(0);
  target();
  target2();
  expect(exits.slice(2)).toEqual([`fprobe_selftest_target ${results.target}`]);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
});

test('by symbols', () => {
  const { fprobes } = engine;
  const fp = noting();
  expect(fprobes.registerFprobeSyms(fp, ['fprobe_selftest_target'])).toBe(0);
  target();
  target2();
  expect(exits).toHaveLength(1);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
  expect(fprobes.registerFprobeSyms(fp, ['fprobe_selftest_target', 'fprobe_selftest_target2'])).toBe(0);
  target();
  target2();
  expect(exits).toHaveLength(3);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
});

test.each(SIZES)('%i bytes of data pass from the entry to the exit', (size) => {
  const { fprobes } = engine;
  const fp = noting({ entryDataSize: size });
  expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target')).toBe(0);
  target();
  expect([entries.length, exits.length]).toEqual([1, 1]);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
});

test('an entry that is not zero skips the exit, and nothing is missed', () => {
  const { fprobes } = engine;
  const fp = noting();
  expect(fprobes.registerFprobeSyms(fp, ['fprobe_selftest_target'])).toBe(0);
  entryResult = 1;
  expect(target()).toBe(results.target);
  expect([entries.length, exits.length, fp.nmissed]).toEqual([1, 0, 0]);
  entryResult = 0;
  target();
  expect([entries.length, exits.length, fp.nmissed]).toEqual([2, 1, 0]);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
});

test('nested functions, each with its entry and exit', () => {
  const { fprobes } = engine;
  const fp = noting();
  expect(fprobes.registerFprobeSyms(fp, ['fprobe_selftest_target', 'fprobe_selftest_nest_target'])).toBe(0);
  expect(call('fprobe_selftest_nest_target')).toBe(results.target + 2n);
  expect(entries).toEqual(['fprobe_selftest_nest_target', 'fprobe_selftest_target']);
  expect(exits).toEqual([
    `fprobe_selftest_target ${results.target}`,
    `fprobe_selftest_nest_target ${results.target + 2n}`,
  ]);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
});

test('several on one function, each with data of its own size', () => {
  const { fprobes } = engine;
  const all = SIZES.map((size) => noting({ entryDataSize: size * 3 }));
  for (const fp of all) expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target')).toBe(0);
  target();
  expect([entries.length, exits.length]).toEqual([4, 4]);
  for (const fp of all) expect(fprobes.unregisterFprobe(fp)).toBe(0);
  target();
  expect(entries).toHaveLength(4);
});

test.each([
  ['entry', true, false],
  ['exit', false, true],
] as const)('a handler at the %s that calls probed functions gets in at most twice', (_, atEntry, atExit) => {
  const { fprobes } = engine;
  let depth = 0;
  let deepest = 0;
  const recurse = () => {
    depth++;
    deepest = Math.max(deepest, depth);
    if (depth < 10) target2();
    depth--;
    return 0;
  };
  const recursing = () =>
    new Fprobe({ ...(atEntry && { entryHandler: recurse }), ...(atExit && { exitHandler: () => void recurse() }) });
  const both = [recursing(), recursing()];
  expect(fprobes.registerFprobe(both[0], 'fprobe_selftest_target')).toBe(0);
  expect(fprobes.registerFprobe(both[1], 'fprobe_selftest_target2')).toBe(0);
  expect(target()).toBe(results.target);
  expect(deepest).toBe(2);
  for (const fp of both) expect(fprobes.unregisterFprobe(fp)).toBe(0);
});

test('the module cannot be probed after it has gone, and can after it is loaded again', () => {
  const { fprobes, machine } = engine;
  const fp = noting();
  expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target*')).toBe(0);
  expect(machine.unloadModule('test_fprobe')).toBe(0);
  expect(target()).toBe(0n);
  expect(entries).toEqual([]);
  expect(fprobes.unregisterFprobe(fp)).toBe(0);
  const body = () => 7n;
  machine.loadModule({ name: 'test_fprobe', functions: [{ name: 'fprobe_selftest_target', body }] });
  expect(fprobes.registerFprobe(fp, 'fprobe_selftest_target*')).toBe(0);
  target();
  expect(exits).toEqual(['fprobe_selftest_target 7']);
});
