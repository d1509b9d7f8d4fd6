import { type EngineSnapshot, type SnapshotWord, StackWatch, type WatchPhase } from '../fprobe/index.ts';
import type { SimulatedKernel } from '../tracefs/index.ts';
import { ProbeNames } from '../ui/probe-names.ts';
import { stacksText } from '../ui/stacks-text.ts';
import { Replay } from '../workload/index.ts';
import { type DefinedOptions, definedKernel } from './defined-kernel.ts';
import { UsageError } from './exit-status.ts';
import type { Moment } from './moment.ts';
import { put, putJson } from './output.ts';

interface StacksOptions extends DefinedOptions {
  readonly at?: Moment;
  readonly json?: boolean;
}

/** Frames in frames: one with a header alone, one with two fprobes and what they keep, an entry-only fprobe that keeps nothing. */
const DEFAULT_DEFINITIONS = [
  'f:sys ksys_read%return',
  'f:read vfs_read%return file count',
  'f:pos vfs_read%return pos',
  'f:in vfs_read count',
  'f:area rw_verify_area%return ppos',
];

/** `fprobe stacks`: runs a workload under definitions and shows the shadow stacks and the fprobe tables as they are at one moment. */
export function stacks(options: StacksOptions): void {
  const session = definedKernel(options, options.event.length > 0 ? options.event : DEFAULT_DEFINITIONS);
  if (!session) return;
  const { kernel, workload } = session;
  const { tracefs, tracing } = kernel;
  for (const call of tracing.events.dynamicEvents) tracefs.write(`events/${call.system}/${call.name}/enable`, '1\n');
  const probes = new ProbeNames(kernel);
  const replay = new Replay(kernel, workload, { seed: options.seed ?? 0 });
  replay.start(true);
  const taken = options.at ? atMoment(kernel, probes, replay, options.at) : atDeepest(kernel, probes, replay);
  const { snapshot, at } = taken;
  if (options.json) putJson({ at, ...jsonSnapshot(snapshot) });
  else
    put(
      Buffer.from(`${at.function}, ${MOMENTS[at.phase]}, call ${at.count}\n\n${stacksText(snapshot, probes)}`, 'utf8'),
    );
}

const MOMENTS: Record<WatchPhase, string> = {
  entry: 'before its first entry handler',
  body: 'while it runs',
  return: 'before its first exit handler',
};

interface Taken {
  readonly at: { readonly function: string; readonly phase: WatchPhase; readonly count: number };
  readonly snapshot: EngineSnapshot;
}

/** Runs to the moment that was asked for. Throws UsageError when it does not come. */
function atMoment(
  kernel: SimulatedKernel,
  probes: ProbeNames,
  replay: Replay,
  { symbol, phase, count }: Moment,
): Taken {
  const { machine, ftrace, fprobes } = kernel;
  const address = machine.kallsyms.lookupName(symbol);
  const fn = address === undefined ? undefined : machine.functions.idAtSymbol(address);
  if (fn === undefined) throw new UsageError(`no function ${symbol} that can be traced`);
  if (fprobes.ipTable.first(fn) === null)
    throw new UsageError(`no definition probes ${symbol}: add -e 'f ${symbol}%return'`);
  let seen = 0;
  let snapshot: EngineSnapshot | undefined;
  new StackWatch(ftrace, fprobes, { fn, phase }, () => {
    if (++seen === count) snapshot = probes.snapshot();
  });
  replay.run();
  if (!snapshot) throw new UsageError(missing(symbol, phase, seen, replay.workload.name));
  return { at: { function: symbol, phase, count }, snapshot };
}

function missing(symbol: string, phase: WatchPhase, seen: number, workload: string): string {
  const times = seen === 1 ? 'once' : `${seen} times`;
  if (seen > 0) return `${workload} comes to ${symbol}:${phase} ${times}`;
  return phase === 'return'
    ? `${workload} does not call ${symbol}, or nobody wants its return`
    : `${workload} does not call ${symbol}`;
}

/** Runs to the end and takes the moment at which a task has most words in use. */
function atDeepest(kernel: SimulatedKernel, probes: ProbeNames, replay: Replay): Taken {
  const { machine, ftrace, fgraph, fprobes } = kernel;
  const calls = new Map<number, number>();
  let most = 0;
  let taken: Taken | undefined;
  new StackWatch(ftrace, fprobes, { fn: undefined, phase: 'body' }, (cpu, fn) => {
    const count = (calls.get(fn) ?? 0) + 1;
    calls.set(fn, count);
    const { current = 0 } = fgraph.stackOf(cpu.current) ?? {};
    if (current <= most) return;
    most = current;
    taken = { at: { function: machine.functions.name(fn), phase: 'body', count }, snapshot: probes.snapshot() };
  });
  replay.run();
  if (!taken) throw new UsageError(`${replay.workload.name} calls no probed function whose return is wanted`);
  return taken;
}

/** 64-bit values as hexadecimal strings. */
function jsonSnapshot(snapshot: EngineSnapshot): object {
  const text = (value: bigint) => `0x${value.toString(16)}`;
  const word = ({ value, ...rest }: SnapshotWord) => ({ ...rest, value: text(value) });
  return {
    ...snapshot,
    tasks: snapshot.tasks.map((task) => ({
      ...task,
      frames: task.frames.map((frame) => ({ ...frame, words: frame.words.map(word) })),
    })),
    ipTable: snapshot.ipTable.map((node) => ({ ...node, address: text(node.address) })),
    fprobeTable: snapshot.fprobeTable.map((fp) => ({ ...fp, address: text(fp.address) })),
  };
}
