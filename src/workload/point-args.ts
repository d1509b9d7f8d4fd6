import type { KernelTypes, ParamType } from './kernel-types.ts';
import type { TreeCall } from './normalize.ts';
import { eventField } from './objects-text.ts';
import type { ScriptCall } from './script.ts';

/** What the arguments of a tracepoint may come from. */
interface PointContext {
  /** Calls around it, innermost first. */
  readonly calls: readonly ScriptCall[];
  /** Calls of the same caller beside it: those that follow, the next one first, then those before. */
  readonly beside: readonly TreeCall[];
  /** The user's registers, `struct pt_regs`, of the task that runs; 0 where not known. */
  readonly userRegs: bigint;
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

type Source = (context: PointContext, types: KernelTypes) => bigint | undefined;

const current: Source = ({ current }) => current;
const child: Source = ({ child }) => child;
const site: Source = ({ calls }) => calls[0]?.site;
const result: Source = ({ calls }) => calls[0]?.result;
const field =
  (name: string, base = 10): Source =>
  ({ text }) => {
    const value = eventField(text, name);
    const parsed = value === undefined ? null : (base === 16 ? /^()([0-9a-f]+)/ : /^(-?)(0x[0-9a-f]+|\d+)/).exec(value);
    if (parsed === null) return undefined;
    const magnitude = BigInt(base === 16 ? `0x${parsed[2]}` : parsed[2]);
    return BigInt.asUintN(64, parsed[1] === '-' ? -magnitude : magnitude);
  };
const constant =
  (value: bigint): Source =>
  () =>
    value;

/** Address of a member of the signal that is delivered. */
function inKsignal(member: string): Source {
  return ({ calls }, types) => {
    const signal = namedArg(calls.slice(0, 1), 'ksig');
    const offset = types.offset('ksignal', member);
    return signal === undefined || offset === undefined ? undefined : signal + BigInt(offset);
  };
}

/** What a process's pages are counted as, in the order of their numbers. */
const RSS_MEMBERS = ['MM_FILEPAGES', 'MM_ANONPAGES', 'MM_SWAPENTS', 'MM_SHMEMPAGES'];

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
  'cap_capable.capable_ns': ({ calls }) => namedArg(calls.slice(0, 1), 'target_ns'),
  'exit_mmap.mm': ({ calls }) => namedArg(calls.slice(0, 1), 'mm'),
  'hrtimer_setup.hrtimer': ({ calls }) => namedArg(calls.slice(0, 1), 'timer'),
  'hrtimer_start.mode': ({ calls }) => namedArg(calls.slice(0, 1), 'mode'),
  'mm_filemap_map_pages.index': ({ calls }) => namedArg(calls.slice(0, 1), 'start_pgoff'),
  'mm_filemap_map_pages.last_index': ({ calls }) => namedArg(calls.slice(0, 1), 'end_pgoff'),
  'mm_page_alloc.page': result,
  'page_fault_user.regs': ({ userRegs }) => userRegs,
  'page_fault_user.address': ({ beside }) => besideArg(beside, 'address'),
  'rseq_update.t': current,
  'rss_stat.member': ({ text }) => {
    const member = RSS_MEMBERS.indexOf(eventField(text, 'type') ?? '');
    return member < 0 ? undefined : BigInt(member);
  },
  'tlb_flush.reason': ({ text }) => numberIn(text, /\((\d+)\)$/),
  'workqueue_queue_work.req_cpu': ({ calls }) => namedArg(calls.slice(0, 1), 'cpu'),
  'mm_page_alloc.migratetype': field('migratetype'),
  'timer_start.bucket_expiry': field('bucket_expiry'),
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
  'softirq_raise.vec_nr': field('vec'),
  'softirq_entry.vec_nr': field('vec'),
  'softirq_exit.vec_nr': field('vec'),
  'signal_generate.group': field('grp'),
  'signal_generate.result': field('res'),
  'signal_deliver.sig': field('sig'),
  'signal_deliver.info': inKsignal('info'),
  'signal_deliver.ka': inKsignal('ka'),
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
  if (source !== undefined) return source(context, types);
  const near = context.calls.slice(0, CALLERS);
  const named = namedArg(
    near.filter((call) => sameType(types, call, param)),
    param.name,
  );
  if (named !== undefined) return named;
  if (param.points !== undefined) {
    const typed = typedArg(types, near, param.points) ?? typedBeside(types, context.beside, param.points);
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
  return field(param.name)(context, types) ?? namedArg(near, param.name);
}

/** Value of the argument of this name of the nearest call that has one. */
function namedArg(calls: readonly ScriptCall[], name: string): bigint | undefined {
  for (const call of calls) {
    const at = call.argNames.indexOf(name);
    if (at >= 0) return call.args[at];
  }
  return undefined;
}

function numberIn(text: string, pattern: RegExp): bigint | undefined {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

/** Value of the argument of this name of the call that comes next. */
function besideArg(beside: readonly TreeCall[], name: string): bigint | undefined {
  return beside[0]?.args.find((arg) => arg.name === name)?.value;
}

function typedBeside(types: KernelTypes, beside: readonly TreeCall[], struct: string): bigint | undefined {
  for (const call of beside) {
    const at = types.functionType(call.fn)?.params.findIndex((param) => param.points === struct) ?? -1;
    if (at >= 0 && at < call.args.length) return call.args[at].value;
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
