import type { KernelTypes, ParamType } from './kernel-types.ts';
import { eventField } from './objects-text.ts';
import type { ScriptCall } from './script.ts';

/** What the arguments of a tracepoint may come from. */
interface PointContext {
  /** Calls around it, innermost first. */
  readonly calls: readonly ScriptCall[];
  /** What its static event printed. */
  readonly text: string;
  /** Addresses of the task that runs, and of the one that it has just made. */
  readonly current: bigint;
  readonly child: bigint;
  /** Recorded pid of the task that runs. */
  readonly pid: number;
  /** task_struct by recorded pid. */
  taskOf(pid: number): bigint | undefined;
}

type Source = (context: PointContext) => bigint | undefined;

const current: Source = ({ current }) => current;
const child: Source = ({ child }) => child;
const site: Source = ({ calls }) => calls[0]?.site;
const result: Source = ({ calls }) => calls[0]?.result;
const field =
  (name: string, base = 10): Source =>
  ({ text }) => {
    const value = eventField(text, name);
    const parsed = value === undefined ? Number.NaN : Number.parseInt(value, base);
    return Number.isNaN(parsed) ? undefined : BigInt.asUintN(64, BigInt(parsed));
  };
const constant =
  (value: bigint): Source =>
  () =>
    value;

/** Arguments that do not follow from the names and types of the calls around: `tracepoint.parameter`, or `*.parameter`. */
const SOURCES: Record<string, Source> = {
  '*.call_site': site,
  'kmem_cache_alloc.ptr': result,
  'kmalloc.ptr': result,
  'kmem_cache_free.ptr': ({ calls }) => calls[0]?.args[1],
  'kfree.ptr': ({ calls }) => calls[0]?.args[0],
  'kmalloc.bytes_req': ({ calls }) => namedArg(calls.slice(0, 1), 'size'),
  'kmalloc.bytes_alloc': field('bytes_alloc'),
  'kmem_cache_alloc.node': constant(0xffffffffffffffffn),
  'kmalloc.node': constant(0xffffffffffffffffn),
  'mm_page_alloc.page': result,
  'mm_page_alloc.migratetype': field('migratetype'),
  'sched_stat_runtime.tsk': current,
  'sched_stat_runtime.runtime': field('runtime'),
  'sched_process_fork.parent': current,
  'sched_process_fork.child': child,
  'sched_process_exec.p': current,
  'sched_process_exec.old_pid': ({ pid }) => BigInt(pid),
  'sched_prepare_exec.task': current,
  'sched_process_exit.p': current,
  'sched_process_exit.group_dead': constant(1n),
  'sched_process_wait.pid': constant(0n),
  'task_newtask.task': child,
  'task_rename.comm': ({ calls }) => calls[0]?.args[1],
  'task_newtask.clone_flags': field('clone_flags', 16),
  'signal_generate.group': field('grp'),
  'signal_generate.result': field('res'),
  'signal_deliver.sig': field('sig'),
};

/** Names that mean the same in different prototypes. */
const SYNONYMS: Record<string, readonly string[]> = {
  gfp_flags: ['gfpflags', 'gfp', 'gfp_mask', 'flags'],
  bytes_req: ['size'],
};

/** How far up the callers an argument of a fitting type is looked for. */
const CALLERS = 4;

/** The arguments of a tracepoint that fires in a call, as its prototype has them. */
export function pointArgs(types: KernelTypes, name: string, context: PointContext): bigint[] {
  return (types.tracepointType(name)?.params ?? []).map((param) => pointArg(types, name, param, context) ?? 0n);
}

/** Position of the argument that is a return address, −1 for none. */
export function callSiteArg(types: KernelTypes, name: string): number {
  return types.tracepointType(name)?.params.findIndex((param) => param.name === 'call_site') ?? -1;
}

function pointArg(types: KernelTypes, name: string, param: ParamType, context: PointContext): bigint | undefined {
  const source = SOURCES[`${name}.${param.name}`] ?? SOURCES[`*.${param.name}`];
  if (source !== undefined) return source(context);
  const near = context.calls.slice(0, CALLERS);
  const named = namedArg(
    near.filter((call) => sameType(types, call, param)),
    param.name,
  );
  if (named !== undefined) return named;
  if (param.points !== undefined) {
    const typed = typedArg(types, near, param.points);
    if (typed !== undefined) return typed;
  }
  for (const other of SYNONYMS[param.name] ?? []) {
    const value = namedArg(near.slice(0, 1), other);
    if (value !== undefined) return value;
  }
  if (param.points === 'task_struct') {
    const pid = Number(eventField(context.text, 'pid'));
    return (Number.isNaN(pid) ? undefined : context.taskOf(pid)) ?? context.current;
  }
  return field(param.name)(context) ?? namedArg(near, param.name);
}

/** Value of the argument of this name of the nearest call that has one. */
function namedArg(calls: readonly ScriptCall[], name: string): bigint | undefined {
  for (const call of calls) {
    const at = call.argNames.indexOf(name);
    if (at >= 0) return call.args[at];
  }
  return undefined;
}

function sameType(types: KernelTypes, call: ScriptCall, param: ParamType): boolean {
  const mine = types.functionType(call.name)?.params.find(({ name }) => name === param.name);
  return mine !== undefined && mine.points === param.points;
}

function typedArg(types: KernelTypes, calls: readonly ScriptCall[], struct: string): bigint | undefined {
  for (const call of calls) {
    const at = types.functionType(call.name)?.params.findIndex((param) => param.points === struct) ?? -1;
    if (at >= 0 && at < call.args.length) return call.args[at];
  }
  return undefined;
}
