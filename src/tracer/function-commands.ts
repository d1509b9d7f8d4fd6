import { Errno } from '../abi/errno.ts';
import type { Cpu } from '../machine/index.ts';
import { kstrtoull } from '../trace/kstrtox.ts';
import { takeSnapshotOfHit } from '../trace/snapshot.ts';
import { recordKernelStack } from '../trace/stack-trace.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import type { ArrayFunctions, ProbeKind } from './array-functions.ts';
import { dumpTrace } from './dump.ts';

/** A command as it is written to a filter file: `FUNCTIONS:NAME[:PARAMETER]`. */
interface WrittenCommand {
  /** What it is written for; `undefined` where functions are not those of a trace array. */
  readonly functions: ArrayFunctions | undefined;
  /** Pattern of functions, with a `!` in front when the command is to go. */
  readonly word: string;
  /** What follows the name and its colon. */
  readonly param: string | undefined;
  /** Whether it is written to `set_ftrace_filter`, not to `set_ftrace_notrace`. */
  readonly toFilter: boolean;
}

/** A command that filter files know (`struct ftrace_func_command`). Returns 0 or a negative errno. */
export type FunctionCommand = (written: WrittenCommand) => number;

/** How often a command is to run yet; a signed 64-bit number. */
interface Count {
  left: bigint;
}

type Run = (array: TraceArray, cpu: Cpu) => void;

const isOn = ({ buffer }: TraceArray) => buffer.isRecordSetOn;

/** A command that runs at every call. */
function endless(name: string, run: Run): ProbeKind {
  return { run, text: () => `${name}:unlimited` };
}

/** A command that counts its calls. */
function counted(name: string, run: (array: TraceArray, cpu: Cpu, count: Count) => void): ProbeKind {
  return {
    run: (array, cpu, state) => run(array, cpu, state as Count),
    text: (state) => `${name}:count=${(state as Count).left}`,
    init: (value): Count => ({ left: value as bigint }),
  };
}

/** Takes one from a count; false when it is used up. Negative ones are used up from the start. */
function takeOne(count: Count): boolean {
  if (count.left <= 0n) return false;
  count.left--;
  return true;
}

function switchTracing(on: boolean): { endless: ProbeKind; counted: ProbeKind } {
  const name = on ? 'traceon' : 'traceoff';
  return {
    endless: endless(name, (array) => {
      if (isOn(array) !== on) array.buffer.setRecordOn(on);
    }),
    counted: counted(name, (array, _cpu, count) => {
      if (isOn(array) !== on && takeOne(count)) array.buffer.setRecordOn(on);
    }),
  };
}

/**
 * Records the stack of a call. What the kernel leaves out at its top is one function short where hits are counted: the site's own
 * caller shows (`kernel/trace/trace_functions.c:trace_stack()`).
 */
function recordStack(array: TraceArray, cpu: Cpu, skip: 0 | 1): void {
  const place = { array, buffer: array.buffer, cpu, own: 1 } as const;
  recordKernelStack(
    place,
    {
      pushHitStack: (machine, _cpu, trace) => {
        machine.pushEntryStack(cpu, trace);
        trace.skip(skip);
      },
    },
    false,
  );
}

const STACKTRACE = {
  endless: endless('stacktrace', (array, cpu) => recordStack(array, cpu, 1)),
  counted: counted('stacktrace', (array, cpu, count) => {
    // Whichever trace array it is for, the top level's buffer decides whether it runs.
    if (!isOn(array.tracing.top) || count.left === 0n) return;
    count.left = BigInt.asIntN(64, count.left - 1n);
    recordStack(array, cpu, 0);
  }),
};

const SNAPSHOT = {
  endless: endless('snapshot', takeSnapshotOfHit),
  counted: counted('snapshot', (array, cpu, count) => {
    if (takeOne(count)) takeSnapshotOfHit(array, cpu);
  }),
};

const DUMP = counted('dump', (array, _cpu, count) => {
  if (takeOne(count)) dumpTrace(array.tracing.top);
});

const CPUDUMP = endless('cpudump', (array, cpu) => dumpTrace(array.tracing.top, cpu.id));

/** What stands for no count: its bits are all set. */
const NO_COUNT = -1n;

/** The count that a parameter begins with; a negative errno when it is none. */
function parseCount(param: string | undefined): bigint | number {
  const [digits = ''] = param?.split(':') ?? [];
  if (digits === '') return NO_COUNT;
  const parsed = kstrtoull(digits, 0);
  return parsed.errno ?? BigInt.asIntN(64, parsed.value);
}

/** Sets or removes a command that takes a count (`ftrace_trace_probe_callback()`). */
function setProbe(kind: ProbeKind, written: WrittenCommand, prepare: (array: TraceArray) => number = () => 0): number {
  const { functions, word, param, toFilter } = written;
  if (!functions) return -Errno.ENODEV;
  if (!toFilter) return -Errno.EINVAL;
  if (word.startsWith('!')) return functions.removeProbe(kind, word.slice(1));
  const count = parseCount(param);
  if (typeof count === 'number') return count;
  return prepare(functions.array) || functions.addProbe(kind, word, count);
}

/** A command that has a kind of its own when a parameter follows it. */
function withCount(
  kinds: { endless: ProbeKind; counted: ProbeKind },
  prepare?: (array: TraceArray) => number,
): FunctionCommand {
  return (written) => setProbe(written.param === undefined ? kinds.endless : kinds.counted, written, prepare);
}

/** Commands that act on the trace array. `dump` runs once, whatever parameter it has. */
export const ARRAY_COMMANDS: readonly (readonly [string, FunctionCommand])[] = [
  ['traceon', withCount(switchTracing(true))],
  ['traceoff', withCount(switchTracing(false))],
  ['snapshot', withCount(SNAPSHOT, (array) => array.allocateSnapshot())],
  ['stacktrace', withCount(STACKTRACE)],
  ['dump', (written) => setProbe(DUMP, { ...written, param: '1' })],
  ['cpudump', (written) => setProbe(CPUDUMP, { ...written, param: '1' })],
];
