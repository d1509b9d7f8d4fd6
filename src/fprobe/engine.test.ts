import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GraphOps } from '../fgraph/graph-ops.ts';
import { frameWords } from '../fgraph/shadow-stack.ts';
import type { ArchName } from '../machine/arch.ts';
import type { InterruptKind } from '../machine/cpu.ts';
import type { Task } from '../machine/task.ts';
import {
  EngineModel,
  type EngineStep,
  isTurn,
  type ProbeShape,
  type Situation,
  type TracerShape,
} from './engine-model.ts';
import { Fprobe, FprobeFlag } from './fprobe.ts';
import { testBoot } from './test-boot.ts';

fc.configureGlobal({ seed: 616 });

const FUNCTIONS = ['f0', '-f1', 'f2'];
/** Number of the module's function, and of functions in all. */
const MODULE_FN = FUNCTIONS.length;
const CPUS = 2;
const TASKS = 4;
const MODULE = { name: 'mod', functions: [{ name: 'mod_fn' }] };
/** High half of each word that the tracer keeps. */
const TRACER_MARK = 0x5a5a5a5a;

interface Setup {
  arch: ArchName;
  probes: readonly ProbeShape[];
  tracer: TracerShape;
}

/** The real engine and the model side by side. */
class Harness {
  readonly engine: ReturnType<typeof testBoot>;
  readonly model: EngineModel;
  readonly log: string[] = [];
  readonly faults: string[] = [];
  readonly fprobes: Fprobe[];
  readonly tasks: Task[];
  /** Task index on each cpu. */
  readonly running: number[] = [];
  /** Frames that each interrupt of a cpu found. */
  readonly marks: number[][] = Array.from({ length: CPUS }, () => []);
  readonly #tracer: GraphOps;
  #tag = 0;
  /** Log entries that were compared. */
  #checked = 0;
  #module: number | undefined;

