import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { TestKernel } from '../dynevent/test-kernel.ts';
import type { ArchName } from '../machine/index.ts';
import { traceLines } from '../trace/trace-file.ts';
import { KERNEL_MODULES, loadKernelModule } from './index.ts';

const RET = 0xffffffff81200100n;

function boot(arch?: ArchName) {
  const { machine, tracing, fprobes } = new TestKernel(undefined, arch);
  const cpu = machine.cpus[0]!;
  machine.switchTo(cpu, machine.createTask({ comm: 'test', pid: 7 }));
  const load = (name: string, ...params: string[]) =>
    loadKernelModule({ machine, fprobes, tracing }, KERNEL_MODULES.find((module) => module.name === name)!, params);
  const must = (name: string, ...params: string[]) => {
    const loaded = load(name, ...params);
    if (typeof loaded === 'number') throw new Error(`${name} answers ${loaded}`);
    return loaded;
  };
  return {
    machine,
    tracing,
    load,
    must,
    call: (name: string) => machine.call(cpu, name, [1n, 2n], RET),
    log: () => machine.log.lines.map((line) => line.replace(/^\[.*?\] /, '').replaceAll(/0x[0-9a-f]{16}/g, 'PTR')),
    traced: () =>
      [...traceLines({ array: tracing.top, buffer: tracing.top.buffer, cpus: [0] })].map((line) =>
        line.trimEnd().replaceAll(/0x[0-9a-f]{16}/g, 'PTR'),
      ),
  };
}

test('fprobe_example tells of entry and return, with the stacks', () => {
  const { machine, must, call, log } = boot();
  const { unload } = must('fprobe_example', 'symbol=vfs_read');
  expect(machine.kallsyms.lookupName('sample_entry_handler')).toBeDefined();
  call('vfs_read');
  call('vfs_write');
  unload();
  expect(machine.kallsyms.lookupName('sample_entry_handler')).toBeUndefined();
  call('vfs_read');
  const lines = log();
  expect(lines.filter((line) => !line.startsWith(' '))).toEqual([
    'fprobe_init: Planted fprobe at vfs_read',
    'sample_entry_handler: Enter <vfs_read+0x4/0x370> ip = PTR',
    `sample_exit_handler: Return from <vfs_read+0x4/0x370> ip = PTR to rip = PTR (${machine.kallsyms.symbolAt(RET)})`,
    'fprobe_exit: fprobe at vfs_read unregistered. 2 times hit, 0 times missed',
  ]);
  expect(lines.slice(2, 5)).toEqual([
    '                         fprobe_entry+0xe6/0x2a0',
    '                         function_graph_enter_regs+0x15c/0x360',
    '                         ftrace_graph_func+0x3c/0x60',
  ]);
  expect(lines).toContain('                         vfs_read+0x9/0x370');
  expect(lines.slice(-4, -1)).toEqual([
    '                         fprobe_return+0x10f/0x160',
    '                         ftrace_return_to_handler+0x1a5/0x210',
    '                         return_to_handler+0x1e/0x50',
  ]);
});

test('fprobe_example takes several symbols, or a pattern and what not to probe', () => {
  const several = boot();
  several.must('fprobe_example', 'stackdump=0', 'symbol=vfs_read,vfs_write');
  const functions = ['vfs_read', 'vfs_write', 'vfs_open'];
  functions.map(several.call);
  const entered = (lines: string[]) => lines.flatMap((line) => /Enter <(\w+)/.exec(line)?.[1] ?? []);
  expect(entered(several.log())).toEqual(['vfs_read', 'vfs_write']);
  expect(several.log()[0]).toBe('fprobe_init: 2 symbols found');
  const pattern = boot();
  pattern.must('fprobe_example', 'stackdump=no', 'symbol=vfs_*', 'nosymbol=*write*');
  functions.map(pattern.call);
  expect(entered(pattern.log())).toEqual(['vfs_read', 'vfs_open']);
});

