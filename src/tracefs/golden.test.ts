import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { RecorderProcess } from './recorder-process.ts';
import { SimulatedKernel } from './simulated-kernel.ts';
import { parseTranscript, resetTree, runTranscript, type Transcript } from './transcript.ts';
import { compareTranscripts } from './transcript-compare.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);

function golden(name: string): Transcript[] {
  const path = join(import.meta.dirname, '../../selftests/golden', name);
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const transcript = parseTranscript(line);
    if (typeof transcript === 'string') throw new Error(transcript);
    return transcript;
  });
}

/** Runs transcripts one after the other on one kernel, as they were recorded; ids of those that differ, and the first difference. */
function replay(transcripts: readonly Transcript[]): Map<string, string> {
  const recorder = new RecorderProcess(SimulatedKernel.boot(profile as Exclude<typeof profile, { error: string }>));
  const failed = new Map<string, string>();
  for (const transcript of transcripts) {
    resetTree(recorder);
    const run = runTranscript(transcript, recorder, (count) => recorder.fork(count));
    const [first] = compareTranscripts(transcript, run);
    if (first) failed.set(transcript.id, `${JSON.stringify(first.step)}\n${first.expected}\n${first.actual}`);
  }
  return failed;
}

test('the recorded scenarios', () => {
  const transcripts = golden('transcripts.jsonl.gz');
  expect(transcripts.length).toBe(58);
  expect(replay(transcripts)).toEqual(new Map());
});

// Walks are at random, over events, filters, buffers, clocks, options, markers, snapshots, pids and instances.
test.each([
  ['options.jsonl.gz', 154],
  ['walks.jsonl.gz', 286],
  ['static-events.jsonl.gz', 24],
  ['tracing-files.jsonl.gz', 61],
  ['tracing-scenarios.jsonl.gz', 8],
  ['stack-traces.jsonl.gz', 10],
  ['triggers.jsonl.gz', 41],
  ['hist-commands.jsonl.gz', 46],
  ['hist-hits.jsonl.gz', 48],
  ['synthetic-events.jsonl.gz', 71],
  ['system-calls.jsonl.gz', 13],
])('%s', (file, count) => {
  const transcripts = golden(file);
  expect(transcripts.length).toBe(count);
  expect(replay(transcripts)).toEqual(new Map());
});

test('a changed answer is noticed', () => {
  const transcript: Transcript = {
    id: 'wrong',
    steps: [
      { op: 'read', path: 'tracing_on', ret: 2, out: '0\n' },
      { op: 'write', path: 'tracing_on', data: '1\n', ret: -22 },
    ],
  };
  expect([...replay([transcript]).keys()]).toEqual(['wrong']);
});

test('the same operations give the same bytes', () => {
  const run = () => {
    const kernel = SimulatedKernel.boot(profile as Exclude<typeof profile, { error: string }>, { cpus: 2, seed: 7 });
    return golden('transcripts.jsonl.gz').map((transcript) => {
      resetTree(kernel.tracefs);
      return runTranscript(transcript, kernel.tracefs, (count) => kernel.fork(count));
    });
  };
  expect(run()).toEqual(run());
});
