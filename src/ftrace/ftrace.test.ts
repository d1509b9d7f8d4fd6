import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import type { MachineOptions } from '../machine/machine.ts';
import { testMachine } from '../machine/test-kernel.ts';
import { Ftrace } from './ftrace.ts';
import { FtraceOps, type FtraceOpsOptions } from './ftrace-ops.ts';
import { FunctionSet } from './function-set.ts';
import { ftraceGetSymaddr, ftraceLocation, functionsByFilter, functionsBySymbols } from './location.ts';
import { LIST_SITE } from './records.ts';

fc.configureGlobal({ seed: 616 });

const FUNCTIONS = ['kernel_clone', 'vfs_read', '-vfs_write', 'vfs_open=my_open', '__x64_sys_a=__ia32_sys_a'];
const SYMBOLS = [
  'arch_ftrace_ops_list_func',
  'function_trace_call',
  'ftrace_graph_func',
  'ftrace_stub',
  'fprobe_entry',
  'fprobe_return',
];

function boot(options: Partial<MachineOptions> = {}) {
  const machine = testMachine({ functions: FUNCTIONS, symbols: SYMBOLS }, options);
  const ftrace = new Ftrace(machine);
  const [cpu] = machine.cpus;
  const hits: string[] = [];
  const ops = (name: string, more: Partial<FtraceOpsOptions> = {}) =>
    new FtraceOps({
      symbol: name,
      func: (fn) => {
        hits.push(`${name}:${machine.functions.name(fn)}`);
        return false;
      },
      ...more,
    });
  const call = (fn: number) => {
    machine.enterFunction(cpu, fn, 0x1000, 0);
    machine.leaveFunction(cpu);
  };
  /** Names of the functions in enabled_functions with their counts. */
  const enabled = () =>
    [...ftrace.enabledFunctions().matchAll(/^(\S+(?: \[\w+\])?) \((\d+)\)/gm)].map((m) => `${m[1]} ${m[2]}`);
  return { machine, ftrace, cpu, hits, ops, call, enabled };
}

test('only wanted functions are patched and only their ops run', () => {
  const { ftrace, ops, hits, call } = boot();
  const a = ops('a');
  expect(ftrace.setFilterFunctions(a, [1])).toBe(0);
  expect([...ftrace.sites.subarray(0, 5)]).toEqual([0, 0, 0, 0, 0]);
  expect(ftrace.registerFunction(a)).toBe(0);
  expect(ftrace.registerFunction(a)).toBe(-Errno.EBUSY);
  expect([...ftrace.sites.subarray(0, 5)]).toEqual([0, 1, 0, 0, 0]);
  for (let fn = 0; fn < 5; fn++) call(fn);
  expect(hits).toEqual(['a:vfs_read']);
  expect(ftrace.unregisterFunction(a)).toBe(0);
  expect(ftrace.unregisterFunction(a)).toBe(-Errno.EBUSY);
  call(1);
  expect(hits).toEqual(['a:vfs_read']);
});

test('an empty filter wants all, notrace takes away', () => {
  const { ftrace, ops, enabled } = boot();
  const all = ops('all');
  ftrace.replaceNotrace(all.hash, FunctionSet.of([0, 4]));
  ftrace.registerFunction(all);
  expect(enabled()).toEqual(['vfs_read 1', 'vfs_write 1', 'vfs_open 1']);
  ftrace.replaceFilter(all.hash, FunctionSet.of([0, 1]));
  expect(enabled()).toEqual(['vfs_read 1']);
  ftrace.setFilterFunctions(all, [0, 1], true);
  expect(enabled()).toEqual(['vfs_read 1', 'vfs_write 1', 'vfs_open 1']);
});

test('the newest ops runs first where several want a function', () => {
  const { ftrace, ops, hits, call } = boot();
  const [a, b, c] = [ops('a'), ops('b'), ops('c')];
  ftrace.setFilterFunctions(c, [2]);
  for (const each of [a, b, c]) ftrace.registerFunction(each);
  expect(ftrace.sites[1]).toBe(LIST_SITE);
  call(1);
  call(2);
  expect(hits).toEqual(['b:vfs_read', 'a:vfs_read', 'c:vfs_write', 'b:vfs_write', 'a:vfs_write']);
  ftrace.unregisterFunction(b);
  expect(ftrace.sites[1]).toBe(a.slot + 1);
});