  constructor({ arch, probes: shapes, tracer }: Setup, seen: Map<Situation, number>) {
    this.engine = testBoot(FUNCTIONS, { cpus: CPUS, arch });
    const { machine } = this.engine;
    const stack = {
      frameWords: frameWords(machine.arch),
      headerWords: machine.arch.header.kind === 'packed' ? 1 : 2,
    };
    this.tasks = Array.from({ length: TASKS }, (_, n) => machine.createTask({ comm: `t${n}` }));
    this.model = new EngineModel({ probes: shapes, tracer, stack }, TASKS, CPUS, seen);
    this.#tracer = this.#graphTracer(tracer);
    this.fprobes = shapes.map((shape, index) => this.#fprobe(shape, index));
    for (let cpu = 0; cpu < CPUS; cpu++) this.#run({ kind: 'switch', cpu, task: cpu });
  }

  step(step: EngineStep): void {
    this.#run(step);
    if (this.#agrees()) return;
    expect(this.log).toEqual(this.model.log);
    expect(this.fprobes.map((fp) => fp.nmissed)).toEqual(this.model.probes.map((probe) => probe.nmissed));
    expect(this.faults).toEqual([]);
    expect(this.tasks.map((task) => this.#used(task))).toEqual(this.model.tasks.map((task) => task.used));
    expect(this.tasks.map((task) => this.#overrun(task))).toEqual(this.model.tasks.map((task) => task.overrun));
    expect.unreachable('engine and model differ');
  }

  /** Whether engine and model are in the same state, told without the cost of assertions; of the logs only what is new is compared. */
  #agrees(): boolean {
    const { log, model } = this;
    if (log.length !== model.log.length || this.faults.length > 0) return false;
    for (; this.#checked < log.length; this.#checked++)
      if (log[this.#checked] !== model.log[this.#checked]) return false;
    return (
      this.fprobes.every((fp, index) => fp.nmissed === model.probes[index].nmissed) &&
      this.tasks.every(
        (task, index) =>
          this.#used(task) === model.tasks[index].used && this.#overrun(task) === model.tasks[index].overrun,
      )
    );
  }

  #overrun(task: Task): number {
    return this.engine.fgraph.stackOf(task)?.overrun ?? 0;
  }

  #used(task: Task): number {
    return this.engine.fgraph.stackOf(task)?.current ?? 0;
  }

  /** Ends every interrupt and returns from every function: nothing may be left. */
  finish(): void {
    const { machine, fgraph } = this.engine;
    for (let cpu = 0; cpu < CPUS; cpu++) while (this.marks[cpu].length > 0) this.step({ kind: 'interrupt-end', cpu });
    for (let task = 0; task < TASKS; task++) {
      const on = this.running.indexOf(task);
      const cpu = Math.max(on, 0);
      this.#run({ kind: 'switch', cpu, task });
      this.step({ kind: 'return', cpu, times: 1000 });
    }
    for (const task of this.tasks) {
      const stack = fgraph.stackOf(task);
      expect([stack?.current ?? 0, stack?.depth ?? -1, task.recursion, task.callDepth]).toEqual([0, -1, 0, 0]);
    }
    expect(machine.cpus.map((cpu) => [cpu.preemptCount, cpu.nested])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  }

  #run(step: EngineStep): void {
    const { machine, fprobes } = this.engine;
    switch (step.kind) {
      case 'switch': {
        const cpu = machine.cpus[step.cpu];
        if (machine.switchTo(cpu, this.tasks[step.task]) === 0) this.running[step.cpu] = step.task;
        return;
      }
      case 'call':
        for (let n = 0; n < step.times; n++) this.#call(step.cpu, this.running[step.cpu], step.fn);
        return;
      case 'return': {
        const frames = this.model.tasks[this.running[step.cpu]].frames;
        const floor = this.marks[step.cpu].at(-1) ?? 0;
        for (let n = 0; n < step.times && frames.length > floor; n++) this.#return(step.cpu, this.running[step.cpu]);
        return;
      }
      case 'interrupt':
        if (!this.#interrupt(step.cpu, step.as, step.counted)) return;
        this.marks[step.cpu].push(this.model.tasks[this.running[step.cpu]].frames.length);
        return;
      case 'count': {
        const innermost = this.model.interrupts[step.cpu].at(-1);
        machine.irqCount(machine.cpus[step.cpu]);
        if (innermost) innermost.counted = true;
        return;
      }
      case 'interrupt-end':
        if (this.marks[step.cpu].length === 0) return;
        this.#run({ kind: 'return', cpu: step.cpu, times: 1000 });
        this.marks[step.cpu].pop();
        this.#interruptEnd(step.cpu);
        return;
      case 'register': {
        const fns = step.fns.map((fn) => this.#functionId(fn)).filter((fn) => fn !== undefined);
        const known = step.fns.filter((fn) => this.#functionId(fn) !== undefined);
        if (fns.length === 0) return;
        fprobes.registerFprobeIps(
          this.fprobes[step.probe],
          fns.map((fn) => machine.functions.entryIp(fn)),
        );
        this.model.register(step.probe, known);
        return;
      }
      case 'unregister':
        fprobes.unregisterFprobe(this.fprobes[step.probe]);
        this.model.unregister(step.probe);
        return;
      case 'toggle': {
        const probe = this.model.probes[step.probe];
        probe.disabled = !probe.disabled;
        if (probe.disabled) fprobes.disableFprobe(this.fprobes[step.probe]);
        else fprobes.enableFprobe(this.fprobes[step.probe]);
        return;
      }
      case 'recycle':
        // Every fprobe goes and comes back at the same functions, so that the graph op takes index after index.
        for (let n = 0; n < step.times; n++) {
          const back = this.model.probes.flatMap(({ registered, fns }, index) =>
            registered && fns.length > 0 ? [{ index, fns }] : [],
          );
          for (const index of this.fprobes.keys()) this.#run({ kind: 'unregister', probe: index });
          for (const { index, fns } of back) this.#run({ kind: 'register', probe: index, fns });
        }
        return;
      case 'kprobe': {
        const on = !this.model.kprobeRunning[step.cpu];
        this.model.kprobeRunning[step.cpu] = on;
        machine.cpus[step.cpu].kprobeRunning = on;
        return;
      }
      case 'tracer':
        if (this.#tracer.index < 0) this.engine.fgraph.register(this.#tracer);
        else this.engine.fgraph.unregister(this.#tracer);
        this.model.toggleTracer();
        return;
      case 'replace': {
        const task = this.tasks[step.task];
        if (this.running.includes(step.task)) return;
        machine.exitTask(task);
        this.tasks[step.task] = machine.createTask({ comm: task.comm });
        this.model.replaceTask(step.task);
        return;
      }
      case 'load': {
        const module = this.#module === undefined ? machine.loadModule(MODULE) : 0;
        if (typeof module !== 'number') [this.#module] = module.functions;
        return;
      }
      case 'unload':
        // A module whose function runs is in use.
        if (
          this.#module === undefined ||
          this.model.tasks.some(({ frames }) => frames.some(({ fn }) => fn === MODULE_FN))
        )
          return;
        machine.unloadModule(MODULE.name);
        this.#module = undefined;
        this.model.gone(MODULE_FN);
    }
  }

  #functionId(fn: number): number | undefined {
    return fn === MODULE_FN ? this.#module : fn;
  }

  #call(cpuId: number, task: number, fn: number): void {
    const id = this.#functionId(fn);
    if (id === undefined) return;
    const { machine } = this.engine;
    const cpu = machine.cpus[cpuId];
    const { wide } = cpu.current.regs;
    const tag = this.#tag++;
    wide[machine.arch.argRegs[0]] = BigInt(tag);
    wide[machine.arch.argRegs[1]] = BigInt(fn);
    machine.enterFunction(cpu, id, 0x81000000 + tag, 0xffffffff);
    this.model.enter(cpuId, task, fn);
  }

  #return(cpuId: number, task: number): void {
    const { machine } = this.engine;
    const cpu = machine.cpus[cpuId];
    cpu.current.regs.wide[machine.arch.retReg] = BigInt(this.#tag);
    machine.leaveFunction(cpu);
    this.model.leave(cpuId, task);
  }

  #interrupt(cpuId: number, kind: InterruptKind, counted: boolean): boolean {
    const arrives = this.engine.machine.irqEnter(this.engine.machine.cpus[cpuId], kind, counted);
    if (this.model.interrupt(cpuId, kind, counted) !== arrives) this.faults.push(`interrupt ${kind}`);
    return arrives;
  }

  #interruptEnd(cpuId: number): void {
    this.engine.machine.irqExit(this.engine.machine.cpus[cpuId]);
    this.model.interrupts[cpuId].pop();
  }

  /** The real side of what `EngineModel.handle()` tells. */
  #fprobe(shape: ProbeShape, index: number): Fprobe {
    const { machine } = this.engine;
    let calls = 0;
    /** Calls whose entry handler ran. */
    const ran = new Set<number>();
    const fp = new Fprobe({ entryDataSize: shape.words * 8, flags: shape.shared ? FprobeFlag.KPROBE_SHARED : 0 });
    fp.entryHandler = (_fp, fn, retLo, retHi, fregs, data) => {
      calls++;
      fregs.argument(0);
      const tag = fregs.lo;
      ran.add(tag);
      this.log.push(`${index}>${this.#number(fn)}#${tag}`);
      if (retLo !== 0x81000000 + tag || retHi !== 0xffffffff) this.faults.push(`entry ret ${index} ${tag}`);
      for (let n = 0; n < shape.words; n++) data?.set(n, tag + n, index);
      const { cpu } = fregs;
      if (isTurn(calls, shape.interruptEach)) this.#burst(cpu.id, shape);
      fregs.argument(0);
      if (fregs.lo !== tag) this.faults.push(`registers ${index} ${tag}`);
      if (shape.exits && shape.words > 0 && data?.lo(0) !== tag) this.faults.push(`data view ${index} ${tag}`);
      return isTurn(calls, shape.cancelEach) ? 1 : 0;
    };
    if (!shape.exits) return fp;
    fp.exitHandler = (_fp, fn, retLo, retHi, fregs, data) => {
      fregs.returnValue();
      if (fregs.lo !== this.#tag && machine.cpus[fregs.cpu.id].nested === 0) this.faults.push(`retval ${index}`);
      // Without data the tag is told by the return address.
      const tag = retLo - 0x81000000;
      this.log.push(`${index}<${this.#number(fn)}#${tag}`);
      if (retHi !== 0xffffffff || (data?.size ?? 0) !== shape.words) this.faults.push(`exit ${index} ${tag}`);
      for (let n = 0; n < shape.words && ran.has(tag); n++) {
        if (data?.lo(n) !== tag + n || data.hi(n) !== index) this.faults.push(`data ${index} ${tag} word ${n}`);
      }
    };
    return fp;
  }

  /** The real side of the model's tracer. */
  #graphTracer({ words, fns, refuseEach }: TracerShape): GraphOps {
    const { fgraph, ftrace } = this.engine;
    let calls = 0;
    const graph = new GraphOps({ entry: () => false, entrySymbol: 'tracer_entry', returnSymbol: 'tracer_return' });
    graph.entry = (fn, _depth, ops, fregs) => {
      fregs.argument(0);
      const tag = fregs.lo;
      this.log.push(`T>${this.#number(fn)}#${tag}`);
      const at = fgraph.reserveData(fregs.cpu, ops.index, words * 8);
      if (at < 0) return false;
      const stack = fgraph.stackOf(fregs.cpu.current)?.words ?? new Uint32Array();
      for (let n = 0; n < words; n++) {
        stack[2 * (at + n)] = tag + n;
        stack[2 * (at + n) + 1] = TRACER_MARK;
      }
      return !isTurn(++calls, refuseEach);
    };
    graph.return = (fn, _depth, _overrun, ops, fregs) => {
      const at = fgraph.retrieveData(fregs.cpu, ops.index);
      const stack = fgraph.stackOf(fregs.cpu.current)?.words ?? new Uint32Array();
      const own = at >= 0 && stack[2 * at + 1] === TRACER_MARK;
      const tag = stack[2 * at];
      this.log.push(`T<${this.#number(fn)}${own ? `#${tag}` : ''}`);
      for (let n = 0; n < words && own; n++) {
        if (stack[2 * (at + n)] !== tag + n || stack[2 * (at + n) + 1] !== TRACER_MARK)
          this.faults.push(`tracer ${tag}`);
      }
    };
    ftrace.setFilterFunctions(graph.ops, fns);
    return graph;
  }

  /** An interrupt in the middle of a handler. */
  #burst(cpuId: number, shape: ProbeShape): void {
    const { machine } = this.engine;
    const cpu = machine.cpus[cpuId];
    if (!machine.irqEnter(cpu, shape.interruptAs, shape.counted)) return;
    const id = this.#functionId(shape.interruptFn);
    const tag = this.#tag++;
    if (id !== undefined) {
      cpu.current.regs.wide[machine.arch.argRegs[0]] = BigInt(tag);
      machine.enterFunction(cpu, id, 0x81000000 + tag, 0xffffffff);
      cpu.current.regs.wide[machine.arch.retReg] = BigInt(this.#tag);
      machine.leaveFunction(cpu);
    }
    machine.irqExit(cpu);
  }

  #number(fn: number): number {
    return fn === this.#module ? MODULE_FN : fn;
  }
}

const interruptKind = fc.constantFrom<InterruptKind>('softirq', 'hardirq', 'nmi');
const cpu = fc.nat(CPUS - 1);
const probe = fc.nat(4);
const fn = fc.nat(MODULE_FN);
const shape: fc.Arbitrary<ProbeShape> = fc.record({
  words: fc.constantFrom(0, 1, 2, 4, 15),
  exits: fc.boolean(),
  shared: fc.boolean(),
  cancelEach: fc.constantFrom(0, 0, 1, 2, 3),
  interruptEach: fc.constantFrom(0, 0, 1, 2),
  interruptAs: interruptKind,
  counted: fc.boolean(),
  interruptFn: fc.nat(FUNCTIONS.length - 1),
});
const registration: fc.Arbitrary<EngineStep> = fc.record({
  kind: fc.constant('register' as const),
  probe,
  fns: fc.uniqueArray(fn, { minLength: 1, maxLength: 4 }),
});
const weighted = (weight: number, arbitrary: fc.Arbitrary<EngineStep>) => ({ weight, arbitrary });
const step: fc.Arbitrary<EngineStep> = fc.oneof(
  weighted(10, fc.record({ kind: fc.constant('call' as const), cpu, fn, times: fc.constantFrom(1, 1, 1, 1, 2, 130) })),
  weighted(6, fc.record({ kind: fc.constant('return' as const), cpu, times: fc.constantFrom(1, 1, 2, 140) })),
  weighted(2, fc.record({ kind: fc.constant('switch' as const), cpu, task: fc.nat(TASKS - 1) })),
  weighted(2, fc.record({ kind: fc.constant('interrupt' as const), cpu, as: interruptKind, counted: fc.boolean() })),
  weighted(1, fc.record({ kind: fc.constant('count' as const), cpu })),
  weighted(2, fc.record({ kind: fc.constant('interrupt-end' as const), cpu })),
  weighted(4, registration),
  weighted(2, fc.record({ kind: fc.constant('unregister' as const), probe })),
  weighted(1, fc.record({ kind: fc.constant('toggle' as const), probe })),
  weighted(1, fc.record({ kind: fc.constant('recycle' as const), times: fc.constantFrom(1, 15, 16) })),
  weighted(1, fc.record({ kind: fc.constant('kprobe' as const), cpu })),
  weighted(1, fc.constant<EngineStep>({ kind: 'tracer' })),
  weighted(1, fc.record({ kind: fc.constant('replace' as const), task: fc.nat(TASKS - 1) })),
  weighted(1, fc.constant<EngineStep>({ kind: 'load' })),
  weighted(1, fc.constant<EngineStep>({ kind: 'unload' })),
);

/** Every situation has to come up at least this often. */
const ENOUGH = 10;

const RUNS = 10_000;

test('calls, returns, interrupts, switches, registrations and modules, in any order, as the plain model has it', () => {
  const seen = new Map<Situation, number>();
  const setup: fc.Arbitrary<Setup> = fc.record({
    arch: fc.constantFrom<ArchName>('x86_64', 'x86_64', 'arm64', 'loongarch', 's390'),
    probes: fc.array(shape, { minLength: 5, maxLength: 5 }),
    tracer: fc.record({
      words: fc.constantFrom(1, 2, 4, 8, 32),
      fns: fc.constantFrom([0], [0, 1], [0, 2]),
      refuseEach: fc.constantFrom(0, 0, 2),
    }),
  });
  // The default size would keep the sequences at about ten steps.
  const first = fc.array(registration, { minLength: 3, maxLength: 8, size: 'max' });
  const steps = fc.array(step, { minLength: 20, maxLength: 100, size: 'max' });
  fc.assert(
    fc.property(setup, first, steps, (shapes, registrations, then) => {
      const harness = new Harness(shapes, seen);
      for (const each of [...registrations, ...then]) harness.step(each);
      harness.finish();
    }),
    { numRuns: RUNS },
  );
  const situations: Record<Situation, true> = {
    exit: true,
    'exit of a dead fprobe': true,
    'exit of a disabled fprobe': true,
    'return under another graph index': true,
    overrun: true,
    'too many words': true,
    'no room for data': true,
    cancelled: true,
    'kprobe running': true,
    'transition bit': true,
    'refused by the lock': true,
    'several fprobes on a function': true,
    'two graph ops': true,
    'data of another graph op': true,
    'exit of a missed entry': true,
    'a task that never returns': true,
  };
  expect(Object.keys(situations).filter((name) => (seen.get(name as Situation) ?? 0) < ENOUGH)).toEqual([]);
}, 120_000);
