import { expect, test } from 'vitest';
import { Machine } from '../machine/machine.ts';
import type { FunctionSource, SymbolSource } from '../machine/profile-view.ts';
import type { Task } from '../machine/task.ts';
import { packScript } from './pack.ts';
import { Replay, type ReplayKernel, type ReplayOptions } from './replay.ts';
import { TestScript, testTask } from './test-scripts.ts';
import { unpackWorkload } from './unpack.ts';
import { PID_RESULT, type Workload } from './workload.ts';

const HANDLER = 0xffffffff81000f00n;
const SITE = (fn: number) => 0xffffffff81000100n + BigInt(fn);
const OBJECT = 0xffff888004c27240n;
const USER = 0x7f0000001000n;

const symbols: SymbolSource = {
  lookupName: () => undefined,
  addressesOf: () => [],
  at: () => undefined,
  match: () => [],
  has: () => false,
};
const functions: FunctionSource = {
  count: 16,
  entryIps: BigUint64Array.from({ length: 16 }, (_, id) => 0xffffffff81001004n + BigInt(16 * id)),
  name: (id) => `fn${id}`,
  symbolAddress: (id) => 0xffffffff81001000n + BigInt(16 * id),
  idAtSymbol: () => undefined,
  idsByName: () => [],
};

/** A machine whose patched functions and tracepoints write down what they see. */
class Watched implements ReplayKernel {
  readonly machine: Machine;
  readonly ftrace = { sites: new Uint8Array(1024) };
  readonly log: string[] = [];
  /** What to write besides. */
  look: (task: Task) => string = () => '';
  readonly enabled = new Set<string>();
  readonly #machine: () => Machine;

  constructor({ cpus = 1, patched = [] as number[], hook = true } = {}) {
    this.machine = new Machine({ symbols, functions, cpus });
    this.#machine = () => this.machine;
    for (const fn of patched) this.ftrace.sites[fn] = 1;
    const { arch, memory } = this.machine;
    const reg = (task: Task, index: number) => task.regs.wide[index];
    this.machine.setEntryHook({
      sites: this.ftrace.sites,
      pushSite: () => {},
      enter: (cpu, fn) => {
        const task = cpu.current;
        const sp = reg(task, arch.spReg);
        const ret = memory.readUint(sp, 8)!;
        const where = ret === HANDLER ? 'handler' : `${ret - SITE(0)}`;
        this.#write(
          `${task.comm}-${task.pid}/${cpu.id} ${fn}(${reg(task, arch.argRegs[0]).toString(16)}) ← ${where}`,
          task,
        );
        if (hook) memory.writeUint(sp, 8, HANDLER);
        return hook;
      },
      leave: (cpu) =>
        this.#write(
          `${cpu.current.comm}-${cpu.current.pid} = ${reg(cpu.current, arch.retReg).toString(16)}`,
          cpu.current,
        ),
    });
  }

  tracepoints = {
    find: (name: string) => {
      const watched = this;
      return {
        get enabled() {
          return watched.enabled.has(name);
        },
        fire: (cpu: { current: Task; id: number }) => {
          const { argRegs, spReg } = this.#machine().arch;
          const { wide } = cpu.current.regs;
          const args = [1, 2, 3].map((n) => wide[argRegs[n]].toString(16));
          this.#write(`${name}/${cpu.id}(${args}) stack ${this.machine.memory.readUint(wide[spReg], 8)}`, cpu.current);
        },
      };
    },
  };

  #write(text: string, task: Task): void {
    this.log.push(`${this.machine.clock.now} ${text}${this.look(task)}`);
  }
}

function workload(script: TestScript): Workload {
  const unpacked = unpackWorkload(packScript(script.script, []));
  if ('error' in unpacked) throw new Error(unpacked.error);
  return unpacked;
}

function replayed(script: TestScript, kernel: Watched, options: ReplayOptions = {}): string[] {
  expect(new Replay(kernel, workload(script), options).run()).toBe(true);
  return kernel.log;
}

test('patched functions are called at their times, with arguments, return addresses and results', () => {
  const script = new TestScript();
  script.enter(1, { args: [0xaan], result: 5n });
  script
    .leaf(2, { args: [0xbbn] })
    .leaf(3, { args: [0xccn], result: 6n })
    .leave();
  const kernel = new Watched({ patched: [1, 3] });
  expect(replayed(script, kernel)).toEqual([
    '0 main-100/0 1(aa) ← 1',
    '3000 main-100/0 3(cc) ← 3',
    '4000 main-100 = 6',
    '5000 main-100 = 5',
  ]);
  expect(kernel.machine.clock.now).toBe(5000);
});

