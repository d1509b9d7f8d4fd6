import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { THREAD_SIZE } from './layout.ts';
import type { Module } from './module.ts';
import { TEST_TEXT, testMachine } from './test-kernel.ts';

const KERNEL = { functions: ['vfs_read', '-vfs_write', 'do_a=do_b'], symbols: ['jiffies'] };

test('entry sites lie behind the landing pad where there is one', () => {
  const { functions } = testMachine(KERNEL);
  expect([0, 1].map((fn) => functions.entryIp(fn))).toEqual([TEST_TEXT + 4n, TEST_TEXT + 0x100n]);
  expect(functions.idAtIp(TEST_TEXT + 4n)).toBe(0);
  expect(functions.idAtSymbol(TEST_TEXT)).toBe(0);
  expect(functions.idAtSymbol(TEST_TEXT + 4n)).toBeUndefined();
  expect(testMachine(KERNEL, { arch: 's390' }).functions.entryIp(0)).toBe(TEST_TEXT);
});

test.each([
  [TEST_TEXT, 0],
  [TEST_TEXT + 4n, 0],
  [TEST_TEXT + 2n, -1],
  [TEST_TEXT + 0x100n, 1],
  [TEST_TEXT + 0x104n, -1],
  [TEST_TEXT + 0x300n, -1],
  [0n, -1],
])('function at halves of %i', (addr, fn) => {
  expect(testMachine(KERNEL).functions.idAtHalves(Number(addr & 0xffffffffn), Number(addr >> 32n))).toBe(fn);
});

test.each([
  [TEST_TEXT + 4n, 'vfs_read+0x4/0x100'],
  [TEST_TEXT + 0x2ffn, 'do_a+0xff/0x100'],
  [0x1234n, '0x1234'],
])('symbolAt(%i) is %s', (addr, text) => {
  expect(testMachine(KERNEL).kallsyms.symbolAt(addr)).toBe(text);
});

test('a defined function has an id, an address, a name and a body', () => {
  const machine = testMachine(KERNEL);
  const fn = machine.defineFunction('my_add', undefined, (call) => call.argument(0) + call.argument(6));
  expect(fn).toBe(3);
  expect(machine.functions.idsByName('my_add')).toEqual([3]);
  expect(machine.kallsyms.symbolAt(machine.functions.entryIp(fn))).toBe('my_add+0x4/0x40');
  expect(machine.functions.idAtIp(machine.functions.entryIp(fn))).toBe(fn);
  const [cpu] = machine.cpus;
  const before = [...cpu.current.regs.wide];
  expect(machine.call(cpu, 'my_add', [1n, 2n, 3n, 4n, 5n, 6n, 70n])).toBe(71n);
  expect([...cpu.current.regs.wide]).toEqual(before);
  expect(machine.call(cpu, 'no_such')).toBe(0n);
});

test.each(['x86_64', 'i386', 'arm64', 'riscv64', 'loongarch', 's390', 'powerpc64', 'arm'] as const)(
  'on %s twelve arguments arrive, nested calls too',
  (arch) => {
    const machine = testMachine(KERNEL, { arch });
    const inner = machine.defineFunction('inner', undefined, (call) => call.argument(1) * 2n);
    machine.defineFunction('outer', undefined, (call) => {
      const doubled = call.call(inner, 1n, 21n);
      let sum = 0n;
      for (let n = 0; n < 12; n++) sum = sum * 3n + call.argument(n);
      return sum * 1000n + doubled;
    });
    const args = Array.from({ length: 12 }, (_, n) => BigInt(n + 1));
    const sum = args.reduce((total, arg) => total * 3n + arg, 0n);
    expect(machine.call(machine.cpus[0], 'outer', args)).toBe(sum * 1000n + 42n);
  },
);

test('a call pushes its return address on the stack of the task', () => {
  const machine = testMachine(KERNEL);
  const [cpu] = machine.cpus;
  const { spReg, linkReg } = machine.arch;
  const { wide } = cpu.current.regs;
  const sp = wide[spReg];
  machine.enterFunction(cpu, 0, 0x81344645, 0xffffffff);
  expect(wide[spReg]).toBe(sp - 8n);
  expect(machine.memory.readUint(sp - 8n, 8)).toBe(0xffffffff81344645n);
  expect(wide[linkReg]).toBe(0xffffffff81344645n);
  machine.leaveFunction(cpu);
  expect(wide[spReg]).toBe(sp);
});

test('a link register arch pushes nothing', () => {
  const machine = testMachine(KERNEL, { arch: 'arm64' });
  const [cpu] = machine.cpus;
  const sp = cpu.current.regs.wide[machine.arch.spReg];
  machine.enterFunction(cpu, 0, 0x1000, 0);
  expect(cpu.current.regs.wide[machine.arch.spReg]).toBe(sp);
  expect(cpu.current.regs.wide[machine.arch.linkReg]).toBe(0x1000n);
});

