import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { ourMounts } from '../fuse/index.ts';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'bin/fprobe.js');
const folder = mkdtempSync(join(tmpdir(), 'mount-test-'));
afterAll(() => {
  // What a test that failed left behind.
  for (const { dir } of ourMounts()) if (dir.startsWith(folder)) spawnSync('umount', ['-l', dir]);
  spawnSync('node', [program, 'shutdown'], { env: { ...process.env, XDG_RUNTIME_DIR: folder } });
  rmSync(folder, { recursive: true });
});

/** Options of setpriv(1): a command ends with these tests, however they end. */
const WITH_ME = ['--pdeathsig', 'TERM'];
/** Milliseconds that a test may take on a busy machine. */
const PATIENCE = 300_000;
vi.setConfig({ testTimeout: PATIENCE, hookTimeout: PATIENCE });

/** Why nothing can be mounted here; undefined when it can. With FPROBE_TEST_MOUNT set it must. */
function whyNot(): string | undefined {
  if (process.env.FPROBE_TEST_MOUNT) return undefined;
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    closeSync(openSync('/dev/fuse', 'r+'));
  } catch (error) {
    return (error as Error).message;
  }
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? undefined : 'needs mount namespaces';
}

const has = (tool: string) => spawnSync('which', [tool]).status === 0;
const reason = whyNot();
/** Whether the tests of whole tools are wanted, which take their time: they read the formats of all events. */
const tools = process.env.FPROBE_TEST_MOUNT !== undefined;

function fprobe(...args: string[]) {
  const options = { cwd: folder, reject: false, stdin: 'ignore', env: { NO_COLOR: '1' }, timeout: PATIENCE } as const;
  return execa('setpriv', [...WITH_ME, 'node', program, ...args], options);
}

/** Runs a script where the tracing files are in place and the working directory. */
const run = (script: string, ...options: string[]) =>
  fprobe(
    'exec',
    '--quiet',
    '--cpus',
    '1',
    ...options,
    '--',
    'sh',
    '-c',
    `cd /sys/kernel/tracing || exit 99\n${script}`,
  );

const mountsOn = (dir: string) => ourMounts().filter((each) => each.dir === dir);

if (reason !== undefined) test.skip(`nothing is mounted here: ${reason}`, () => {});

