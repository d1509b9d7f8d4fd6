// The measurements of `npm run bench`: every figure that is compared is taken side by side in this one run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { definitionRound } from './dynevent/bench.ts';
import { benchHits } from './dynevent/bench-hits.ts';
import { benchFprobe, compareDesigns, type DesignCost } from './fprobe/index.ts';
import { benchMount } from './fuse/bench.ts';
import { folderSources, importProfile, isProfileError, loadProfile, writeRawFiles } from './profile/index.ts';
import { ringBufferRates } from './ring-buffer/bench.ts';
import { benchShell } from './shell/bench.ts';
import { benchTrace } from './trace/index.ts';
import { benchStaticEvents } from './tracefs/bench.ts';
import { benchFunctionFilters, benchTracedCalls } from './tracefs/bench-functions.ts';

const now = () => performance.now();

function section(title: string): void {
  process.stdout.write(`\n${title}\n`);
}

function row(name: string, value: number, unit: string, note = ''): void {
  const digits = value < 100 ? 1 : 0;
  process.stdout.write(`  ${name.padEnd(58)} ${value.toFixed(digits).padStart(12)} ${unit}${note && `  ${note}`}\n`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function mustLoad() {
  const profile = loadProfile();
  if (isProfileError(profile)) throw new Error(profile.error);
  return profile;
}

/** Runs commands in turn, so that a machine that slows down slows down all; median milliseconds of each. */
function wholeProcesses(commands: readonly (readonly string[])[], rounds = 11): number[] {
  const times = commands.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, args] of commands.entries()) {
      const start = now();
      spawnSync(process.execPath, args, { stdio: 'ignore' });
      if (round > 0) times[i]!.push(now() - start);
    }
  }
  return times.map(median);
}

function benchProfile(): void {
  section('Kernel profile');
  const rss = process.memoryUsage().rss;
  const start = now();
  const profile = mustLoad();
  profile.symbols.lookupName('vfs_read');
  row('load, and find one symbol', now() - start, 'ms');
  const typed = now();
  profile.btf.findByName('task_struct', 'struct');
  row('read its types, and find one', now() - typed, 'ms');
  row('resident memory added', (process.memoryUsage().rss - rss) / 2 ** 20, 'MiB');
}

