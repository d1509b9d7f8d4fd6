import { type Definition, parseDefinitions } from './definition.ts';
import { parseFgraph } from './fgraph-text.ts';
import { alignFunc, type FuncLine, parseFunc } from './func-text.ts';
import { normalizeRun, type TreeCall, type TreeRun } from './normalize.ts';
import { type ObjectEvent, parseObjects } from './objects-text.ts';
import type { StrayReturn } from './recorded-run.ts';

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
  /** `NAME.objects`. */
  readonly objects: readonly ObjectEvent[];
}

/** All recordings of a folder. */
export interface RecordingSet {
  readonly programs: ProgramRecordings[];
  /** `objects-definitions.txt`. */
  readonly definitions: Definition[];
}

/** Reads a set of files: one program for each `NAME.fgraph` that has no `-ret` in its name. Files of other names are left alone. */
export function readRecordings(files: readonly RecordingSource[]): RecordingSet {
  const texts = new Map(files.map(({ name, bytes }) => [name, () => new TextDecoder('latin1').decode(bytes)]));
  const text = (name: string) => texts.get(name)?.();
  const programs: ProgramRecordings[] = [];
  for (const { name: file } of files) {
    const name = /^(.+)\.fgraph$/.exec(file)?.[1];
    if (name === undefined || name.endsWith('-ret')) continue;
    const base = normalizeRun(parseFgraph(text(file)!));
    const returned = text(`${name}-ret.fgraph`);
    const returnRun = returned === undefined ? undefined : parseFgraph(returned);
    const lineList = parseFunc(text(`${name}.func`) ?? '');
    programs.push({
      name,
      base,
      returns: returnRun === undefined ? undefined : normalizeRun(returnRun),
      strays: returnRun?.strays ?? [],
      lines: alignFunc(base, lineList),
      lineList,
      objects: parseObjects(text(`${name}.objects`) ?? ''),
    });
  }
  return { programs, definitions: parseDefinitions(text('objects-definitions.txt') ?? '') };
}