test('more ops than sites can name are called, alone or through the list', () => {
  const { ftrace, ops, hits, call } = boot();
  for (let i = 0; i < 300; i++) {
    const each = ops(`ops${i}`);
    ftrace.setFilterFunctions(each, [i < 299 ? 0 : 1]);
    ftrace.registerFunction(each);
  }
  call(1);
  expect(hits).toEqual(['ops299:vfs_read']);
});

test('an ops that does not guard itself is not entered again', () => {
  const { ftrace, ops, hits, machine, cpu } = boot();
  const guarded = ops('guarded', { recursion: true });
  guarded.func = () => {
    hits.push('guarded');
    if (hits.length < 5) machine.call(cpu, 1);
    return false;
  };
  ftrace.registerFunction(guarded);
  machine.call(cpu, 0);
  // The nested entry takes the transition bit, the one in it is refused.
  expect(hits).toEqual(['guarded', 'guarded']);
  expect([cpu.current.recursion, cpu.preemptCount]).toEqual([0, 0]);
});

test('setFilterIps takes sites and symbols, and changes all or nothing', () => {
  const { machine, ftrace, ops, enabled } = boot();
  const a = ops('a');
  const site = machine.functions.entryIp(0);
  const symbol = machine.functions.symbolAddress(1);
  expect(ftrace.setFilterIps(a, [site, symbol])).toBe(0);
  ftrace.registerFunction(a);
  expect(enabled()).toEqual(['kernel_clone 1', 'vfs_read 1']);
  expect(ftrace.setFilterIps(a, [machine.functions.entryIp(2), site + 5n])).toBe(-Errno.EINVAL);
  expect(ftrace.setFilterIps(a, [site, machine.functions.entryIp(2)], true)).toBe(-Errno.ENOENT);
  expect(ftrace.setFilterIps(a, [site, site], true)).toBe(-Errno.ENOENT);
  expect(enabled()).toEqual(['kernel_clone 1', 'vfs_read 1']);
  expect(ftrace.setFilterIps(a, [site], true)).toBe(0);
  expect(enabled()).toEqual(['vfs_read 1']);
});

test.each([
  // Symbol, landing pad, the five bytes of the call, what follows.
  [0n, 0],
  [1n, undefined],
  [4n, 0],
  [5n, 0],
  [8n, 0],
  [9n, undefined],
])('%i bytes behind its symbol a function is found or not', (offset, expected) => {
  const { machine } = boot();
  expect(ftraceLocation(machine, machine.functions.symbolAddress(0) + offset)).toBe(expected);
});

test('ftrace_enabled off makes every site a nop', () => {
  const { ftrace, ops, hits, call } = boot();
  const a = ops('a');
  ftrace.registerFunction(a);
  ftrace.setEnabled(false);
  ftrace.setFilterFunctions(a, [0, 1]);
  call(1);
  expect(hits).toEqual([]);
  ftrace.setEnabled(true);
  for (const fn of [1, 2]) call(fn);
  expect(hits).toEqual(['a:vfs_read']);
});

const GRAPH: Partial<FtraceOpsOptions> = { graph: { entry: 'fprobe_entry', return: 'fprobe_return' } };
const TRAMP = (addr: string, func: string) => `\ttramp: 0x${addr} (${func}+0x0/0x100) ->${func}+0x0/0x100`;
const ENT_RET = ' {ent:fprobe_entry+0x0/0x100 ret:fprobe_return+0x0/0x100}';

