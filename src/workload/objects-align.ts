import { syscallOfFunction } from '../abi/syscall-numbers.ts';
import type { Definition } from './definition.ts';
import { groupBy } from './func-text.ts';
import type { TreeCall, TreePoint, TreeRun, TreeTask } from './normalize.ts';
import { programTasks } from './normalize.ts';
import type { ObjectEvent } from './objects-text.ts';
import { alignWeighted } from './sequence-align.ts';

/** A place in the base run where a definition would have hit. */
interface Hit {
  readonly event: string;
  readonly item: TreeCall | TreePoint;
  readonly definition: Definition | undefined;
}

/** What a definition showed at a call of the base run. */
export interface Observation {
  readonly definition: Definition;
  readonly event: ObjectEvent;
}

/** What the recording of objects showed at each call, entry and return apart, and at each tracepoint. */
export interface Observations {
  readonly enter: Map<TreeCall, Observation[]>;
  readonly leave: Map<TreeCall, Observation[]>;
  readonly point: Map<TreePoint, Observation[]>;
  /** Static syscall events by the system call's root: entry text, then the result's. */
  readonly syscall: Map<TreeCall, ObjectEvent>;
  /** Tasks of the recording by the base run's. */
  readonly pids: Map<number, number>;
  /** Events that were aligned, and events that there were, by name. */
  readonly counts: Map<string, { aligned: number; all: number }>;
}

const ANCHOR_WEIGHT = 50;

/** Aligns a recording of objects with the calls of a run: same task, same order. */
export function alignObjects(
  run: TreeRun,
  events: readonly ObjectEvent[],
  definitions: readonly Definition[],
): Observations {
  const out: Observations = {
    enter: new Map(),
    leave: new Map(),
    point: new Map(),
    syscall: new Map(),
    pids: new Map(),
    counts: new Map(),
  };
  const byEvent = new Map(definitions.map((definition) => [definition.event, definition]));
  for (const { event } of events) {
    if (!byEvent.has(event)) continue;
    const count = out.counts.get(event) ?? { aligned: 0, all: 0 };
    count.all++;
    out.counts.set(event, count);
  }
  const theirs = groupBy(events, (event) => event.pid);
  const programs = [...theirs].filter(([, list]) => list.some((event) => event.event.startsWith('sys_')));
  const mine = programTasks(run);
  const hits = hitsOf(run, definitions);
  for (const [i, task] of mine.entries()) {
    const other = programs[i];
    if (other === undefined) continue;
    out.pids.set(other[0], task.pid);
    alignTask(
      hits.get(task) ?? [],
      other[1].filter((event) => byEvent.has(event.event) || isEntry(event)),
      byEvent,
      out,
    );
  }
  return out;
}

function isEntry(event: ObjectEvent): boolean {
  return event.event.startsWith('sys_') && event.text.startsWith('(');
}

/** Where the definitions hit in each task, in order. */
function hitsOf(run: TreeRun, definitions: readonly Definition[]): Map<TreeTask, Hit[]> {
  const entries = groupBy(
    definitions.filter((d) => d.kind === 'function' && !d.onReturn),
    (d) => d.target,
  );
  const returns = groupBy(
    definitions.filter((d) => d.kind === 'function' && d.onReturn),
    (d) => d.target,
  );
  const points = groupBy(
    definitions.filter((d) => d.kind === 'tracepoint'),
    (d) => d.target,
  );
  const hits = new Map<TreeTask, Hit[]>();
  for (const { op, item } of run.steps) {
    let list = hits.get(item.task);
    if (list === undefined) {
      list = [];
      hits.set(item.task, list);
    }
    const name = item.kind === 'call' ? item.fn : item.name;
    const syscall = item.parent === undefined ? syscallOfFunction(name) : undefined;
    if (op === 'enter' && item.kind === 'call' && syscall !== undefined)
      list.push({ event: `sys_${syscall}`, item, definition: undefined });
    const matching = (op === 'enter' ? entries : op === 'leave' ? returns : points).get(name) ?? [];
    for (const definition of matching) list.push({ event: definition.event, item, definition });
  }
  return hits;
}

function alignTask(
  hits: readonly Hit[],
  events: readonly ObjectEvent[],
  byEvent: ReadonlyMap<string, Definition>,
  out: Observations,
): void {
  const weight = (i: number, j: number) => (hits[i].event === events[j].event ? likeness(hits[i], events[j]) : 0);
  const same = (i: number, j: number) => hits[i].event === events[j].event && hits[i].definition === undefined;
  for (const [i, j] of alignWeighted(hits.length, events.length, weight, same)) {
    const { item, definition } = hits[i];
    const event = events[j];
    if (definition === undefined) {
      out.syscall.set(item as TreeCall, event);
      continue;
    }
    out.counts.get(event.event)!.aligned++;
    const map = (item.kind === 'point' ? out.point : byEvent.get(event.event)!.onReturn ? out.leave : out.enter) as Map<
      TreeCall | TreePoint,
      Observation[]
    >;
    const list = map.get(item);
    if (list === undefined) map.set(item, [{ definition, event }]);
    else list.push({ definition, event });
  }
}

/** How well an event fits a hit: arguments that are small numbers should be the same. */
function likeness({ item, definition }: Hit, event: ObjectEvent): number {
  if (definition === undefined) return ANCHOR_WEIGHT;
  let equal = 0;
  let compared = 0;
  for (const arg of definition.args) {
    const shown = event.shown.get(arg.name);
    if (arg.path.hops.length > 0 || arg.path.param === undefined || shown?.kind !== 'number') continue;
    const mine = item.args.find(({ name }) => name === arg.path.param);
    if (mine === undefined || mine.value > 0xffffffffn || shown.value > 0xffffffffn) continue;
    compared++;
    if (BigInt.asUintN(32, mine.value) === BigInt.asUintN(32, shown.value)) equal++;
  }
  return compared === 0 ? 2 : 1 + (3 * equal) / compared;
}
