import type { KernelProfile } from '../profile/index.ts';
import { type BootOptions, SimulatedKernel } from '../tracefs/index.ts';
import { type RamDir, ramDir, ramFile } from './ram-tree.ts';
import { runScript, SHELL_PROCESS } from './run-script.ts';
import { TRACING_DIR } from './shell-system.ts';
import { SIGKILL } from './signals.ts';
import type { Stream } from './stream.ts';

/** What a test can come to, as DejaGnu names it; its place in the list is the number that signals carry. */
export const RESULTS = ['PASS', 'FAIL', 'UNRESOLVED', 'UNTESTED', 'UNSUPPORTED', 'XFAIL'] as const;
export type Result = (typeof RESULTS)[number];

/** Files of a tree of tests by path from its top; one character a byte. */
export type TestFiles = ReadonlyMap<string, string>;

/** A test that is to be run. */
export interface TestCase {
  /** Path of its file from the top of the tree. */
  readonly path: string;
  /** What its `# description:` says. */
  readonly description: string;
  /** Whether it runs in an instance. */
  readonly instance: boolean;
}

/** What came of a test. */
interface TestOutcome {
  readonly result: Result;
  /** What it printed, and the commands that it ran. */
  readonly log: string;
}

/** Where the tests are in the simulated file system. */
const TESTS_DIR = '/opt/selftests';
/** First signal that reports a result. */
const FIRST_SIGNAL = 36;
/** Milliseconds after which a test is given up. */
const TIME_LIMIT = 120_000;

/** Reads a test's header. */
export function testCases(path: string, text: string): TestCase[] {
  const description = header(text, 'description') || path;
  const instance = /\binstance\b/.test(header(text, 'flags'));
  return [false, ...(instance ? [true] : [])].map((each) => ({ path, description, instance: each }));
}

function header(text: string, name: string): string {
  const lines = [...text.matchAll(new RegExp(`^#[ \\t]*${name}:(.*)$`, 'gm'))];
  return lines.map(([, value]) => value!.trim()).join(' ');
}

/** The script that runs a test: helpers to end it, the tests' own functions, and the test in a subshell. */
function harness({ path, instance }: TestCase, files: TestFiles): string {
  const helpers = RESULTS.slice(2).map((name, i) => {
    const signal = FIRST_SIGNAL + i + 2;
    return `SIG_${name}=${signal}; trap SIG_RESULT=${i + 2} ${signal}; exit_${name.toLowerCase()}() { kill -s ${signal} $SIG_PID; exit 0; }`;
  });
  const functions = functionsOf(path, files);
  const quoted = `'${`${TESTS_DIR}/${path}`.replace(/'/g, "'\\''")}'`;
  return [
    `SIG_BASE=${FIRST_SIGNAL} SIG_PID=$$ SIG_RESULT=0 SIG_FAIL=${FIRST_SIGNAL + 1}`,
    'exit_pass() { exit 0; }',
    'exit_fail() { exit 1; }',
    // What ftracetest does to the machine around its tests.
    'setup() { :; }; cleanup() { :; }',
    ...helpers,
    `TRACING_DIR=${TRACING_DIR} FTRACETEST_ROOT=${TESTS_DIR} TMPDIR=/tmp/ftracetest-dir`,
    `export TRACING_DIR FTRACETEST_ROOT TMPDIR`,
    'mkdir $TMPDIR',
    functions === undefined ? 'initialize_system() { :; }; check_requires() { :; }' : `. ${TESTS_DIR}/${functions}`,
    ...(instance ? ['TRACING_DIR=`mktemp -d $TRACING_DIR/instances/ftracetest.XXXXXX`'] : []),
    `requires() { eval check_requires ${`'${header(files.get(path)!, 'requires').replace(/'/g, "'\\''")}'`}; }`,
    'run_test() { (cd $TRACING_DIR; read PID _ < /proc/self/stat; set -e; set -x; requires; initialize_system; . $1); }',
    `run_test ${quoted}`,
    '[ $? -eq 0 ] || SIG_RESULT=1',
    'exit $SIG_RESULT',
    '',
  ].join('\n');
}

/** The `functions` that are nearest to a test: beside it, or above. */
function functionsOf(path: string, files: TestFiles): string | undefined {
  for (let dir = path; dir !== ''; ) {
    dir = dir.includes('/') ? dir.slice(0, dir.lastIndexOf('/')) : '';
    const name = dir === '' ? 'functions' : `${dir}/functions`;
    if (files.has(name)) return name;
  }
  return undefined;
}

function treeOf(files: TestFiles): RamDir {
  const root = ramDir();
  for (const [path, text] of files) {
    const names = path.split('/');
    const name = names.pop()!;
    let dir = root;
    for (const each of names) {
      const next = dir.entries.get(each) ?? ramDir();
      dir.entries.set(each, next);
      dir = next as RamDir;
    }
    dir.entries.set(name, ramFile(text, text.startsWith('#!') ? 0o755 : 0o644));
  }
  return root;
}

/** Runs a test on a freshly booted kernel. */
export async function runTest(
  profile: KernelProfile,
  test: TestCase,
  files: TestFiles,
  options: BootOptions & { readonly echo?: (text: string) => void } = {},
): Promise<TestOutcome> {
  const kernel = SimulatedKernel.boot(profile, { ...options, first: SHELL_PROCESS });
  let log = '';
  const output: Stream = {
    path: '/tmp/log',
    write: (data) => {
      log += data;
      options.echo?.(data);
      return data.length;
    },
    close: () => {},
  };
  const nothing: Stream = { path: '/dev/null', read: () => '', close: () => {} };
  const script = { text: harness(test, files), name: 'sh', args: [] };
  let timer: NodeJS.Timeout | undefined;
  const run = await runScript(kernel, { stdin: nothing, stdout: output, stderr: output }, script, (system) => {
    system.vfs.root.entries.set('opt', ramDir({ selftests: treeOf(files) }));
    timer = setTimeout(() => {
      log += 'it took too long and was ended\n';
      for (const process of system.processes.values()) process.kill(SIGKILL);
    }, TIME_LIMIT);
  });
  clearTimeout(timer);
  if (run.stuck) log += 'everything in it slept for good\n';
  return { result: run.stuck ? 'FAIL' : (RESULTS[run.status] ?? 'FAIL'), log };
}
