import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { Opcode } from './protocol.ts';
import {
  BatchForgetIn,
  EntryOut,
  ForgetIn,
  ForgetOne,
  InHeader,
  InitIn,
  InitOut,
  InterruptIn,
  InvalInodeOut,
  PollWakeupOut,
  ReadIn,
  StoreOut,
} from './structs.ts';
import { TestClient, textOf } from './test-client.ts';

const O = { WRONLY: 1, RDWR: 2, TRUNC: 0o1000, APPEND: 0o2000, NONBLOCK: 0o4000 };

/** Opens a file, writes once, closes it; what write(2) gave. */
function put(client: TestClient, path: string, data: string, flags = O.WRONLY): number {
  const opened = client.open('put', path, flags);
  if (opened < 0) return opened;
  const ret = client.write('put', data);
  client.close('put');
  return ret;
}

function get(client: TestClient, path: string): string | number {
  const opened = client.open('get', path, 0);
  if (opened < 0) return opened;
  let text = '';
  for (;;) {
    const piece = client.read('get', 4096);
    if (typeof piece === 'number') return piece;
    if (piece === '') break;
    text += piece;
  }
  client.close('get');
  return text;
}

test.each([
  [{ major: 7, minor: 38 }, 0],
  [{ major: 7, minor: 45 }, 0],
  [{ major: 7, minor: 30 }, -Errno.EPROTO],
  [{ major: 6, minor: 99 }, -Errno.EPROTO],
])('INIT from a kernel that speaks %o gives %i', (version, error) => {
  const client = new TestClient();
  const answer = client.ask(Opcode.INIT, 0, [InitIn, { ...version, flags: 0xffff_ffff }]);
  expect(answer.error).toBe(error);
  if (error !== 0) return;
  const { major, minor, flags, max_write, max_pages } = InitOut.read(answer.body, 0);
  expect([major, minor, max_write, max_pages]).toEqual([7, 38, 1 << 20, 256]);
  expect(flags & (1 << 3)).not.toBe(0);
  expect(flags & 1).toBe(0);
});

test('features that the kernel does not offer are not asked for', () => {
  const answer = new TestClient().ask(Opcode.INIT, 0, [InitIn, { major: 7, minor: 38, flags: 0 }]);
  expect(InitOut.read(answer.body, 0).flags).toBe(0);
});

test('a definition is written, listed, hit and read', () => {
  const client = new TestClient();
  expect(put(client, 'dynamic_events', 'f:a kernel_clone\n', O.WRONLY | O.APPEND)).toBe(17);
  expect(put(client, 'dynamic_events', 'f:b nosuch\n', O.WRONLY | O.APPEND)).toBe(-Errno.EINVAL);
  expect(client.list('events/fprobes')).toEqual(expect.arrayContaining(['.', '..', 'enable', 'filter', 'a']));
  expect(put(client, 'events/fprobes/a/enable', '1\n')).toBe(2);
  client.kernel.fork(1);
  expect(get(client, 'trace')).toMatch(/rec-146 .* a: \(kernel_clone\+0x4\/0x470\)\n$/);
  expect(client.open('x', 'dynamic_events', O.WRONLY | O.TRUNC)).toBe(-Errno.EBUSY);
  put(client, 'events/fprobes/a/enable', '0\n');
  expect(client.open('x', 'dynamic_events', O.WRONLY | O.TRUNC)).toBe(0);
  expect(client.find('events/fprobes')).toBe(-Errno.ENOENT);
});

test.each([false, true])('a directory is read in pieces of any size (plus: %s)', (plus) => {
  const client = new TestClient();
  const names = client.list('events/sched', 65_536, plus) as string[];
  for (const size of [400, 1000, 4096]) expect(client.list('events/sched', size, plus)).toEqual(names);
  expect(names.slice(0, 2)).toEqual(['.', '..']);
  expect(names.slice(2).sort()).toEqual(client.kernel.tracefs.list('events/sched'));
});