test('enabled_functions: one ops, a graph ops with subops, several ops', () => {
  const { ftrace, ops } = boot();
  const manager = ops('ftrace_graph_func');
  const [first, second] = [
    ops('first', GRAPH),
    ops('second', { graph: { entry: 'trace_graph_entry', return: 'trace_graph_return' } }),
  ];
  for (const sub of [first, second]) ftrace.setFilterFunctions(sub, [0]);
  ftrace.setFilterFunctions(second, [1]);
  ftrace.startupSubops(manager, first);
  expect(ftrace.startupSubops(manager, first)).toBe(-Errno.EBUSY);
  expect(ftrace.enabledFunctions()).toBe(
    `kernel_clone (1)           ${TRAMP('ffffffffc0201000', 'ftrace_graph_func')}\tsubops:${ENT_RET}\n`,
  );
  ftrace.startupSubops(manager, second);
  const newest = ' {ent:trace_graph_entry ret:trace_graph_return}';
  expect(ftrace.enabledFunctions()).toBe(
    `kernel_clone (1)           ${TRAMP('ffffffffc0201000', 'ftrace_graph_func')}\tsubops:${newest}${ENT_RET}\n` +
      `vfs_read (1)           ${TRAMP('ffffffffc0201000', 'ftrace_graph_func')}\tsubops:${newest}\n`,
  );
  const tracer = ops('function_trace_call');
  ftrace.setFilterFunctions(tracer, [0, 2]);
  ftrace.registerFunction(tracer);
  expect(ftrace.enabledFunctions()).toBe(
    `kernel_clone (2)            ->arch_ftrace_ops_list_func+0x0/0x100\n` +
      `vfs_read (1)           ${TRAMP('ffffffffc0201000', 'ftrace_graph_func')}\tsubops:${newest}\n` +
      `vfs_write (1)           ${TRAMP('ffffffffc0203000', 'function_trace_call')}\n`,
  );
  ftrace.shutdownSubops(manager, first);
  expect(ftrace.shutdownSubops(manager, first)).toBe(-Errno.EINVAL);
  ftrace.shutdownSubops(manager, second);
  expect(ftrace.enabledFunctions()).toBe(
    `kernel_clone (1)           ${TRAMP('ffffffffc0203000', 'function_trace_call')}\n` +
      `vfs_write (1)           ${TRAMP('ffffffffc0203000', 'function_trace_call')}\n`,
  );
  expect(ftrace.touchedFunctions()).toContain('vfs_read (0)            ->function_trace_call+0x0/0x100\n');
  ftrace.unregisterFunction(tracer);
  expect(ftrace.enabledFunctions()).toBe('');
  expect(ftrace.touchedFunctions()).toBe(
    ['kernel_clone', 'vfs_read', 'vfs_write']
      .map((name) => `${name} (0)            ->ftrace_stub+0x0/0x100\n`)
      .join(''),
  );
});

test('a full pt_regs shows as R, a guarded ops as its assistant', () => {
  const { ftrace, ops } = boot();
  const a = ops('function_trace_call', { saveRegs: true, recursion: true });
  ftrace.setFilterFunctions(a, [1]);
  ftrace.registerFunction(a);
  expect(ftrace.enabledFunctions()).toBe(
    'vfs_read (1) R         \ttramp: 0xffffffffc0201000 (function_trace_call+0x0/0x100) ->ftrace_ops_assist_func\n',
  );
  ftrace.setFilterFunctions(a, [2]);
  ftrace.setFilterFunctions(a, [1], true);
  expect(ftrace.enabledFunctions()).toMatch(/^vfs_write \(1\) R {9}\t/);
});

test('trampolines of dynamic ops are used again, those of others are kept', () => {
  const { ftrace, ops } = boot();
  const [fixed, dynamic, next] = [ops('fixed'), ops('dynamic', { dynamic: true }), ops('next', { dynamic: true })];
  for (const each of [fixed, dynamic]) ftrace.registerFunction(each);
  for (const each of [fixed, dynamic]) ftrace.unregisterFunction(each);
  ftrace.registerFunction(next);
  expect([fixed.trampoline, dynamic.trampoline, next.trampoline]).toEqual([
    0xffffffffc0201000n,
    undefined,
    0xffffffffc0203000n,
  ]);
});

