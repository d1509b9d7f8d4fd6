import { beforeEach, expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';
import { unpackWorkload, type Workload } from '../workload/index.ts';
import { TopSession } from './top-session.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);
const cat = unpackWorkload(profile.workloads.read('cat')!) as Workload;
const READ = 'f:read vfs_read%return file=file->f_path.dentry->d_name.name:string ret=$retval';
const EVERYTHING = (): boolean => true;
const SECOND = 1e9;

let session: TopSession;
const probe = (path: string) => session.snapshot().probes.find((each) => each.path === path);

beforeEach(() => {
  const kernel = SimulatedKernel.boot(profile);
  kernel.tracefs.append('dynamic_events', `${READ}\nf:open do_sys_openat2 filename:ustring\n`);
  session = new TopSession(kernel, cat);
});

/** Lets time pass until the workload ends, in so many pieces a run. */
function finish(pieces = 10): number {
  let count = 0;
  for (; !session.done; count++) session.advance(session.snapshot().duration / pieces);
  return count;
}

test('a run counts what fprobe trace records, however it is cut into pieces', () => {
  expect(session.snapshot()).toMatchObject({ time: 0, run: 1, done: false, records: 0 });
  expect(finish(37)).toBeGreaterThan(30);
  expect(probe('fprobes/read')).toMatchObject({ enabled: true, hits: 5, missed: 0, last: 'file="data" ret=0' });
  expect(probe('fprobes/open')).toMatchObject({ hits: 12, last: 'filename="/work/data"' });
  const { trend } = probe('fprobes/open')!;
  expect(trend.reduce((sum, hits) => sum + hits)).toBe(12);
  const snapshot = session.snapshot();
  expect(snapshot).toMatchObject({ done: true, time: snapshot.duration, records: 17, lost: 0 });
  const trace = String(session.kernel.tracefs.read('trace'))
    .split('\n')
    .filter((line) => /^[^#]/.test(line));
  expect(session.lines(100, 0, EVERYTHING, false)).toEqual(trace);
});

test('the rate is in hits a second of simulated time', () => {
  session.advance(0.1 * SECOND);
  const { hits, rate } = probe('fprobes/open')!;
  expect(rate).toBeCloseTo(hits / 0.1);
});

test('runs go on counting', () => {
  finish();
  session.restart();
  expect(session.snapshot()).toMatchObject({ run: 2, done: false, time: 0 });
  finish();
  expect(probe('fprobes/read')).toMatchObject({ hits: 10 });
  expect(session.snapshot().records).toBe(34);
});

test('restarting in the middle ends what is under way', () => {
  session.advance(0.05 * SECOND);
  const before = probe('fprobes/open')!.hits;
  session.restart();
  finish();
  expect(probe('fprobes/open')!.hits).toBe(before + 12);
  expect(session.kernel.machine.tasks.filter(({ comm }) => comm === 'cat')).toEqual([]);
});

test('a step goes to the next record', () => {
  session.step();
  expect(session.snapshot().records).toBe(1);
  expect(session.lines(9, 0, EVERYTHING, true)).toEqual([
    expect.stringMatching(/^\d+\.\d{6} .*-148 +open filename="\/etc\/ld.so.cache" \(do_sys_openat2\+0x0\/0xe0\)$/),
  ]);
  for (let i = 0; i < 40; i++) session.step();
  expect(session.snapshot()).toMatchObject({ records: 17, done: true });
});

test('a probe is added while the workload runs, and hits from then on', () => {
  session.advance(0.1 * SECOND);
  expect(session.define('f:mine/close filp_close')).toBeUndefined();
  expect(probe('mine/close')).toMatchObject({ enabled: true, hits: 0, definition: 'f:mine/close filp_close' });
  finish();
  expect(probe('mine/close')!.hits).toBeGreaterThan(0);
  expect(probe('mine/close')!.last).toMatch(/^\(filp_close\+0x/);
});

test('what the kernel refuses is told with its place, and leaves everything as it is', () => {
  const before = session.snapshot().probes.map(({ path }) => path);
  expect(session.define('f:bad  vfs_read  cont')).toMatchObject({
    text: 'This variable is not found at this probe point',
    at: 17,
  });
  expect(session.define('p:bad vfs_read')).toMatchObject({ at: 0 });
  expect(session.define('-:nosuch')).toMatchObject({ text: 'ENOENT (No such file or directory)', at: 0 });
  expect(session.filter('fprobes/read', 'nosuch == 1')).toMatchObject({ text: 'Field not found' });
  expect(probe('fprobes/read')!.filter).toBe('');
  expect(session.snapshot().probes.map(({ path }) => path)).toEqual(before);
});

test('a disabled probe does not hit, an enabled one again', () => {
  session.enable('fprobes/open', false);
  session.advance(0.1 * SECOND);
  expect(probe('fprobes/open')).toMatchObject({ enabled: false, hits: 0 });
  session.enable('fprobes/open', true);
  finish();
  expect(probe('fprobes/open')).toMatchObject({ enabled: true, hits: 1 });
});

test('a removed probe is gone, with its records; others go on', () => {
  session.advance(0.1 * SECOND);
  expect(session.remove('fprobes/open')).toBeUndefined();
  expect(probe('fprobes/open')).toBeUndefined();
  finish();
  expect(probe('fprobes/read')!.hits).toBe(5);
});

test('a filter keeps records out, and an empty one takes it away', () => {
  expect(session.filter('fprobes/read', 'ret == 4053')).toBeUndefined();
  expect(probe('fprobes/read')!.filter).toBe('ret == 4053');
  finish();
  expect(probe('fprobes/read')!.hits).toBe(1);
  expect(session.filter('fprobes/read', 'bad ==')).toBeDefined();
  expect(probe('fprobes/read')!.filter).toBe('ret == 4053');
  expect(session.filter('fprobes/read', ' ')).toBeUndefined();
  expect(probe('fprobes/read')!.filter).toBe('');
});

test('lines are found from the newest back', () => {
  finish();
  const opens = session.lines(2, 1, (line) => line.includes(' open: '), true);
  expect(opens).toHaveLength(2);
  expect(opens[1]).toContain('filename="/lib/x86_64-linux-gnu/libc.so.6"');
  expect(session.lines(100, 0, (line) => line.includes('nosuch'), true)).toEqual([]);
});

test('the shadow stack of a task: none before, live inside a call, later when it was deepest', () => {
  expect(session.stack(undefined)).toBeUndefined();
  const names: string[] = [];
  for (let i = 0; i < 400 && !session.done; i++) {
    session.advance(0.0005 * SECOND);
    const stack = session.stack(148);
    if (stack?.live) names.push(...stack.task.frames.map((frame) => frame.function));
  }
  expect(names).toContain('vfs_read');
  expect(session.stack(148)).toMatchObject({
    live: false,
    task: { pid: 148, depth: 0, frames: [{ function: 'vfs_read' }] },
  });
  expect(session.stack(4711)).toBeUndefined();
});

test('when the buffer is too small, what was overwritten is told', () => {
  const { tracefs } = session.kernel;
  tracefs.write('buffer_size_kb', '8\n');
  session.define('f:locks *lock*');
  finish();
  const { cpus, lost, records } = session.snapshot();
  expect(cpus[0]!.overrun).toBeGreaterThan(0);
  expect(cpus[0]).toMatchObject({ id: 0, size: 12240 });
  expect(lost + records).toBeGreaterThan(cpus[0]!.overrun);
});
