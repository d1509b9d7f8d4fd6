import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import type { Stream, Terminal } from '../shell/index.ts';
import { FrameKind, frame, jsonFrame } from './frames.ts';
import { KernelConnection, NotConnected } from './kernel-connection.ts';
import { KernelHost } from './kernel-host.ts';
import { KernelServer } from './kernel-server.ts';
import { RemoteShell } from './remote-shell.ts';
import { secureFolder, socketFolder, socketPath } from './socket-path.ts';

const loaded = loadProfile();
if (isProfileError(loaded)) throw new Error(loaded.error);
const profile = loaded;

const folder = mkdtempSync(join(tmpdir(), 'server-test-'));
process.env.XDG_RUNTIME_DIR = folder;
secureFolder(socketFolder());
const servers: KernelServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

let count = 0;

/** A kernel that is up under a name of its own. */
async function up(): Promise<{ name: string; server: KernelServer; host: KernelHost }> {
  const name = `k${count++}`;
  const host = new KernelHost(profile, { cpus: 1, seed: 0, firstPid: 1 });
  const server: KernelServer = new KernelServer(host, name, () => server.close());
  await server.listen(socketPath(name));
  servers.push(server);
  return { name, server, host };
}

test('a client defines, enables, runs and reads', async () => {
  const { name } = await up();
  const kernel = await KernelConnection.open(name);
  expect(await kernel.write('dynamic_events', 'f:clone kernel_clone%return pid=$retval\n', { append: true })).toBe(40);
  expect(await kernel.write('dynamic_events', 'f:bad nosuch\n', { append: true })).toBe(-Errno.EINVAL);
  expect(await kernel.write('/sys/kernel/tracing/events/fprobes/clone/enable', '1\n')).toBe(2);
  expect(await kernel.run('sh-fork')).toBeUndefined();
  expect(await kernel.run('nosuch')).toMatch(/^no workload nosuch \(there are cat /);
  expect(await kernel.read('trace')).toMatch(
    /dash-\d+ .* clone: \(__do_sys_clone\+0x65\/0x90 <- kernel_clone\) pid=\d+\n/,
  );
  expect(await kernel.read('nosuch')).toBe(-Errno.ENOENT);
  expect(await kernel.list('events/fprobes')).toEqual(['clone', 'enable', 'filter']);
  expect(await kernel.list('trace')).toBe(-Errno.ENOTDIR);
  expect([await kernel.mkdir('instances/i'), await kernel.mkdir('instances/i')]).toEqual([0, -Errno.EEXIST]);
  expect(await kernel.stat('instances/i')).toEqual({ kind: 'dir', mode: 0o750 });
  expect(await kernel.rmdir('instances/i')).toBe(0);
  expect(await kernel.read('/proc/sys/kernel/kptr_restrict')).toBe('0\n');
  expect(await kernel.status()).toMatchObject({ name, cpus: 1, seed: 0, clients: 1, mounts: 0, events: 1 });
});

test('a read waits for what another client records; others go on meanwhile', async () => {
  const { name } = await up();
  const [reader, writer] = [await KernelConnection.open(name), await KernelConnection.open(name)];
  const pipe = await reader.openFile('trace_pipe', { read: true });
  if (typeof pipe === 'number') throw new Error(`errno ${-pipe}`);
  const waiting = pipe.read();
  expect(await reader.read('tracing_on')).toBe('1\n');
  await writer.write('trace_marker', 'hello');
  expect(await waiting).toMatch(/tracing_mark_write: hello\n$/);
  expect(await writer.openFile('trace_pipe', { read: true })).toBe(-Errno.EBUSY);
  reader.close();
  await reader.closed;
  const again = await writer.openFile('trace_pipe', { read: true, nonblock: true });
  expect(typeof again === 'number' ? again : await again.read()).toBe(-Errno.EAGAIN);
});

test('writes of several clients have one order, that in which they were asked for', async () => {
  const { name } = await up();
  const clients = await Promise.all([1, 2, 3].map(() => KernelConnection.open(name)));
  const files = await Promise.all(clients.map((client) => client.openFile('trace_marker', { write: true })));
  await Promise.all(
    Array.from({ length: 60 }, (_, i) => {
      const file = files[i % 3]!;
      return typeof file === 'number' ? 0 : file.write(`${i % 3}:${i}`);
    }),
  );
  const marks = [...((await clients[0]!.read('trace')) as string).matchAll(/write: (\d):(\d+)$/gm)];
  expect(marks).toHaveLength(60);
  for (const client of ['0', '1', '2']) {
    const own = marks.filter(([, who]) => who === client).map(([, , n]) => Number(n));
    expect(own).toEqual([...own].sort((a, b) => a - b));
  }
});

test('who closes its connection has its files closed', async () => {
  const { name, host } = await up();
  const kernel = await KernelConnection.open(name);
  await kernel.mkdir('instances/i');
  await kernel.openFile('instances/i/trace', { read: true });
  expect(await kernel.rmdir('instances/i')).toBe(-Errno.EBUSY);
  kernel.close();
  await kernel.closed;
  expect(host.files.rmdir('tracing/instances/i')).toBe(0);
});

test('a shut down kernel rejects what is asked of it, and nobody is there any more', async () => {
  const { name } = await up();
  const [one, other] = [await KernelConnection.open(name), await KernelConnection.open(name)];
  await one.shutdown();
  await other.closed;
  await expect(other.read('trace')).rejects.toThrow(NotConnected);
  await expect(KernelConnection.open(name)).rejects.toThrow(/^no kernel "k\d+" is up$/);
});

test('the socket is its user’s alone; one that a killed kernel left is replaced, one that is in use is not', async () => {
  const { name, host } = await up();
  const path = socketPath(name);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(new KernelServer(host, name, () => {}).listen(path)).rejects.toThrow('it is up already');
  const stale = socketPath(`${name}-stale`);
  writeFileSync(stale, '');
  const server = new KernelServer(host, name, () => {});
  servers.push(server);
  await server.listen(stale);
  expect(await (await KernelConnection.open(`${name}-stale`)).read('tracing_on')).toBe('1\n');
});

/** A terminal: what is typed at it, a piece a read and then the end, and what it shows. */
function terminal(typed: string[] = []) {
  const shown = { stdout: '', stderr: '' };
  const stream = (to: 'stdout' | 'stderr'): Stream => ({
    path: to,
    write: (data) => {
      shown[to] += data;
      return data.length;
    },
    close: () => {},
  });
  const stdin: Stream = { path: 'stdin', read: () => typed.shift() ?? '', close: () => {} };
  return { shown, terminal: { stdin, stdout: stream('stdout'), stderr: stream('stderr') } satisfies Terminal };
}

/** A shell that is given commands. */
async function shellIn(name: string) {
  const kernel = await KernelConnection.open(name);
  const { shown, terminal: at } = terminal();
  return { kernel, shown, shell: await RemoteShell.session(kernel, at) };
}

test('a script runs in a kernel that is up, with the input and output of its client', async () => {
  const { name } = await up();
  const { shown, terminal: at } = terminal(['one\n', 'two\n']);
  const text =
    'echo "f:a kernel_clone" >> dynamic_events; read x; read y; read z; echo "$0 $1 $x $y $?"; echo talk >&2; exit 7\n';
  const call = { text, name: 'mine.sh', args: ['arg'] };
  expect(await RemoteShell.run(await KernelConnection.open(name), at, call, () => {})).toBe(7);
  expect(shown).toEqual({ stdout: 'mine.sh arg one two 1\n', stderr: 'talk\n' });
  expect(await (await KernelConnection.open(name)).read('dynamic_events')).toBe('f:fprobes/a kernel_clone\n');
});

test('a script whose output nobody reads any more ends', async () => {
  const { name } = await up();
  const { terminal: at } = terminal();
  const gone = { ...at, stdout: { ...at.stdout, write: () => -Errno.EPIPE } };
  const call = { text: 'while echo more; do :; done; exit 4', name: 'sh', args: [] };
  expect(await RemoteShell.run(await KernelConnection.open(name), gone, call, () => {})).not.toBe(0);
});

test('shells of several clients are processes of their own, and see one kernel', async () => {
  const { name } = await up();
  const [a, b] = [await shellIn(name), await shellIn(name)];
  expect(await a.shell.execute('echo "f:x vfs_read" >> dynamic_events; cd events\n')).toEqual({
    cwd: '/sys/kernel/tracing/events',
  });
  await b.shell.execute('cat dynamic_events; echo $$\n');
  await a.shell.execute('echo $$\n');
  const [definition, pid] = b.shown.stdout.split('\n');
  expect(definition).toBe('f:fprobes/x vfs_read');
  expect(a.shown.stdout).toMatch(/^\d+\n$/);
  expect(a.shown.stdout).not.toBe(`${pid}\n`);
  const { logged } = await b.shell.execute('echo "f:y nosuch" >> dynamic_events\n');
  expect(logged).toMatch(/error: Invalid probed address or symbol/);
  expect((await a.shell.execute('true\n')).logged).toBeUndefined();
  expect(await b.shell.complete('cat dynamic_ev')).toEqual([['dynamic_events '], 'dynamic_ev']);
  expect(await a.shell.commands()).toContain('echo');
  expect(await a.shell.execute('exit 3\n')).toMatchObject({ ended: 3 });
});

test('what a shell waits for comes from another; Ctrl-C ends its waiting, and so does its client’s end', async () => {
  const { name } = await up();
  const [a, b] = [await shellIn(name), await shellIn(name)];
  const waiting = a.shell.execute('cat trace_pipe; echo "status $?"\n');
  await b.shell.execute('echo mark > trace_marker\n');
  while (!a.shown.stdout.includes('mark')) await new Promise((resolve) => setImmediate(resolve));
  a.shell.interrupt();
  expect((await waiting).ended).toBeUndefined();
  a.shell.execute('cat trace_pipe\n').catch(() => {});
  for (;;) {
    const pipe = await b.kernel.openFile('trace_pipe', { read: true, nonblock: true });
    if (typeof pipe === 'number') break;
    await pipe.close();
  }
  a.kernel.close();
  await a.kernel.closed;
  await b.shell.execute('echo again > trace_marker; head -n 1 trace_pipe\n');
  expect(b.shown.stdout).toMatch(/again\n$/);
});

test('records of a shell wake readers outside of it', async () => {
  const { name } = await up();
  const { shell } = await shellIn(name);
  const reader = await KernelConnection.open(name);
  const pipe = await reader.openFile('trace_pipe', { read: true });
  if (typeof pipe === 'number') throw new Error(`errno ${-pipe}`);
  const waiting = pipe.read();
  const running = shell.execute('sleep 0.05; echo late > trace_marker; sleep 1000\n');
  expect(await waiting).toMatch(/late\n$/);
  shell.interrupt();
  await running;
});

test('what is asked of a shell that was not started cuts the client off', async () => {
  const { name } = await up();
  const kernel = await KernelConnection.open(name);
  await expect(kernel.ask({ op: 'commands' })).rejects.toThrow(NotConnected);
});

/** Connects without the client's manners. */
async function rude(name: string): Promise<Socket> {
  const socket = connect(socketPath(name));
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

test.each([
  ['no JSON', frame(FrameKind.JSON, Uint8Array.of(0x7b))],
  ['no request', jsonFrame({ id: 1, op: 'reboot' })],
  ['a request without its fields', jsonFrame({ id: 1, op: 'open', path: 5 })],
  ['a name that all objects have', jsonFrame({ id: 1, op: 'constructor' })],
  ['an endless frame', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0)],
])('who sends %s is cut off, and nobody else', async (_, bytes) => {
  const { name } = await up();
  const socket = await rude(name);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  await closed;
  expect(await (await KernelConnection.open(name)).read('tracing_on')).toBe('1\n');
});

test('FUSE requests before a mount was asked for are left alone', async () => {
  const { name } = await up();
  const kernel = await KernelConnection.open(name);
  kernel.sendFuse(new Uint8Array(40));
  expect(await kernel.read('tracing_on')).toBe('1\n');
});

test('handles that are not open are refused', async () => {
  const { name } = await up();
  const kernel = await KernelConnection.open(name);
  expect(await kernel.ask({ op: 'read', file: 99, size: 1 })).toEqual({ ret: -Errno.EBADF });
  expect(await kernel.ask({ op: 'write', file: 99, data: '' })).toEqual({ ret: -Errno.EBADF });
  expect(await kernel.ask({ op: 'close', file: 99 })).toEqual({ ret: -Errno.EBADF });
});

test.each([
  ['default', true],
  ['a.b-c_1', true],
  ['', false],
  ['../up', false],
  ['.hidden', false],
  ['a b', false],
  ['x'.repeat(100), false],
])('a kernel may be called %j: %s', (name, may) => {
  if (may) expect(socketPath(name)).toBe(join(folder, 'fprobe', `${name}.sock`));
  else expect(() => socketPath(name)).toThrow(/./);
});

test('the folder for sockets is XDG_RUNTIME_DIR’s, or one of the user’s own among temporary files', () => {
  expect(socketFolder({ XDG_RUNTIME_DIR: '/run/user/5' })).toBe('/run/user/5/fprobe');
  expect(socketFolder({})).toBe(join(tmpdir(), `fprobe-${process.getuid?.()}`));
});

test('a folder that others may write to is made private, a file in its place refused', () => {
  const open = mkdtempSync(join(folder, 'open-'));
  secureFolder(open);
  expect(statSync(open).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder, 'file'), '');
  expect(() => secureFolder(join(folder, 'file'))).toThrow(/file/);
  rmSync(folder, { recursive: true });
});