test('content is fixed from offset 0 on, for each open file', () => {
  const client = new TestClient();
  put(client, 'dynamic_events', 'f:one vfs_read\n', O.WRONLY | O.APPEND);
  client.open('a', 'dynamic_events', 0);
  client.open('b', 'dynamic_events', 0);
  expect(client.read('a', 10)).toBe('f:fprobes/');
  put(client, 'dynamic_events', 'f:two vfs_read\n', O.WRONLY | O.APPEND);
  expect(client.read('a', 100)).toBe('one vfs_read\n');
  expect(client.read('b', 100)).toBe('f:fprobes/one vfs_read\nf:fprobes/two vfs_read\n');
  expect(client.read('a', 100, 0)).toBe('f:fprobes/one vfs_read\nf:fprobes/two vfs_read\n');
});

test('large writes and what is read of them arrive whole', () => {
  const client = new TestClient();
  const args = Array.from({ length: 25 }, (_, i) => ` a${i}=count`).join('');
  const lines = Array.from({ length: 500 }, (_, i) => `f:g/e${i} vfs_read${args}\n`).join('');
  expect(put(client, 'dynamic_events', lines)).toBe(lines.length);
  expect(get(client, 'dynamic_events')).toBe(lines);
});

test('a read of trace_pipe waits, and ends with what is recorded', () => {
  const client = new TestClient();
  client.open('pipe', 'trace_pipe', 0);
  const unique = client.startRead('pipe', 4096);
  expect([client.takeLate().filter((answer) => answer.unique === unique), client.server.counts.waiting]).toEqual([
    [],
    1,
  ]);
  put(client, 'trace_marker', 'hello');
  const [answer] = client.takeLate().filter((each) => each.unique === unique);
  expect(textOf(answer!.body)).toMatch(/tracing_mark_write: hello\n$/);
  expect(client.server.counts.waiting).toBe(0);
});

test('each of several readers is woken by what is recorded for it', () => {
  const client = new TestClient();
  client.mkdir('instances/i');
  client.open('a', 'trace_pipe', 0);
  client.open('b', 'instances/i/trace_pipe', 0);
  client.open('c', 'instances/i/per_cpu/cpu0/trace_pipe_raw', 0);
  const [a, b, c] = ['a', 'b', 'c'].map((fd) => client.startRead(fd, 4096));
  const woken = () =>
    client
      .takeLate()
      .map(({ unique }) => unique)
      .filter((unique) => unique !== 0);
  woken();
  put(client, 'instances/i/trace_marker', 'x');
  // The record is gone when the second of them looks: it goes on waiting.
  expect(woken()).toEqual([b]);
  put(client, 'trace_marker', 'x');
  expect(woken()).toEqual([a]);
  put(client, 'instances/i/trace_marker', 'y');
  expect(woken()).toEqual([c]);
});

test('a signal ends a read that waits; a late one changes nothing', () => {
  const client = new TestClient();
  client.open('pipe', 'trace_pipe', 0);
  const unique = client.startRead('pipe', 4096);
  client.takeLate();
  client.ask(Opcode.INTERRUPT, 0, [InterruptIn, { unique }]);
  expect(client.takeLate().map(({ unique, error }) => [unique, error])).toEqual([[unique, -Errno.EINTR]]);
  client.ask(Opcode.INTERRUPT, 0, [InterruptIn, { unique }]);
  expect(client.takeLate()).toEqual([]);
  put(client, 'trace_marker', 'kept');
  expect(client.read('pipe', 4096)).toMatch(/kept\n$/);
});

test('trace_pipe ends when tracing is switched off after something was read', () => {
  const client = new TestClient();
  client.open('pipe', 'trace_pipe', 0);
  put(client, 'trace_marker', 'x');
  client.read('pipe', 4096);
  const unique = client.startRead('pipe', 4096);
  put(client, 'tracing_on', '0');
  expect(client.takeLate().map(({ unique, error, body }) => [unique, error, body.byteLength])).toContainEqual([
    unique,
    0,
    0,
  ]);
});