test('fprobe_example traces on wish, with the names of tasks', () => {
  const { machine, must, call, log, traced, tracing } = boot();
  must('fprobe_example', 'symbol=vfs_read', 'stackdump=0', 'use_trace=1');
  call('vfs_read');
  machine.switchTo(machine.cpus[0]!, machine.cpus[0]!.idle);
  expect(log()).toEqual(['fprobe_init: Planted fprobe at vfs_read']);
  expect(traced().map((line) => line.replace(/^.*?\d: /, ''))).toEqual([
    'sample_entry_handler: Enter <vfs_read+0x4/0x370> ip = PTR',
    expect.stringMatching(/^sample_exit_handler: Return from <vfs_read\+0x4\/0x370> ip = PTR to rip = PTR \(/),
  ]);
  expect([tracing.top.expanded, traced()[0]!.trimStart().slice(0, 6)]).toEqual([true, 'test-7']);
});

test.each([
  [['symbol=nosuch'], Errno.ENOENT, ['fprobe_init: register_fprobe failed, returned -2']],
  [['symbol=vfs_read,nosuch'], Errno.ENOENT, undefined],
  [['stackdump=maybe'], Errno.EINVAL, ["fprobe_example: `maybe' invalid for parameter `stackdump'"]],
  [['symbol'], Errno.EINVAL, ["fprobe_example: `' invalid for parameter `symbol'"]],
  [
    [`symbol=${'x'.repeat(4096)}`],
    Errno.ENOSPC,
    [
      "symbol: string doesn't fit in 4095 chars.",
      `fprobe_example: \`${'x'.repeat(4096)}' too large for parameter \`symbol'`,
    ],
  ],
])('fprobe_example %j does not load', (params, errno, lines) => {
  const { machine, load, log } = boot();
  expect(load('fprobe_example', ...params)).toBe(-errno);
  if (lines) expect(log()).toEqual(lines);
  expect(machine.kallsyms.lookupName('sample_entry_handler')).toBeUndefined();
  expect(load('fprobe_example')).not.toBeTypeOf('number');
});

test.each(['on', 'ON', 'y', 'T', '1', undefined])('a flag takes %s', (value) => {
  const { must, call, log } = boot();
  must('fprobe_example', 'symbol=vfs_read', 'stackdump=of', value === undefined ? 'stackdump' : `stackdump=${value}`);
  call('vfs_read');
  expect(log().length).toBeGreaterThan(3);
});

test('unknown parameters are told of, dashes stand for underscores, a module loads once', () => {
  const { load, must, log } = boot();
  const { unload } = must('fprobe_example', 'foo=1', 'use-trace=1', 'symbol=vfs_read');
  expect(log()[0]).toBe("fprobe_example: unknown parameter 'foo' ignored");
  expect(load('fprobe_example')).toBe(-Errno.EEXIST);
  unload();
  must('fprobe_example');
});

test('on an arch without fprobe, no sample registers', () => {
  const { load, log } = boot('i386');
  expect(load('fprobe_example', 'symbol=vfs_read')).toBe(-Errno.EOPNOTSUPP);
  expect(load('fprobe_latency')).toBe(-Errno.EOPNOTSUPP);
  expect(log()).toEqual([
    'fprobe_init: register_fprobe failed, returned -95',
    'fprobe_latency: register_fprobe failed, returned -95',
  ]);
});

test('fprobe_latency draws how long calls took', () => {
  const { machine, must, log } = boot();
  const { unload } = must('fprobe_latency', 'symbol=vfs_read');
  const cpu = machine.cpus[0]!;
  const vfsRead = machine.functions.idsByName('vfs_read')[0]!;
  for (const micros of [1, 3, 3, 100]) {
    machine.enterFunction(cpu, vfsRead, 0x81200100, -1);
    machine.clock.advance(micros * 1000);
    machine.leaveFunction(cpu);
  }
  unload();
  const rows = log()
    .slice(1)
    .map((line) => line.replace(/^fprobe_latency: +/, ''));
  expect(rows[0]).toBe('4 calls, 0 missed');
  expect(rows.slice(1).map((row) => row.replace(/ us +/, ' ').replace(/ #+/, (bar) => ` ${bar.length - 1}`))).toEqual([
    '< 2 1 20',
    '< 4 2 40',
    '< 8 0',
    '< 16 0',
    '< 32 0',
    '< 64 0',
    '< 128 1 20',
  ]);
});
