import type { RecordedArg, RecordedCall, RecordedItem, RecordedRun } from './recorded-run.ts';

/** A call of the program's own tree: what tracing added is gone. */
export interface TreeCall {
  readonly kind: 'call';
  readonly fn: string;
  readonly args: readonly RecordedArg[];
  readonly source: RecordedCall;
  readonly parent: TreeCall | undefined;
  readonly task: TreeTask;
  readonly children: TreeItem[];
  /** Calls below it, itself included. */
  size: number;
  /** Equal for calls whose whole subtrees call the same functions in the same order. */
  shape: number;
  /** Functions called before and after it by the same caller; empty at the ends. */
  before: string;
  after: string;
}

/** A tracepoint's place in the tree. */
export interface TreePoint {
  readonly kind: 'point';
  readonly name: string;
  /** Arguments of its prototype as `__traceiter_NAME` got them, without the data pointer; empty where the tracer did not show them. */
  readonly args: readonly RecordedArg[];
  /** What the static event printed after its name; empty where none was on. */
  text: string;
  readonly parent: TreeCall | undefined;
  readonly task: TreeTask;
  /** Microseconds since boot. */
  readonly start: number;
}

export type TreeItem = TreeCall | TreePoint;

/** One task's forest. */
export interface TreeTask {
  readonly pid: number;
  readonly name: string;
  readonly roots: TreeItem[];
}

/** One step of a run in the order of time. */
interface TreeStep {
  readonly op: 'enter' | 'leave' | 'point';
  readonly item: TreeItem;
}

/** A recording without what tracing itself did. */
export interface TreeRun {
  readonly tasks: Map<number, TreeTask>;
  readonly steps: TreeStep[];
}

const TRACE_ITERATOR = '__traceiter_';
/** Called only while the syscalls' own tracepoints are on; the events inside are kept. */
const SYSCALL_WORK = new Set(['syscall_trace_enter', 'syscall_exit_work']);
/** Callers that are tracing: what they call is its work, not the program's. */
const TRACING_CALLERS =
  /^(trace_|tracing_|trace_pid_|ftrace_|fgraph_|fprobe_|ring_buffer_|rb_|__trace_|perf_trace_|probe_)/;
const EVENT = /^([a-z_0-9]+): (.*)$/;
const SYSCALL_EVENT = /^sys_([a-z_0-9]+)(\(.*| -> .*)$/;

/** Takes tracing's own work out of a recording, and makes tracepoints of what it shows of them. */
export function normalizeRun(run: RecordedRun): TreeRun {
  const out: TreeRun = { tasks: new Map(), steps: [] };
  for (const task of run.tasks.values()) out.tasks.set(task.pid, { pid: task.pid, name: task.name, roots: [] });
  const made = new Map<RecordedCall, TreeCall>();
  const inside = new Map<RecordedCall, TreePoint>();
  for (const { op, item } of run.steps) {
    if (item.kind === 'call' && op === 'leave') {
      const call = made.get(item);
      if (call !== undefined) out.steps.push({ op: 'leave', item: call });
      continue;
    }
    const iterator = item.parent === undefined ? undefined : inside.get(item.parent);
    if (iterator !== undefined) {
      if (item.kind === 'mark') iterator.text ||= eventOf(item.text)?.text ?? '';
      else inside.set(item, iterator);
      continue;
    }
    const task = out.tasks.get(item.pid)!;
    const parent = keptParent(item, made);
    if (item.kind === 'mark') {
      const event = eventOf(item.text);
      if (event !== undefined) addPoint(out, task, parent, { ...event, args: [], start: item.start });
    } else if (item.fn.startsWith(TRACE_ITERATOR)) {
      const args = item.args.filter((arg) => arg.name !== '__data');
      const point = addPoint(out, task, parent, {
        name: item.fn.slice(TRACE_ITERATOR.length),
        text: '',
        args,
        start: item.start,
      });
      inside.set(item, point);
    } else if (!isTracing(item)) {
      const call: TreeCall = {
        kind: 'call',
        fn: item.fn,
        args: item.args,
        source: item,
        parent,
        task,
        children: [],
        size: 1,
        shape: 0,
        before: '',
        after: '',
      };
      (parent?.children ?? task.roots).push(call);
      made.set(item, call);
      out.steps.push({ op: 'enter', item: call });
    }
  }
  for (const task of out.tasks.values()) measureAll(task.roots);
  return out;
}

function eventOf(text: string): { name: string; text: string } | undefined {
  const syscall = SYSCALL_EVENT.exec(text);
  if (syscall !== null) {
    const enter = syscall[2].startsWith('(');
    return { name: enter ? 'sys_enter' : 'sys_exit', text };
  }
  const event = EVENT.exec(text);
  return event === null ? undefined : { name: event[1], text: event[2] };
}

function addPoint(
  out: TreeRun,
  task: TreeTask,
  parent: TreeCall | undefined,
  init: Pick<TreePoint, 'name' | 'text' | 'args' | 'start'>,
): TreePoint {
  const point: TreePoint = { kind: 'point', ...init, parent, task };
  (parent?.children ?? task.roots).push(point);
  out.steps.push({ op: 'point', item: point });
  return point;
}

/** The nearest caller that is part of the program's own tree. */
function keptParent(item: RecordedItem, made: Map<RecordedCall, TreeCall>): TreeCall | undefined {
  for (let up = item.parent; up !== undefined; up = up.parent) {
    const call = made.get(up);
    if (call !== undefined) return call;
  }
  return undefined;
}

function isTracing(call: RecordedCall): boolean {
  return SYSCALL_WORK.has(call.fn) || (call.returnTo !== undefined && TRACING_CALLERS.test(call.returnTo.symbol));
}

function measureAll(items: readonly TreeItem[]): void {
  let last: TreeCall | undefined;
  for (const item of items) {
    if (item.kind === 'point') continue;
    measure(item);
    if (last !== undefined) {
      last.after = item.fn;
      item.before = last.fn;
    }
    last = item;
  }
}

function measure(call: TreeCall): void {
  measureAll(call.children);
  call.shape = hash(call.fn, 17);
  for (const child of call.children) {
    if (child.kind === 'point') continue;
    call.size += child.size;
    call.shape = (Math.imul(call.shape, 31) + child.shape) | 0;
  }
}

function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 16777619) ^ text.charCodeAt(i)) | 0;
  return h;
}

/** The tasks of the recorded program: those that make system calls, in order of appearance. */
export function programTasks(run: TreeRun): TreeTask[] {
  return [...run.tasks.values()].filter((task) =>
    task.roots.some((item) => item.kind === 'call' && item.fn.startsWith('__x64_sys_')),
  );
}
