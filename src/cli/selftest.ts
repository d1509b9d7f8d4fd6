import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RESULTS, type Result, runTest, type TestCase, type TestFiles, testCases } from '../shell/index.ts';
import type { BootOptions } from '../tracefs/index.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { hostReason } from './input.ts';
import { put, putJson } from './output.ts';
import { profileOf } from './profile-option.ts';

interface SelftestOptions extends BootOptions {
  readonly verbose?: true;
  readonly ktap?: true;
  readonly json?: true;
  readonly stopFail?: true;
  readonly parallel: number;
  readonly profile?: string;
}

/** A test, with the tree that it is in. */
interface PlannedTest extends TestCase {
  readonly files: TestFiles;
  /** As the command line would name it. */
  readonly file: string;
}

interface Outcome {
  readonly result: Result;
  readonly log: string;
}

/** Where the tests are that come with the program. */
function ownTests(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return join(dir, 'selftests');
    if (dirname(dir) === dir) throw new UsageError('the tests that come with the program are missing');
  }
}

/** The folder that a test's `functions` are in: its own or one above; its own where there are none. */
function topOf(dir: string): string {
  for (let at = dir; ; at = dirname(at)) {
    if (existsSync(join(at, 'functions'))) return at;
    if (dirname(at) === at) return dir;
  }
}

function textFiles(top: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(top, path), readFileSync(path, 'latin1'));
  }
  return files;
}

function plan(paths: readonly string[]): PlannedTest[] {
  const trees = new Map<string, TestFiles>();
  return paths.flatMap((path) => {
    const place = resolve(path);
    let isDir: boolean;
    try {
      isDir = statSync(place).isDirectory();
    } catch (error) {
      throw new UsageError(`${path}: ${hostReason(error)}`);
    }
    if (!isDir && !place.endsWith('.tc')) throw new UsageError(`${path}: not a test, which is named *.tc`);
    const top = topOf(isDir ? place : dirname(place));
    const files = trees.get(top) ?? textFiles(top);
    trees.set(top, files);
    const inside = relative(top, place);
    const wanted = [...files.keys()].filter((name) =>
      isDir ? name.endsWith('.tc') && (inside === '' || name.startsWith(`${inside}/`)) : name === inside,
    );
    return wanted
      .sort()
      .flatMap((name) => testCases(name, files.get(name)!).map((test) => ({ ...test, files, file: join(top, name) })));
  });
}

/** `fprobe selftest`: runs tests and counts what came of them. */
export async function selftest(paths: readonly string[], options: SelftestOptions): Promise<void> {
  const tests = plan(paths.length > 0 ? paths : [ownTests()]);
  if (tests.length === 0) throw new UsageError('there is no test in there');
  // Instances come last, as in ftracetest.
  tests.sort((a, b) => Number(a.instance) - Number(b.instance));
  const report = new Report(tests.length, options);
  const run = options.parallel > 1 ? inChildren(tests, options) : inTurn(tests, options);
  for (const [i, test] of tests.entries()) {
    report.begin(i, test);
    const outcome = await run(i);
    report.end(i, test, outcome);
    if (options.stopFail && outcome.result === 'FAIL') break;
  }
  report.summary();
  process.exitCode = report.failed ? ExitStatus.REFUSED : ExitStatus.OK;
  if (options.parallel > 1) process.exit();
}

function inTurn(tests: readonly PlannedTest[], options: SelftestOptions): (index: number) => Promise<Outcome> {
  const profile = profileOf(options.profile);
  const echo = options.verbose && !options.json && !options.ktap ? { echo: (text: string) => void put(text) } : {};
  return (index) => runTest(profile, tests[index]!, tests[index]!.files, { ...options, ...echo });
}

/** Runs tests in other processes, so many at a time, in the order of the list; each tells what came of its own. */
function inChildren(tests: readonly PlannedTest[], options: SelftestOptions): (index: number) => Promise<Outcome> {
  const outcomes = tests.map(() => deferred<Outcome>());
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < tests.length) {
      const index = next++;
      outcomes[index]!.resolve(await runAlone(tests[index]!, options));
    }
  };
  for (let i = 0; i < options.parallel; i++) void worker();
  return (index) => outcomes[index]!.promise;
}

async function runAlone(test: PlannedTest, options: SelftestOptions): Promise<Outcome> {
  const given = ['cpus', 'arch', 'profile'].flatMap((name) => {
    const value = options[name as 'cpus' | 'arch' | 'profile'];
    return value === undefined ? [] : [`--${name}`, String(value)];
  });
  const child = spawn(process.execPath, [process.argv[1]!, 'selftest', '--json', ...given, test.file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let found: Outcome = { result: 'FAIL', log: 'it ended without a result\n' };
  for await (const line of createInterface({ input: child.stdout })) {
    const told = JSON.parse(line) as Outcome & { readonly instance: boolean };
    if (told.instance === test.instance) found = { ...told, log: Buffer.from(told.log, 'utf8').toString('latin1') };
  }
  return found;
}

/** Prints what comes of tests, for people, as KTAP, or as JSON. */
class Report {
  readonly #counts = new Map<Result, number>();
  readonly #options: SelftestOptions;

  constructor(count: number, options: SelftestOptions) {
    this.#options = options;
    if (options.ktap) put(`TAP version 13\n1..${count}\n`);
    else if (!options.json) put('=== Ftrace unit tests ===\n');
  }

  get failed(): boolean {
    return this.#counts.has('FAIL');
  }

  begin(index: number, test: PlannedTest): void {
    if (!this.#options.ktap && !this.#options.json) put(`[${index + 1}] ${title(test)}`);
  }

  end(index: number, test: PlannedTest, { result, log }: Outcome): void {
    this.#counts.set(result, (this.#counts.get(result) ?? 0) + 1);
    const { ktap, json, verbose, parallel } = this.#options;
    if (json) {
      const { path, description, instance } = test;
      putJson({ test: path, description, instance, result, log: Buffer.from(log, 'latin1').toString('utf8') });
      return;
    }
    if (ktap) {
      const note =
        { PASS: '', FAIL: '', UNRESOLVED: ' # UNRESOLVED', XFAIL: ' # XFAIL' }[result as string] ?? ' # SKIP';
      put(`${result === 'FAIL' || result === 'UNRESOLVED' ? 'not ok' : 'ok'} ${index + 1} ${title(test)}${note}\n`);
      if (result === 'FAIL') put(log.replace(/^/gm, '# ').replace(/# $/, ''));
      return;
    }
    put(`\t[${result}]\n`);
    if (result === 'FAIL' && (!verbose || parallel > 1)) put(log);
    else if (verbose && parallel > 1) put(log);
  }

  summary(): void {
    const count = (result: Result) => this.#counts.get(result) ?? 0;
    if (this.#options.json) return;
    if (this.#options.ktap) {
      const skipped = count('UNTESTED') + count('UNSUPPORTED');
      put(
        `# Totals: pass:${count('PASS')} fail:${count('FAIL')} xfail:${count('XFAIL')} xpass:0 skip:${skipped} error:${count('UNRESOLVED')}\n`,
      );
      return;
    }
    const names = { PASS: 'passed', FAIL: 'failed', XFAIL: 'xfailed' } as Partial<Record<Result, string>>;
    put(`\n${RESULTS.map((result) => `# of ${names[result] ?? result.toLowerCase()}: ${count(result)}\n`).join('')}`);
  }
}

const title = ({ instance, description }: TestCase) => `${instance ? '(instance) ' : ''}${description}`;

/** A promise, and what resolves it. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
