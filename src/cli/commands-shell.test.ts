import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'bin/fprobe.js');

const fprobe = (args: readonly string[], input?: string) =>
  execa('node', [program, ...args], {
    cwd: join(root, 'selftests'),
    reject: false,
    env: { NO_COLOR: '1' },
    stripFinalNewline: false,
    timeout: 30_000,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });

test.each([
  [['sh', '-c', 'echo $0 $1; exit 3', 'name', '-x'], undefined, 3, 'name -x\n', ''],
  [['sh'], 'pwd; read x; echo "<$x>"\n', 0, '/sys/kernel/tracing\n<>\n', ''],
  [['sh', '-c', 'read x; echo "<$x>"'], 'typed\n', 0, '<typed>\n', ''],
  [['sh', '-c', 'echo é | cat'], undefined, 0, 'é\n', ''],
  [['sh', 'absent'], undefined, 2, '', 'fprobe: absent: no such file\n'],
  [['sh', '-c', 'cat trace_pipe'], undefined, 130, '', 'fprobe: nothing is left that could wake what waits\n'],
  [['selftest', 'functions'], undefined, 2, '', 'fprobe: functions: not a test, which is named *.tc\n'],
  [['selftest', 'absent.tc'], undefined, 2, '', 'fprobe: absent.tc: no such file\n'],
])('fprobe %j', async (args, input, exitCode, stdout, stderr) => {
  const run = await fprobe(args, input);
  expect({ exitCode: run.exitCode, stdout: run.stdout, stderr: run.stderr }).toEqual({ exitCode, stdout, stderr });
});

test('Ctrl-C ends what streams', async () => {
  const run = execa(
    'node',
    [program, 'sh', '-c', 'while echo mark > trace_marker; do :; done & echo on; cat trace_pipe > /dev/null'],
    {
      reject: false,
      stdin: 'ignore',
    },
  );
  run.stdout.once('data', () => setTimeout(() => run.kill('SIGINT'), 300));
  expect((await run).exitCode).toBe(130);
});

test('tests are counted, several at a time', async () => {
  const run = await fprobe(['selftest', 'basic/clock.tc', 'basic/tracing-on.tc', '--parallel', '2']);
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toMatch(
    /^=== .*\n\[1\] .*\t\[PASS\]\n\[2\] [\s\S]*\[4\] \(instance\) .*\[PASS\]\n\n# of passed: 4\n/,
  );
});

test('KTAP, and one JSON object a test', async () => {
  const ktap = await fprobe(['selftest', '--ktap', 'engine/symbols.tc']);
  expect(ktap.stdout).toMatch(
    /^TAP version 13\n1\.\.1\nok 1 .*\n# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0\n$/,
  );
  const json = await fprobe(['selftest', '--json', 'engine/symbols.tc']);
  expect(JSON.parse(json.stdout)).toMatchObject({ test: 'engine/symbols.tc', instance: false, result: 'PASS' });
});