test('a jumped-to function returns where its caller does, or to what has been put there', () => {
  const build = () => {
    const script = new TestScript();
    script.enter(1);
    script.enter(2, { tail: true });
    return script.leaf(3, { tail: true }).leave().leave();
  };
  const returns = (patched: number[]) =>
    replayed(build(), new Watched({ patched }))
      .filter((line) => line.includes('←'))
      .map((line) => line.replace(/.* ([0-9])\(.*← /, '$1 '));
  expect(returns([3])).toEqual(['3 1']);
  expect(returns([1, 3])).toEqual(['1 1', '3 handler']);
  expect(returns([2, 3])).toEqual(['2 1', '3 handler']);
});

test('a call that is patched only while it is under way does not return to a handler', () => {
  const script = new TestScript();
  script.enter(1);
  script.leaf(2).leave();
  const kernel = new Watched();
  const replay = new Replay(kernel, workload(script));
  replay.run({ steps: 1 });
  kernel.ftrace.sites[1] = 1;
  kernel.ftrace.sites[2] = 1;
  replay.run();
  expect(kernel.log).toEqual(['1000 main-100/0 2(0) ← 2', '2000 main-100 = 0']);
});

test('it can be run in parts, by steps and by time', () => {
  const script = new TestScript();
  for (let n = 0; n < 5; n++) script.leaf(1);
  const kernel = new Watched({ patched: [1], hook: false });
  const replay = new Replay(kernel, workload(script));
  expect([replay.run({ steps: 3 }), replay.steps, replay.nextTime, kernel.log.length]).toEqual([false, 3, 3000, 2]);
  expect([replay.run({ until: 6000 }), replay.steps, replay.nextTime]).toEqual([false, 7, 7000]);
  expect([replay.run(), replay.done, replay.nextTime, kernel.log.length]).toEqual([
    true,
    true,
    Number.POSITIVE_INFINITY,
    5,
  ]);
  expect(kernel.machine.tasks.map(({ comm }) => comm)).toEqual(['swapper/0']);
});

test('stopping takes the tasks away', () => {
  const kernel = new Watched({ patched: [1] });
  const script = new TestScript();
  script.leaf(1).leaf(1);
  const replay = new Replay(kernel, workload(script));
  replay.run({ steps: 1 });
  replay.stop();
  expect([replay.done, replay.run(), kernel.log.length, kernel.machine.tasks.length]).toEqual([true, true, 1, 1]);
});

test('memory is as it was at each step, the kernel’s and the program’s', () => {
  const script = new TestScript();
  script
    .fact(OBJECT, Uint8Array.of(1))
    .leaf(1)
    .fact(OBJECT, Uint8Array.of(2))
    .fact(USER, Uint8Array.of(0x41), { user: true })
    .leaf(1)
    .exec('next')
    .leaf(1);
  const kernel = new Watched({ patched: [1], hook: false });
  kernel.look = (task) => ` ${kernel.machine.memory.readUint(OBJECT, 1)} ${task.user?.readUint(USER, 1)}`;
  expect(replayed(script, kernel)).toEqual([
    '0 main-100/0 1(0) ← 1 1 undefined',
    '2000 main-100/0 1(0) ← 1 2 65',
    '5000 next-100/0 1(0) ← 1 2 undefined',
  ]);
});

function forking(): TestScript {
  const script = new TestScript([
    testTask(),
    testTask({
      pid: 101,
      comm: 'child',
      parent: 0,
      leader: 1,
      fromStart: false,
      address: 0xffff888007150000n,
      stackTop: 0xffffc90000604000n,
    }),
  ]);
  script.fact(USER, Uint8Array.of(7), { user: true }).enter(1, { result: 101n, pids: PID_RESULT });
  script.fork(1).leave().point('sched_switch', [0n, 0xffff888007148000n, 0xffff888007150000n, 1n]).switch(1);
  script
    .leaf(2, { args: [101n], pids: 1 })
    .switch(0, true)
    .leaf(2);
  return script;
}

test('a child has its parent’s name and memory, and is gone when it is dead', () => {
  const kernel = new Watched({ patched: [1, 2], hook: true });
  kernel.look = (task) =>
    ` parent ${task.parent?.pid} user ${task.user?.readUint(USER, 1)} of ${kernel.machine.tasks.length}`;
  expect(replayed(forking(), kernel)).toEqual([
    '0 main-100/0 1(0) ← 1 parent undefined user 7 of 2',
    '2000 main-100 = 65 parent undefined user 7 of 3',
    '5000 main-101/0 2(65) ← 2 parent 100 user 7 of 3',
    '6000 main-101 = 0 parent 100 user 7 of 3',
    '8000 main-100/0 2(0) ← 2 parent undefined user 7 of 2',
    '9000 main-100 = 65 parent undefined user 7 of 2',
  ]);
});

test('a second run has new pids, everywhere', () => {
  const kernel = new Watched({ patched: [1, 2] });
  replayed(forking(), kernel);
  kernel.log.length = 0;
  const again = replayed(forking(), kernel).map((line) => line.replace(/^\d+ /, ''));
  expect(again.slice(0, 3)).toEqual(['main-102/0 1(0) ← 1', 'main-102 = 67', 'main-103/0 2(67) ← 2']);
});

test('two runs are the same, a seed changes their times only', () => {
  const run = (seed: number) => replayed(forking(), new Watched({ patched: [1, 2] }), { seed });
  const untimed = (log: string[]) => log.map((line) => line.replace(/^\d+/, ''));
  expect(run(3)).toEqual(run(3));
  expect(run(3)).not.toEqual(run(4));
  expect(untimed(run(3))).toEqual(untimed(run(0)));
});

test('with more cpus, tasks are spread, and switches go through idle', () => {
  const kernel = new Watched({ cpus: 2, patched: [1, 2], hook: false });
  kernel.enabled.add('sched_switch');
  const idle = kernel.machine.cpus.map((cpu) => cpu.idle.address.toString(16));
  const log = replayed(forking(), kernel).map((line) => line.replace(/ stack.*/, ''));
  expect(log).toEqual([
    '0 main-100/0 1(0) ← 1',
    `3000 sched_switch/0(0,ffff888007148000,${idle[0]})`,
    `4000 sched_switch/1(0,${idle[1]},ffff888007150000)`,
    '5000 main-101/1 2(65) ← 2',
    `7000 sched_switch/0(0,${idle[0]},ffff888007148000)`,
    '8000 main-100/0 2(0) ← 2',
  ]);
});

test('a tracepoint has its arguments, those without a register on the stack, and the call site that is there', () => {
  const script = new TestScript();
  script.enter(1);
  script.point('kmalloc', [0n, 2n, 3n, 4n, 5n, 66n], { callSite: true }).leave();
  const run = (patched: number[]) => {
    const kernel = new Watched({ patched });
    kernel.enabled.add('kmalloc');
    return replayed(script, kernel).filter((line) => line.includes('kmalloc'));
  };
  expect(run([])).toEqual([`1000 kmalloc/0(${SITE(1).toString(16)},2,3) stack 66`]);
  expect(run([1])).toEqual([`1000 kmalloc/0(${HANDLER.toString(16)},2,3) stack 66`]);
});

test('a task of the machine can stand for the first one: addresses and pid are its own', () => {
  const recorded = testTask();
  const script = new TestScript();
  script
    .fact(recorded.address, Uint8Array.of(9))
    .leaf(1, { args: [recorded.address] })
    .leaf(1, { args: [recorded.stackTop - 0x100n] })
    .leaf(2, { args: [100n], pids: 1 });
  const kernel = new Watched({ patched: [1, 2], hook: false });
  const task = kernel.machine.createTask({ comm: 'rec', pid: 146 });
  kernel.machine.memory.map(task.address, 64);
  kernel.look = () => ` ${kernel.machine.memory.readUint(task.address, 1)}`;
  const log = replayed(script, kernel, { bound: new Map([[0, task]]) });
  expect(log).toEqual([
    `0 rec-146/0 1(${task.address.toString(16)}) ← 1 9`,
    `2000 rec-146/0 1(${(task.stackTop - 0x100n).toString(16)}) ← 1 9`,
    '4000 rec-146/0 2(92) ← 2 9',
  ]);
  expect(kernel.machine.findTask(146)).toBe(task);
});

test('a thread shares its leader’s pid group and memory, a child of vfork only the memory', () => {
  const build = (leader: number) => {
    const child = testTask({ pid: 101, parent: 0, leader, sharesMemory: true, fromStart: false });
    const script = new TestScript([testTask(), child]);
    script.leaf(1).fork(1).switch(1).fact(USER, Uint8Array.of(5), { user: true }).leaf(2).switch(0).leaf(2);
    const kernel = new Watched({ patched: [2], hook: false });
    kernel.look = (task) => ` group ${task.tgid} holds ${task.user?.readUint(USER, 1)}`;
    return replayed(script, kernel).map((line) => line.replace(/.* group/, 'group'));
  };
  expect(build(0)).toEqual(['group 100 holds 5', 'group 100 holds 5']);
  expect(build(1)).toEqual(['group 101 holds 5', 'group 100 holds 5']);
});
