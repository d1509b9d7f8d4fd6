import { expect, test } from 'vitest';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { SimulatedKernel } from '../tracefs/index.ts';

const profile = loadProfile();
if (isProfileError(profile)) throw new Error(profile.error);

/** A kernel with events enabled, and what lets the reader pass a tracepoint with arguments. */
function boot(events: readonly string[]) {
  const kernel = SimulatedKernel.boot(profile as Exclude<typeof profile, { error: string }>);
  const { machine, tracefs, tracepoints, types } = kernel;
  for (const event of events) expect(tracefs.append('set_event', `${event}\n`)).toBeGreaterThan(0);
  const cpu = machine.cpus[0]!;
  const pass = (name: string, ...args: bigint[]) => {
    for (const [i, arg] of args.entries()) cpu.current.regs.wide[machine.arch.argRegs[i + 1]!] = arg;
    tracepoints.find(name)?.fire(cpu);
  };
  const place = (struct: string, path: string) => types.memberPath(types.findByName(struct, 'struct')!, path)!;
  const make = (struct: string, values: Readonly<Record<string, bigint | string>>): bigint => {
    const address = machine.allocate(types.sizeOf(types.findByName(struct, 'struct')!)!, 64, true);
    for (const [path, value] of Object.entries(values)) {
      const { bitOffset, bitSize } = place(struct, path);
      const at = address + BigInt(bitOffset / 8);
      if (typeof value === 'bigint') machine.memory.writeUint(at, bitSize / 8, value);
      else
        machine.memory.write(
          at,
          Uint8Array.from(`${value}\0`, (char) => char.charCodeAt(0)),
        );
    }
    return address;
  };
  const lines = () =>
    String(tracefs.read('trace'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/^.*?\d\.\d{6}: /, ''));
  return { kernel, machine, tracefs, pass, make, lines };
}

test('a tracepoint raises its event with what its arguments point to', () => {
  const { pass, make, lines } = boot(['sched:*', 'task:*', 'signal:*']);
  const prev = make('task_struct', { comm: 'cat', pid: 12n, prio: 120n });
  const next = make('task_struct', { comm: 'rcu_preempt', pid: 15n, prio: 49n, 'thread_info.cpu': 3n });
  pass('sched_switch', 0n, prev, next, 2n);
  pass('sched_switch', 1n, prev, next, 0n);
  pass('sched_switch', 0n, next, prev, 0x402n);
  pass('sched_wakeup', next);
  pass('sched_migrate_task', next, 5n);
  pass('sched_process_fork', prev, next);
  pass('sched_process_exit', prev, 0n);
  pass('sched_stat_runtime', prev, 1234567n);
  pass('signal_generate', 17n, 1n, prev, 1n, 0n);
  expect(lines()).toEqual([
    'sched_switch: prev_comm=cat prev_pid=12 prev_prio=120 prev_state=D ==> next_comm=rcu_preempt next_pid=15 next_prio=49',
    'sched_switch: prev_comm=cat prev_pid=12 prev_prio=120 prev_state=R+ ==> next_comm=rcu_preempt next_pid=15 next_prio=49',
    'sched_switch: prev_comm=rcu_preempt prev_pid=15 prev_prio=49 prev_state=I ==> next_comm=cat next_pid=12 next_prio=120',
    'sched_wakeup: comm=rcu_preempt pid=15 prio=49 target_cpu=003',
    'sched_migrate_task: comm=rcu_preempt pid=15 prio=49 orig_cpu=3 dest_cpu=5',
    'sched_process_fork: comm=cat pid=12 child_comm=rcu_preempt child_pid=15',
    'sched_process_exit: comm=cat pid=12 prio=120 group_dead=false',
    'sched_stat_runtime: comm=cat pid=12 runtime=1234567 [ns]',
    'signal_generate: sig=17 errno=0 code=128 comm=cat pid=12 grp=1 res=0',
  ]);
});

