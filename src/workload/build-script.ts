import { syscallNumber, syscallOfFunction } from '../abi/syscall-numbers.ts';
import type { CallResults } from './call-results.ts';
import type { CallSites } from './call-sites.ts';
import type { KernelTypes } from './kernel-types.ts';
import type { TreeCall, TreeItem, TreePoint, TreeRun } from './normalize.ts';
import type { OpenCalls } from './open-calls.ts';
import { callSiteArg, pointArgs } from './point-args.ts';
import type { PlacedPoint, PointPlan } from './points.ts';
import type { Script, ScriptCall, ScriptStep, StepFlags } from './script.ts';
import { callChain, interruptFrame, openScriptCalls, passedArgs, pidBits, QUIET } from './script-calls.ts';
import { StepClock } from './step-clock.ts';
import type { TaskModel } from './task-model.ts';
import { TaskOrder } from './task-order.ts';
import { PID_RESULT } from './workload.ts';

/** What a script is made from. */
interface ScriptParts {
  readonly name: string;
  readonly run: TreeRun;
  readonly types: KernelTypes;
  readonly tasks: TaskModel;
  readonly results: CallResults;
  readonly sites: CallSites;
  readonly points: PointPlan;
  /** Function id of a call; undefined for a function that the kernel's list does not have. */
  functionId(call: { readonly fn: string }): number | undefined;
  flags(call: TreeCall): StepFlags;
  /** Flags of a tracepoint near a step with such flags. */
  pointFlags(name: string, near: StepFlags): StepFlags;
  /** Names that a program task takes, one a rename. */
  newNames(pid: number): readonly string[];
  /** Recorded pid of the base run for one of the run that a point was learnt from. */
  readonly pidOf: (pid: number) => number;
  /** What was under way when the recording began. */
  readonly open: OpenCalls;
}

/** Where a script's calls come from. */
export interface BuiltScript {
  readonly script: Script;
  readonly calls: Map<TreeCall, ScriptCall>;
  readonly pointSteps: Map<TreePoint, number>;
}

/** Bytes of a `struct pt_regs`, which ends a kernel stack. */
const PT_REGS_SIZE = 168n;
/** Calls on each side of a tracepoint that its arguments are looked for in. */
const BESIDE = 3;
/** Function that renames a task, and the one that does so for an exec. */
const RENAMES = '__set_task_comm';
const EXECS = 'begin_new_exec';

/** Puts the steps of a run in order: calls, tracepoints, switches, forks and execs. Facts come later. */
export function buildScript(parts: ScriptParts): BuiltScript {
  return new ScriptBuilder(parts).build();
}

class ScriptBuilder {
  readonly #parts: ScriptParts;
  readonly #clock = new StepClock();
  readonly #calls = new Map<TreeCall, ScriptCall>();
  readonly #pointSteps = new Map<TreePoint, number>();
  readonly #steps: ScriptStep[] = [];
  readonly #renames = new Map<number, number>();
  readonly #order: TaskOrder;

  constructor(parts: ScriptParts) {
    this.#parts = parts;
    this.#order = new TaskOrder(parts.run, parts.tasks, this.#clock, this.#steps);
  }

