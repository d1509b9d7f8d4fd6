import type { Workload, WorkloadFacts } from './workload.ts';
import { StepKind } from './workload.ts';

/** A step of a composed workload: one of the recording's, or a switch to a task. */
export type CutStep = { readonly step: number } | { readonly switchTo: number; readonly dead: boolean };

/** Nanoseconds between two steps that were not neighbours. */
const GAP_NS = 2_000;

/**
 * Composes a workload from steps of another one, in the order given. `tasks` are the tasks that stay, by their old
 * index; other tasks' facts are left out. Memory is at each step as it was there in the recording.
 */
export function composeSteps(
  workload: Workload,
  name: string,
  steps: readonly CutStep[],
  tasks: readonly number[],
): Workload {
  const stepKind = new Uint8Array(steps.length);
  const stepValue = new Int32Array(steps.length);
  const stepTime = new Float64Array(steps.length);
  const original = new Int32Array(steps.length);
  let time = 0;
  let last = -1;
  for (const [i, part] of steps.entries()) {
    if ('step' in part) {
      const follows = last >= 0 && part.step >= last && part.step - last <= 2;
      time += last < 0 ? 0 : follows ? workload.stepTime[part.step] - workload.stepTime[last] : GAP_NS;
      stepKind[i] = workload.stepKind[part.step];
      stepValue[i] =
        stepKind[i] === StepKind.FORK ? tasks.indexOf(workload.stepValue[part.step]) : workload.stepValue[part.step];
      last = part.step;
    } else {
      time += GAP_NS;
      stepKind[i] = part.dead ? StepKind.SWITCH_DEAD : StepKind.SWITCH;
      stepValue[i] = tasks.indexOf(part.switchTo);
    }
    stepTime[i] = time;
    original[i] = last;
  }
  const kept = tasks.map((index, i) => ({
    ...workload.tasks[index],
    parent: tasks.indexOf(workload.tasks[index].parent),
    leader: Math.max(tasks.indexOf(workload.tasks[index].leader), 0),
    fromStart: i === 0,
  }));
  return {
    ...workload,
    name,
    tasks: kept,
    stepKind,
    stepValue,
    stepTime,
    openCalls: 0,
    facts: cutFacts(workload.facts, original, tasks),
  };
}

/** Facts at their new places: each before the first step that comes after it in the recording; what was replaced before the first step is left out. */
function cutFacts(facts: WorkloadFacts, original: Int32Array, tasks: readonly number[]): WorkloadFacts {
  const first = original[0] ?? 0;
  const places = firstReaching(original);
  const latest = new Map<string, number>();
  for (let i = 0; i < facts.count; i++)
    if (facts.at[i] <= first) latest.set(`${facts.space[i]} ${facts.address[i]}`, i);
  const kept: { fact: number; at: number; space: number }[] = [];
  for (let i = 0; i < facts.count; i++) {
    const space = facts.space[i] < 0 ? -1 : tasks.indexOf(facts.space[i]);
    if (facts.space[i] >= 0 && space < 0) continue;
    if (facts.at[i] <= first && latest.get(`${facts.space[i]} ${facts.address[i]}`) !== i) continue;
    const at = places(facts.at[i]);
    if (at >= 0) kept.push({ fact: i, at, space });
  }
  kept.sort((a, b) => a.at - b.at || a.fact - b.fact);
  const pieces = kept.map(({ fact }) => facts.bytes.subarray(facts.offset[fact], facts.offset[fact + 1]));
  const offset = new Uint32Array(kept.length + 1);
  for (const [i, piece] of pieces.entries()) offset[i + 1] = offset[i] + piece.length;
  const bytes = new Uint8Array(offset[kept.length]);
  for (const [i, piece] of pieces.entries()) bytes.set(piece, offset[i]);
  return {
    count: kept.length,
    at: Int32Array.from(kept, ({ at }) => at),
    space: Int16Array.from(kept, ({ space }) => space),
    address: BigUint64Array.from(kept, ({ fact }) => facts.address[fact]),
    offset,
    bytes,
    pid: Uint8Array.from(kept, ({ fact }) => facts.pid[fact]),
  };
}

/** For a step of the recording, the first new step that stands for it or a later one; −1 for none. */
function firstReaching(original: Int32Array): (step: number) => number {
  const highest = new Int32Array(original.length);
  for (let i = 0; i < original.length; i++) highest[i] = Math.max(original[i], highest[i - 1] ?? -1);
  return (step) => {
    let low = 0;
    let high = highest.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (highest[middle] < step) low = middle + 1;
      else high = middle;
    }
    return low < highest.length ? low : -1;
  };
}

/** The outermost call that each call is made from, itself included. */
export function rootsOf(workload: Workload): Int32Array {
  const roots = new Int32Array(workload.callFn.length);
  for (let call = 0; call < roots.length; call++)
    roots[call] = workload.callParent[call] < 0 ? call : roots[workload.callParent[call]];
  return roots;
}

/** The task that each step belongs to. */
export function stepTasks(workload: Workload): Int16Array {
  const tasks = new Int16Array(workload.stepKind.length);
  let current = 0;
  for (let step = 0; step < tasks.length; step++) {
    tasks[step] = current;
    const kind = workload.stepKind[step];
    if (kind === StepKind.SWITCH || kind === StepKind.SWITCH_DEAD) current = workload.stepValue[step];
  }
  return tasks;
}
