import type { HitPad } from './hist-hit.ts';

/** A field of a synthetic event (`struct synth_field`). */
interface SynthField {
  readonly type: string;
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly isString: boolean;
  readonly isDynamic: boolean;
  readonly isStack: boolean;
}

/** An event that histograms trace (`struct synth_event`). */
export interface SynthEvent {
  readonly name: string;
  readonly synthFields: readonly SynthField[];
  /** Histograms that trace it, or that are on it. */
  refs: number;
  trace(pad: HitPad, refIndexes: readonly number[]): void;
}
