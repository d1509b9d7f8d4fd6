import { TRACERS, type TracerName } from '../abi/trace-options.ts';
import type { TraceArray } from './trace-array.ts';

/** Content of `available_tracers`: those that this trace array can have. */
export function availableTracersText(array: TraceArray): string {
  const names = Object.keys(TRACERS) as TracerName[];
  return `${names.filter((name) => array.isTop || TRACERS[name].instances).join(' ')}\n`;
}
