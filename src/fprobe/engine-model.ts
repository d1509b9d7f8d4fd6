import type { InterruptKind } from '../machine/cpu.ts';

/** One thing that happens to the machine; numbers are taken modulo what there is. */
export type EngineStep =
  | { kind: 'call'; cpu: number; fn: number; times: number }
  | { kind: 'return'; cpu: number; times: number }
  | { kind: 'switch'; cpu: number; task: number }
  | { kind: 'interrupt'; cpu: number; as: InterruptKind; counted: boolean }
  | { kind: 'count'; cpu: number }
  | { kind: 'interrupt-end'; cpu: number }
  | { kind: 'register'; probe: number; fns: number[] }
  | { kind: 'unregister'; probe: number }
  | { kind: 'toggle'; probe: number }
  | { kind: 'recycle'; times: number }
  | { kind: 'kprobe'; cpu: number }
  | { kind: 'tracer' }
  | { kind: 'replace'; task: number }
  | { kind: 'load' }
  | { kind: 'unload' };

/** Situations that a run of the test has to come into, or it shows little. */
export type Situation =
  | 'exit'
  | 'exit of a dead fprobe'
  | 'exit of a disabled fprobe'
  | 'return under another graph index'
  | 'overrun'
  | 'too many words'
  | 'no room for data'
  | 'cancelled'
  | 'kprobe running'
  | 'transition bit'
  | 'refused by the lock'
  | 'several fprobes on a function'
  | 'two graph ops'
  | 'data of another graph op'
  | 'exit of a missed entry'
  | 'a task that never returns';

/** What the arch makes of it: words of a frame without its bitmap, and of an fprobe header. */
interface StackShape {
  frameWords: number;
  headerWords: number;
}

/** Another user of the graph, beside fprobe: keeps some words of data at the functions it is at. */
export interface TracerShape {
  words: number;
  fns: readonly number[];
  /** It does not want the return in each n-th call; 0 always wants it. */
  refuseEach: number;
}

/** What an fprobe of the test does. */
export interface ProbeShape {
  /** Words of entry data. */
  words: number;
  exits: boolean;
  shared: boolean;
  /** Its entry handler returns 1 in each n-th call; 0 never. */
  cancelEach: number;
  /** In each n-th call its entry handler is interrupted by something that calls a function; 0 never. */
  interruptEach: number;
  interruptAs: InterruptKind;
  counted: boolean;
  interruptFn: number;
}

interface Probe extends ProbeShape {
  registered: boolean;
  disabled: boolean;
  /** Functions it is at. */
  fns: number[];
  calls: number;
  nmissed: number;
  /** Of its registrations, the newest has the largest. */
  order: number;
}

/** What a graph op left in a frame. */
type FrameData =
  | { by: 'fprobe'; kept: { probe: number; tag: number; missed: boolean }[] }
  | { by: 'tracer'; tag: number };

interface Frame {
  fn: number;
  /** Words of the shadow stack below this frame; −1 when the return is not hooked. */
  base: number;
  /** By graph index, of those that want the return. */
  data: Map<number, FrameData>;
}

interface ModelTask {
  frames: Frame[];
  used: number;
  overrun: number;
  locks: Set<number>;
  transition: boolean;
}

/** Words that frames may fill, without a frame, its bitmap word and the task variables. */
const ROOM = 512 - 16;
const LEVEL: Record<InterruptKind, number> = { softirq: 1, hardirq: 2, nmi: 3 };

interface Interrupt {
  kind: InterruptKind;
  /** Whether the preempt count says so yet. */
  counted: boolean;
}

const newTask = (): ModelTask => ({ frames: [], used: 0, overrun: 0, locks: new Set(), transition: false });

/**
 * What the engine should do, told plainly: lists and sums instead of words and bits. It is stepped along with the real one and writes the same log: entries and exits
 * as `probe>function#tag` and `probe<function#tag`, where a tag numbers the calls; those of the tracer with a `T`.
 */
export class EngineModel {
  readonly log: string[] = [];
  /** How often each situation came up. */
  readonly seen: Map<Situation, number>;
  readonly probes: Probe[];
  readonly tasks: ModelTask[];
  readonly #stack: StackShape;
  readonly #tracer: TracerShape;
  readonly #limit: number;
  #tag = 0;
  #order = 0;
  /** Graph indices of fprobe and of the tracer; −1 while not registered. */
  #fprobeIndex = -1;
  #tracerIndex = -1;
  #tracerCalls = 0;
  /** Indices that were given back, oldest first. */
  #freeIndices = Array.from({ length: 16 }, (_, index) => index);
  /** Interrupts of each cpu, innermost last. */
  readonly interrupts: Interrupt[][];
  readonly kprobeRunning: boolean[];

