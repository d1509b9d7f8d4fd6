import type { FuncLine } from './func-text.ts';
import type { CodePlace, RecordedCall, RecordedItem, RecordedRun, StrayReturn } from './recorded-run.ts';
import type { StepFlags } from './script.ts';
import { isSimulatedPoint } from './simulated-points.ts';
import { stepFlags } from './step-flags.ts';

/** First call of an interrupt, and the one in which its handler runs. */
const ENTRY = 'irq_enter_rcu';
const HANDLER = '__sysvec_';
/** Function of a timer interrupt that is passed the task it interrupts, under this name. */
const ACCOUNTS = 'account_process_tick';
const TASK_ARGUMENT = 'p';
/** Bytes of a kernel stack, which is aligned to it, and of a task_struct with room to spare. */
const STACK = 0x4000n;
const TASK_SIZE = 0x2000n;

/** Where the handlers of interrupts return to, what with, and which flags they have: by caller and function. */
export class InterruptPool {
  readonly #handlers: RecordedCall[] = [];
  readonly #lines = new Map<string, FuncLine>();
  readonly #returns = new Map<string, StrayReturn>();
  #next = 0;

  /** Adds the handlers that a recording with interrupts shows. */
  add(run: RecordedRun): void {
    for (const { op, item } of run.steps)
      if (op === 'enter' && item.kind === 'call' && item.fn.startsWith(HANDLER) && item.duration !== undefined)
        this.#handlers.push(item);
  }

  /** Adds what the function tracer shows of handlers. */
  addLines(lines: readonly FuncLine[]): void {
    for (const line of lines)
      if (line.flags.hardirq && line.caller !== undefined)
        this.#lines.set(`${line.caller.symbol}>${line.fn.symbol}`, line);
  }

  /** Adds the returns that a recording shows without their calls: most are those of handlers. */
  addReturns(strays: readonly StrayReturn[]): void {
    for (const stray of strays) this.#returns.set(`${stray.returnTo.symbol}>${stray.fn}`, stray);
  }

  /** Puts a handler, one of those added after the other, into each interrupt of a recording that leaves it out, in the time that it took. */
  graft(run: RecordedRun): void {
    if (this.#handlers.length === 0) return;
    for (let at = 0; at < run.steps.length - 1; at++) {
      const { op, item } = run.steps[at];
      if (op !== 'leave' || item.kind !== 'call' || item.fn !== ENTRY) continue;
      const after = run.steps[at + 1].item;
      if (after.pid !== item.pid || (after.kind === 'call' && after.fn.startsWith(HANDLER))) continue;
      const handler = this.#handlers[this.#next++ % this.#handlers.length];
      const from = item.start + Math.ceil((item.duration ?? 0) / 1000);
      const steps = new Graft(handler, item, from, after.start, this).steps;
      run.steps.splice(at + 1, 0, ...steps);
      at += steps.length;
    }
  }

  /** Where a call of a handler returns to. */
  place(caller: string, fn: string): CodePlace | undefined {
    return this.#lines.get(`${caller}>${fn}`)?.caller ?? this.#returns.get(`${caller}>${fn}`)?.returnTo;
  }

  /** What it returns. */
  result(caller: string, fn: string): bigint | undefined {
    return this.#returns.get(`${caller}>${fn}`)?.returnValue;
  }

  /** The context that it is made in. */
  flags(caller: string, fn: string): StepFlags {
    const line = this.#lines.get(`${caller}>${fn}`);
    return line === undefined ? HARDIRQ : stepFlags(line.flags);
  }
}

const HARDIRQ: StepFlags = {
  irqsOff: true,
  needResched: false,
  lazyResched: false,
  hardirq: true,
  softirq: false,
  preemptDepth: 1,
};

/** One handler, copied. */
class Graft {
  readonly steps: RecordedRun['steps'] = [];
  readonly #source: RecordedCall;
  readonly #from: number;
  readonly #scale: number;
  readonly #pid: number;
  readonly #pool: InterruptPool;

  constructor(source: RecordedCall, behind: RecordedCall, from: number, to: number, pool: InterruptPool) {
    this.#source = source;
    this.#from = from;
    this.#pid = behind.pid;
    this.#pool = pool;
    this.#scale = Math.min(1, (Math.max(0, to - from - 1) * 1000) / (source.duration ?? 1));
    const root = this.#copy(source, behind.parent);
    const siblings = behind.parent?.children;
    siblings?.splice(siblings.indexOf(behind) + 1, 0, root);
  }

  #copy(item: RecordedItem, parent: RecordedCall | undefined): RecordedItem {
    const start = this.#from + Math.round((item.start - this.#source.start) * this.#scale);
    if (item.kind === 'mark') {
      const mark: RecordedItem = { ...item, pid: this.#pid, start, parent };
      this.steps.push({ op: 'mark', item: mark });
      return mark;
    }
    const caller = item.parent?.fn ?? '';
    const call: RecordedCall = {
      ...item,
      args: item.args.map((arg) => ({ ...arg })),
      pid: this.#pid,
      start,
      parent,
      children: [],
      graft: this.#source,
      graftFlags: this.#pool.flags(caller, item.fn),
    };
    const returnTo = this.#pool.place(caller, item.fn);
    const returnValue = this.#pool.result(caller, item.fn);
    if (returnTo !== undefined) call.returnTo = returnTo;
    if (returnValue !== undefined) call.returnValue = returnValue;
    if (item.duration !== undefined) call.duration = Math.round(item.duration * this.#scale);
    this.steps.push({ op: 'enter', item: call });
    for (const child of item.children)
      if (child.kind === 'call' || isSimulatedPoint(child.text.split(':', 1)[0]))
        call.children.push(this.#copy(child, call));
    if (item.end !== undefined) call.end = this.#from + Math.round((item.end - this.#source.start) * this.#scale);
    this.steps.push({ op: 'leave', item: call });
    return call;
  }
}

/** Where a task is: address of its task_struct, end of its stack; 0 where not known. */
interface TaskPlace {
  readonly address: bigint;
  readonly stackTop: bigint;
}

/** Lets the arguments of a call that was copied into a task's interrupt mean that task and its stack. */
export function localizeGraft(call: RecordedCall, task: TaskPlace): void {
  const theirs = interruptedTask(call.graft);
  const stack = call.graft?.args[0]?.value ?? 0n;
  for (const arg of call.args) {
    if (task.address !== 0n && theirs !== 0n && arg.value >= theirs && arg.value < theirs + TASK_SIZE)
      arg.value += task.address - theirs;
    else if (task.stackTop !== 0n && stack !== 0n && (arg.value & ~(STACK - 1n)) === (stack & ~(STACK - 1n)))
      arg.value = task.stackTop - STACK + (arg.value & (STACK - 1n));
  }
}

function interruptedTask(handler: RecordedCall | undefined): bigint {
  for (const item of handler?.children ?? []) {
    if (item.kind !== 'call') continue;
    const own = item.fn === ACCOUNTS ? item.args.find(({ name }) => name === TASK_ARGUMENT)?.value : undefined;
    const found = own ?? interruptedTask(item);
    if (found !== 0n) return found;
  }
  return 0n;
}
