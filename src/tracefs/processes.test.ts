import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { type BootOptions, SimulatedKernel } from './simulated-kernel.ts';

const loaded = loadProfile();
if (isProfileError(loaded)) throw new Error(loaded.error);
const profile = loaded;

/** A kernel with some definitions, all enabled. */
function boot(definitions: readonly string[], options: BootOptions = {}): SimulatedKernel {
  const kernel = SimulatedKernel.boot(profile, options);
  for (const definition of definitions)
    expect(kernel.tracefs.append('dynamic_events', `${definition}\n`)).toBeGreaterThan(0);
  for (const system of ['fprobes', 'tracepoints']) kernel.tracefs.write(`events/${system}/enable`, '1\n');
  return kernel;
}

/** What was traced: task, pid, cpu where it is not 0, event. */
function traced(kernel: SimulatedKernel): string[] {
  kernel.tracefs.write('events/enable', '0\n');
  return (kernel.tracefs.read('trace') as string)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) =>
      line
        .trim()
        .replace(/ +\[0+(\d*)\] \S+ +[\d.]+: /, (_, cpu) => (cpu === '' ? ' ' : ` cpu${cpu} `))
        .replace(/<idle>-0 ?/, 'idle '),
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

test('a process forks: the child exits at once and is waited for', () => {
  const kernel = boot(FORK);
  kernel.fork(2);
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
  expect(traced(kernel)).toEqual([...once(147), ...once(148)]);
  expect(kernel.machine.tasks.map(({ pid }) => pid)).toEqual([0, 146]);
  expect(kernel.processes.current).toBe(kernel.processes.first);
});

test('a child of another name and pid runs a program on another cpu while its parent waits', () => {
  const kernel = boot(
    [
      'f:in kernel_clone%return pid=$retval',
      'f:exit do_exit code=code',
      't:switch sched_switch p=prev->pid n=next->pid',
    ],
    {
      cpus: 2,
    },
  );
  kernel.tracefs.write('events/sched/sched_process_exec/enable', '1\n');
  kernel.tracefs.write('events/task/task_rename/enable', '1\n');
  const { processes } = kernel;
  const child = processes.fork(processes.first, { pid: 1000, comm: 'sh', waited: true });
  expect([child.pid, child.comm, child.cpu, processes.cpu.id]).toEqual([1000, 'sh', 1, 1]);
  processes.exec(child, '/bin/grep');
  expect(child.comm).toBe('grep');
  kernel.tracefs.write('trace_marker', 'here');
  processes.exit(child, 3);
  expect(processes.current).toBe(processes.first);
  expect(traced(kernel)).toEqual([
    'rec-146 in: (__do_sys_clone+0x65/0x90 <- kernel_clone) pid=1000',
    'rec-146 switch: (__probestub_sched_switch+0x4/0x10) p=146 n=0',
    'idle cpu1 switch: (__probestub_sched_switch+0x4/0x10) p=0 n=1000',
    'grep-1000 cpu1 task_rename: oldcomm=sh newcomm=grep oom_score_adj=0',
    'grep-1000 cpu1 sched_process_exec: filename=/bin/grep pid=1000 old_pid=1000',
    'grep-1000 cpu1 tracing_mark_write: here',
    'grep-1000 cpu1 exit: (do_exit+0x4/0xa60) code=768',
    'grep-1000 cpu1 switch: (__probestub_sched_switch+0x4/0x10) p=1000 n=0',
    'idle switch: (__probestub_sched_switch+0x4/0x10) p=0 n=146',
  ]);
});

test('a process that nobody waits for runs when it is told to', () => {
  const kernel = boot(FORK);
  const { processes } = kernel;
  const child = processes.fork(processes.first);
  expect(processes.current).toBe(processes.first);
  processes.run(child);
  expect(processes.cpu.current).toBe(child);
  processes.exit(child, 1);
  processes.wait(processes.first, child);
  expect(traced(kernel)).toEqual([
    'rec-146 in: (kernel_clone+0x4/0x470) flags=0x1200000 sig=17',
    'rec-146 new: (__probestub_task_newtask+0x4/0x10) comm="rec" pid=147',
    'rec-146 wake: (wake_up_new_task+0x4/0x330) parent="rec" tgid=147',
    'rec-146 out: (__do_sys_clone+0x65/0x90 <- kernel_clone) pid=147',
    'rec-146 switch: (__probestub_sched_switch+0x4/0x10) p=146 n=147',
    'rec-147 exit: (do_exit+0x4/0xa60) code=256',
    'rec-147 switch: (__probestub_sched_switch+0x4/0x10) p=147 n=146',
    'rec-146 waited: (__do_sys_wait4+0x9b/0xb0 <- kernel_wait4) pid=147',
  ]);
});

test('tracing may begin and end while a child is away', () => {
  const kernel = boot([FORK[5]!, FORK[6]!]);
  const { processes, tracefs } = kernel;
  tracefs.write('events/enable', '0\n');
  const child = processes.fork(processes.first, { waited: true });
  tracefs.write('events/fprobes/enable', '1\n');
  processes.exit(child);
  const other = processes.fork(processes.first, { waited: true });
  tracefs.write('events/enable', '0\n');
  processes.exit(other);
  // The parent was in the first wait before it was probed, and is in the second when it no longer is.
  expect(traced(kernel)).toEqual(['rec-147 exit: (do_exit+0x4/0xa60) code=0']);
});

