import type { TreeCall, TreeRun } from './normalize.ts';
import type { CodePlace, StrayReturn } from './recorded-run.ts';

/** A call that was under way when a recording began. */
interface OpenCall {
  readonly fn: string;
  readonly returnTo: CodePlace;
  /** Its frame is its caller's. */
  readonly tail: boolean;
  readonly result: bigint;
}

/** Calls under way at the start, outermost first, and the first call of the base run after which they return. */
export interface OpenCalls {
  readonly calls: readonly OpenCall[];
  readonly after: TreeCall | undefined;
}

const HOOKED = 'return_to_handler';

/**
 * The system call that switched tracing on: a recording shows only how it ends. Its frames are the returns that another
 * run shows without their calls, up to the system call's own.
 */
export function findOpenCalls(run: TreeRun, strays: readonly StrayReturn[]): OpenCalls {
  const last = strays.findIndex(({ fn }) => fn.startsWith('__x64_sys_'));
  const chain: StrayReturn[] = [];
  for (let i = last; i >= 0; i--) {
    const outer = chain[0];
    const inner = strays[i];
    if (outer !== undefined && inner.returnTo.symbol !== outer.fn && inner.returnTo.symbol !== HOOKED) continue;
    if (outer === undefined || inner.pid === outer.pid) chain.unshift(inner);
  }
  const calls = chain
    .reverse()
    .map(({ fn, returnTo, returnValue }) => ({ fn, returnTo, tail: returnTo.symbol === HOOKED, result: returnValue }));
  return { calls: mergeTails(calls), after: firstRoot(run) };
}

/** A jump keeps the caller of the one that jumped: only what `return_to_handler` hides needs no place of its own. */
function mergeTails(calls: readonly OpenCall[]): OpenCall[] {
  return calls.filter((call, i) => i === 0 || call.tail || call.returnTo.symbol === calls[i - 1].fn);
}

function firstRoot(run: TreeRun): TreeCall | undefined {
  const step = run.steps.find(({ item }) => item.kind === 'call' && item.fn !== '');
  return step?.item.kind === 'call' ? step.item : undefined;
}
