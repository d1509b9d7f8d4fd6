import { StepKind, type Workload } from './workload.ts';

/** Bytes of a page, as addresses are masked with. */
const PAGE_MASK = ~0xfffn;

/** A workload that was cut out of another, with only the calls, tracepoints and pages that its steps use: they are numbered anew. */
export function compactWorkload(workload: Workload): Workload {
  const { stepKind, stepValue } = workload;
  const calls = usedCalls(workload);
  const newCall = new Map(calls.map((call, i) => [call, i]));
  const usedPoints = [...new Set([...stepValue].filter((_, step) => stepKind[step] === StepKind.POINT))];
  const newPoint = new Map(usedPoints.map((point, i) => [point, i]));
  const values = Int32Array.from(stepValue, (value, step) => {
    if (stepKind[step] === StepKind.POINT) return newPoint.get(value)!;
    return stepKind[step] <= StepKind.LEAVE ? newCall.get(value)! : value;
  });
  const compact = {
    ...workload,
    stepValue: values,
    ...takeCalls(workload, calls, newCall),
    points: usedPoints.map((point) => {
      const old = workload.points[point];
      return { ...old, inside: newCall.get(old.inside) ?? -1 };
    }),
  };
  return { ...compact, pages: usedPages(compact) };
}

/** Calls that steps enter, leave or pass tracepoints in, and those around them. */
function usedCalls({ stepKind, stepValue, points, callParent }: Workload): number[] {
  const used = new Set<number>();
  for (let step = 0; step < stepKind.length; step++) {
    const kind = stepKind[step];
    if (kind > StepKind.POINT) continue;
    const call = kind === StepKind.POINT ? points[stepValue[step]].inside : stepValue[step];
    for (let at = call; at >= 0 && !used.has(at); at = callParent[at]) used.add(at);
  }
  return [...used].sort((a, b) => a - b);
}

function takeCalls(workload: Workload, calls: readonly number[], newCall: ReadonlyMap<number, number>) {
  const { callArgs, argWords } = workload;
  const firsts = new Uint32Array(calls.length + 1);
  const args: number[] = [];
  for (const [i, call] of calls.entries()) {
    for (let n = 2 * callArgs[call]; n < 2 * callArgs[call + 1]; n++) args.push(argWords[n]);
    firsts[i + 1] = args.length / 2;
  }
  const pairs = (words: Uint32Array) =>
    Uint32Array.from(calls.flatMap((call) => [words[2 * call], words[2 * call + 1]]));
  return {
    callFn: Uint32Array.from(calls, (call) => workload.callFn[call]),
    callParent: Int32Array.from(calls, (call) => newCall.get(workload.callParent[call]) ?? -1),
    callArgs: firsts,
    argWords: Uint32Array.from(args),
    siteWords: pairs(workload.siteWords),
    resultWords: pairs(workload.resultWords),
    hasResult: Uint8Array.from(calls, (call) => workload.hasResult[call]),
    callFlags: Uint16Array.from(calls, (call) => workload.callFlags[call]),
    callPids: Uint8Array.from(calls, (call) => workload.callPids[call]),
  };
}

function usedPages({ argWords, points, pages }: Workload): BigUint64Array {
  const seen = new Set<bigint>();
  const look = (words: Uint32Array) => {
    for (let n = 0; n < words.length; n += 2) seen.add(((BigInt(words[n + 1]) << 32n) | BigInt(words[n])) & PAGE_MASK);
  };
  look(argWords);
  for (const { words } of points) look(words);
  return pages.filter((page) => seen.has(page));
}