  constructor(
    shapes: { probes: readonly ProbeShape[]; tracer: TracerShape; stack: StackShape },
    tasks: number,
    cpus: number,
    seen = new Map<Situation, number>(),
  ) {
    this.seen = seen;
    this.#stack = shapes.stack;
    this.#tracer = shapes.tracer;
    this.#limit = ROOM - (shapes.stack.frameWords + 1);
    this.probes = shapes.probes.map((shape) => ({
      ...shape,
      registered: false,
      disabled: false,
      fns: [],
      calls: 0,
      nmissed: 0,
      order: 0,
    }));
    this.tasks = Array.from({ length: tasks }, newTask);
    this.interrupts = Array.from({ length: cpus }, () => []);
    this.kprobeRunning = new Array(cpus).fill(false);
  }

  register(index: number, fns: readonly number[]): void {
    const probe = this.probes[index];
    if (probe.registered) return;
    if (this.#fprobeIndex < 0) this.#fprobeIndex = this.#freeIndices.shift() as number;
    Object.assign(probe, { registered: true, fns: [...fns], nmissed: 0, order: ++this.#order });
  }

  unregister(index: number): void {
    const probe = this.probes[index];
    if (!probe.registered) return;
    probe.registered = false;
    if (this.probes.some((other) => other.registered)) return;
    this.#freeIndices.push(this.#fprobeIndex);
    this.#fprobeIndex = -1;
  }

  /** The tracer comes or goes. */
  toggleTracer(): void {
    if (this.#tracerIndex < 0) this.#tracerIndex = this.#freeIndices.shift() as number;
    else {
      this.#freeIndices.push(this.#tracerIndex);
      this.#tracerIndex = -1;
    }
  }

  /** A task ends where it is, and another one takes its place. */
  replaceTask(index: number): void {
    if (this.tasks[index].used > 0) this.#note('a task that never returns');
    this.tasks[index] = newTask();
  }

  #note(situation: Situation): void {
    this.seen.set(situation, (this.seen.get(situation) ?? 0) + 1);
  }

  /** Functions go with their module. */
  gone(fn: number): void {
    for (const probe of this.probes) probe.fns = probe.fns.filter((other) => other !== fn);
  }

  /** An interrupt arrives; false where one as strong runs. */
  interrupt(cpu: number, kind: InterruptKind, counted: boolean): boolean {
    if (this.interrupts[cpu].some((running) => LEVEL[running.kind] >= LEVEL[kind])) return false;
    this.interrupts[cpu].push({ kind, counted });
    return true;
  }

  /** A task enters a function on a cpu. */
  enter(cpu: number, taskIndex: number, fn: number): void {
    const task = this.tasks[taskIndex];
    const frame: Frame = { fn, base: -1, data: new Map() };
    const tag = this.#tag++;
    task.frames.push(frame);
    if (!this.#fprobeWants(fn) && !this.#tracerWants(fn)) return;
    const lock = this.#lock(cpu, task);
    if (!lock) return;
    this.#enterLocked(cpu, taskIndex, frame, tag);
    lock();
  }

  /** A task returns from its innermost function. */
  leave(cpu: number, taskIndex: number): void {
    const task = this.tasks[taskIndex];
    const frame = task.frames.pop();
    if (!frame || frame.base < 0) return;
    const lock = this.#lock(cpu, task);
    if (lock) {
      // The op with index 0 is called for every frame.
      for (const index of [...new Set([0, ...frame.data.keys()])].sort((a, b) => a - b)) {
        const data = frame.data.get(index);
        if (index === this.#fprobeIndex) this.#fprobeReturn(frame.fn, data);
        else if (index === this.#tracerIndex) this.#tracerReturn(frame.fn, data);
        else if (data) this.#note('return under another graph index');
      }
    }
    lock?.();
    task.used = frame.base;
  }

  #fprobeReturn(fn: number, data: FrameData | undefined): void {
    if (data?.by === 'tracer') this.#note('data of another graph op');
    if (data?.by !== 'fprobe') return;
    for (const { probe: index, tag, missed } of data.kept) {
      const probe = this.probes[index];
      if (!probe.registered) this.#note('exit of a dead fprobe');
      else if (probe.disabled) this.#note('exit of a disabled fprobe');
      else {
        this.#note(missed ? 'exit of a missed entry' : 'exit');
        this.log.push(`${index}<${fn}#${tag}`);
      }
    }
  }

  #tracerReturn(fn: number, data: FrameData | undefined): void {
    if (data?.by === 'fprobe') this.#note('data of another graph op');
    this.log.push(`T<${fn}${data?.by === 'tracer' ? `#${data.tag}` : ''}`);
  }

  #fprobeWants(fn: number): boolean {
    if (this.#fprobeIndex < 0) return false;
    // An empty filter, left behind by a module, is every function.
    let isEmpty = true;
    for (const { registered, fns } of this.probes) {
      if (!registered) continue;
      if (fns.includes(fn)) return true;
      if (fns.length > 0) isEmpty = false;
    }
    return isEmpty;
  }

  #tracerWants(fn: number): boolean {
    return this.#tracerIndex >= 0 && this.#tracer.fns.includes(fn);
  }

  #enterLocked(cpu: number, taskIndex: number, frame: Frame, tag: number): void {
    const task = this.tasks[taskIndex];
    const { fn, data } = frame;
    const base = task.used;
    if (base + this.#stack.frameWords + 1 >= this.#limit) {
      this.#note('overrun');
      task.overrun++;
      return;
    }
    task.used = base + this.#stack.frameWords + 1;
    const wanting = [
      ...(this.#fprobeWants(fn)
        ? [{ index: this.#fprobeIndex, entry: () => this.#fprobeEntry(cpu, taskIndex, fn, tag) }]
        : []),
      ...(this.#tracerWants(fn) ? [{ index: this.#tracerIndex, entry: () => this.#tracerEntry(task, fn, tag) }] : []),
    ].sort((a, b) => a.index - b.index);
    for (const { index, entry } of wanting) {
      const before = task.used;
      const kept = entry();
      if (kept) data.set(index, kept);
      else task.used = before;
    }
    if (data.size > 1) this.#note('two graph ops');
    if (data.size > 0) frame.base = base;
    else task.used = base;
  }

  /** Takes words for data; false where there is no room. */
  #reserve(task: ModelTask, words: number): boolean {
    if (words > 32 || task.used + words + 1 >= this.#limit) {
      this.#note(words > 32 ? 'too many words' : 'no room for data');
      return false;
    }
    task.used += words + 1;
    return true;
  }

  #tracerEntry(task: ModelTask, fn: number, tag: number): FrameData | undefined {
    this.log.push(`T>${fn}#${tag}`);
    if (!this.#reserve(task, this.#tracer.words)) return undefined;
    return isTurn(++this.#tracerCalls, this.#tracer.refuseEach) ? undefined : { by: 'tracer', tag };
  }

  #fprobeEntry(cpu: number, taskIndex: number, fn: number, tag: number): FrameData | undefined {
    const task = this.tasks[taskIndex];
    const here = this.probes
      .map((probe, index) => ({ probe, index }))
      .filter(({ probe }) => probe.registered && probe.fns.includes(fn))
      .sort((a, b) => b.probe.order - a.probe.order);
    const words = here.reduce((sum, { probe }) => sum + (probe.exits ? this.#stack.headerWords + probe.words : 0), 0);
    if (words > 0 && !this.#reserve(task, words)) {
      for (const { probe } of here) if (!probe.disabled) probe.nmissed++;
      return undefined;
    }
    if (here.length > 1) this.#note('several fprobes on a function');
    const kept: { probe: number; tag: number; missed: boolean }[] = [];
    for (const { probe, index } of here) {
      if (probe.disabled) continue;
      if (probe.shared && this.kprobeRunning[cpu]) {
        this.#note('kprobe running');
        probe.nmissed++;
        if (probe.exits) kept.push({ probe: index, tag, missed: true });
        continue;
      }
      const was = this.kprobeRunning[cpu];
      if (probe.shared) this.kprobeRunning[cpu] = true;
      const cancelled = this.handle(cpu, taskIndex, index, fn, tag);
      if (probe.shared) this.kprobeRunning[cpu] = was;
      if (cancelled && probe.exits) this.#note('cancelled');
      if (!cancelled && probe.exits) kept.push({ probe: index, tag, missed: false });
    }
    return kept.length > 0 ? { by: 'fprobe', kept } : undefined;
  }

  /** What an entry handler of the test does; true when it cancels the exit. */
  handle(cpu: number, taskIndex: number, index: number, fn: number, tag: number): boolean {
    const probe = this.probes[index];
    probe.calls++;
    this.log.push(`${index}>${fn}#${tag}`);
    if (isTurn(probe.calls, probe.interruptEach) && this.interrupt(cpu, probe.interruptAs, probe.counted)) {
      this.enter(cpu, taskIndex, probe.interruptFn);
      this.leave(cpu, taskIndex);
      this.interrupts[cpu].pop();
    }
    return isTurn(probe.calls, probe.cancelEach);
  }

  /** Takes the recursion lock; the result gives it back. */
  #lock(cpu: number, task: ModelTask): (() => void) | undefined {
    const level = Math.max(0, ...this.interrupts[cpu].map(({ kind, counted }) => (counted ? LEVEL[kind] : 0)));
    if (!task.locks.has(level)) {
      task.locks.add(level);
      return () => task.locks.delete(level);
    }
    if (task.transition) {
      this.#note('refused by the lock');
      return undefined;
    }
    this.#note('transition bit');
    task.transition = true;
    return () => {
      task.transition = false;
    };
  }
}

/** Whether it is the turn of something that happens in each n-th call. */
export function isTurn(calls: number, each: number): boolean {
  return each > 0 && calls % each === 0;
}
