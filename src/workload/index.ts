export type { ConversionKernel } from './convert.ts';
export { convertRecordings } from './convert-recordings.ts';
export { KernelData } from './kernel-data.ts';
export { type CallChanges, type FunctionNames, forkProgram, systemCall } from './programs.ts';
export type { RecordingSource } from './recordings.ts';
export { Replay, type ReplayKernel, type ReplayOptions, type RunLimit } from './replay.ts';
export { unpackWorkload, type WorkloadError } from './unpack.ts';
export type { Workload } from './workload.ts';