test('system calls raise their own events, in the order in which all were enabled', () => {
  const { pass, make, lines } = boot([
    'syscalls:sys_enter_openat',
    'syscalls:sys_exit_openat',
    'raw_syscalls:*',
    'syscalls:sys_enter_close',
  ]);
  const open = make('pt_regs', { di: 0xffffff9cn, si: 0x7f00n, dx: 0x241n, r10: 0x1b6n, orig_ax: 257n });
  pass('sys_enter', open, 257n);
  pass('sys_exit', open, -2n & 0xffff_ffff_ffff_ffffn);
  pass('sys_enter', make('pt_regs', { di: 3n, orig_ax: 3n }), 3n);
  pass('sys_enter', make('pt_regs', { orig_ax: 39n }), 39n);
  expect(lines()).toEqual([
    'sys_openat(dfd: ffffff9c, filename: 7f00, flags: 241, mode: 1b6)',
    'sys_enter: NR 257 (ffffff9c, 7f00, 241, 1b6, 0, 0)',
    'sys_openat -> 0xfffffffffffffffe',
    'sys_exit: NR 257 = -2',
    'sys_close(fd: 3)',
    'sys_enter: NR 3 (3, 0, 0, 0, 0, 0)',
    'sys_enter: NR 39 (0, 0, 0, 0, 0, 0)',
  ]);
});

test('filters, pids and instances hold for static events; a disabled event leaves its tracepoint', () => {
  const { kernel, machine, tracefs, pass, make, lines } = boot(['sched:sched_wakeup']);
  const [a, b] = [make('task_struct', { comm: 'a', pid: 1n }), make('task_struct', { comm: 'b', pid: 2n })];
  tracefs.write('events/sched/sched_wakeup/filter', 'comm == "b"\n');
  tracefs.mkdir('instances/i');
  tracefs.write('instances/i/events/sched/sched_wakeup/enable', '1\n');
  for (const task of [a, b]) pass('sched_wakeup', task);
  expect(lines()).toEqual(['sched_wakeup: comm=b pid=2 prio=0 target_cpu=000']);
  expect(String(tracefs.read('instances/i/trace')).match(/sched_wakeup: /g)).toHaveLength(2);
  tracefs.write('set_event_pid', `${machine.cpus[0]!.current.pid + 1}\n`);
  pass('sched_wakeup', b);
  expect(lines()).toHaveLength(1);
  const point = kernel.tracepoints.find('sched_wakeup')!;
  tracefs.write('events/sched/sched_wakeup/enable', '0\n');
  expect(point.enabled).toBe(true);
  tracefs.rmdir('instances/i');
  expect(point.enabled).toBe(false);
});

test('strings of any length, and none', () => {
  const { machine, pass, make, lines } = boot(['sched:sched_process_exec', 'sched:sched_prepare_exec']);
  const string = (text: string) => {
    const address = machine.allocate(text.length + 1, 8, true);
    machine.memory.write(
      address,
      Uint8Array.from(`${text}\0`, (char) => char.charCodeAt(0)),
    );
    return address;
  };
  const task = make('task_struct', { comm: 'sh', pid: 9n });
  pass('sched_process_exec', task, 8n, make('linux_binprm', { filename: string('/bin/a') }));
  pass('sched_process_exec', task, 8n, make('linux_binprm', { filename: string('x'.repeat(300)) }));
  pass('sched_process_exec', task, 8n, make('linux_binprm', {}));
  pass('sched_prepare_exec', task, make('linux_binprm', { interp: string(''), filename: string('/bin/b') }));
  expect(lines()).toEqual([
    'sched_process_exec: filename=/bin/a pid=9 old_pid=8',
    `sched_process_exec: filename=${'x'.repeat(300)} pid=9 old_pid=8`,
    'sched_process_exec: filename=(null) pid=9 old_pid=8',
    'sched_prepare_exec: interp= filename=/bin/b pid=9 comm=sh',
  ]);
});