  build(): BuiltScript {
    const { run, points, name, tasks, open, sites, functionId } = this.#parts;
    const openCalls = openScriptCalls(open, sites, functionId);
    for (const [index, { op, item }] of run.steps.entries()) {
      this.#order.arrive(item, index);
      if (item.kind === 'point') this.#ownPoint(item);
      else if (item.fn === '') {
        if (op === 'enter') this.#calls.set(item, interruptFrame(this.#parent(item)));
      } else if (op === 'enter') {
        for (const point of points.before.get(item) ?? []) this.#lentPoint(point, item);
        this.#enter(item);
        for (const point of points.within.get(item) ?? []) this.#lentPoint(point, undefined);
      } else {
        this.#leave(item);
        if (item === open.after) this.#leaveOpen(openCalls);
        for (const point of points.after.get(item) ?? []) this.#lentPoint(point, item);
      }
    }
    this.#order.finish();
    const script: Script = { name, tasks: tasks.tasks, steps: this.#steps, openCalls, facts: [] };
    return { script, calls: this.#calls, pointSteps: this.#pointSteps };
  }

  #enter(item: TreeCall): void {
    const { functionId, flags, sites, types, results } = this.#parts;
    const fn = functionId(item);
    if (fn === undefined) return;
    if (isSyscall(item)) this.#syscallPoint('sys_enter', item);
    if (item.fn === 'wake_up_new_task') this.#order.forkAt(item);
    const { address, tail } = sites.site(item);
    const { value, pid } = results.result(item);
    const call: ScriptCall = {
      fn,
      name: item.fn,
      ...passedArgs(item, types),
      site: address,
      tail,
      result: value,
      pids: pidBits(types, types.functionType(item.fn)?.params ?? []) | (pid ? PID_RESULT : 0),
      flags: flags(item),
      parent: this.#parent(item),
      enterAt: this.#steps.length,
      leaveAt: -1,
    };
    this.#calls.set(item, call);
    this.#steps.push({ op: 'enter', time: this.#clock.enter(item), task: this.#order.current, call });
  }

  #leave(item: TreeCall): void {
    const call = this.#calls.get(item);
    if (call === undefined) return;
    if (item.fn === RENAMES) this.#rename(item);
    this.#pushLeave(call, this.#clock.leave(item));
    if (item.fn === 'kernel_clone') this.#order.child = -1;
    if (isSyscall(item)) this.#syscallPoint('sys_exit', item);
    if (item.fn === 'schedule_tail' && item.parent?.fn === 'ret_from_fork') this.#childReturns(item.parent);
  }

