import type { Btf } from '../btf/btf.ts';
import { type BuiltScript, buildScript } from './build-script.ts';
import { CallResults } from './call-results.ts';
import { CallSites, SitePool, type SymbolPlaces } from './call-sites.ts';
import { constantStrings } from './constant-strings.ts';
import { adoptDonors, DonorPool } from './donor-pool.ts';
import { localizeGraft } from './interrupts.ts';
import { KernelTypes } from './kernel-types.ts';
import type { TreeCall, TreeRun } from './normalize.ts';
import { addFacts } from './object-model.ts';
import { alignObjects, type Observations } from './objects-align.ts';
import { eventField } from './objects-text.ts';
import { observedResults } from './observed-results.ts';
import { findOpenCalls } from './open-calls.ts';
import { addToPlan, PointHomes, type PointPlan, planPoints, planRootPoints } from './points.ts';
import { type ProgramRecordings, type RecordingSet, type RecordingSource, readRecordings } from './recordings.ts';
import type { ScriptTask } from './script.ts';
import { isSimulatedPoint } from './simulated-points.ts';
import { FlagPool, flagsOf } from './step-flags.ts';
import { modelTasks } from './task-model.ts';
import { collectNames } from './task-names.ts';
import { alignRuns, pairTasks } from './tree-align.ts';

/** What the converter asks about the kernel that the recordings are of. */
export interface ConversionKernel {
  readonly btf: Btf;
  readonly symbols: SymbolPlaces & { lookupName(name: string): bigint | undefined };
  readonly functions: { idsByName(name: string): number[]; symbolAddress(id: number): bigint };
  /** What a profile's text file holds, where it has it. */
  text?(name: string): string | undefined;
}

/** A program's script with its facts, and what they were made from. */
interface Converted extends BuiltScript {
  /** Pages of kernel memory that arguments point into. */
  readonly pages: readonly bigint[];
  readonly observations: Observations;
}

/** What all programs of a set lend each other. */
interface Shared {
  readonly kernel: ConversionKernel;
  readonly types: KernelTypes;
  readonly strings: ReadonlyMap<string, bigint>;
  readonly pool: DonorPool;
  readonly homes: PointHomes;
  readonly flags: FlagPool;
  /** The same of the runs with every event on. */
  readonly eventPool: DonorPool;
  readonly eventHomes: PointHomes;
  readonly sites: SitePool;
  /** Position of each call of the runs with return values in their time. */
  readonly times: Map<TreeCall, number>;
  readonly set: RecordingSet;
}

/** Reads recordings and works out a script for each program among them, one after the other. */
export function* convertScripts(files: readonly RecordingSource[], kernel: ConversionKernel): Generator<Converted> {
  const set = readRecordings(files);
  const shared: Shared = {
    kernel,
    set,
    types: new KernelTypes(kernel.btf),
    strings: constantStrings(kernel.text?.('initial-files.txt')),
    pool: new DonorPool(),
    homes: new PointHomes(),
    flags: new FlagPool(),
    eventPool: new DonorPool(false),
    eventHomes: new PointHomes(),
    sites: new SitePool(),
    times: new Map(),
  };
  let time = 0;
  for (const { returns, lines, events } of set.programs) {
    if (events !== undefined) {
      shared.eventPool.add(events);
      shared.eventHomes.add(events);
    }
    shared.flags.add(lines);
    shared.sites.add(lines);
    if (returns === undefined) continue;
    shared.pool.add(returns);
    shared.homes.add(returns);
    for (const { op, item } of returns.steps)
      if (op === 'enter' && item.kind === 'call') shared.times.set(item, time++);
  }
  for (const program of set.programs) yield convertProgram(program, shared);
}

