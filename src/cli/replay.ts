import type { ArchName } from '../machine/index.ts';
import {
  compareTranscripts,
  type Difference,
  RecorderProcess,
  resetTree,
  runTranscript,
  SimulatedKernel,
} from '../tracefs/index.ts';
import { bootOptions } from './boot-options.ts';
import { ExitStatus } from './exit-status.ts';
import { put, putJson } from './output.ts';
import { profileOf } from './profile-option.ts';
import { readTranscripts } from './transcript-input.ts';

const indent = (text: string) => text.replace(/\n$/, '').replace(/^/gm, '    ');

function describe({ id, index, step, what, expected, actual }: Difference): string {
  const target = step.op === 'fork' ? String(step.count) : step.path;
  const data = step.op === 'write' || step.op === 'append' ? ` ${JSON.stringify(step.data)}` : '';
  return `${id}: step ${index + 1}: ${step.op} ${target}${data}: ${what} differs\n  recorded\n${indent(expected)}\n  simulated\n${indent(actual)}\n`;
}

/** `fprobe replay`: runs recorded transcripts on one simulated kernel, reset before each, and compares under the masks. */
export function replay(file: string, options: { json?: boolean; profile?: string; arch?: ArchName }): void {
  const transcripts = readTranscripts(file);
  const recorder = new RecorderProcess(SimulatedKernel.boot(profileOf(options.profile), bootOptions(options)));
  let failed = 0;
  for (const transcript of transcripts) {
    resetTree(recorder);
    const run = runTranscript(transcript, recorder, (count) => recorder.fork(count));
    const differences = compareTranscripts(transcript, run);
    if (differences.length > 0) failed++;
    for (const difference of differences) {
      if (!(options.json ? putJson(difference) : put(Buffer.from(describe(difference), 'utf8')))) return;
    }
  }
  const passed = transcripts.length - failed;
  if (options.json) putJson({ passed, failed });
  else put(`${passed} passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = ExitStatus.REFUSED;
}