test('tasks run, block, wake and exit', () => {
  const machine = testMachine(KERNEL, { cpus: 2 });
  const [first, second] = machine.cpus;
  const parent = machine.createTask({ comm: 'sh', pid: 100 });
  const child = machine.createTask({ comm: 'a-name-that-is-too-long', parent });
  expect(child.pid).toBe(101);
  expect(child.comm).toBe('a-name-that-is-');
  expect(machine.switchTo(first, parent)).toBe(0);
  expect(machine.switchTo(second, parent)).toBe(-Errno.EBUSY);
  expect(machine.switchTo(second, child)).toBe(0);
  expect(machine.block(first)).toBe(0);
  expect([parent.state, first.current]).toEqual(['blocked', first.idle]);
  expect(machine.block(first)).toBe(-Errno.EBUSY);
  expect(machine.wake(parent)).toBe(true);
  expect(machine.wake(parent)).toBe(false);
  expect(machine.findTask(100)).toBe(parent);
  machine.exitTask(child);
  expect(second.current).toBe(second.idle);
  expect(machine.switchTo(second, child)).toBe(-Errno.EBUSY);
  const next = machine.createTask({ comm: 'next' });
  expect([next.index, next.pid]).toEqual([child.index, 102]);
  expect(machine.tasks).toEqual([first.idle, second.idle, parent, next]);
});

test('a kernel stack is mapped and zero when its slot is used again', () => {
  const machine = testMachine(KERNEL);
  const task = machine.createTask({ comm: 'a' });
  const at = task.stackTop - 8n;
  machine.memory.writeUint(at, 8, 5n);
  machine.exitTask(task);
  expect(machine.memory.isMapped(at)).toBe(false);
  expect(machine.createTask({ comm: 'b' }).stackTop).toBe(task.stackTop);
  expect(machine.memory.readUint(at, 8)).toBe(0n);
  expect(machine.memory.isMapped(task.stackTop - BigInt(THREAD_SIZE))).toBe(true);
});

test('interrupts nest and put the registers back', () => {
  const machine = testMachine(KERNEL);
  const [cpu] = machine.cpus;
  const { wide } = cpu.current.regs;
  const { retReg, spReg } = machine.arch;
  wide[retReg] = 1n;
  const levels: number[] = [cpu.interruptLevel()];
  const stacks: bigint[] = [wide[spReg]];
  for (const [i, kind] of (['softirq', 'hardirq', 'nmi'] as const).entries()) {
    machine.irqEnter(cpu, kind);
    levels.push(cpu.interruptLevel());
    stacks.push(wide[spReg]);
    wide[retReg] = BigInt(i + 2);
  }
  expect(levels).toEqual([0, 1, 2, 3]);
  expect(new Set(stacks).size).toBe(4);
  expect(cpu.preemptCount).toBe(0x110100);
  expect(cpu.irqsOff).toBe(true);
  for (const left of [3n, 2n, 1n]) {
    expect(machine.irqExit(cpu)).toBe(true);
    expect(wide[retReg]).toBe(left);
    expect(wide[spReg]).toBe(stacks[Number(left) - 1]);
  }
  expect([cpu.preemptCount, cpu.irqsOff]).toEqual([0, false]);
  expect(machine.irqExit(cpu)).toBe(false);
});

test('an interrupt runs uncounted until the count is updated', () => {
  const machine = testMachine(KERNEL);
  const [cpu] = machine.cpus;
  machine.irqEnter(cpu, 'hardirq', false);
  expect(cpu.interruptLevel()).toBe(0);
  machine.irqCount(cpu);
  machine.irqCount(cpu);
  expect(cpu.interruptLevel()).toBe(2);
  machine.irqUncount(cpu);
  expect(cpu.interruptLevel()).toBe(0);
  machine.irqExit(cpu);
  expect(cpu.preemptCount).toBe(0);
});

test.each([
  ['softirq', 'softirq', false],
  ['softirq', 'hardirq', true],
  ['softirq', 'nmi', true],
  ['hardirq', 'softirq', false],
  ['hardirq', 'hardirq', false],
  ['hardirq', 'nmi', true],
  ['nmi', 'softirq', false],
  ['nmi', 'hardirq', false],
  ['nmi', 'nmi', false],
] as const)('a %s is interrupted by a %s: %s', (first, second, arrives) => {
  const machine = testMachine(KERNEL);
  const [cpu] = machine.cpus;
  // Whether the first is counted yet makes no difference.
  for (const counted of [true, false]) {
    expect(machine.irqEnter(cpu, first, counted)).toBe(true);
    const before = [cpu.preemptCount, cpu.nested, cpu.irqsOff, ...cpu.current.regs.wide];
    expect(machine.irqEnter(cpu, second)).toBe(arrives);
    if (arrives) machine.irqExit(cpu);
    expect([cpu.preemptCount, cpu.nested, cpu.irqsOff, ...cpu.current.regs.wide]).toEqual(before);
    machine.irqExit(cpu);
  }
  expect([cpu.preemptCount, cpu.nested]).toEqual([0, 0]);
});

test('no task switch in an interrupt', () => {
  const machine = testMachine(KERNEL);
  const [cpu] = machine.cpus;
  machine.irqEnter(cpu, 'softirq');
  expect(machine.switchTo(cpu, machine.createTask({ comm: 'a' }))).toBe(-Errno.EBUSY);
});

