import { syscallNumber } from '../abi/syscall-numbers.ts';
import type { CallResults } from './call-results.ts';
import type { CallSites } from './call-sites.ts';
import type { KernelTypes } from './kernel-types.ts';
import type { TreeCall, TreePoint, TreeRun } from './normalize.ts';
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

const SYSCALL = '__x64_sys_';
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
        for (const point of points.before.get(item) ?? []) this.#lentPoint(point);
        this.#enter(item);
        for (const point of points.within.get(item) ?? []) this.#lentPoint(point);
      } else {
        this.#leave(item);
        if (item === open.after) for (const call of openCalls.toReversed()) this.#pushLeave(call, this.#clock.now);
        for (const point of points.after.get(item) ?? []) this.#lentPoint(point);
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
    if (item.parent === undefined && item.fn.startsWith(SYSCALL)) this.#syscallPoint('sys_enter', item);
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
    if (item.parent === undefined && item.fn.startsWith(SYSCALL)) this.#syscallPoint('sys_exit', item);
    if (item.fn === 'schedule_tail' && item.parent?.fn === 'ret_from_fork') this.#childReturns(item.parent);
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
    const args = item.args.map(({ value }) => value);
    this.#point(item.name, args, inside, { text: item.text, site: false });
    if (item.name === 'sched_switch') this.#order.announce(item);
  }

  /** A tracepoint learnt from another run. */
  #lentPoint({ name, inside, source }: PlacedPoint): void {
    const { types, tasks, pidOf } = this.#parts;
    const call = this.#calls.get(inside);
    const pidIn = /pid=(\d+)/.exec(source.text)?.[1];
    if (name === 'task_newtask') this.#order.forkNamed(pidIn === undefined ? undefined : pidOf(Number(pidIn)));
    const context = {
      calls: callChain(call),
      text: source.text,
      current: tasks.tasks[this.#order.current].address,
      pid: tasks.tasks[this.#order.current].pid,
      child: tasks.tasks[this.#order.child]?.address ?? 0n,
      taskOf: (pid: number) => tasks.tasks[tasks.byPid.get(pidOf(pid)) ?? -1]?.address,
    };
    const site = callSiteArg(types, name) === 0;
    this.#point(name, pointArgs(types, name, context), call, { text: source.text, site });
  }

  #point(
    name: string,
    args: bigint[],
    inside: ScriptCall | undefined,
    { text, site, flags }: { text: string; site: boolean; flags?: StepFlags },
  ): void {
    const { types } = this.#parts;
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
      flags: flags ?? near,
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
