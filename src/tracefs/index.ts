export type { OpenHow } from './node.ts';
export type { OpenFile } from './open-file.ts';
export type { CallName } from './process-pieces.ts';
export type { SystemCall } from './processes.ts';
export { type BootOptions, SimulatedKernel } from './simulated-kernel.ts';
export { type Stat, Tracefs } from './tracefs.ts';
export {
  bytesToText,
  type Difference,
  type Fork,
  parseTranscript,
  resetTree,
  runStep,
  runTranscript,
  type Step,
  type Transcript,
  type TranscriptTarget,
  textToBytes,
} from './transcript.ts';
export { compareTranscripts, maskOutput } from './transcript-compare.ts';
