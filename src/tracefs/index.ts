export { addedSymbols, profileSymbols } from './kallsyms-text.ts';
export {
  directory,
  type FileOps,
  type OpenHow,
  readOnly,
  type TraceDir,
  type TraceFile,
  type TraceNode,
} from './node.ts';
export { OpenFile } from './open-file.ts';
export type { CallName } from './process-pieces.ts';
export type { Processes, SystemCall } from './processes.ts';
export { RecorderProcess } from './recorder-process.ts';
export { type BootOptions, SimulatedKernel } from './simulated-kernel.ts';
export { systemFiles } from './system-files.ts';
export { linksOf, lookup, openNode, type Stat, Tracefs } from './tracefs.ts';
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