test('module functions come to who wants all, and go from the records', () => {
  const { machine, ftrace, ops, enabled, hits } = boot();
  const [all, some] = [ops('all'), ops('some')];
  ftrace.registerFunction(all);
  ftrace.setFilterFunctions(some, [0]);
  ftrace.registerFunction(some);
  const definition = { name: 'brd', functions: [{ name: 'brd_probe' }] };
  machine.loadModule(definition);
  expect(enabled().slice(-1)).toEqual(['brd_probe [brd] 1']);
  expect(ftrace.setFilterIps(some, machine.kallsyms.addressesOf('brd_probe'))).toBe(0);
  machine.call(machine.cpus[0], 'brd_probe');
  expect(hits).toEqual(['some:brd_probe', 'all:brd_probe']);
  expect(enabled().slice(-1)).toEqual(['brd_probe [brd] 2']);
  machine.unloadModule('brd');
  expect([...some.filter].filter((fn) => machine.functions.isLive(fn))).toEqual([0]);
  expect(enabled()).toHaveLength(FUNCTIONS.length);
  machine.loadModule(definition);
  expect(enabled().slice(-1)).toEqual(['brd_probe [brd] 1']);
});

test('lines follow the records: the kernel, then modules as they were loaded', () => {
  const { machine, ftrace, ops, enabled } = boot();
  for (const name of ['b', 'a']) machine.loadModule({ name, functions: [{ name: `${name}_f`, size: 0x3000 }] });
  machine.unloadModule('b');
  machine.loadModule({ name: 'c', functions: [{ name: 'c_f' }] });
  ftrace.registerFunction(ops('all'));
  expect(enabled().slice(5)).toEqual(['a_f [a] 1', 'c_f [c] 1']);
});

test.each([
  ['site', 0xffffffff81200004n, 0],
  ['symbol', 0xffffffff81200000n, 0],
  ['between', 0xffffffff81200002n, undefined],
  ['symbol and site', 0xffffffff81200200n, 2],
  ['data', 0xffffffff81200500n, undefined],
])('ftrace_location of a %s', (_, addr, fn) => {
  expect(ftraceLocation(boot().machine, addr)).toBe(fn);
});

test.each([
  ['vfs_*', undefined, [1, 2, 3]],
  ['vfs_*', '*open', [1, 2]],
  ['*_open', undefined, [3, 3]],
  ['__*_sys_a', undefined, [4, 4]],
  ['__*_sys_a', '__ia32*', [4]],
  ['*', 'vfs_*', [0, 3, 4, 4]],
  ['no_such_*', undefined, -Errno.ENOENT],
  ['vfs_*', '*', -Errno.ENOENT],
  ['ftrace_stub', undefined, -Errno.ENOENT],
])('functions by filter %s not %s', (filter, notfilter, expected) => {
  expect(functionsByFilter(boot().machine, filter, notfilter)).toEqual(expected);
});

test.each([
  [['vfs_read'], [1]],
  [
    ['vfs_read', 'my_open', 'kernel_clone'],
    [0, 3, 1],
  ],
  [['vfs_read', 'nope'], -Errno.ENOENT],
  [['ftrace_stub'], -Errno.ENOENT],
  [['vfs_read', 'vfs_read'], -Errno.ENOENT],
])('functions by symbols %j', (symbols, expected) => {
  expect(functionsBySymbols(boot().machine, symbols)).toEqual(expected);
});

test.each([
  ['x86_64', 0, 0xffffffff81200000n],
  ['x86_64', 2, 0xffffffff81200200n],
  ['arm64', 0, 0xffffffff81200000n],
  ['riscv64', 0, 0n],
  ['s390', 0, 0n],
] as const)('%s: symbol of the entry site of function %i', (arch, fn, expected) => {
  const { machine } = boot({ arch });
  expect(ftraceGetSymaddr(machine, machine.functions.entryIp(fn))).toBe(expected);
});

