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
  | 'several fprobes on a function';

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

interface Frame {
  fn: number;
  /** Words of the shadow stack below this frame; −1 when the return is not hooked. */
  base: number;
  graphIndex: number;
  kept: { probe: number; tag: number }[];
}

interface ModelTask {
  frames: Frame[];
  used: number;
  locks: Set<number>;
  transition: boolean;
}

const LIMIT = 492;
const LEVEL: Record<InterruptKind, number> = { softirq: 1, hardirq: 2, nmi: 3 };

interface Interrupt {
  kind: InterruptKind;
  /** Whether the preempt count says so yet. */
  counted: boolean;
}

/**
 * What the engine should do, told plainly: lists and sums instead of words and bits. It is stepped along with the real one and writes the same log: entries and exits
 * as `probe>function#tag` and `probe<function#tag`, where a tag numbers the calls.
 */
export class EngineModel {
  readonly log: string[] = [];
  /** How often each situation came up. */
  readonly seen: Map<Situation, number>;
  readonly probes: Probe[];
  readonly tasks: ModelTask[];
  #tag = 0;
  #order = 0;
  #graphIndex = -1;
  /** Indices that were given back, oldest first. */
  #freeIndices = Array.from({ length: 16 }, (_, index) => index);
  /** Interrupts of each cpu, innermost last. */
  readonly interrupts: Interrupt[][];
  readonly kprobeRunning: boolean[];

  constructor(shapes: readonly ProbeShape[], tasks: number, cpus: number, seen = new Map<Situation, number>()) {
    this.seen = seen;
    this.probes = shapes.map((shape) => ({
      ...shape,
      registered: false,
      disabled: false,
      fns: [],
      calls: 0,
      nmissed: 0,
      order: 0,
    }));
    this.tasks = Array.from({ length: tasks }, () => ({ frames: [], used: 0, locks: new Set(), transition: false }));
    this.interrupts = Array.from({ length: cpus }, () => []);
    this.kprobeRunning = new Array(cpus).fill(false);
  }

  register(index: number, fns: readonly number[]): void {
    const probe = this.probes[index];
    if (probe.registered) return;
    if (!this.probes.some((other) => other.registered)) this.#graphIndex = this.#freeIndices.shift() as number;
    Object.assign(probe, { registered: true, fns: [...fns], nmissed: 0, order: ++this.#order });
  }

  unregister(index: number): void {
    const probe = this.probes[index];
    if (!probe.registered) return;
    probe.registered = false;
    if (this.probes.some((other) => other.registered)) return;
    this.#freeIndices.push(this.#graphIndex);
    this.#graphIndex = -1;
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
    const frame: Frame = { fn, base: -1, graphIndex: -1, kept: [] };
    const tag = this.#tag++;
    task.frames.push(frame);
    if (!this.#isTraced(fn)) return;
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
    if (frame.graphIndex !== this.#graphIndex) this.#note('return under another graph index');
    const lock = this.#lock(cpu, task);
    if (lock && frame.graphIndex === this.#graphIndex) {
      for (const { probe: index, tag } of frame.kept) {
        const probe = this.probes[index];
        if (!probe.registered) this.#note('exit of a dead fprobe');
        else if (probe.disabled) this.#note('exit of a disabled fprobe');
        else {
          this.#note('exit');
          this.log.push(`${index}<${frame.fn}#${tag}`);
        }
      }
    }
    lock?.();
    task.used = frame.base;
  }

  #isTraced(fn: number): boolean {
    const active = this.probes.filter((probe) => probe.registered);
    if (active.length === 0) return false;
    // An empty filter, left behind by a module, is every function.
    const all = active.flatMap((probe) => probe.fns);
    return all.length === 0 || all.includes(fn);
  }

  #enterLocked(cpu: number, taskIndex: number, frame: Frame, tag: number): void {
    const task = this.tasks[taskIndex];
    const { fn } = frame;
    const base = task.used;
    if (base + 4 >= LIMIT) {
      this.#note('overrun');
      return;
    }
    const here = this.probes
      .map((probe, index) => ({ probe, index }))
      .filter(({ probe }) => probe.registered && probe.fns.includes(fn))
      .sort((a, b) => b.probe.order - a.probe.order);
    const words = here.reduce((sum, { probe }) => sum + (probe.exits ? 1 + probe.words : 0), 0);
    if (words > 32 || (words > 0 && base + 4 + words + 1 >= LIMIT)) {
      this.#note(words > 32 ? 'too many words' : 'no room for data');
      for (const { probe } of here) if (!probe.disabled) probe.nmissed++;
      return;
    }
    if (here.length > 1) this.#note('several fprobes on a function');
    task.used = base + 4 + (words > 0 ? words + 1 : 0);
    const kept: Frame['kept'] = [];
    for (const { probe, index } of here) {
      if (probe.disabled) continue;
      if (probe.shared && this.kprobeRunning[cpu]) {
        this.#note('kprobe running');
        probe.nmissed++;
        continue;
      }
      const was = this.kprobeRunning[cpu];
      if (probe.shared) this.kprobeRunning[cpu] = true;
      const cancelled = this.handle(cpu, taskIndex, index, fn, tag);
      if (probe.shared) this.kprobeRunning[cpu] = was;
      if (cancelled && probe.exits) this.#note('cancelled');
      if (!cancelled && probe.exits) kept.push({ probe: index, tag });
    }
    if (kept.length === 0) {
      task.used = base;
      return;
    }
    Object.assign(frame, { base, graphIndex: this.#graphIndex, kept });
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
