import { expect, test } from 'vitest';
import { SimulatedKernel } from '../tracefs/index.ts';
import { SHELL_PROCESS } from './run-script.ts';
import { profile, sh } from './test-shell.ts';

const BAD = 'f:a vfs_read nope';
const REFUSED = 'sh: echo: write error: No such file or directory\n';

test.each([
  ['a command', `echo "${BAD}" >> dynamic_events; echo $?`, '1\n', REFUSED],
  ['in a function', `f() { echo "${BAD}" >> dynamic_events; }; f; echo $?`, '1\n', REFUSED],
  ['a function that is redirected', `f() { echo "${BAD}"; }; f >> dynamic_events; echo $?`, '1\n', REFUSED],
  ['in a subshell', `(echo "${BAD}" >> dynamic_events); echo $?`, '1\n', REFUSED],
  ['a subshell that is redirected', `(echo "${BAD}") >> dynamic_events; echo $?`, '1\n', REFUSED],
  [
    'a loop that is redirected',
    `for i in 1 2; do echo "${BAD}" || echo or$i >&2; done >> dynamic_events; echo $?`,
    '0\n',
    `${REFUSED}or1\n${REFUSED}or2\n`,
  ],
  ['negated', `! echo "${BAD}" >> dynamic_events; echo $?`, '0\n', REFUSED],
  ['and, or', `echo "${BAD}" >> dynamic_events && echo and || echo or`, 'or\n', REFUSED],
  ['under set -e', `set -e; echo "${BAD}" >> dynamic_events; echo no`, '', REFUSED],
  [
    'tested under set -e',
    `set -e; if ! echo "${BAD}" >> dynamic_events; then echo refused; fi; echo on`,
    'refused\non\n',
    REFUSED,
  ],
  [
    'at the end of a pipe',
    `echo "${BAD}" | cat >> dynamic_events; echo $?`,
    '1\n',
    'cat: write error: No such file or directory\n',
  ],
  [
    'through tee',
    `echo "${BAD}" | tee -a dynamic_events; echo $?`,
    `${BAD}\n1\n`,
    'tee: dynamic_events: No such file or directory\n',
  ],
  [
    'a here-document',
    `cat >> dynamic_events <<EOF; echo $?\n${BAD}\nEOF`,
    '1\n',
    'cat: write error: No such file or directory\n',
  ],
  [
    'with printf',
    `printf '%s\\n' "${BAD}" >> dynamic_events; echo $?`,
    '1\n',
    'sh: printf: write error: No such file or directory\n',
  ],
  ['errors elsewhere', `echo "${BAD}" >> dynamic_events 2> /tmp/e; cat /tmp/e`, REFUSED, ''],
  ['stderr to the file', `echo "${BAD}" 2>/dev/null >> dynamic_events; echo $?`, '1\n', ''],
  [
    'an exact errno',
    'echo 2 > options/overwrite; echo "-:nope" >> dynamic_events; echo nope > current_tracer',
    '',
    'sh: echo: write error: Invalid argument\nsh: echo: write error: No such file or directory\nsh: echo: write error: Invalid argument\n',
  ],
  [
    'a file that is only read',
    'echo x > trace_clock; echo x > available_events; echo $?',
    '1\n',
    'sh: echo: write error: Invalid argument\nsh: echo: write error: Invalid argument\n',
  ],
  ['a file that is only written', 'cat trace_marker; echo $?', '1\n', 'cat: trace_marker: Invalid argument\n'],
  [
    'creating one',
    'echo x > new; mkdir new; rm README; echo $?',
    '1\n',
    "sh: new: Permission denied\nmkdir: cannot create directory 'new': Operation not permitted\nrm: cannot remove 'README': Operation not permitted\n",
  ],
])('a refused write: %s', async (_, script, out, err) => {
  const run = await sh(script);
  expect({ out: run.out, err: run.err }).toEqual({ out, err });
});

