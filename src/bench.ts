// The measurements of `npm run bench`: every figure that is compared is taken side by side in this one run.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';
import { definitionRound } from './dynevent/bench.ts';
import { benchFprobe } from './fprobe/index.ts';
import { isProfileError, loadProfile } from './profile/index.ts';
import { ringBufferRates } from './ring-buffer/bench.ts';
import { benchTrace } from './trace/index.ts';

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

function benchCheck(): void {
  section('Checking definitions');
  const file = new URL('../selftests/golden/definitions.jsonl.gz', import.meta.url);
  const commands = gunzipSync(readFileSync(file))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { steps: { op: string; path: string; data?: string }[] })
    .flatMap(({ steps }) => steps.flatMap((step) => (step.op === 'append' && step.data ? [step.data.trimEnd()] : [])));
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
  for (const { name, value, unit } of benchFprobe(symbols, functions, now)) row(name, value, unit);
}

function benchRecords(): void {
  section('Ring buffer');
  for (const { name, perSecond } of ringBufferRates(now)) row(name, perSecond, 'a second');
  section('Events and trace text');
  for (const { name, value } of benchTrace(() => now() * 1e6)) row(name, 1e9 / value, 'a second');
}

process.stdout.write(`node ${process.version}\n`);
benchProfile();
benchCheck();
benchEngine();
benchRecords();
