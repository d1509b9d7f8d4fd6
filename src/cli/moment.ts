import type { WatchPhase } from '../fprobe/index.ts';

/** What `--at` says: which function, which moment of a call, and the how manyth. */
export interface Moment {
  readonly symbol: string;
  readonly phase: WatchPhase;
  readonly count: number;
}

/** A moment, as `--at` takes it: `FUNCTION:entry`, `FUNCTION:body:3`, `FUNCTION:return`. */
export function parseMoment(text: string): Moment | undefined {
  const [, symbol, phase, count = '1'] = /^([^:]+):(entry|body|return)(?::([1-9]\d*))?$/.exec(text) ?? [];
  return symbol === undefined ? undefined : { symbol, phase: phase as WatchPhase, count: Number(count) };
}