test('events of the shell’s own processes: names, pids, who forked whom', async () => {
  const { out, err } = await sh(`
    echo 'f:fork kernel_clone%return pid=$retval:s64' >> dynamic_events
    echo 'f:read vfs_read%return name=file->f_path.dentry->d_name.name:string ret=$retval:s64' >> dynamic_events
    echo 1 > events/fprobes/enable
    ( echo forked )
    cat tracing_on
    echo 0 > events/fprobes/enable
    grep -v '^#' trace | sed 's/ *\\[.*: \\([a-z]*\\): ([^)]*)/ \\1/; s/^ *//'
  `);
  expect(err).toBe('');
  const lines = out.trimEnd().split('\n');
  expect(lines.slice(0, 2)).toEqual(['forked', '1']);
  expect(lines.slice(2).filter((line) => /tracing_on|fork/.test(line))).toEqual([
    'sh-146 fork pid=147',
    'sh-146 fork pid=148',
    'cat-148 read name="tracing_on" ret=2',
    'cat-148 read name="tracing_on" ret=0',
  ]);
});

test('an exec and an exit of each command, with its status', async () => {
  const { out } = await sh(`
    for event in sched/sched_process_exec sched/sched_process_exit; do echo 1 > events/$event/enable; done
    echo 'f:code do_exit code' >> dynamic_events; echo 1 > events/fprobes/enable
    grep -q nothing tracing_on
    (exit 7)
    echo 0 > events/enable
    grep -v '^#' trace | sed 's/ *\\[.*[0-9]: / /; s/^ *//'
  `);
  expect(out.split('\n').filter((line) => /code|filename/.test(line))).toEqual([
    'grep-147 sched_process_exec: filename=/usr/bin/grep pid=147 old_pid=147',
    'grep-147 code: (do_exit+0x4/0xa60) code=256',
    'sh-148 code: (do_exit+0x4/0xa60) code=1792',
  ]);
});

test('events of one pid, and of its children', async () => {
  const { out } = await sh(`
    echo 1 > options/event-fork; echo $$ > set_event_pid
    echo 1 > events/sched/sched_process_fork/enable
    (:); sh -c '(:)'
    echo 0 > events/enable
    grep -c sched_process_fork: trace; cat set_event_pid
  `);
  // What reads the list is a child, too.
  expect(out).toBe('3\n146\n151\n');
});

test('trace_pipe hands on what comes, and ends with its reader', async () => {
  const { out, stuck } = await sh(`
    cat trace_pipe > /tmp/piped & reader=$!
    echo one > trace_marker; sleep 0.1; echo two > trace_marker; sleep 0.1
    kill $reader; wait $reader; echo $?
    sed 's/.*tracing_mark_write: //' /tmp/piped
    (sleep 1; echo three > trace_marker; echo four > trace_marker) &
    head -n 1 trace_pipe | sed 's/.*: //'
  `);
  expect(out).toBe('143\none\ntwo\nthree\n');
  expect(stuck).toBe(false);
});

test('what sleeps for good is ended', async () => {
  const { status, stuck } = await sh('echo waiting; cat trace_pipe; echo never');
  expect({ status, stuck }).toEqual({ status: 130, stuck: true });
});

test('sleeping takes the machine’s time, not ours', async () => {
  const { out } = await sh(
    'read before _ < /proc/uptime; sleep 1h; read after _ < /proc/uptime; echo "$after $before" | awk \'{ print int($1 - $2) }\'',
  );
  expect(out).toBe('3600\n');
});

test('a pipe that nobody reads ends its writer', async () => {
  expect((await sh('yes | head -n 2; echo done; (yes; echo $? >&2) | head -n 1')).out).toBe('y\ny\ndone\ny\n');
});