test('counts and sites agree with who wants what, through any changes', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  const plainStep = fc.record({
    kind: fc.constantFrom('register', 'unregister', 'add', 'remove', 'filter', 'notrace'),
    target: fc.constantFrom('plain0', 'plain1', 'plain2', 'sub0', 'sub1'),
    ids,
  });
  const subStep = fc.record({
    kind: fc.constantFrom('start', 'shut'),
    target: fc.constantFrom('sub0', 'sub1', 'sub2'),
    ids,
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(plainStep, subStep), { maxLength: 40 }), (steps) => {
      const { ftrace, ops, call, hits, machine } = boot();
      const named = new Map(['plain0', 'plain1', 'plain2', 'sub0', 'sub1', 'sub2'].map((name) => [name, ops(name)]));
      const subs = ['sub0', 'sub1', 'sub2'].map((name) => named.get(name) as FtraceOps);
      const manager = ops('manager');
      for (const { kind, target: name, ids: fns } of steps) {
        const target = named.get(name) as FtraceOps;
        if (kind === 'start') ftrace.startupSubops(manager, target);
        else if (kind === 'shut') ftrace.shutdownSubops(manager, target);
        else if (kind === 'register' && name.startsWith('plain')) ftrace.registerFunction(target);
        else if (kind === 'unregister' && name.startsWith('plain')) ftrace.unregisterFunction(target);
        else if (kind === 'filter') ftrace.replaceFilter(target.hash, FunctionSet.of(fns));
        else if (kind === 'notrace') ftrace.replaceNotrace(target.hash, FunctionSet.of(fns));
        else if (kind === 'add' || kind === 'remove') ftrace.setFilterFunctions(target, fns, kind === 'remove');
        for (let fn = 0; fn < 5; fn++) {
          const plain = ftrace.opsList.filter((each) => each !== manager && each.test(fn)).length;
          const managed = ftrace.records.count(fn) - plain;
          const started = subs.filter((sub) => sub.enabled);
          // A manager may want more than its ops do: what only one of several that want nearly all does not want.
          const least = started.some((sub) => sub.test(fn)) ? 1 : 0;
          const wide = started.some(({ hash }) => hash.filter.isEmpty || hash.filter.minus(hash.notrace).isEmpty);
          expect(managed).toBeGreaterThanOrEqual(least);
          expect(managed).toBeLessThanOrEqual(wide ? 1 : least);
          const wanting = ftrace.opsList.filter((each) => (each === manager ? managed === 1 : each.test(fn)));
          hits.length = 0;
          call(fn);
          expect(hits).toEqual(wanting.map((each) => `${each.symbol}:${machine.functions.name(fn)}`));
        }
      }
    }),
    { numRuns: 200 },
  );
});

// What the kernel had in `enabled_functions` while two users of graph ops changed their filters: how many functions, and which of the first two.
test.each([
  ['all but 0', [{ notrace: [0] }], [1, 2, 3, 4]],
  ['and 1 alone', [{ notrace: [0] }, { filter: [1] }], [0, 1, 2, 3, 4]],
  ['both all but 0', [{ notrace: [0] }, { notrace: [0] }], [1, 2, 3, 4]],
  ['0 but not 0, beside all but 0', [{ filter: [0], notrace: [0] }, { notrace: [0] }], [0, 1, 2, 3, 4]],
  ['0 but not 0', [{ filter: [0], notrace: [0] }], [0, 1, 2, 3, 4]],
  ['filters', [{ filter: [0, 1], notrace: [1] }, { filter: [3] }], [0, 3]],
  ['0 but not 0, beside 3', [{ filter: [3] }, { filter: [0], notrace: [0] }], [0, 1, 2, 3, 4]],
])('a manager wants: %s', (_, hashes: readonly { filter?: number[]; notrace?: number[] }[], expected) => {
  const { ftrace, ops } = boot();
  const manager = ops('manager');
  const subs = hashes.map((_, i) => ops(`sub${i}`));
  for (const [i, { filter = [], notrace = [] }] of hashes.entries()) {
    ftrace.replaceFilter(subs[i].hash, FunctionSet.of(filter));
    ftrace.replaceNotrace(subs[i].hash, FunctionSet.of(notrace));
    ftrace.startupSubops(manager, subs[i]);
  }
  const wanted = () => [0, 1, 2, 3, 4].filter((fn) => ftrace.records.count(fn) > 0);
  expect(wanted()).toEqual(expected);
  for (const sub of subs) ftrace.shutdownSubops(manager, sub);
  expect(wanted()).toEqual([]);
});

test('a filter that waits for a module wants nothing', () => {
  const { ftrace, ops } = boot();
  const a = ops('a');
  ftrace.replaceFilter(a.hash, new FunctionSet(), true);
  ftrace.registerFunction(a);
  expect(ftrace.records.count(0)).toBe(0);
  ftrace.replaceFilter(a.hash, new FunctionSet());
  expect(ftrace.records.count(0)).toBe(1);
});
