import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { definitionRound } from './bench.ts';
import { builtinProfile, TestKernel } from './test-kernel.ts';

interface Step {
  readonly op: 'write' | 'append' | 'read';
  readonly path: string;
  readonly data?: string;
  readonly ret: number;
  readonly out?: string;
}

interface Transcript {
  readonly id: string;
  readonly steps: readonly Step[];
}

function golden(name: string): Transcript[] {
  const file = readFileSync(new URL(`../../selftests/golden/${name}.jsonl.gz`, import.meta.url));
  const lines = gunzipSync(file).toString('utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Transcript);
}

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const kernel = new TestKernel();

function enable(system: string, event: string, data: string): number {
  const file = kernel.tracing.top.eventFile(system, event);
  if (file === undefined) return -2;
  file.setEnabled(data.startsWith('1'));
  return data.length;
}

/** What the simulated kernel answers to a step: a number, or text. */
function run({ op, path, data = '' }: Step): number | string {
  const bytes = latin1(data);
  if (path === 'error_log') {
    if (op === 'read') return kernel.errorLog;
    kernel.clearErrorLog();
    return bytes.length;
  }
  if (path === 'dynamic_events') {
    if (op === 'read') return kernel.dynamicEvents.show();
    return (op === 'write' && kernel.dynamicEvents.releaseAll()) || kernel.append(bytes);
  }
  const [, system = '', event = '', file, ...deeper] = latin1(path).split('/');
  if (deeper.length > 0) return -2;
  return file === 'enable' ? enable(system, event, bytes) : (kernel.format(system, event) ?? -2);
}

/** Masks what differs from boot to boot: times and event ids. */
const mask = (text: string) => text.replace(/^\[ *[\d.]+\] /gm, '').replace(/^ID: .*$/gm, 'ID: ');

/** A caret far behind its command: there the recorded kernel added a heap address to the column. Its own counting goes astray by 126 at most. */
const isByChance = (line: string, before = '') => /^ *\^$/.test(line) && line.length > before.length + 128;

/** The recorded text with carets by chance replaced by those of the answer. */
function expected(recorded: string, answer: string): string {
  const answered = answer.split('\n');
  const lines = recorded.split('\n');
  return lines.map((line, i) => (isByChance(line, lines[i - 1]) ? (answered[i] ?? line) : line)).join('\n');
}

function differences({ id, steps }: Transcript): string[] {
  return steps.flatMap((step) => {
    const answer = run(step);
    if (typeof answer === 'number') {
      return answer === step.ret ? [] : [`${id} ${step.path} ${step.data}: ${answer}, not ${step.ret}`];
    }
    const got = mask(answer);
    const want = expected(mask(latin1(step.out ?? '')), got);
    return got === want ? [] : [`${id} ${steps[1]?.data}: ${step.path} is\n${got}not\n${want}`];
  });
}

/** Leaves nothing behind for the next transcript. */
function reset(): void {
  const { events, top } = kernel.tracing;
  for (const { system, name } of events.dynamicEvents) top.eventFile(system, name)?.setEnabled(false);
  kernel.dynamicEvents.releaseAll();
  kernel.clearErrorLog();
}

test.each([
  ['definitions', 3000],
  ['odd-definitions', 2000],
  ['sequences', 60],
])('every recorded command in %s is answered as the kernel did', (name, count) => {
  const transcripts = golden(name);
  expect(transcripts).toHaveLength(count);
  const wrong = transcripts.flatMap((transcript) => {
    reset();
    return differences(transcript);
  });
  expect(wrong).toEqual([]);
});

test('carets by chance are as few as they were', () => {
  const logs = golden('definitions').map(({ steps }) => (steps[2]?.out ?? '').split('\n'));
  expect(logs.filter((lines) => lines.some((line, i) => isByChance(line, lines[i - 1])))).toHaveLength(7);
});

test('a round of the benchmark accepts what the kernel accepted, every time', () => {
  const commands = golden('definitions').map(({ steps }) => steps[1]!);
  const round = definitionRound(
    builtinProfile(),
    commands.map(({ data = '' }) => latin1(data)),
  );
  const accepted = commands.filter(({ ret }) => ret >= 0).length;
  expect([round(), round()]).toEqual([accepted, accepted]);
});