/** The built-in kernel's raw files imported again, and a definition checked against what came out. */
async function benchImport(): Promise<void> {
  section('Importing a profile');
  const root = mkdtempSync(join(tmpdir(), 'fprobe-bench-'));
  try {
    const raw = join(root, 'raw');
    const out = join(root, 'out');
    writeRawFiles(mustLoad(), raw);
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const start = now();
      const sources = await folderSources(raw);
      if (isProfileError(sources)) throw new Error(sources.error);
      const report = await importProfile(sources, out);
      if (isProfileError(report)) throw new Error(report.error);
      times.push(now() - start);
    }
    row('raw files of the built-in kernel, without recordings', median(times), 'ms');
    const theirs = loadProfile(out);
    if (isProfileError(theirs)) throw new Error(theirs.error);
    const commands = recordedDefinitions();
    const rounds = [mustLoad(), theirs].map((profile) => definitionRound(profile, commands));
    for (const round of rounds) round();
    const [own, other] = rounds.map((): number[] => []) as [number[], number[]];
    for (let i = 0; i < 10; i++) {
      const start = now();
      rounds[i & 1]!();
      (i & 1 ? other : own).push(now() - start);
    }
    const rate = (took: readonly number[]) => (commands.length * 1000) / median(took);
    row('recorded definitions, built-in profile', rate(own), 'a second');
    row('recorded definitions, imported profile', rate(other), 'a second');
    const program = new URL('../bin/fprobe.js', import.meta.url).pathname;
    const check = [program, 'check', '-e', 'f:rd vfs_read file=file->f_path.dentry->d_name.name:string count'];
    const [builtin, imported] = wholeProcesses([check, [...check, '--profile', out]]) as [number, number];
    row('fprobe check -e …, built-in profile', builtin, 'ms');
    row('fprobe check -e …, imported profile', imported, 'ms', `${(imported - builtin).toFixed(1)} ms more`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** The definitions that the kernel's answers are kept of. */
function recordedDefinitions(): string[] {
  const file = new URL('../selftests/golden/definitions.jsonl.gz', import.meta.url);
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { steps: { op: string; path: string; data?: string }[] })
    .flatMap(({ steps }) => steps.flatMap((step) => (step.op === 'append' && step.data ? [step.data.trimEnd()] : [])));
}

function benchCheck(): void {
  section('Checking definitions');
  const commands = recordedDefinitions();
  const round = definitionRound(mustLoad(), commands);
  round();
  const times = Array.from({ length: 5 }, () => {
    const start = now();
    round();
    return now() - start;
  });
  row(`${commands.length} recorded definitions, valid and not`, (commands.length * 1000) / median(times), 'a second');
  const program = new URL('../bin/fprobe.js', import.meta.url).pathname;
  const cold = [program, 'check', '-e', 'f:rd vfs_read file=file->f_path.dentry->d_name.name:string count'];
  const completed = [program, '__complete', '--', 'definition', 'f:rd vfs_read file=file->f_path.de'];
  const [bare, check, complete] = wholeProcesses([['-e', '0'], cold, completed]) as [number, number, number];
  row('node -e 0', bare, 'ms');
  row('fprobe check -e …, cold', check, 'ms', `${(check - bare).toFixed(1)} ms more`);
  row('a tab behind a definition, cold', complete, 'ms', `${(complete - bare).toFixed(1)} ms more`);
}

function benchEngine(): void {
  section('Engine: cost of a call, and of registering');
  const { symbols, functions } = mustLoad();
  for (const { name, value, unit, note } of benchFprobe(symbols, functions, now, heap)) row(name, value, unit, note);
  section('Recorded hits');
  for (const { name, value } of benchHits(mustLoad(), now)) row(name, value, 'ns');
  section('An ops for each fprobe, as before 6.14, and one shared by all');
  designTable(compareDesigns(symbols, functions, now));
}

/** Bytes in use once garbage is collected. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

const DESIGN_COSTS: readonly (readonly [cost: keyof DesignCost, title: string])[] = [
  ['register', 'registering one'],
  ['hit', 'a hit'],
  ['traced', 'a hit, and all is traced'],
];
/** Marks of the longest bar of a plot. */
const PLOT_WIDTH = 60;

/** The comparison as a table, and as bars on a scale of logarithms. */
function designTable(rows: ReturnType<typeof compareDesigns>): void {
  const pair = (own: string, shared: string) => `${own.padStart(12)} ${shared.padStart(12)}`;
  const print = (text: string) => process.stdout.write(`  ${text}\n`);
  print(`fprobes ${DESIGN_COSTS.map(([, title]) => title.padStart(25)).join('')}`);
  print(`        ${DESIGN_COSTS.map(() => pair('own', 'shared')).join('')}  ns`);
  for (const { fprobes, own, shared } of rows) {
    const cells = DESIGN_COSTS.map(([cost]) => pair(own[cost].toFixed(0), shared[cost].toFixed(0)));
    print(`${String(fprobes).padStart(7)} ${cells.join('')}`);
  }
  const most = Math.max(
    ...rows.flatMap(({ own, shared }) => DESIGN_COSTS.flatMap(([cost]) => [own[cost], shared[cost]])),
  );
  const bar = (value: number) => '█'.repeat(Math.round((PLOT_WIDTH * Math.log10(value)) / Math.log10(most)));
  for (const [cost, title] of DESIGN_COSTS) {
    print(`\n  ${title} (ns), each mark ${(most ** (1 / PLOT_WIDTH)).toFixed(2)} times the one before`);
    for (const { fprobes, own, shared } of rows) {
      print(`${String(fprobes).padStart(7)} own    ${bar(own[cost])} ${own[cost].toFixed(0)}`);
      print(`        shared ${bar(shared[cost])} ${shared[cost].toFixed(0)}`);
    }
  }
}

function benchRecords(): void {
  section('Ring buffer');
  for (const { name, perSecond } of ringBufferRates(now)) row(name, perSecond, 'a second');
  section('Events and trace text');
  for (const { name, value } of benchTrace(() => now() * 1e6)) row(name, 1e9 / value, 'a second');
  section('Static events');
  for (const { name, value } of benchStaticEvents(mustLoad(), () => now() * 1e6)) row(name, 1e9 / value, 'a second');
}

function benchTracers(): void {
  section('Function tracers');
  for (const { name, value } of benchTracedCalls(mustLoad(), () => now() * 1e6)) row(name, value, 'ns');
  section('Function filters');
  for (const { name, value } of benchFunctionFilters(mustLoad(), now)) row(name, value, 'ms');
}

async function benchShells(): Promise<void> {
  section('Shell');
  for (const [name, ms] of Object.entries(await benchShell(mustLoad()))) row(name, ms, 'ms');
}

function benchMounted(): void {
  section('A real mount, used by another process');
  const figures = benchMount(new URL('../', import.meta.url));
  if (typeof figures === 'string') process.stdout.write(`  skipped: ${figures}\n`);
  else for (const { name, value, unit } of figures) row(name, value, unit);
}

process.stdout.write(`node ${process.version}\n`);
benchProfile();
await benchImport();
benchCheck();
benchEngine();
benchRecords();
benchTracers();
await benchShells();
benchMounted();
