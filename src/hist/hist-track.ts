import type { TraceArray } from '../trace/trace-array.ts';
import type { HistAction } from './hist-actions.ts';
import type { HistData } from './hist-data.ts';
import { type HitPad, setFieldVars } from './hist-hit.ts';
import { COMM_SIZE } from './tracing-map.ts';
import { compare } from './u64.ts';

/** Which hit took the last snapshot of `onmax($x).snapshot()` and its like (`struct track_data`). */
export class SnapshotCondition {
  readonly hist: HistData;
  readonly action: HistAction;
  /** Value that the watched variable had, in halves. */
  readonly value = new Uint32Array(2);
  readonly key: Uint8Array;
  readonly comm = new Uint8Array(COMM_SIZE);
  taken = false;

  constructor(hist: HistData, action: HistAction) {
    this.hist = hist;
    this.action = action;
    this.key = new Uint8Array(hist.keySize);
  }
}

/** Does what a histogram does beside counting, for the hit of a pad (`hist_trigger_actions()`). */
export function runActions(pad: HitPad): void {
  const { actions } = pad.hist;
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i]!;
    if (action.handler === 'onmatch') action.synth?.trace(pad, action.refIndexes!);
    else track(pad, action);
  }
}

/** Whether a value is news: greater than, or other than, the one before. */
function isNews(action: HistAction, before: Uint32Array, at: number, lo: number, hi: number): boolean {
  const order = compare(lo, hi, before[at]!, before[at + 1]!);
  return action.handler === 'onmax' ? order > 0 : order !== 0;
}

/** onmax() and onchange(): remembers the value, and acts when it is news (`ontrack_action()`). */
function track(pad: HitPad, action: HistAction): void {
  const { hist, element, refs } = pad;
  const { map } = hist;
  const ref = 2 * action.varRef!.refIndex;
  const [lo, hi] = [refs[ref]!, refs[ref + 1]!];
  const at = map.varAt(element, action.trackVar!.varIndex);
  if (!isNews(action, map.vars, 2 * at, lo, hi)) return;
  map.vars[2 * at] = lo;
  map.vars[2 * at + 1] = hi;
  map.varSet[at] = 1;
  if (action.kind === 'save') setFieldVars(pad, 'saveVars', hist.fieldVarTexts);
  else if (action.kind === 'trace') action.synth?.trace(pad, action.refIndexes!);
  else snapshot(pad, hist.file.array);
}

/** Takes a snapshot when the value is news for all elements together (`cond_snapshot_update()`). */
function snapshot(pad: HitPad, array: TraceArray): void {
  const condition = array.snapshotCondition as SnapshotCondition | undefined;
  if (!array.snapshotAllocated || !condition) return;
  const { map } = condition.hist;
  const at = 2 * map.varAt(pad.element, condition.action.trackVar!.varIndex);
  const [lo, hi] = [map.vars[at]!, map.vars[at + 1]!];
  if (!isNews(condition.action, condition.value, 0, lo, hi)) return;
  condition.value[0] = lo;
  condition.value[1] = hi;
  for (let i = 0; i < condition.key.length; i++) condition.key[i] = pad.key[i]!;
  if (map.shape.comm) for (let i = 0; i < COMM_SIZE; i++) condition.comm[i] = map.comms[pad.element * COMM_SIZE + i]!;
  condition.taken = true;
  array.swapSnapshot(pad.cpu);
}