  /** What was under way at the start returns; a system call passes its tracepoint. */
  #leaveOpen(calls: readonly ScriptCall[]): void {
    for (const call of calls.toReversed()) this.#pushLeave(call, this.#clock.now);
    const [outermost] = calls;
    if (outermost === undefined || syscallOfFunction(outermost.name) === undefined) return;
    const { stackTop } = this.#parts.tasks.tasks[this.#order.current];
    const regs = stackTop === 0n ? 0n : stackTop - PT_REGS_SIZE;
    this.#point('sys_exit', [regs, outermost.result ?? 0n], undefined, { text: '', site: false, flags: QUIET });
  }

  #pushLeave(call: ScriptCall, time: number): void {
    call.leaveAt = this.#steps.length;
    this.#steps.push({ op: 'leave', time, task: this.#order.current, call });
  }

  /** The call that a call is made from, as far as the script has it. */
  #parent(item: TreeCall): ScriptCall | undefined {
    for (let up = item.parent; up !== undefined; up = up.parent) {
      const call = this.#calls.get(up);
      if (call !== undefined) return call.name === '' ? call.parent : call;
    }
    return undefined;
  }

  /** A tracepoint that the recording shows with its arguments. */
  #ownPoint(item: TreePoint): void {
    const inside = item.parent === undefined ? undefined : this.#calls.get(item.parent);
    this.#pointSteps.set(item, this.#steps.length);
    this.#clock.at(item.start);
    const shown = item.args.length > 0 || item.text === '';
    const args = shown
      ? item.args.map(({ value }) => value)
      : this.#argsOf(item.name, inside, item.text, besides(item));
    this.#point(item.name, args, inside, {
      text: item.text,
      site: !shown && callSiteArg(this.#parts.types, item.name) === 0,
    });
    if (item.name === 'sched_switch') this.#order.announce(item);
  }

  /** A tracepoint learnt from another run. */
  #lentPoint({ name, inside, source }: PlacedPoint, neighbour: TreeCall | undefined): void {
    const { types, pidOf } = this.#parts;
    const call = inside === undefined ? undefined : this.#calls.get(inside);
    const beside = neighbour === undefined ? [] : besides(neighbour);
    const pidIn = /pid=(\d+)/.exec(source.text)?.[1];
    if (name === 'task_newtask') this.#order.forkNamed(pidIn === undefined ? undefined : pidOf(Number(pidIn)));
    const site = callSiteArg(types, name) === 0;
    this.#point(name, this.#argsOf(name, call, source.text, beside), call, { text: source.text, site });
  }

  /** The arguments of a tracepoint that a recording shows by its event's text only. */
  #argsOf(name: string, call: ScriptCall | undefined, text: string, beside: readonly TreeCall[]): bigint[] {
    const { types, tasks, pidOf } = this.#parts;
    const { stackTop } = tasks.tasks[this.#order.current];
    return pointArgs(types, name, {
      calls: callChain(call),
      text,
      beside,
      userRegs: stackTop === 0n ? 0n : stackTop - PT_REGS_SIZE,
      current: tasks.tasks[this.#order.current].address,
      pid: tasks.tasks[this.#order.current].pid,
      child: tasks.tasks[this.#order.child]?.address ?? 0n,
      taskOf: (pid: number) => tasks.tasks[tasks.byPid.get(pidOf(pid)) ?? -1]?.address,
    });
  }

  #point(
    name: string,
    args: bigint[],
    inside: ScriptCall | undefined,
    { text, site, flags }: { text: string; site: boolean; flags?: StepFlags },
  ): void {
    const { types, pointFlags } = this.#parts;
    const last = this.#steps.at(-1);
    const near = last?.op === 'leave' && last.call.parent === inside ? last.call.flags : (inside?.flags ?? QUIET);
    this.#steps.push({
      op: 'point',
      time: this.#clock.now,
      task: this.#order.current,
      name,
      args,
      text,
      pids: pidBits(types, types.tracepointType(name)?.params ?? []),
      flags: flags ?? pointFlags(name, near),
      callSite: site ? inside : undefined,
      inside,
    });
  }

  #syscallPoint(name: 'sys_enter' | 'sys_exit', item: TreeCall): void {
    const regs = item.args[0]?.value ?? 0n;
    const value = name === 'sys_exit' ? (this.#calls.get(item)?.result ?? 0n) : syscallNumber(item.fn);
    this.#point(name, [regs, value], undefined, { text: '', site: false, flags: QUIET });
  }

  /** In a new task the system call that made it returns 0. */
  #childReturns(item: TreeCall): void {
    const regs = item.args.find(({ name }) => name === 'regs')?.value ?? 0n;
    this.#point('sys_exit', [regs, 0n], this.#calls.get(item), { text: '', site: false, flags: QUIET });
  }

  #rename(item: TreeCall): void {
    const { pid } = item.task;
    const done = this.#renames.get(pid) ?? 0;
    this.#renames.set(pid, done + 1);
    const comm = this.#parts.newNames(pid)[done];
    let up = item.parent;
    while (up !== undefined && up.fn !== EXECS) up = up.parent;
    const op = up === undefined ? 'rename' : 'exec';
    if (comm !== undefined) this.#steps.push({ op, time: this.#clock.now, task: this.#order.current, comm });
  }
}

/** Whether a call is a system call's body. */
function isSyscall(item: TreeCall): boolean {
  return item.parent === undefined && syscallOfFunction(item.fn) !== undefined;
}

/** The calls of the same caller that follow a point, or a call and those that follow it; then those before, the nearest first. */
function besides(item: TreeItem): TreeCall[] {
  const siblings = item.parent?.children ?? item.task.roots;
  const at = siblings.indexOf(item);
  const calls = (items: readonly TreeItem[]) => items.filter((other): other is TreeCall => other.kind === 'call');
  return [
    ...calls(siblings.slice(at, at + BESIDE + 1)),
    ...calls(siblings.slice(Math.max(0, at - BESIDE), at)).reverse(),
  ];
}
