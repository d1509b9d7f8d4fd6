export { addHistTriggers } from './hist-commands.ts';
export type { HistKernel } from './hist-kernel.ts';
export { SynthEvents } from './synth-events.ts';
export type { SynthErrorCode } from './synth-log.ts';
