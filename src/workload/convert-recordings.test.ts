import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { CONVERTER_REVISION, convertRecordings } from './convert-recordings.ts';
import { unpackWorkload } from './unpack.ts';
import { StepKind, type Workload } from './workload.ts';

const loaded = loadProfile();
if (isProfileError(loaded)) throw new Error(loaded.error);
const profile = loaded;

const FGRAPH = `
    1.000001 |   0)   probe-150    |               |  __x64_sys_close(regs=0xffffc9000063bf58) {
    1.000003 |   0)   probe-150    |               |    file_close_fd(fd=3) {
    1.000004 |   0)   probe-150    |   1.000 us    |      _raw_spin_lock(lock=0xffff888004247c00);
    1.000007 |   0)   probe-150    |   3.500 us    |    } /* file_close_fd */
    1.000008 |   0)   probe-150    |               |    dput(dentry=0xffff888004410c00) {
    1.000009 |   0)   probe-150    |   1.000 us    |      __rcu_read_lock();
    1.000011 |   0)   probe-150    |   3.000 us    |    } /* dput */
    1.000012 |   0)   probe-150    | + 11.000 us   |  } /* __x64_sys_close */
`;
const RETURNS = `
    2.000000 |   0)   probe-170    |               |  /* r: (do_syscall_64+0x84/0x2c0 <- __x64_sys_write) ret=0x2 */
    2.000001 |   0)   probe-170    |               |  __x64_sys_close(regs=0xffffc900005fbf58) {
    2.000002 |   0)   probe-170    |               |    file_close_fd(fd=3) {
    2.000003 |   0)   probe-170    |               |      _raw_spin_lock(lock=0xffff88810023b940) {
    2.000004 |   0)   probe-170    |               |        /* r: (file_close_fd+0x2e/0x70 <- _raw_spin_lock) ret=0x0 */
    2.000005 |   0)   probe-170    |   3.645 us    |      } /* _raw_spin_lock */
    2.000006 |   0)   probe-170    |               |      /* r: (__x64_sys_close+0x1e/0x90 <- file_close_fd) ret=0xffff88810023b940 */
    2.000007 |   0)   probe-170    |   7.000 us    |    } /* file_close_fd */
    2.000008 |   0)   probe-170    |               |    dput(dentry=0xffff888100c66a10) {
    2.000009 |   0)   probe-170    |               |      /* r: (return_to_handler+0x0/0x50 <- dput) ret=0x0 */
    2.000010 |   0)   probe-170    |   7.000 us    |    } /* dput */
    2.000011 |   0)   probe-170    |               |    /* r: (do_syscall_64+0x84/0x2c0 <- __x64_sys_close) ret=0x0 */
    2.000012 |   0)   probe-170    | + 11.000 us   |  } /* __x64_sys_close */
`;
const OBJECTS = `
           probe-160     [000] .....     8.456746: sys_close(fd: 3)
           probe-160     [000] .....     8.456748: dput: (dput+0x4/0x1b0) name="file"
           probe-160     [000] .....     8.456750: sys_close -> 0x0
`;
const DEFINITIONS = 'f:fprobes/dput dput name=dentry->d_name.name:string\n';

const bytes = (text: string) => new TextEncoder().encode(text);

function converted(files: Record<string, string>): Workload[] {
  const sources = Object.entries(files).map(([name, text]) => ({ name, bytes: bytes(text) }));
  return [...convertRecordings(sources, profile)].map(({ name, bytes }) => {
    const workload = unpackWorkload(bytes);
    if ('error' in workload) throw new Error(workload.error);
    expect(workload.name).toBe(name);
    return workload;
  });
}

