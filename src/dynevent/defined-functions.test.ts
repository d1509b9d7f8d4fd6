import { expect, test } from 'vitest';
import { readPrototype } from '../btf/index.ts';
import type { FunctionBody } from '../machine/index.ts';
import { traceLines } from '../trace/trace-file.ts';
import { TestKernel } from './test-kernel.ts';

function boot() {
  const kernel = new TestKernel();
  const { machine, tracing } = kernel;
  machine.switchTo(machine.cpus[0]!, machine.createTask({ comm: 'test', pid: 7 }));
  const prototype = (text: string) => {
    const read = readPrototype(kernel.types, text);
    if ('error' in read) throw new Error(read.error);
    return read;
  };
  const define = (text: string, body?: FunctionBody) =>
    machine.defineFunction(prototype(text).name, prototype(text), body);
  const enable = (...definitions: string[]) => {
    for (const definition of definitions) expect(kernel.append(definition), kernel.errorLog).toBeGreaterThan(0);
    for (const { system, name } of tracing.events.dynamicEvents) tracing.top.eventFile(system, name)!.setEnabled(true);
  };
  const call = (name: string, ...args: bigint[]) => machine.call(machine.cpus[0]!, name, args, 0xffffffff81200100n);
  const hits = () =>
    [...traceLines({ array: tracing.top, buffer: tracing.top.buffer, cpus: [0] })].map((line) =>
      line.replace(/^.*?: (?=\w+: )/, '').trimEnd(),
    );
  return { ...kernel, kernel, machine, define, prototype, enable, call, hits };
}

test('arguments of a function defined in TypeScript have the names and types of its prototype', () => {
  const { define, enable, call, hits } = boot();
  define('int my_function(int arg, unsigned char small, const char *text, u64 wide)', (call) => call.argument(0) * 2n);
  enable('f:in my_function arg small wide text', 'f:all my_function $arg*', 'f:out my_function%return arg ret=$retval');
  expect(call('my_function', BigInt.asUintN(64, -3n), 0x1ffn, 0n, 1n << 63n)).toBe(
    BigInt.asUintN(64, BigInt.asUintN(64, -3n) * 2n),
  );
  expect(hits().map((line) => line.replace(/\(.*?\) /, ''))).toEqual([
    'all: arg=-3 small=255 text=0x0 wide=9223372036854775808',
    'in: arg=-3 small=255 wide=9223372036854775808 text=0x0',
    'out: arg=-3 ret=-6',
  ]);
  expect(hits()[0]).toContain('(my_function+0x4/0x40)');
});

test('members of what an argument points to are found by name', () => {
  const { define, enable, call, hits, machine, types } = boot();
  define('void my_open(struct file *file)');
  const file = types.findByName('file', 'struct')!;
  const at = (path: string) => BigInt(types.memberPath(file, path)!.bitOffset / 8);
  const address = machine.allocate(types.sizeOf(file)!, 64, true);
  machine.memory.writeUint(address + at('f_flags'), 4, 0o100000n);
  enable('f:o my_open flags=file->f_flags:x32');
  call('my_open', address);
  expect(hits()).toEqual(['o: (my_open+0x4/0x40) flags=0x8000']);
});

test.each([
  ['f:a my_void%return $retval', /error: This function returns 'void' type/],
  ['f:a my_void nosuch', /error: This variable is not found at this probe point/],
  ['f:a my_plain arg', /error: No BTF entry for this probe point|error: BTF is not available/],
  ['f:a my_gone arg', /error: No BTF entry|error: Invalid probed address or symbol/],
])('%s is refused', (definition, error) => {
  const { kernel, define, machine } = boot();
  define('void my_void(int arg)');
  machine.defineFunction('my_plain');
  expect(kernel.append(definition)).toBeLessThan(0);
  expect(kernel.errorLog).toMatch(error);
});

test('a name of the kernel’s own keeps the kernel’s prototype', () => {
  const { kernel, define } = boot();
  define('int vfs_read(int other)');
  expect(kernel.append('f:a vfs_read other')).toBeLessThan(0);
  expect(kernel.append('f:a vfs_read count')).toBeGreaterThan(0);
});

test('functions of a module have theirs while it is loaded, and can be probed again with the next load', () => {
  const { kernel, machine, prototype, enable, call, hits } = boot();
  const brd = prototype('int brd_probe(int major)');
  const load = () =>
    machine.loadModule({ name: 'brd', functions: [{ name: 'brd_probe', prototype: brd, body: () => 7n }] });
  expect(kernel.append('f:early brd_probe major')).toBeLessThan(0);
  load();
  enable('f:in brd_probe major', 'f:out brd_probe%return $retval');
  call('brd_probe', 259n);
  expect(hits()).toEqual([
    'in: (brd_probe+0x4/0x40 [brd]) major=259',
    expect.stringMatching(/^out: \(.* <- brd_probe\) arg1=7$/),
  ]);
  expect(machine.unloadModule('brd')).toBe(0);
  expect(kernel.append('f:late brd_probe major')).toBeLessThan(0);
  load();
  call('brd_probe', 260n);
  expect(hits()).toHaveLength(2);
  enable('f:again brd_probe major');
  call('brd_probe', 261n);
  expect(hits().at(-1)).toBe('again: (brd_probe+0x4/0x40 [brd]) major=261');
  expect(hits()).toHaveLength(3);
});