test('instances, directories and owners', async () => {
  const { out, err } = await sh(`
    mkdir instances/a && ls instances; [ -d instances/a/events ] && echo dir; rmdir instances/a; ls instances
    stat -c '%a %U %m' trace; chgrp tty trace; stat -c %G trace; ls -l tracing_on | cut -d' ' -f1-4
    cd events/sched; pwd; cd ../..; pwd; ls -d ev*; cat ../../../etc/hostname; cd /sys/kernel/debug/tracing; cat tracing_on
    mount | grep -c tracefs; grep tracefs /proc/mounts; [ -d /proc/self ] && readlink /proc/self | wc -l
  `);
  expect(err).toBe('');
  expect(out).toBe(
    'a\ndir\n640 root /sys/kernel/tracing\ntty\n-rw-r----- 1 root root\n/sys/kernel/tracing/events/sched\n/sys/kernel/tracing\nevents\nfprobe\n1\n1\nnodev /sys/kernel/tracing tracefs rw,relatime 0 0\n1\n',
  );
});

test('what the machine tells of itself', async () => {
  const { out } = await sh(
    `
    uname -sr; nproc; cat /proc/sys/kernel/ostype /sys/devices/system/cpu/online; id -u; wc -l < /proc/kallsyms
    grep -w vfs_read /proc/kallsyms; wc -c < /sys/kernel/btf/vmlinux; cat /dev/null; getent group root; ls /proc/self/fd | tr '\\n' ' '
    test -x /bin/cat && command -v cat; [ -e /etc/shadow ]; echo $?; taskset -p $$; cat /proc/self/comm
  `,
    { cpus: 2 },
  );
  expect(out).toBe(
    `Linux ${profile.release}\n2\nLinux\n0-1\n0\n163255\n${profile.symbols.lookupName('vfs_read')!.toString(16)} T vfs_read\n${profile.btfBytes.length}\nroot:x:0:\n0 1 2 3 /usr/bin/cat\n1\npid 146's current affinity mask: 3\ncat\n`,
  );
});

const availableEvents = () =>
  (SimulatedKernel.boot(profile).tracefs.read('available_events') as string).trimEnd().split('\n').length;

test('globs over the events', async () => {
  const { out } = await sh(
    'set -- events/*/*/enable; echo $#; echo events/sch*/*_switch events/nope/*; ls -d instances/*; echo $?',
  );
  const count = availableEvents();
  expect(out).toBe(`${count}\nevents/sched/sched_switch events/nope/*\n2\n`);
});

test('recorded programs run', async () => {
  const { out } = await sh(`
    run; echo 'f:open do_sys_openat2 filename:ustring' >> dynamic_events; echo 1 > events/fprobes/enable
    run cat; echo 0 > events/fprobes/enable; grep -c 'filename="/work/data"' trace; run nope
  `);
  expect(out).toBe(`${profile.workloads.names.join('\n')}\n1\n`);
});

test('the same script gives the same trace', async () => {
  const script =
    'echo 1 > events/sched/enable; for i in 1 2; do (echo $i | cat) & done; wait; sleep 0.5; echo 0 > events/enable; cat trace';
  const [first, second] = [await sh(script, { cpus: 2 }), await sh(script, { cpus: 2 })];
  expect(first.out.length).toBeGreaterThan(2000);
  expect(second.out).toBe(first.out);
});

test('64 times registered and unregistered', async () => {
  const kernel = SimulatedKernel.boot(profile, { first: SHELL_PROCESS });
  const { out } = await sh(
    'i=0; while [ $i -lt 64 ]; do echo "f:ev$i vfs_read" >> dynamic_events; echo 1 > events/fprobes/ev$i/enable; echo 0 > events/fprobes/ev$i/enable; echo -:ev$i >> dynamic_events; i=$((i+1)); done; cat dynamic_events; wc -l < enabled_functions',
    { kernel },
  );
  expect(out).toBe('0\n');
});

test('one that slept long enough while others worked is no reason to give up', async () => {
  const { out, stuck } = await sh(`
    for system in syscalls rcu timer sched; do echo 1 > events/$system/enable; done
    short() { ping 127.0.0.1 -c 1 > /dev/null; }
    short; short & wait $!; echo done
  `);
  expect({ out, stuck }).toEqual({ out: 'done\n', stuck: false });
});