test('system calls on files', () => {
  const kernel = boot([
    'f:open do_sys_openat2%return name=filename:ustring fd=$retval',
    'f:file vfs_open name=path->dentry->d_name.name:string dir=path->dentry->d_parent->d_name.name:string',
    'f:read vfs_read%return name=file->f_path.dentry->d_name.name:string count ret=$retval:s64',
    'f:write vfs_write%return name=file->f_path.dentry->d_name.name:string count ret=$retval:s64',
    'f:close __fput name=file->f_path.dentry->d_name.name:string',
    'f:stat vfs_statx name=filename->name:string',
    'f:dir iterate_dir name=file->f_path.dentry->d_name.name:string',
    'f:mkdir vfs_mkdir%return name=dentry->d_name.name:string ret=$retval:s64',
    'f:rmdir vfs_rmdir%return name=dentry->d_name.name:string',
  ]);
  const { processes } = kernel;
  const path = '/sys/kernel/tracing/events/enable';
  const shell = processes.fork(processes.first, { comm: 'sh', waited: true });
  const mark = (text: string) => kernel.tracefs.write('trace_marker', text);
  processes.call(shell, 'openat', { path, flags: 0o1001 }, () => {
    mark('opened');
    return 4;
  });
  processes.call(shell, 'write', { path, fd: 4, count: 2 }, () => {
    mark('written');
    return -22;
  });
  processes.call(shell, 'read', { path, fd: 4, count: 4096 }, () => 2);
  processes.call(shell, 'close', { path, fd: 4 }, () => 0);
  processes.call(shell, 'newfstatat', { path }, () => 0);
  processes.call(shell, 'getdents64', { path }, () => 48);
  processes.call(shell, 'mkdir', { path: '/sys/kernel/tracing/instances/foo' }, () => -17);
  processes.call(shell, 'rmdir', { path: '/sys/kernel/tracing/instances/foo' }, () => 0);
  processes.exit(shell);
  expect(traced(kernel)).toEqual([
    'sh-147 file: (vfs_open+0x4/0xf0) name="enable" dir="events"',
    'sh-147 tracing_mark_write: opened',
    'sh-147 open: (__x64_sys_openat+0x54/0xa0 <- do_sys_openat2) name="/sys/kernel/tracing/events/enable" fd=4',
    'sh-147 tracing_mark_write: written',
    'sh-147 write: (ksys_write+0x6b/0xe0 <- vfs_write) name="enable" count=2 ret=-22',
    'sh-147 read: (ksys_read+0x6b/0xe0 <- vfs_read) name="enable" count=4096 ret=2',
    'sh-147 close: (__fput+0x0/0x2a0) name="enable"',
    'sh-147 stat: (vfs_statx+0x0/0x160) name="/sys/kernel/tracing/events/enable"',
    'sh-147 dir: (iterate_dir+0x4/0x230) name="enable"',
    'sh-147 mkdir: (do_mkdirat+0x152/0x1a0 <- vfs_mkdir) name="foo" ret=-17',
    'sh-147 rmdir: (do_rmdir+0x157/0x1b0 <- vfs_rmdir) name="foo"',
  ]);
});

const WITHOUT_WORKLOADS: ProxyHandler<typeof profile> = {
  get: (target, name) =>
    name === 'workloads' ? { names: [], read: () => undefined } : Reflect.get(target, name, target),
};

test('without recordings there are processes, too', () => {
  const kernel = SimulatedKernel.boot(new Proxy(profile, WITHOUT_WORKLOADS));
  kernel.tracefs.append('dynamic_events', 'f:a vfs_read\n');
  kernel.tracefs.write('events/fprobes/enable', '1\n');
  const { processes } = kernel;
  const child = processes.fork(processes.first, { waited: true });
  processes.exec(child, '/bin/cat');
  expect(processes.call(child, 'read', { path: '/tmp/x' }, () => 5)).toBe(5);
  expect(child.comm).toBe('cat');
  processes.exit(child);
  expect(traced(kernel)).toEqual([]);
});

test('a task of the machine and data that is fetched by symbol', () => {
  const kernel = boot(['f:e kernel_clone banner=@linux_banner:string init=@init_task+0x8f0:x64 hz=@jiffies:u64']);
  kernel.fork(1);
  expect(traced(kernel)[0]).toMatch(`e: (kernel_clone+0x4/0x470) banner="${profile.banner}`);
});

test('jiffies follow the clock, task_structs the names of tasks', () => {
  const { machine, data } = SimulatedKernel.boot(profile);
  const jiffies = () => machine.memory.readUint(profile.symbols.lookupName('jiffies')!, 8)!;
  const before = jiffies();
  machine.clock.advance(1_000_000_000);
  data.update();
  expect(jiffies() - before).toBe(250n);
  const task = profile.btf.findByName('task_struct', 'struct')!;
  const comm = BigInt(profile.btf.memberPath(task, 'comm')!.bitOffset / 8);
  expect(machine.memory.readUint(profile.symbols.lookupName('init_task')! + comm, 8)).toBe(0x2f72657070617773n);
  const child = machine.createTask({ comm: 'new' });
  expect(machine.memory.readUint(child.address + comm, 4)).toBe(0x77656en);
  child.comm = 'old';
  data.renamed(child);
  expect(machine.memory.readUint(child.address + comm, 4)).toBe(0x646c6fn);
});