test('with O_NONBLOCK there is nothing to wait for', () => {
  const client = new TestClient();
  client.open('pipe', 'trace_pipe', O.NONBLOCK);
  expect(client.read('pipe', 100)).toBe(-Errno.EAGAIN);
});

test('a poller is told once, when there is something', () => {
  const client = new TestClient();
  client.open('pipe', 'trace_pipe', O.NONBLOCK);
  expect([client.poll('pipe', 5, 77), client.poll('pipe', 5, 77)]).toEqual([0, 0]);
  client.takeLate();
  put(client, 'trace_marker', 'x');
  put(client, 'trace_marker', 'y');
  const told = client.takeLate().filter(({ unique, error }) => unique === 0 && error === 1);
  expect(told.map(({ body }) => PollWakeupOut.read(body, 0).kh)).toEqual([77]);
  expect(client.poll('pipe', 5, 77)).toBe(1);
});

test('a poller of raw pages is told when as much is there as buffer_percent says', () => {
  const client = new TestClient();
  put(client, 'buffer_size_kb', '16');
  client.open('raw', 'per_cpu/cpu0/trace_pipe_raw', O.NONBLOCK);
  expect(client.poll('raw', 1, 5)).toBe(0);
  client.takeLate();
  const told = () => client.takeLate().filter(({ unique, error }) => unique === 0 && error === 1).length;
  put(client, 'trace_marker', 'x');
  expect([told(), client.poll('raw', 1, 5)]).toEqual([0, 0]);
  for (let i = 0; i < 8; i++) put(client, 'trace_marker', 'x'.repeat(1500));
  expect([told(), client.poll('raw', 1, 5)]).toEqual([1, 1]);
});

test('a closed descriptor of raw pages ends waiting', () => {
  const client = new TestClient();
  client.open('raw', 'per_cpu/cpu0/trace_pipe_raw', 0);
  const unique = client.startRead('raw', 4096);
  client.takeLate();
  const { node } = client.find('per_cpu/cpu0/trace_pipe_raw') as { node: number };
  client.ask(Opcode.FLUSH, node, [ReadIn, { fh: 0 }]);
  expect(client.takeLate().map(({ unique, error }) => [unique, error])).toEqual([[unique, 0]]);
  expect(client.read('raw', 4096)).toBe('');
});

test('files that are read can be spliced until their size is asked for', () => {
  const client = new TestClient();
  const stores = () =>
    client
      .takeLate()
      .filter(({ unique, error }) => unique === 0 && error === 4)
      .map(({ body }) => StoreOut.read(body, 0).nodeid);
  const { node } = client.find('trace') as { node: number };
  client.open('a', 'trace', 0);
  expect(stores()).toEqual([node]);
  client.open('b', 'trace', O.WRONLY);
  expect(stores()).toEqual([]);
  expect(client.stat('trace')).toMatchObject({ size: 0 });
});

test('a page of a splice does not wait', () => {
  const client = new TestClient();
  client.open('raw', 'per_cpu/cpu0/trace_pipe_raw', 0);
  client.poll('raw', 1);
  expect(client.read('raw', 4096)).toBe(-Errno.EAGAIN);
  expect(client.read('raw', 100)).toBe(-Errno.EINTR);
});

test('who inherits the owner of the root is asked for again when that changes', () => {
  const client = new TestClient();
  const { node } = client.find('tracing_on') as { node: number };
  const { node: events } = client.find('events') as { node: number };
  client.takeLate();
  client.setattr('.', { valid: 2, uid: 7 });
  const told = client.takeLate().map(({ body }) => InvalInodeOut.read(body, 0).ino);
  expect([told.includes(node), told.includes(events)]).toEqual([true, false]);
  expect([client.stat('tracing_on'), client.stat('events')]).toMatchObject([{ uid: 7 }, { uid: 0 }]);
});