test('owners: an instance belongs to whom its directory does, a remount gives all files a group', async () => {
  const { out } = await sh(`
    chgrp tty instances; mkdir instances/a; stat -c %G instances/a instances/a/trace trace
    mount -o remount,gid=4 /sys/kernel/tracing; stat -c %G . trace instances/a/trace; grep tracefs /proc/mounts
    rmdir instances/a; chgrp root instances; mkdir instances/a; stat -c %G instances/a; rmdir instances/a
  `);
  expect(out).toBe('tty\ntty\nroot\nadm\nadm\nadm\nnodev /sys/kernel/tracing tracefs rw,relatime,gid=4 0 0\nroot\n');
});

test('a sleep lets the idle task run, until its timer expires', async () => {
  const { out } = await sh(`
    for event in sched/sched_switch timer/hrtimer_expire_entry; do echo 1 > events/$event/enable; done
    echo 'f:asks hrtimer_nanosleep rqtp' >> dynamic_events; echo 1 > events/fprobes/enable
    sleep 0.25
    echo 0 > events/enable
    grep -v '^#' trace | sed 's/ *\\[.*[0-9]: / /; s/^ *//; s/hrtimer=[0-9a-f]*//; s/ prev_prio.*next_comm/ to/; s/now=.*/now/'
  `);
  expect(out.split('\n').filter((line) => /rqtp|swapper|expire/.test(line))).toEqual([
    'sleep-147 asks: (hrtimer_nanosleep+0x4/0x100) rqtp=250000000',
    'sleep-147 sched_switch: prev_comm=sleep prev_pid=147 to=swapper/0 next_pid=0 next_prio=120',
    '<idle>-0 hrtimer_expire_entry:  function=hrtimer_wakeup now',
    '<idle>-0 sched_switch: prev_comm=swapper/0 prev_pid=0 to=sleep next_pid=147 next_prio=120',
  ]);
});

test('awk reads what does not end, and stops when it has seen enough', async () => {
  const { out, stuck } = await sh(`
    echo 'f:rd vfs_read' >> dynamic_events; echo 1 > events/fprobes/rd/enable
    (for i in 1 2 3; do sleep 1; cat tracing_on > /tmp/x; done) &
    awk '/cat-.* rd:/ { print "seen", ++n; if (n == 4) exit 3 }' trace_pipe
    echo $?
  `);
  expect({ out, stuck }).toEqual({ out: 'seen 1\nseen 2\nseen 3\nseen 4\n3\n', stuck: false });
});

test('a shell sleeps until its children have exited', async () => {
  const { out } = await sh(`
    echo 't:sw sched_switch p=prev->pid n=next->pid' >> dynamic_events; echo 'f:to schedule' >> dynamic_events
    echo 'f:got kernel_wait4%return pid=$retval' >> dynamic_events
    sleep 1 & child=$!
    for each in tracepoints/sw fprobes/to fprobes/got; do echo 1 > events/$each/enable; done
    wait $child
    for each in tracepoints fprobes; do echo 0 > events/$each/enable; done
    grep -v '^#' trace | sed 's/ *\\[.*[0-9]: / /; s/(.*) *//; s/^ *//'
  `);
  expect(out.split('\n')).toEqual([
    'sh-146 to: ',
    'sh-146 sw: p=146 n=0',
    '<idle>-0 sw: p=0 n=147',
    'sleep-147 sw: p=147 n=146',
    'sh-146 got: pid=147',
    '',
  ]);
});

test.each([
  ['seq 1 150000 | sort -n | tail -n 1', '150000\n'],
  ["printf 'a\\%03o|%s\\n' 8 x", 'a\\010|x\n'],
  ["printf '1\\n2\\n3\\n' | grep -m 1 -A 1 2", '2\n3\n'],
  ['echo abab | grep -o b | wc -l', '2\n'],
])('%s', async (script, out) => {
  expect((await sh(script)).out).toBe(out);
});
