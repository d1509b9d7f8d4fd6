import { Errno } from '../abi/errno.ts';
import { enabledFunctionsText, touchedFunctionsText } from '../ftrace/enabled-functions.ts';
import type { Ftrace } from '../ftrace/index.ts';
import type { KernelProfile } from '../profile/index.ts';
import { pidsText, writePids } from '../trace/pid-list.ts';
import type { PidListName, TraceArray } from '../trace/trace-array.ts';
import { readOnly, readWrite, type TraceFile, type TraceNode } from './node.ts';
import { numberFile } from './number-file.ts';

const ALL_FUNCTIONS = '#### all functions enabled ####\n';
const NO_FUNCTIONS = '#### no functions disabled ####\n';

/** A list of functions that is empty and takes nothing but blanks. */
function functionListFile(text: string): TraceFile {
  return readWrite({
    read: () => text,
    write: (data) => (data.trim() === '' ? data.length : -Errno.EINVAL),
    truncate: () => 0,
  });
}

function functionPidFile(array: TraceArray, list: PidListName): TraceFile {
  return readWrite({
    read: () => pidsText(array.pidList(list)) || 'no pid\n',
    write: (data) => {
      const written = writePids(array.pidList(list), data);
      if (typeof written === 'number') return written;
      array.setPidList(list, written.pids);
      return written.read;
    },
    truncate: () => {
      array.setPidList(list, undefined);
      return 0;
    },
  });
}

/** Files about traced functions that every trace array has. */
export function functionFiles(array: TraceArray): Record<string, () => TraceNode> {
  return {
    set_ftrace_filter: () => functionListFile(ALL_FUNCTIONS),
    set_ftrace_notrace: () => functionListFile(NO_FUNCTIONS),
    set_ftrace_notrace_pid: () => functionPidFile(array, 'functionNoPids'),
    set_ftrace_pid: () => functionPidFile(array, 'functionPids'),
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
export function rootFunctionFiles(profile: KernelProfile, ftrace: Ftrace): Record<string, () => TraceNode> {
  let depth = 0;
  const setDepth = (value: bigint) => {
    depth = Number(BigInt.asIntN(32, value));
    return 0;
  };
  return {
    available_filter_functions: () => readOnly(() => availableFunctions(ftrace, false)),
    available_filter_functions_addrs: () => readOnly(() => availableFunctions(ftrace, true)),
    dyn_ftrace_total_info: () => readOnly(() => initialText(profile, 'dyn_ftrace_total_info')),
    enabled_functions: () => readOnly(() => enabledFunctionsText(ftrace)),
    printk_formats: () => readOnly(() => initialText(profile, 'printk_formats')),
    max_graph_depth: () => numberFile(() => `${depth}\n`, setDepth),
    set_graph_function: () => functionListFile(ALL_FUNCTIONS),
    set_graph_notrace: () => functionListFile(NO_FUNCTIONS),
    stack_trace_filter: () => functionListFile(ALL_FUNCTIONS),
    touched_functions: () => readOnly(() => touchedFunctionsText(ftrace)),
  };
}
