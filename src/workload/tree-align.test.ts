import { expect, test } from 'vitest';
import { CallSites, SitePool, type SymbolPlaces } from './call-sites.ts';
import { adoptDonors, DonorPool } from './donor-pool.ts';
import { parseFgraph } from './fgraph-text.ts';
import { alignFunc, parseFunc } from './func-text.ts';
import { normalizeRun, type TreeCall, type TreeRun } from './normalize.ts';
import { PointHomes, planPoints } from './points.ts';
import { alignRuns } from './tree-align.ts';

/** A recording from indented names, one a line; `!` before a name makes it a comment. */
function recording(text: string, pid = 100): TreeRun {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const out: string[] = [];
  const open: { name: string; depth: number }[] = [];
  let time = 1;
  const line = (body: string) =>
    out.push(`    1.${String(time++).padStart(6, '0')} |   0)    prog-${pid}    |   1.000 us    |${body}`);
  const close = (depth: number) => {
    while (open.length > 0 && open.at(-1)!.depth >= depth) {
      const { name, depth: at } = open.pop()!;
      line(`  ${'  '.repeat(at)}} /* ${name} */`);
    }
  };
  for (const one of lines) {
    const depth = (one.length - one.trimStart().length) / 2;
    close(depth);
    const word = one.trim();
    if (word.startsWith('!')) line(`  ${'  '.repeat(depth)}/* ${word.slice(1)} */`);
    else {
      const name = word.replace(/\(.*/, '');
      line(`  ${'  '.repeat(depth)}${word.includes('(') ? word : `${word}()`} {`);
      open.push({ name, depth });
    }
  }
  close(0);
  return normalizeRun(parseFgraph(out.join('\n')));
}

function call(run: TreeRun, name: string, n = 0): TreeCall {
  const found = run.steps.flatMap(({ op, item }) =>
    op === 'enter' && item.kind === 'call' && item.fn === name ? [item] : [],
  );
  return found[n];
}

const BASE = `
__x64_sys_read(regs=0x1)
  ksys_read(fd=3)
    vfs_read
      lock
      fault
        fix
      unlock
__x64_sys_close(regs=0x1)
  dput
`;
const OTHER = `
handle_fault
__x64_sys_read(regs=0x2)
  ksys_read(fd=3)
    vfs_read
      lock
        !r: (vfs_read+0x10/0x100 <- lock) ret=0x0
      unlock
        !kfree: call_site=x ptr=0
        !r: (vfs_read+0x20/0x100 <- unlock) ret=0x0
      !r: (return_to_handler+0x0/0x50 <- vfs_read) ret=0x7
    !r: (__x64_sys_read+0x5/0x20 <- ksys_read) ret=0x7
__x64_sys_close(regs=0x2)
  fault
    fix
      !r: (fault+0x30/0x40 <- fix) ret=0x9
    !r: (close+0x1/0x10 <- fault) ret=0x8
  dput
`;

const symbols: SymbolPlaces = {
  addressesOf: (name) => (name === 'vfs_read' ? [0x1000n, 0x9000n] : name === 'missing' ? [] : [0x5000n]),
  at: (address) => ({ name: 'x', size: address === 0x9000n ? 0x100 : 0x40 }),
};

test('calls are matched by path and order; what only one run has is left out', () => {
  const base = recording(BASE);
  const other = recording(OTHER);
  const matches = alignRuns(base, other);
  for (const name of ['__x64_sys_read', 'ksys_read', 'vfs_read', 'lock', 'unlock', '__x64_sys_close', 'dput']) {
    expect(matches.get(call(base, name)), name).toBe(call(other, name));
  }
  expect(matches.has(call(base, 'fault'))).toBe(false);
});

test('a call without a twin borrows from a like one, with all below it', () => {
  const base = recording(BASE);
  const other = recording(OTHER);
  const pool = new DonorPool();
  pool.add(other);
  const donors = adoptDonors(base, alignRuns(base, other), pool);
  expect(donors.get(call(base, 'fault'))).toMatchObject({ kind: 'like', call: call(other, 'fault') });
  expect(donors.get(call(base, 'fix'))).toMatchObject({
    kind: 'like',
    call: call(other, 'fix'),
    root: call(other, 'fault'),
  });
  expect(donors.get(call(base, 'lock'))?.kind).toBe('same');
});

test('call sites: of the twin, of the function tracer, of a like call, from the pool', () => {
  const base = recording(BASE);
  const other = recording(OTHER);
  const pool = new DonorPool();
  pool.add(other);
  const lines = alignFunc(
    base,
    parseFunc(`
   prog-7 [000] .....     1.0: __x64_sys_read+0x4/0x20 <-do_syscall_64+0x84/0x2c0
   prog-7 [000] .....     1.0: __x64_sys_close+0x4/0x20 <-do_syscall_64+0x84/0x2c0
   prog-7 [000] .....     1.0: dput+0x4/0x20 <-__x64_sys_close+0x22/0x40
`),
  );
  expect(lines.size).toBe(3);
  const sitePool = new SitePool();
  sitePool.add(lines);
  const sites = new CallSites(symbols, adoptDonors(base, alignRuns(base, other), pool), lines, sitePool);
  expect(sites.site(call(base, 'unlock'))).toEqual({ address: 0x9020n, tail: false });
  expect(sites.site(call(base, 'vfs_read'))).toEqual({ address: 0n, tail: true });
  expect(sites.site(call(base, 'dput'))).toEqual({ address: 0x5022n, tail: false });
  expect(sites.site(call(base, 'fix'))).toEqual({ address: 0x5030n, tail: false });
  expect(sites.counts).toEqual({ same: 2, func: 1, like: 1, pool: 0, guessed: 0 });
  const none = new CallSites(symbols, new Map(), new Map(), sitePool);
  expect(none.site(call(base, 'dput'))).toEqual({ address: 0x5022n, tail: false });
  expect(none.site(call(base, 'lock'))).toEqual({ address: 0x1020n, tail: false });
  expect(none.counts).toMatchObject({ pool: 1, guessed: 1 });
});

test('a jumped-to function has the return address of the one that jumped', () => {
  const base = recording(BASE);
  const lines = alignFunc(
    base,
    parseFunc(`
   prog-7 [000] .....     1.0: __x64_sys_read+0x4/0x20 <-do_syscall_64+0x84/0x2c0
   prog-7 [000] .....     1.0: ksys_read+0x4/0x20 <-do_syscall_64+0x84/0x2c0
   prog-7 [000] .....     1.0: vfs_read+0x4/0x20 <-ksys_read+0x12/0x20
`),
  );
  const sites = new CallSites(symbols, new Map(), lines, new SitePool());
  expect(sites.site(call(base, 'ksys_read')).tail).toBe(true);
  expect(sites.site(call(base, 'vfs_read')).tail).toBe(false);
});

test('tracepoints go where they were among the calls', () => {
  const base = recording('__x64_sys_read\n  alloc\n    first\n    second\n  kfree\n');
  const other = recording(
    '__x64_sys_read\n  alloc\n    first\n    !kmalloc: size=8\n    second\n  kfree\n    !kfree: ptr=0\n    !sched_switch: x=1\n',
  );
  const pool = new DonorPool();
  const homes = new PointHomes();
  homes.add(other);
  const plan = planPoints(base, adoptDonors(base, alignRuns(base, other), pool), homes);
  const names = (map: Map<TreeCall, readonly { readonly name: string }[]>) =>
    [...map].map(([at, points]) => `${at.fn}: ${points.map(({ name }) => name)}`);
  expect(names(plan.after)).toEqual(['first: kmalloc']);
  expect(names(plan.within)).toEqual(['kfree: kfree']);
});

test('a tracepoint that is rare in a function does not belong to it', () => {
  const calls = (n: number) => Array.from({ length: n }, () => '  busy').join('\n');
  const homes = new PointHomes();
  homes.add(recording(`root\n${calls(30)}\n  busy\n    !tick: a=1\n  update\n    !tick: a=1\n`));
  expect([homes.belongs('tick', 'busy'), homes.belongs('tick', 'update'), homes.belongs('tick', '')]).toEqual([
    false,
    true,
    false,
  ]);
});

test('what tracing adds is taken out, its tracepoints stay', () => {
  const run = recording(`
syscall_trace_enter(regs=0x1, syscall=0)
  !sys_read(fd: 3, buf: 0, count: 1)
__x64_sys_read
  schedule
    __traceiter_sched_switch(__data=0x1, preempt=0, prev=0xffff888000000000, next=0xffff888000000040, prev_state=1)
      _raw_spin_lock_irqsave
      !sched_switch: prev_comm=a next_comm=b
`);
  const text = run.steps
    .filter(({ op }) => op !== 'leave')
    .map(({ item }) =>
      item.kind === 'call' ? item.fn : `${item.name}[${item.args.map(({ name }) => name)}] ${item.text}`,
    );
  expect(text).toEqual([
    'sys_enter[] sys_read(fd: 3, buf: 0, count: 1)',
    '__x64_sys_read',
    'schedule',
    'sched_switch[preempt,prev,next,prev_state] prev_comm=a next_comm=b',
  ]);
});
