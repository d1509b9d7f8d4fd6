import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/simulated-kernel.ts';
import { Replay, unpackWorkload } from '../workload/index.ts';

/** One call of a tree. */
interface Call {
  /** The task, the functions around the call, and the call with its arguments. */
  readonly path: string;
  /** Nanoseconds; undefined while it has not returned. */
  ns: number | undefined;
  /** Nanoseconds of the calls in it. */
  inner: number;
}

const LINE = /^(?: *[\d.]+ \| +\d+\) +)?(\S+) +\| (.{14})\| {2}( *)(.*)$/;
/** What tracing events did in the recording: no part of what the program called. */
const OF_TRACING = /(^|>)__traceiter_/;

function nanoseconds(text: string): number | undefined {
  const micros = /([\d.]+) us/.exec(text)?.[1];
  return micros === undefined ? undefined : Math.round(Number(micros) * 1000);
}

/** The calls of a trace in order of their entries. Where a line stands deeper than its caller's next, its caller is the same. */
function callsOf(trace: string): Call[] {
  const calls: Call[] = [];
  const open = new Map<string, { indent: number; name: string; call: Call }[]>();
  for (const line of trace.split('\n')) {
    const [, task, duration, spaces, text] = LINE.exec(line) ?? [];
    if (task === undefined || text === undefined) continue;
    const stack = open.get(task) ?? [];
    open.set(task, stack);
    const indent = spaces!.length;
    const ns = nanoseconds(duration!);
    const isReturn = text.startsWith('}');
    while (stack.length > 0 && stack.at(-1)!.indent >= indent + (isReturn ? 1 : 0)) stack.pop();
    const outer = isReturn ? stack.at(-2) : stack.at(-1);
    if (isReturn) {
      const frame = stack.pop();
      expect(text).toBe(`} /* ${frame?.name} */`);
      frame!.call.ns = ns;
    } else {
      const name = text.slice(0, text.indexOf('('));
      const around = stack.map((frame) => frame.name).join('>');
      const call = { path: `${task} ${around}>${text.replace(/;$| \{$/, '')}`, ns, inner: 0 };
      calls.push(call);
      if (text.endsWith('{')) stack.push({ indent, name, call });
    }
    if (outer && ns !== undefined) outer.call.inner += ns;
  }
  return calls.filter(({ path }) => !OF_TRACING.test(path));
}

/** `trace` of a workload under function_graph. */
function traced(workloadName: string, options: Record<string, '0' | '1'>): string {
  const profile = loadProfile();
  if (isProfileError(profile)) throw new Error(profile.error);
  const kernel = SimulatedKernel.boot(profile);
  const { tracefs } = kernel;
  const settings = { buffer_size_kb: '40000', tracing_on: '0', current_tracer: 'function_graph' };
  for (const [file, text] of Object.entries(settings)) expect(tracefs.write(file, `${text}\n`)).toBeGreaterThan(0);
  for (const [name, text] of Object.entries(options))
    expect(tracefs.write(`options/funcgraph-${name}`, `${text}\n`)).toBe(2);
  const workload = unpackWorkload(profile.workloads.read(workloadName)!);
  if ('error' in workload) throw new Error(workload.error);
  const replay = new Replay(kernel, workload, {});
  replay.start(true);
  tracefs.write('tracing_on', '1\n');
  expect(replay.run()).toBe(true);
  return String(tracefs.read('trace'));
}

/** The recording of a cat(1) without its columns of time and cpu. */
const recorded = gunzipSync(
  readFileSync(new URL('../../selftests/golden/cat-graph.txt.gz', import.meta.url)),
).toString();

test('a replayed program is traced as the tree that it was recorded as', () => {
  const ours = callsOf(traced('cat', { abstime: '1', proc: '1', tail: '1', args: '1', irqs: '0' }));
  const theirs = callsOf(recorded);
  expect(theirs.length).toBeGreaterThan(20_000);
  expect(ours.map(({ path }) => path)).toEqual(theirs.map(({ path }) => path));
  // What took tracing, and interrupts that the recording leaves out, make some calls longer or shorter.
  const other = ours.filter(({ ns }, i) => ns !== theirs[i]!.ns);
  expect(other.length).toBeLessThan(ours.length / 300);
  expect(ours.filter(({ ns, inner }) => ns !== undefined && ns < inner)).toEqual([]);
});

test('without arguments, tails, durations and tasks the same calls are left', () => {
  const bare = (text: string) => text.replace(/\(.*\)(?=;$| \{$)/, '()').replace(/ \/\* .* \*\/$/, '');
  const ours = traced('cat', { cpu: '0', duration: '0', irqs: '0' }).split('\n');
  expect(ours.slice(0, 4)).toEqual([
    '# tracer: function_graph',
    '#',
    '#               FUNCTION CALLS',
    '#               |   |   |   |',
  ]);
  const lines = ours.slice(4).map((line) => bare(line.trim()));
  const theirs = recorded.split('\n').flatMap((line) => LINE.exec(line)?.[4] ?? []);
  let skipped = '';
  const expected = theirs.filter((text) => {
    const isEntry = /^__traceiter_\w+\(.*\{$/.test(text);
    if (skipped === '' && isEntry) skipped = text.slice(0, text.indexOf('('));
    if (skipped === '') return true;
    if (text === `} /* ${skipped} */`) skipped = '';
    return false;
  });
  const isSwitch = (line: string) => line === '' || line.includes(' => ') || /^-+$/.test(line);
  expect(lines.filter((line) => !isSwitch(line))).toEqual(expected.map(bare));
});
