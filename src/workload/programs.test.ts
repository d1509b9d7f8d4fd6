import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/simulated-kernel.ts';
import { KernelData } from './kernel-data.ts';
import { KernelTypes } from './kernel-types.ts';
import { forkProgram, systemCall } from './programs.ts';
import { Replay } from './replay.ts';
import { unpackWorkload } from './unpack.ts';
import type { Workload } from './workload.ts';

const loaded = loadProfile();
if (isProfileError(loaded)) throw new Error(loaded.error);
const profile = loaded;
const recording = (name: string) => unpackWorkload(profile.workloads.read(name)!) as Workload;
const commOffset = new KernelTypes(profile.btf).offset('task_struct', 'comm')!;

/** What definitions show of programs that the reader of the tracing files runs; without task, cpu, flags and time. */
function traced(definitions: readonly string[], programs: readonly Workload[]): string[] {
  const kernel = SimulatedKernel.boot(profile);
  const data = new KernelData(kernel.machine, profile.btf, profile.banner);
  for (const definition of definitions)
    expect(kernel.tracefs.write('dynamic_events', `${definition}\n`, { append: true })).toBeGreaterThan(0);
  for (const system of ['fprobes', 'tracepoints']) kernel.tracefs.write(`events/${system}/enable`, '1\n');
  const { machine, ftrace, tracepoints } = kernel;
  for (const program of programs)
    new Replay({ machine, ftrace, tracepoints, data }, program, { bound: new Map([[0, kernel.reader]]) }).run();
  expect(machine.cpus[0].current).toBe(kernel.reader);
  const trace = kernel.tracefs.read('trace') as string;
  return trace
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) =>
      line
        .trim()
        .replace(/ +\[\d+\] \S+ +[\d.]+: /, ' ')
        .replace('<...>', 'rec'),
    );
}

const FORK = [
  'f:in kernel_clone flags=args->flags:x64 sig=args->exit_signal',
  'f:out kernel_clone%return pid=$retval:s64',
  't:new task_newtask comm=task->comm:string pid=task->pid',
  'f:wake wake_up_new_task parent=p->real_parent->comm:string tgid=p->tgid',
  't:switch sched_switch p=prev->pid n=next->pid',
  'f:exit do_exit code=code',
  'f:waited kernel_wait4%return pid=$retval:s64',
];

test('a task of the machine forks: the child exits at once and is waited for', () => {
  const fork = forkProgram(recording('sh-fork'), profile.functions, commOffset)!;
  const once = (child: number) => [
    'rec-146 in: (kernel_clone+0x4/0x470) flags=0x1200000 sig=17',
    `rec-146 new: (__probestub_task_newtask+0x4/0x10) comm="rec" pid=${child}`,
    `rec-146 wake: (wake_up_new_task+0x4/0x330) parent="rec" tgid=${child}`,
    `rec-146 out: (__do_sys_clone+0x65/0x90 <- kernel_clone) pid=${child}`,
    `rec-146 switch: (__probestub_sched_switch+0x4/0x10) p=146 n=${child}`,
    `rec-${child} exit: (do_exit+0x4/0xa60) code=0`,
    `rec-${child} switch: (__probestub_sched_switch+0x4/0x10) p=${child} n=146`,
    `rec-146 waited: (__do_sys_wait4+0x9b/0xb0 <- kernel_wait4) pid=${child}`,
  ];
  expect(traced(FORK, [fork, fork])).toEqual([...once(159), ...once(160)]);
});

test('a recording without a fork has no such program', () => {
  expect(forkProgram(recording('cat'), profile.functions, commOffset)).toBeUndefined();
});

const OPEN = [
  'f:in do_sys_openat2 name=filename:ustring',
  'f:open vfs_open name=path->dentry->d_name.name:string',
  'f:out do_sys_openat2%return fd=$retval:s64',
  'f:fs shmem_file_open',
];

test('one system call, with another file and result', () => {
  const cat = recording('cat');
  const strings = new Map([
    ['/work/data', '/sys/kernel/tracing/trace'],
    ['data', 'trace'],
  ]);
  const last = [0, 1, 2, 3, 4, 5]
    .map((n) =>
      systemCall(cat, profile.functions, 'openat', n, {
        strings,
        result: 7n,
        without: (fn) => fn.startsWith('shmem_'),
      }),
    )
    .findLast((one) => one !== undefined)!;
  expect(traced(OPEN, [last])).toEqual([
    'rec-146 in: (do_sys_openat2+0x0/0xe0) name="/sys/kernel/tracing/trace"',
    'rec-146 open: (vfs_open+0x4/0xf0) name="trace"',
    'rec-146 out: (__x64_sys_openat+0x54/0xa0 <- do_sys_openat2) fd=7',
  ]);
  expect(systemCall(cat, profile.functions, 'openat', 99)).toBeUndefined();
  expect(systemCall(cat, profile.functions, 'reboot', 0)).toBeUndefined();
});

test('read, write and close are there, too', () => {
  const read = systemCall(recording('cat'), profile.functions, 'read', 0)!;
  const write = systemCall(recording('ls'), profile.functions, 'write', 0)!;
  const close = systemCall(recording('cat'), profile.functions, 'close', 0)!;
  const definitions = [
    'f:r vfs_read%return ret=$retval:s64',
    'f:w vfs_write data=+u0(buf):ustring',
    'f:c __x64_sys_close%return ret=$retval:s64',
  ];
  const lines = traced(definitions, [read, write, close]);
  expect(lines[0]).toBe('rec-146 r: (ksys_read+0x6b/0xe0 <- vfs_read) ret=832');
  expect(lines[1]).toMatch(/^rec-146 w: \(vfs_write\+0x4\/0x450\) data="bin$/);
  expect(lines.at(-1)).toBe('rec-146 c: (do_syscall_64+0x84/0x2c0 <- __x64_sys_close) ret=0');
});

test('data of the kernel that is fetched by symbol', () => {
  const fork = forkProgram(recording('sh-fork'), profile.functions, commOffset)!;
  const [line] = traced(
    [`f:e kernel_clone banner=@linux_banner:string init=@init_task+${commOffset}:string hz=@jiffies:u64`],
    [fork],
  );
  expect(line).toBe(`rec-146 e: (kernel_clone+0x4/0x470) banner="${profile.banner}`);
});

test('jiffies follow the clock', () => {
  const { machine } = SimulatedKernel.boot(profile);
  const data = new KernelData(machine, profile.btf, profile.banner);
  const jiffies = () => machine.memory.readUint(profile.symbols.lookupName('jiffies')!, 8)!;
  const before = jiffies();
  machine.clock.advance(1_000_000_000);
  data.update();
  expect(jiffies() - before).toBe(250n);
  const init = profile.symbols.lookupName('init_task')! + BigInt(commOffset);
  expect(machine.memory.readUint(init, 8)).toBe(0x2f72657070617773n);
  const child = machine.createTask({ comm: 'new' });
  expect(machine.memory.readUint(child.address + BigInt(commOffset), 4)).toBe(0x77656en);
});
