import type { ArchName } from '../machine/index.ts';
import { RecorderProcess, resetTree, runTranscript, SimulatedKernel, type TranscriptTarget } from '../tracefs/index.ts';
import { bootOptions } from './boot-options.ts';
import { putJson } from './output.ts';
import { profileOf } from './profile-option.ts';
import { readTranscripts } from './transcript-input.ts';

interface Recorder {
  readonly target: TranscriptTarget;
  readonly fork: (count: number) => number;
}

async function recorderFor(options: { tracefs?: string; profile?: string; arch?: ArchName }): Promise<Recorder> {
  if (options.tracefs !== undefined) return (await import('./host-tracefs.ts')).hostTracefs(options.tracefs);
  const target = new RecorderProcess(SimulatedKernel.boot(profileOf(options.profile), bootOptions(options)));
  return { target, fork: (count) => target.fork(count) };
}

/** `fprobe record`: runs transcripts' steps, the tree reset before each, and prints them with `ret` and `out` filled in. */
export async function record(
  file: string,
  options: { tracefs?: string; profile?: string; arch?: ArchName },
): Promise<void> {
  const transcripts = readTranscripts(file);
  const { target, fork } = await recorderFor(options);
  for (const transcript of transcripts) {
    resetTree(target);
    if (!putJson(runTranscript(transcript, target, fork))) return;
  }
}
