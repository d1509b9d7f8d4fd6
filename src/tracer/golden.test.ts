import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/simulated-kernel.ts';
import { parseTranscript, resetTree, runTranscript, type Transcript } from '../tracefs/transcript.ts';
import { compareTranscripts } from '../tracefs/transcript-compare.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);

function golden(name: string): Transcript[] {
  const file = readFileSync(new URL(`../../selftests/golden/${name}.jsonl.gz`, import.meta.url));
  return gunzipSync(file)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const transcript = parseTranscript(line);
      if (typeof transcript === 'string') throw new Error(transcript);
      return transcript;
    });
}

// What the real kernel answered: lists of functions in all forms (the longest were not kept, and are only read); commands at functions; the tracers
// under their options, filters and pid lists, in instances, beside fprobes; random walks over all of that.
test.each([
  ['function-lists', 31],
  ['function-modules', 40],
  ['function-commands', 47],
  ['function-tracer', 83],
  ['graph-tracer', 91],
  ['function-walks', 72],
])('%s', (name, count) => {
  const transcripts = golden(name);
  expect(transcripts.length).toBe(count);
  const kernel = SimulatedKernel.boot(profile as Exclude<typeof profile, { error: string }>);
  for (const transcript of transcripts) {
    resetTree(kernel.tracefs);
    const run = runTranscript(transcript, kernel.tracefs, (forks) => kernel.fork(forks));
    expect(compareTranscripts(transcript, run)).toEqual([]);
  }
});
