import type { Donor } from './donor-pool.ts';
import type { TreeCall } from './normalize.ts';
import type { Observations } from './objects-align.ts';
import type { Shown } from './objects-text.ts';
import { seenValues } from './observed-tree.ts';
import { valueKind } from './value-map.ts';

/**
 * Results that the recording of objects shows, for the calls themselves and for callers that hand them on. Addresses are
 * those of another run and are left to the run with return values.
 */
export function observedResults(
  observations: Observations,
  donors: ReadonlyMap<TreeCall, Donor>,
): Map<TreeCall, bigint> {
  const found = new Map<TreeCall, bigint>();
  const put = (call: TreeCall, shown: Shown | undefined) => {
    if (shown?.kind !== 'number' || valueKind(shown.value) !== 'number') return;
    const lent = donors.get(call)?.call.source.returnValue;
    for (let at: TreeCall | undefined = call; at !== undefined && !found.has(at); at = at.parent) {
      if (at !== call && (lent === undefined || donors.get(at)?.call.source.returnValue !== lent)) break;
      found.set(at, shown.value);
    }
  };
  for (const [call, list] of observations.leave) {
    for (const { definition, event } of list) {
      for (const seen of seenValues(definition, event.shown)) if (seen.param === undefined) put(call, seen.leaf?.shown);
    }
  }
  return found;
}