function convertProgram(program: ProgramRecordings, shared: Shared): Converted {
  const { kernel, types, pool, homes, flags, times } = shared;
  const run = program.base;
  const other = program.returns ?? likestRun(run, shared.set);
  const twins = other === undefined ? new Map<TreeCall, TreeCall>() : alignRuns(run, other);
  const donors = adoptDonors(run, twins, pool);
  const paired = other === undefined ? [] : pairTasks(run, other);
  const pids = new Map(paired.map(([mine, theirs]) => [theirs.pid, mine.pid]));
  const names = collectNames(program);
  const tasks = modelTasks(run, types, names, kernel.symbols.lookupName('init_task'));
  for (const { op, item } of run.steps) {
    if (op !== 'enter' || item.kind !== 'call' || item.source.graft === undefined) continue;
    const task = tasks.tasks[tasks.byPid.get(item.task.pid) ?? -1];
    if (task !== undefined) localizeGraft(item.source, task);
  }
  const plan = planAll(program, shared, planPoints(run, donors, homes));
  const order = tasks.tasks.filter(({ kind }) => kind === 'program').map(({ pid }) => pid);
  const observations = alignObjects(run, program.objects, shared.set.definitions);
  const built = buildScript({
    name: program.name,
    run,
    types,
    tasks,
    results: new CallResults(types, {
      donors,
      times,
      pids,
      own: program.returns !== undefined,
      observed: observedResults(observations, donors),
      observedPids: observations.pids,
    }),
    sites: new CallSites(kernel.symbols, donors, program.lines, shared.sites),
    points: plan,
    functionId: functionIds(kernel, program),
    flags: (call) => flagsOf(call, program.lines, flags),
    pointFlags: (name, near) => shared.set.eventFlags.usual(name, near),
    newNames: (pid) => names.execs[order.indexOf(pid)] ?? [],
    open: findOpenCalls(
      run,
      program.strays.length > 0
        ? program.strays
        : (shared.set.programs.find(({ strays }) => strays.length > 0)?.strays ?? []),
    ),
    pidOf: (pid) => pids.get(pid) ?? pid,
  });
  const { pages } = addFacts({
    built,
    types,
    observations,
    otherPids: parentPids(program, tasks.tasks),
    symbol: (name) => kernel.symbols.lookupName(name),
    strings: shared.strings,
  });
  return { ...built, pages, observations };
}

/** Adds the tracepoints that only the run with every event on shows. */
function planAll(program: ProgramRecordings, { eventPool, eventHomes, homes }: Shared, plan: PointPlan): PointPlan {
  const { base, events } = program;
  const twins = events === undefined ? new Map<TreeCall, TreeCall>() : alignRuns(base, events);
  const donors = adoptDonors(base, twins, eventPool);
  addToPlan(plan, planPoints(base, donors, eventHomes), (name) => !homes.knows(name) && isSimulatedPoint(name));
  planRootPoints(plan, base, events === undefined ? [] : [events]);
  return plan;
}

/** The pid that the program's parent had in the recording of objects, as this run's. */
function parentPids(program: ProgramRecordings, tasks: readonly ScriptTask[]): Map<number, number> {
  const parent = tasks.find(({ kind }) => kind === 'parent');
  const found = new Map<number, number>();
  for (const { event, text } of program.objects) {
    if (event !== 'signal_generate' || parent === undefined || eventField(text, 'comm') !== parent.comm) continue;
    found.set(Number(eventField(text, 'pid')), parent.pid);
  }
  return found;
}

/** For a program without a run with return values: another program's, the one with most of the same system calls. */
function likestRun(run: TreeRun, set: RecordingSet): TreeRun | undefined {
  let best: TreeRun | undefined;
  let most = 0;
  for (const { returns } of set.programs) {
    const matched = returns === undefined ? 0 : alignRuns(run, returns).size;
    if (matched <= most) continue;
    most = matched;
    best = returns;
  }
  return best;
}

/** Function ids by call: of functions that share a name, the one whose size the function tracer showed. */
function functionIds(
  kernel: ConversionKernel,
  program: ProgramRecordings,
): (call: { readonly fn: string }) => number | undefined {
  const sizes = new Map(program.lineList.map(({ fn }) => [fn.symbol, fn.size]));
  const ids = new Map<string, number | undefined>();
  return ({ fn }) => {
    if (!ids.has(fn)) {
      const all = kernel.functions.idsByName(fn);
      const sized = all.find((id) => kernel.symbols.at(kernel.functions.symbolAddress(id))?.size === sizes.get(fn));
      ids.set(fn, sized ?? all[0]);
    }
    return ids.get(fn);
  };
}