test('disabled bottom halves are not a softirq', () => {
  const [cpu] = testMachine(KERNEL).cpus;
  cpu.preemptCount = 0x200;
  expect(cpu.interruptLevel()).toBe(0);
});

test('a module comes and goes', () => {
  const machine = testMachine(KERNEL);
  const events: string[] = [];
  machine.functionListeners.push({
    coming: (fns, module) => events.push(`coming ${fns} ${module?.name}`),
    going: (fns, module) => events.push(`going ${fns} ${module.name} ${machine.kallsyms.has('brd_probe')}`),
  });
  const definition = {
    name: 'brd',
    functions: [{ name: 'brd_submit_bio', body: () => 7n }, { name: 'brd_probe' }],
    symbols: [{ name: 'brd_devices', size: 16 }],
  };
  const brd = machine.loadModule(definition) as Module;
  expect(brd.functions).toEqual([3, 4]);
  expect(machine.loadModule(definition)).toBe(-Errno.EEXIST);
  expect(machine.kallsyms.symbolAt(brd.base + 0x44n)).toBe('brd_probe+0x4/0x40 [brd]');
  expect(machine.kallsyms.lookupName('brd:brd_probe')).toBe(brd.base + 0x40n);
  expect(machine.kallsyms.lookupName('loop:brd_probe')).toBeUndefined();
  expect(machine.moduleAt(brd.base)).toBe(brd);
  expect(machine.functions.moduleName(3)).toBe('brd');
  expect(machine.call(machine.cpus[0], 'brd_submit_bio')).toBe(7n);
  expect(machine.unloadModule('brd')).toBe(0);
  expect(machine.unloadModule('brd')).toBe(-Errno.ENOENT);
  expect([machine.functions.isLive(3), machine.kallsyms.has('brd_probe'), brd.state]).toEqual([false, false, 'gone']);
  expect(machine.call(machine.cpus[0], 3)).toBe(0n);
  const again = machine.loadModule(definition) as Module;
  expect(again.base).toBe(brd.base);
  expect(again.functions).toEqual([5, 6]);
  expect(machine.functions.idAtIp(again.base + 4n)).toBe(5);
  expect(events).toEqual(['coming 3,4 brd', 'going 3,4 brd true', 'coming 5,6 brd']);
});

test('modules lie side by side, and a hole is filled when it is large enough', () => {
  const machine = testMachine(KERNEL);
  const load = (name: string, size: number) =>
    (machine.loadModule({ name, functions: [{ name: `${name}_f`, size }] }) as Module).base;
  const a = load('a', 0x2000);
  const b = load('b', 0x100);
  machine.unloadModule('a');
  expect(load('c', 0x3000)).toBeGreaterThan(b);
  expect(load('d', 0x1000)).toBe(a);
});

test('the table of functions grows', () => {
  const machine = testMachine(KERNEL);
  const room = machine.functions.capacity;
  for (let i = machine.functions.count; i <= room; i++) machine.defineFunction(`f${i}`);
  expect(machine.functions.capacity).toBeGreaterThan(room);
  expect(machine.functions.entryWords[2 * room + 1]).toBe(0xffffffff);
  expect(machine.functions.idAtIp(machine.functions.entryIp(room))).toBe(room);
});

test('the kernel log tells the time, and a warning once for its place', () => {
  const machine = testMachine(KERNEL);
  machine.clock.advance(5_680_439_900);
  expect(machine.log.warnOnce('here', 'first')).toBe(true);
  expect(machine.log.warnOnce('here', 'second')).toBe(false);
  expect(machine.log.lines).toEqual(['[    5.680439] WARNING: first']);
});

test('addresses that are handed out do not overlap', () => {
  const machine = testMachine(KERNEL);
  const a = machine.allocate(100);
  const b = machine.allocate(8, 0x100, true);
  expect(b).toBeGreaterThanOrEqual(a + 100n);
  expect(b & 0xffn).toBe(0n);
  expect(machine.memory.isMapped(b)).toBe(true);
});

test('a module that is used cannot be unloaded', () => {
  const machine = testMachine(KERNEL);
  const brd = machine.loadModule({ name: 'brd', functions: [{ name: 'brd_probe' }] }) as Module;
  expect(brd.get()).toBe(true);
  expect(machine.unloadModule('brd')).toBe(-Errno.EAGAIN);
  brd.put();
  expect(machine.unloadModule('brd')).toBe(0);
  expect(brd.get()).toBe(false);
});

test.each([
  // vfs_read has a landing pad, the second function none.
  ['x86_64', [4n, 0n]],
  ['arm64', [8n, 4n]],
  ['riscv64', [0n, 0n]],
  ['powerpc64', [12n, 12n]],
] as const)('on %s entry sites are where the arch has them, %s bytes behind their symbols', (arch, offsets) => {
  const { functions } = testMachine({ functions: ['vfs_read', '-vfs_write'] }, { arch });
  expect([0, 1].map((fn) => functions.entryIp(fn) - functions.symbolAddress(fn))).toEqual(offsets);
});