describe.skipIf(reason)('a real mount', () => {
  test('the files lie over those of the running kernel, in this session only', async () => {
    const script = [
      'cat available_tracers /sys/kernel/tracing/current_tracer "$TRACEFS_PATH/tracing_on"',
      'grep -c " T vfs_read$" /proc/kallsyms',
      'stat -c %s /sys/kernel/btf/vmlinux',
      'echo 2 > /proc/sys/kernel/kptr_restrict; head -c 16 /proc/kallsyms; echo',
      'grep -c "^[^ ]* /sys/kernel/tracing " /proc/mounts',
    ];
    const before = ourMounts();
    const { stdout, stderr, exitCode } = await run(script.join('\n'));
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const [tracers, tracer, on, symbols, size, address, mounts] = stdout.split('\n');
    expect([tracers, tracer, on, symbols, size, address]).toEqual([
      expect.stringMatching(/\bfunction\b/),
      'nop',
      '1',
      '1',
      '4885629',
      '0000000000000000',
    ]);
    expect(Number(mounts)).toBeGreaterThan(1);
    expect(ourMounts()).toEqual(before);
  });

  test('system calls are answered as a real kernel answered them', async () => {
    const golden = join(root, 'selftests/golden/file-operations.jsonl.gz');
    const calls = join(root, 'selftests/mounted/calls.mjs');
    const { stdout } = await run(`node ${calls} ${golden} 'names and owners'`);
    expect(stdout).toBe('184 calls');
  });

  test.each([
    ['exit 7', { exitCode: 7 }],
    ['kill -TERM $$', { signal: 'SIGTERM' }],
    ['exec nosuch', { exitCode: 127 }],
  ])('the status of %j is passed on', async (script, expected) => {
    expect(await run(script)).toMatchObject(expected);
  });

  test('signals are handed on to the command', async () => {
    const child = run('trap "exit 5" TERM; echo ready; sleep 10 > /dev/null 2>&1 & wait');
    child.stdout.once('data', () => child.kill('SIGTERM'));
    expect(await child).toMatchObject({ exitCode: 5, stdout: 'ready' });
  });

  test('a refused write says why, and the error log where', async () => {
    const { stdout, stderr } = await run('printf "f:a nosuch\\n" | tee -a dynamic_events > /dev/null; cat error_log');
    expect(stderr).toMatch(/: Invalid argument$/);
    expect(stdout).toMatch(/trace_fprobe: error: Invalid probed address or symbol\n {2}Command: f:a nosuch\n {15}\^$/);
  });

  test('what processes do is traced: forks that touch the files, and those that do not', async () => {
    const { stdout } = await run(`
      echo 'f:in kernel_clone' > dynamic_events
      echo 'f:out kernel_clone%return pid=$retval' >> dynamic_events
      echo 1 > events/fprobes/enable
      ( echo marked > trace_marker )
      ( : )
      sh -c 'echo $$ > trace_marker'
      echo 0 > events/fprobes/enable
      echo "shell $$"; cat trace`);
    const [, shell] = /^shell (\d+)$/m.exec(stdout)!;
    const lines = stdout.split('\n').filter((line) => / (in|out|tracing_mark_write): /.test(line));
    const seen = lines.map((line) =>
      line
        .trim()
        .replace(/ +\[.*?\d: /, ' ')
        .replace(`sh-${shell} `, 'SHELL '),
    );
    const child = /-(\d+) [^\n]*: marked$/m.exec(stdout)![1]!;
    const other = seen.at(-1)!.split(' ').at(-1)!;
    expect(seen).toEqual([
      'SHELL in: (kernel_clone+0x4/0x470)',
      `SHELL out: (__do_sys_clone+0x65/0x90 <- kernel_clone) pid=${child}`,
      `sh-${child} tracing_mark_write: marked`,
      'SHELL in: (kernel_clone+0x4/0x470)',
      expect.stringMatching(/^SHELL out: \(__do_sys_clone\+0x65\/0x90 <- kernel_clone\) pid=\d+$/),
      'SHELL in: (kernel_clone+0x4/0x470)',
      `SHELL out: (__do_sys_clone+0x65/0x90 <- kernel_clone) pid=${other}`,
      `sh-${other} tracing_mark_write: ${other}`,
    ]);
  });

  test('reads and writes of the files are traced as system calls', async () => {
    const { stdout } = await run(`
      echo 'f:rd vfs_read%return file=file->f_path.dentry->d_name.name:string count ret=$retval:s64' > dynamic_events
      echo 1 > events/fprobes/rd/enable; cat tracing_on; echo 0 > events/fprobes/rd/enable; cat trace`);
    const hits = stdout
      .split('\n')
      .filter((line) => line.includes(' rd: '))
      .map((line) => line.replace(/.* rd: /, ''));
    expect(hits).toEqual([
      '(ksys_read+0x6b/0xe0 <- vfs_read) file="tracing_on" count=131072 ret=2',
      '(ksys_read+0x6b/0xe0 <- vfs_read) file="tracing_on" count=131072 ret=0',
    ]);
  });

  test('trace_pipe waits, ends by a signal, and gives EAGAIN when it may not wait', async () => {
    const { stdout } = await run(`
      cat trace_pipe > ${folder}/pipe & pid=$!
      echo one > trace_marker; until [ -s ${folder}/pipe ]; do sleep 0.05; done
      kill -INT $pid; kill -TERM $pid; wait $pid; echo "status $?"
      dd if=trace_pipe iflag=nonblock count=1 2>&1 | head -1
      cat ${folder}/pipe`);
    expect(stdout).toMatch(/^status 143\ndd: .*Resource temporarily unavailable\n.*tracing_mark_write: one$/);
  });

  test('readers of several pipes wait at the same time', async () => {
    const { stdout } = await run(`
      mkdir instances/a instances/b
      for i in a b; do (head -n 1 instances/$i/trace_pipe > ${folder}/$i) & done
      sleep 0.2; echo to-b > instances/b/trace_marker; echo to-a > instances/a/trace_marker; wait
      rmdir instances/a instances/b; cat ${folder}/a ${folder}/b`);
    expect(stdout.split('\n').map((line) => line.replace(/.*: /, ''))).toEqual(['to-a', 'to-b']);
  });

  test('a definition is registered and removed 64 times', async () => {
    const { stdout, stderr } = await run(`
      i=0; while [ $i -lt 64 ]; do
        echo "f:g/e$i vfs_read" >> dynamic_events && echo 1 > events/g/e$i/enable && echo 0 > events/g/e$i/enable &&
        echo "-:g/e$i" >> dynamic_events || exit 1
        i=$((i + 1))
      done; wc -c < dynamic_events`);
    expect({ stdout, stderr }).toEqual({ stdout: '0', stderr: '' });
  });

  test.skipIf(!has('busybox'))('files can be spliced', async () => {
    const { stdout, stderr } = await run(`
      busybox cat README > ${folder}/once; busybox cat README > ${folder}/twice
      cmp ${folder}/once README && cmp ${folder}/twice README && echo same`);
    expect({ stdout, stderr }).toEqual({ stdout: 'same', stderr: '' });
  });

  test('without root, in a user namespace', async () => {
    // The device node of this machine may be root's alone: one that all may use stands in for it.
    const node = join(folder, 'fuse');
    spawnSync('mknod', ['-m', '666', node, 'c', '10', '229']);
    const user = 'setpriv --reuid 65534 --regid 65534 --clear-groups';
    const script = `cd /sys/kernel/tracing && echo 0 > tracing_on && cat tracing_on && id -u`;
    const command = `mount --bind ${node} /dev/fuse && cd / && ${user} node ${program} exec -- sh -c '${script}'`;
    const { stdout, exitCode } = await execa('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', command], {
      reject: false,
    });
    expect({ stdout, exitCode }).toEqual({ stdout: '0\n0', exitCode: 0 });
  });

  test('what is missing is said in one line, with what to do', async () => {
    const hide = 'mount --bind /dev/null /dev/fuse';
    const { stderr, exitCode } = await execa(
      'unshare',
      [
        '--mount',
        '--propagation',
        'private',
        'sh',
        '-c',
        `${hide}; exec setpriv --reuid 65534 --clear-groups node ${program} exec true`,
      ],
      { reject: false, cwd: '/' },
    );
    expect({ exitCode, lines: stderr.split('\n').length }).toEqual({ exitCode: 2, lines: 1 });
    expect(stderr).toMatch(/^fprobe: /);
  });

  test('where the files cannot be laid over those of the running kernel, nothing runs that would use them', async () => {
    const tools = mkdtempSync(join(folder, 'tools-'));
    const refusing =
      '#!/bin/sh\ncase $* in *--bind*/sys/kernel/tracing) echo no >&2; exit 1 ;; esac\nPATH=$REST exec mount "$@"\n';
    writeFileSync(join(tools, 'mount'), refusing, { mode: 0o755 });
    const { stdout, stderr, exitCode } = await execa('node', [program, 'exec', 'echo', 'ran'], {
      reject: false,
      env: { PATH: `${tools}:${process.env.PATH}`, REST: process.env.PATH },
    });
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: '',
      stderr: 'fprobe: /sys/kernel/tracing cannot be laid over: no',
      exitCode: 2,
    });
  });

  test('a workload runs meanwhile; others can be run, and files used, by commands of the program', async () => {
    const { stdout, stderr } = await run(
      `fprobe() { node ${program} "$@"; }
      echo 'f:rd vfs_read count' > dynamic_events; echo 1 > events/fprobes/enable
      grep -m 1 -o 'cat-[0-9]* .*rd: ' trace_pipe | grep -c rd
      echo 0 > events/fprobes/enable; echo > trace; echo 1 > events/fprobes/enable
      fprobe run ls; fprobe run nosuch; echo "status $?"
      fprobe write events/fprobes/enable 0; fprobe cat events/fprobes/enable
      grep -c 'ls-[0-9]* .*rd: ' trace > /dev/null && echo ran
      fprobe append dynamic_events 'f:bad nosuch'; echo "status $?"`,
      '--workload',
      'cat',
    );
    expect(stdout).toBe('1\nstatus 2\n0\nran\nstatus 1');
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      'fprobe: no workload nosuch (there are cat ls mkdir-rm sh-fork sleep)',
      'fprobe: dynamic_events: Invalid argument',
    ]);
  });

  test('a kernel that is up is mounted, by several and beside its commands; it takes its mounts with it', async () => {
    const dir = mkdtempSync(join(folder, 'dir-'));
    const env = { XDG_RUNTIME_DIR: folder };
    const options = { cwd: folder, reject: false, stdin: 'ignore', env, timeout: PATIENCE } as const;
    const own = (...args: string[]) => execa('setpriv', [...WITH_ME, 'node', program, ...args], options);
    await own('boot', '--idle', '60');
    const mounted = own('mount', dir);
    await new Promise((resolve) => mounted.stderr.once('data', resolve));
    await execa('sh', ['-c', `echo 'f:one vfs_read' >> ${dir}/dynamic_events`]);
    await own('append', 'dynamic_events', 'f:two vfs_write');
    const script =
      'echo f:three vfs_open >> /sys/kernel/tracing/dynamic_events; cat /sys/kernel/tracing/dynamic_events';
    const session = await own('exec', '--quiet', '--name', 'default', '--', 'sh', '-c', script);
    const all = ['one vfs_read', 'two vfs_write', 'three vfs_open'].map((each) => `f:fprobes/${each}`);
    expect(session.stdout.split('\n')).toEqual(all);
    const waiting = execa('cat', [`${dir}/trace_pipe`], { reject: false });
    const arrived = new Promise((resolve) => waiting.stdout.once('data', resolve));
    await own('write', 'trace_marker', 'hello');
    await arrived;
    await own('shutdown');
    expect((await waiting).stdout).toMatch(/tracing_mark_write: hello$/);
    const { exitCode, stderr } = await mounted;
    expect({ exitCode, stderr: stderr.split('\n').slice(0, 2) }).toEqual({
      exitCode: 0,
      stderr: [
        `fprobe: kernel "default"'s tracing files are in ${dir}; Ctrl-C or umount ends it`,
        'fprobe: the kernel is gone',
      ],
    });
    expect(mountsOn(dir)).toEqual([]);
  });

  test.skipIf(!tools)("the project's tests pass with this machine's shell as in the embedded one", async () => {
    const embedded = await execa('node', [program, 'selftest', '--json'], { reject: false, timeout: PATIENCE });
    const results = embedded.stdout.split('\n').map((line) => JSON.parse(line));
    const files = [...new Set(results.map(({ test }) => join(root, 'selftests', test)))];
    const mounted = await fprobe(
      'exec',
      '--quiet',
      '--cpus',
      '1',
      '--',
      join(root, 'selftests/mounted/run-tests'),
      ...files,
    );
    const lines = mounted.stdout.split('\n').filter((line) => /^[A-Z]+ \S+\.tc/.test(line));
    const expected = results.map(({ test, instance, result }) => `${result} ${test}${instance ? ' (instance)' : ''}`);
    expect(lines.sort()).toEqual(expected.sort());
    expect(lines.filter((line) => line.startsWith('PASS')).length).toBeGreaterThan(30);
  });

  test('mount serves a directory until it is interrupted', async () => {
    const dir = mkdtempSync(join(folder, 'dir-'));
    const child = fprobe('mount', '--cpus', '1', dir);
    await new Promise((resolve) => child.stderr.once('data', resolve));
    const { stdout } = await execa('sh', ['-c', `cd ${dir} && echo 0 > tracing_on && cat tracing_on`]);
    const second = await fprobe('mount', dir);
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    expect({ stdout, exitCode, second: second.exitCode }).toEqual({ stdout: '0', exitCode: 0, second: 2 });
    expect(stderr).toMatch(/^fprobe: a simulated kernel's tracing files are in .*; Ctrl-C or umount ends it$/);
    expect(mountsOn(dir)).toEqual([]);
  });

  test('a mount whose server was killed is cleaned up', async () => {
    const dir = mkdtempSync(join(folder, 'dir-'));
    const child = fprobe('mount', '--cpus', '1', dir);
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGKILL');
    await child;
    expect(mountsOn(dir)).toHaveLength(1);
    expect(await fprobe('mount', '--clean', dir)).toMatchObject({ exitCode: 0, stdout: dir, stderr: '' });
    expect(mountsOn(dir)).toEqual([]);
  });

  test('an unmounted directory ends its server', async () => {
    const dir = mkdtempSync(join(folder, 'dir-'));
    const child = fprobe('mount', '--cpus', '1', dir);
    await new Promise((resolve) => child.stderr.once('data', resolve));
    await execa('umount', [dir]);
    expect(await child).toMatchObject({ exitCode: 0 });
  });

  test.skipIf(!tools || !has('trace-cmd'))(
    'trace-cmd starts, records, extracts, reports, lists and resets',
    async () => {
      const data = join(folder, 'trace.dat');
      const { stdout, stderr, exitCode } = await fprobe(
        'exec',
        '--quiet',
        '--',
        'sh',
        '-ec',
        `cd ${folder}
      echo 'f:clone kernel_clone%return pid=$retval:s32' > /sys/kernel/tracing/dynamic_events
      trace-cmd list -e | grep fprobes:
      trace-cmd start -e fprobes:clone
      trace-cmd stat | grep -A 1 '^Events'
      ( echo mark > /sys/kernel/tracing/trace_marker )
      trace-cmd stop
      trace-cmd extract -o ${data} > /dev/null 2>&1
      echo extracted; trace-cmd report -i ${data} | grep sh-.*clone: | tail -n 1
      trace-cmd reset
      cat /sys/kernel/tracing/events/fprobes/clone/enable
      for after in 0.1 1 10; do # its recorders, told to end before they have begun, would read nothing
        trace-cmd record -o ${data} -e fprobes:clone \\
          sh -c "( echo mark > /sys/kernel/tracing/trace_marker ); exec sleep $after" > /dev/null 2>&1
        trace-cmd report -i ${data} 2> /dev/null | grep sh-.*clone: > hits && break
      done
      echo recorded; head -n 1 hits
      trace-cmd reset`,
      );
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
      const hit = String.raw` +sh-\d+ +\[\d+\] +\d+\.\d{6}: clone: +\([0-9a-f]+ <- [0-9a-f]+\) pid=\d+`;
      expect(stdout).toMatch(new RegExp(`^fprobes:clone\\nEvents:\\n.*\\nextracted\\n${hit}\\n0\\nrecorded\\n${hit}$`));
    },
  );

  test.skipIf(!tools || !has('trace-cmd'))('trace-cmd reads pages as they fill, and loses none', async () => {
    // Goes on when less than three quarters of the buffer are full; it is read when half of it is.
    const script = `cd /sys/kernel/tracing; i=0; exec 3> trace_marker
      entries() { cat per_cpu/cpu*/stats | sed -n "s/^entries: //p" | sort -n | tail -n 1; }
      while [ $i -lt 4000 ]; do
        echo mark $i >&3; i=$((i + 1))
        [ $((i % 100)) -ne 0 ] || while [ $(entries) -gt 1100 ]; do sleep 0.05; done
      done`;
    const { stdout } = await fprobe(
      'exec',
      '--quiet',
      '--',
      'sh',
      '-c',
      `cd ${folder}
      echo 64 > /sys/kernel/tracing/buffer_size_kb
      trace-cmd record -b 64 -o many.dat -e task sh -c '${script}' > record.txt 2>&1
      grep lost record.txt; trace-cmd report -i many.dat | grep -c 'mark [0-9]'`,
    );
    expect(stdout).toBe('4000');
  });

  test.skipIf(!tools || !has('perf'))(
    'perf lists probes, and what it could open has no id of the running kernel',
    async () => {
      const { stdout, stderr } = await run(`
      echo 'f:mine vfs_read' > dynamic_events
      perf probe -l && echo listed
      cat events/fprobes/mine/id`);
      expect({ stdout, stderr }).toEqual({ stdout: 'listed\n32768', stderr: '' });
    },
  );
});