test('the kernel may keep names that stay, and asks again for those that go away', () => {
  const client = new TestClient();
  put(client, 'dynamic_events', 'f:sched/mine vfs_read\nf:g/a vfs_read\n');
  client.mkdir('instances/i');
  const kept = (path: string) => {
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? 1 : (client.find(path.slice(0, slash)) as { node: number }).node;
    return EntryOut.read(client.ask(Opcode.LOOKUP, parent, [], `${path.slice(slash + 1)}\0`).body, 0).entry_valid > 0;
  };
  expect(['trace', 'events/sched', 'events/sched/sched_switch', 'events/g/a/id'].map(kept)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['events/g', 'events/g/a', 'events/sched/mine', 'instances/i'].map(kept)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test('an event that comes back under its name is another inode', () => {
  const client = new TestClient();
  put(client, 'dynamic_events', 'f:g/a vfs_read\n');
  const before = client.find('events/g/a') as { node: number };
  put(client, 'dynamic_events', '-:g/a\n');
  expect(client.ask(Opcode.LOOKUP, before.node, [], 'id\0').error).toBe(-Errno.ENOENT);
  put(client, 'dynamic_events', 'f:g/a vfs_read\n');
  expect((client.find('events/g/a') as { node: number }).node).not.toBe(before.node);
  expect(client.ask(Opcode.LOOKUP, before.node, [], 'id\0').error).toBe(-Errno.ENOENT);
});

test('inodes that the kernel forgets are dropped, but what chmod set stays', () => {
  const client = new TestClient();
  const before = client.server.counts.inodes;
  client.setattr('tracing_on', { valid: 1, mode: 0o600 });
  const paths = ['tracing_on', 'events', 'events/sched', 'events/sched/sched_switch', 'events/sched/sched_switch/id'];
  const nodes = paths.map((path) => (client.find(path) as { node: number }).node);
  for (const node of nodes.slice(0, 2)) client.send(Opcode.FORGET, node, [ForgetIn, { nlookup: 1000 }]);
  const [, , ...rest] = nodes;
  const tail = rest.map((nodeid) => {
    const bytes = new Uint8Array(ForgetOne.size);
    ForgetOne.write(new DataView(bytes.buffer), 0, { nodeid, nlookup: 1000 });
    return String.fromCharCode(...bytes);
  });
  client.send(Opcode.BATCH_FORGET, 0, [BatchForgetIn, { count: rest.length }], tail.join(''));
  expect(client.server.counts.inodes).toBe(before + 1);
  expect(client.stat('tracing_on')).toMatchObject({ mode: 0o100600 });
});

test('a session has the tracing files in one folder and those of the system in another', () => {
  const client = new TestClient('session');
  expect(client.list('.')).toEqual(['.', '..', 'tracing', 'system']);
  expect(get(client, 'tracing/tracing_on')).toBe('1\n');
  expect(client.stat('system/sys/kernel/btf/vmlinux')).toMatchObject({ size: client.kernel.profile.btf.bytes.length });
  expect(put(client, 'system/proc/sys/kernel/kptr_restrict', '3\n')).toBe(-Errno.EINVAL);
});

test('unknown requests are refused with ENOSYS', () => {
  expect(new TestClient().ask(4711, 1).error).toBe(-Errno.ENOSYS);
});

test('whatever arrives is answered or left alone', () => {
  const client = new TestClient();
  const opcodes = fc.oneof(fc.constantFrom(...Object.values(Opcode)), fc.nat(100));
  fc.assert(
    fc.property(
      opcodes,
      fc.nat(20),
      fc.uint8Array({ maxLength: 120 }),
      fc.boolean(),
      (opcode, nodeid, body, honest) => {
        const bytes = new Uint8Array(InHeader.size + body.length);
        bytes.set(body, InHeader.size);
        const len = honest ? bytes.length : bytes.length + 1;
        InHeader.write(new DataView(bytes.buffer), 0, { len, opcode, unique: 9, nodeid });
        client.server.handle(bytes);
        expect(client.takeLate().every(({ error }) => (error <= 0 && error > -4096) || error < 5)).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
  expect(client.find('tracing_on')).toMatchObject({ mode: 0o100640 });
});