/** Calls as `name(first argument) → return address = result`, and points by name. */
function steps(workload: Workload): string[] {
  const wide = (words: Uint32Array) => new BigUint64Array(words.buffer);
  return [...workload.stepKind].flatMap((kind, i) => {
    const value = workload.stepValue[i];
    if (kind === StepKind.POINT) return [`${workload.points[value].name}`];
    if (kind !== StepKind.ENTER) return [];
    const args = wide(workload.argWords).slice(workload.callArgs[value], workload.callArgs[value + 1]);
    const site = wide(workload.siteWords)[value];
    const at = site === 0n ? undefined : profile.symbols.at(site);
    const result = workload.hasResult[value] === 1 ? ` = ${wide(workload.resultWords)[value].toString(16)}` : '';
    return [
      `${profile.functions.name(workload.callFn[value])}(${args[0]?.toString(16) ?? ''}) → ${at === undefined ? 'tail' : `${at.name}+${site - at.address}`}${result}`,
    ];
  });
}

test('a program with all its recordings', () => {
  const [workload, ...others] = converted({
    'probe.fgraph': FGRAPH,
    'probe-ret.fgraph': RETURNS,
    'probe.objects': OBJECTS,
    'objects-definitions.txt': DEFINITIONS,
    'README.md': 'not a recording',
  });
  expect(others).toEqual([]);
  expect(steps(workload)).toEqual([
    'sys_enter',
    '__x64_sys_close(ffffc9000063bf58) → do_syscall_64+132 = 0',
    'file_close_fd(3) → __x64_sys_close+30 = ffff888004247c00',
    '_raw_spin_lock(ffff888004247c00) → file_close_fd+46',
    'dput(ffff888004410c00) → tail',
    '__rcu_read_lock() → dput+216',
    'sys_exit',
    'sys_exit',
  ]);
  expect(workload.openCalls).toBe(1);
  expect([...workload.stepTime].slice(0, 5)).toEqual([0, 0, 2000, 3000, 4000]);
  const texts = Array.from({ length: workload.facts.count }, (_, i) =>
    String.fromCharCode(...workload.facts.bytes.subarray(workload.facts.offset[i], workload.facts.offset[i + 1])),
  );
  expect(texts).toContain('file\0');
});

test('one that has only its tree borrows what it can from the others', () => {
  const [alone, rich] = converted({
    'alone.fgraph': FGRAPH.replaceAll('probe-150', 'alone-99'),
    'probe.fgraph': FGRAPH,
    'probe-ret.fgraph': RETURNS,
  });
  expect(alone.tasks[0].pid).toBe(99);
  expect(steps(alone)).toEqual(steps(rich));
});

test('a tree with nothing beside it is replayed as far as it goes', () => {
  const [workload] = converted({ 'probe.fgraph': FGRAPH });
  expect(steps(workload).map((step) => step.replace(/ .*/, ''))).toEqual([
    'sys_enter',
    '__x64_sys_close(ffffc9000063bf58)',
    'file_close_fd(3)',
    '_raw_spin_lock(ffff888004247c00)',
    'dput(ffff888004410c00)',
    '__rcu_read_lock()',
    'sys_exit',
  ]);
});

test('no recordings, no workloads', () => {
  expect(converted({})).toEqual([]);
  expect(converted({ 'probe-ret.fgraph': RETURNS, 'objects-definitions.txt': DEFINITIONS })).toEqual([]);
});

test('the same files give the same bytes', () => {
  const files = [{ name: 'probe.fgraph', bytes: bytes(FGRAPH) }];
  expect([...convertRecordings(files, profile)]).toEqual([...convertRecordings(files, profile)]);
});

test('a converter that makes other bytes has another revision', () => {
  const files = Object.entries({
    'probe.fgraph': FGRAPH,
    'probe-ret.fgraph': RETURNS,
    'probe.objects': OBJECTS,
    'objects-definitions.txt': DEFINITIONS,
  }).map(([name, text]) => ({ name, bytes: bytes(text) }));
  const hash = createHash('sha256');
  for (const converted of convertRecordings(files, profile)) hash.update(converted.bytes);
  // When this differs: raise CONVERTER_REVISION, and make the built-in profile anew (src/profile/README.md).
  expect([CONVERTER_REVISION, hash.digest('hex')]).toEqual([
    1,
    '00fe786e6a99fcf12d629c273b8c1401b692ebae3446179ebb60e5f1483ca969',
  ]);
});
