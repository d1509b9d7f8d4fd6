import { enabledFunctionsText, touchedFunctionsText } from '../ftrace/enabled-functions.ts';
import type { Ftrace } from '../ftrace/index.ts';
import { OpsHash } from '../ftrace/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { pidsText, writePids } from '../trace/pid-list.ts';
import type { PidListName, TraceArray } from '../trace/trace-array.ts';
import { FilterFile, type FilterTarget, type FunctionTracing, GraphFile, type GraphList } from '../tracer/index.ts';
import { Mode, readOnly, readWrite, type TraceFile, type TraceNode } from './node.ts';
import { numberFile } from './number-file.ts';
import { SeqReader } from './seq-reader.ts';

/** A filter file: commands run at once, what it names takes effect when it is closed. */
function filterFile(target: FilterTarget, list: 'filter' | 'notrace'): TraceFile {
  return {
    kind: 'file',
    mode: Mode.WRITE,
    open: (how) => {
      const file = new FilterFile(target, list, how);
      const reader = new SeqReader(() => file.sections());
      return {
        readSome: (size) => reader.read(size),
        write: (data) => file.write(data),
        seek: (offset) => {
          file.seek(offset);
          if (how.read) reader.seek(offset);
        },
        close: () => file.close(),
      };
    },
  };
}

function graphFile({ graph }: FunctionTracing, list: GraphList): TraceFile {
  return {
    kind: 'file',
    mode: Mode.WRITE,
    open: (how) => {
      const file = new GraphFile(graph, list, how);
      // The kernel forgets between reads where it was (`kernel/trace/ftrace.c:g_start()`).
      const reader = new SeqReader(() => [file.lines()][Symbol.iterator](), true);
      return {
        readSome: (size) => reader.read(size),
        write: (data) => file.write(data),
        seek: (offset) => {
          file.seek(offset);
          if (how.read) reader.seek(offset);
        },
        close: () => file.close(),
      };
    },
  };
}

function functionPidFile(functions: FunctionTracing, array: TraceArray, list: PidListName): TraceFile {
  const set = (pids: ReadonlySet<number> | undefined) => {
    array.setPidList(list, pids);
    functions.pidsChanged(array);
  };
  return readWrite({
    read: () => pidsText(array.pidList(list)) || 'no pid\n',
    write: (data) => {
      const written = writePids(array.pidList(list), data);
      if (typeof written === 'number') return written;
      set(written.pids);
      return written.read;
    },
    truncate: () => {
      set(undefined);
      return 0;
    },
  });
}

/** Files about traced functions that every trace array has. */
export function functionFiles(functions: FunctionTracing, array: TraceArray): Record<string, () => TraceNode> {
  const target = (): FilterTarget => {
    const own = functions.of(array);
    return { ftrace: functions.ftrace, hash: own.hash, functions: own };
  };
  return {
    set_ftrace_filter: () => filterFile(target(), 'filter'),
    set_ftrace_notrace: () => filterFile(target(), 'notrace'),
    set_ftrace_notrace_pid: () => functionPidFile(functions, array, 'functionNoPids'),
    set_ftrace_pid: () => functionPidFile(functions, array, 'functionPids'),
  };
}

/** Lines for every function that can be traced, in the order of their addresses (`kernel/trace/ftrace.c:t_show()`). */
function availableFunctions({ records, machine }: Ftrace, withAddress: boolean): string {
  const { functions } = machine;
  const lines: string[] = [];
  for (const fn of records.live) {
    const module = functions.moduleName(fn);
    const address = withAddress ? `${functions.entryIp(fn).toString(16)} ` : '';
    lines.push(`${address}${functions.name(fn)}${module ? ` [${module}]` : ''}\n`);
  }
  return lines.join('');
}

/** What a profile says that a file held after boot; empty when it does not say. */
function initialText(profile: KernelProfile, file: string): string {
  const text = profile.text('initial-files.txt') ?? '';
  const head = `== ${file}\n`;
  const start = text.startsWith(head) ? 0 : text.indexOf(`\n${head}`) + 1;
  if (start === 0 && !text.startsWith(head)) return '';
  const body = text.slice(start + head.length);
  const end = body.startsWith('== ') ? 0 : body.indexOf('\n== ') + 1;
  return end > 0 || body.startsWith('== ') ? body.slice(0, end) : body;
}

/** Files about traced functions that only the root has. */
export function rootFunctionFiles(profile: KernelProfile, functions: FunctionTracing): Record<string, () => TraceNode> {
  const { ftrace, graph } = functions;
  const stackTracer: FilterTarget = { ftrace, hash: new OpsHash() };
  return {
    available_filter_functions: () => readOnly(() => availableFunctions(ftrace, false)),
    available_filter_functions_addrs: () => readOnly(() => availableFunctions(ftrace, true)),
    dyn_ftrace_total_info: () => readOnly(() => initialText(profile, 'dyn_ftrace_total_info')),
    enabled_functions: () => readOnly(() => enabledFunctionsText(ftrace)),
    printk_formats: () => readOnly(() => initialText(profile, 'printk_formats')),
    max_graph_depth: () =>
      numberFile(
        () => `${graph.filter.maxDepth | 0}\n`,
        (value) => {
          graph.filter.maxDepth = Number(BigInt.asUintN(32, value));
          return 0;
        },
      ),
    set_graph_function: () => graphFile(functions, 'functions'),
    set_graph_notrace: () => graphFile(functions, 'notrace'),
    stack_trace_filter: () => filterFile(stackTracer, 'filter'),
    touched_functions: () => readOnly(() => touchedFunctionsText(ftrace)),
  };
}
