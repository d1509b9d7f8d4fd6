import { type Definition, parseDefinitions } from './definition.ts';
import { parseFgraph } from './fgraph-text.ts';
import { alignFunc, type FuncLine, parseFunc } from './func-text.ts';
import { InterruptPool } from './interrupts.ts';
import { normalizeRun, type TreeCall, type TreeRun } from './normalize.ts';
import { type ObjectEvent, parseObjects } from './objects-text.ts';
import { NamePool, type StrayReturn } from './recorded-run.ts';
import { EventFlags } from './step-flags.ts';

/** A file of recordings: its name without `.gz` and its unpacked bytes. */
export interface RecordingSource {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Everything recorded of one program. */
export interface ProgramRecordings {
  readonly name: string;
  /** `NAME.fgraph`: the run that is replayed. */
  readonly base: TreeRun;
  /** `NAME-ret.fgraph`: the run with return values and places. */
  readonly returns: TreeRun | undefined;
  /** Returns of the calls that had begun before that run was recorded. */
  readonly strays: readonly StrayReturn[];
  /** `NAME.func`, by call of the base run. */
  readonly lines: ReadonlyMap<TreeCall, FuncLine>;
  readonly lineList: readonly FuncLine[];
  /** `NAME-events.fgraph`: a run with interrupts and with every event on. */
  readonly events: TreeRun | undefined;
  /** `NAME.objects`. */
  readonly objects: readonly ObjectEvent[];
}

/** All recordings of a folder. */
export interface RecordingSet {
  readonly programs: ProgramRecordings[];
  /** `objects-definitions.txt`. */
  readonly definitions: Definition[];
  /** `event-flags.txt`. */
  readonly eventFlags: EventFlags;
}

/** Reads a set of files: one program for each `NAME.fgraph` that has no `-ret` in its name. Files of other names are left alone. */
export function readRecordings(files: readonly RecordingSource[]): RecordingSet {
  const texts = new Map(files.map(({ name, bytes }) => [name, () => new TextDecoder('latin1').decode(bytes)]));
  const text = (name: string) => texts.get(name)?.();
  const names = files.flatMap(({ name }) => /^(.+)(?<!-ret|-events)\.fgraph$/.exec(name)?.[1] ?? []);
  const pool = new NamePool();
  const run = (file: string) => (texts.has(file) ? parseFgraph(text(file)!, pool) : undefined);
  const interrupts = new InterruptPool();
  const raw = names.map((name) => {
    const events = run(`${name}-events.fgraph`);
    const returnRun = run(`${name}-ret.fgraph`);
    const lineList = parseFunc(text(`${name}.func`) ?? '', pool);
    if (events !== undefined) interrupts.add(events);
    if (returnRun !== undefined) interrupts.addReturns(returnRun.strays);
    interrupts.addLines(lineList);
    return { name, events, returnRun, lineList };
  });
  const programs: ProgramRecordings[] = [];
  for (const { name, events, returnRun, lineList } of raw) {
    const recorded = run(`${name}.fgraph`)!;
    interrupts.graft(recorded);
    const base = normalizeRun(recorded);
    programs.push({
      name,
      base,
      returns: returnRun === undefined ? undefined : normalizeRun(returnRun),
      strays: returnRun?.strays ?? [],
      lines: alignFunc(base, lineList),
      lineList,
      events: events && normalizeRun(events),
      objects: parseObjects(text(`${name}.objects`) ?? ''),
    });
  }
  const definitions = parseDefinitions(text('objects-definitions.txt') ?? '');
  return { programs, definitions, eventFlags: new EventFlags(text('event-flags.txt') ?? '') };
}
