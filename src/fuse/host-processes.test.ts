import { expect, test } from 'vitest';
import { HostProcesses } from './host-processes.ts';
import { type ProcessSource, type ProcessState, parseStat } from './proc-source.ts';

/** A task of the simulated side: its pid, and the name that it goes by. */
interface Task {
  readonly pid: number;
  comm: string;
}

/** A host whose processes are what a test says; and what the simulated kernel is told, a line each. */
class Host implements ProcessSource {
  readonly states = new Map<number, ProcessState>();
  readonly told: string[] = [];
  last = 100;
  readonly leaders = new Map<number, number>();

  look = (pid: number) => this.states.get(pid);
  children = (pid: number) => [...this.states].filter(([, { ppid }]) => ppid === pid).map(([child]) => child);
  leader = (pid: number) => this.leaders.get(pid) ?? pid;
  program = (pid: number) => `/bin/${this.states.get(pid)?.comm}`;
  lastPid = () => this.last;
  maxPid = () => 1000;
  forget = () => {};

  /** A process comes to be; the last pid is its. */
  start(pid: number, comm: string, ppid: number, started = 10): void {
    this.states.set(pid, { comm, ppid, started, faults: 20, childFaults: 0 });
    this.last = Math.max(this.last, pid);
  }

  /** A process exits and is waited for: its parent inherits its faults, and those it has since. */
  reap(pid: number, more = 0): void {
    const { ppid, faults, childFaults } = this.states.get(pid)!;
    this.states.delete(pid);
    this.inherit(ppid, faults + childFaults + more);
  }

  inherit(pid: number, faults: number): void {
    const state = this.states.get(pid)!;
    this.states.set(pid, { ...state, childFaults: state.childFaults + faults });
  }
}

function follow(host: Host): HostProcesses<Task> {
  const { told } = host;
  const first = { pid: 1, comm: 'first' };
  let next = 9000;
  return new HostProcesses<Task>(
    {
      first,
      fork: (parent, { pid, waited }) => {
        const task = { pid: pid ?? next++, comm: parent.comm };
        told.push(`${parent.comm} forks ${pid ?? 'somebody'}${waited ? ' and waits' : ''}`);
        return task;
      },
      adopt: (_, { pid, comm }) => {
        told.push(`${comm} ${pid} was there`);
        return { pid, comm };
      },
      exec: (task, path, comm) => {
        told.push(`${task.comm} ${task.pid} runs ${path}`);
        task.comm = comm;
      },
      exit: (task) => told.push(`${task.comm} ${task.pid < 9000 ? task.pid : 'somebody'} exits`),
      wait: (parent, child) => told.push(`${parent.comm} waited for ${child.pid}`),
    },
    host,
    { firstPid: 1, since: 5 },
  );
}

function shell(): { host: Host; processes: HostProcesses<Task>; told: () => string[] } {
  const host = new Host();
  host.start(1, 'first', 0, 0);
  const processes = follow(host);
  host.start(101, 'sh', 1);
  processes.enter(101, 'openat');
  host.told.length = 0;
  return { host, processes, told: () => host.told.splice(0) };
}

test('a new process was forked by its parent and runs a program; its ancestors come first', () => {
  const host = new Host();
  host.start(1, 'first', 0, 0);
  const processes = follow(host);
  host.start(101, 'bash', 1);
  host.start(102, 'bash', 101);
  host.start(103, 'cat', 102);
  expect(processes.enter(103, 'openat')).toMatchObject({ pid: 103, comm: 'cat' });
  expect(host.told).toEqual([
    'first forks 101',
    'first 101 runs /bin/bash',
    'bash forks 102',
    'bash forks 103',
    'bash 103 runs /bin/cat',
  ]);
});

test('processes that are older than the mount were there', () => {
  const host = new Host();
  host.start(1, 'first', 0, 0);
  host.start(50, 'login', 1, 3);
  const processes = follow(host);
  processes.enter(50, 'openat');
  expect(host.told).toEqual(['login 50 was there']);
});

test('a child that used a file and has gone has exited, and was waited for', () => {
  const { host, processes, told } = shell();
  host.start(102, 'cat', 101);
  processes.enter(102, 'openat');
  host.reap(102, 2);
  processes.enter(101, 'openat');
  expect(told()).toEqual(['sh forks 102', 'sh 102 runs /bin/cat', 'cat 102 exits', 'sh waited for 102']);
});

test.each([
  { children: 1, faults: 22, pids: 1, seen: 1 },
  { children: 5, faults: 22, pids: 5, seen: 5 },
  { children: 5, faults: 22, pids: 50, seen: 5 },
  { children: 1, faults: 22, pids: 40, seen: 1 },
  { children: 3, faults: 24, pids: 3, seen: 3 },
  { children: 0, faults: 0, pids: 7, seen: 0 },
])(
  '$children children with $faults faults each that nobody saw, among $pids new pids: $seen',
  ({ children, faults, pids, seen }) => {
    const { host, processes, told } = shell();
    host.last += pids;
    host.inherit(101, children * faults);
    processes.enter(101, 'openat');
    expect(told()).toEqual(
      Array.from({ length: seen }, () => ['sh forks somebody and waits', 'sh somebody exits']).flat(),
    );
  },
);

test('how many faults a child of a program has is learnt from one alone', () => {
  const { host, processes, told } = shell();
  host.last += 1;
  host.inherit(101, 50);
  processes.enter(101, 'openat');
  host.last += 30;
  host.inherit(101, 100);
  processes.enter(101, 'openat');
  expect(told().filter((line) => line.endsWith('waits'))).toHaveLength(3);
});

test('a small child is seen after a big one, and on a busy host no more than one in its place', () => {
  const { host, processes, told } = shell();
  const child = (faults: number, pids: number) => {
    host.last += pids;
    host.inherit(101, faults);
    processes.enter(101, 'openat');
    return told().filter((line) => line.endsWith('waits')).length;
  };
  expect([child(76, 1), child(31, 1), child(76, 1), child(62, 2)]).toEqual([1, 1, 1, 2]);
  expect([child(31, 9), child(31, 2), child(45, 2)]).toEqual([1, 1, 1]);
});

test('pids start again from the lowest that is not reserved', () => {
  const { host, processes, told } = shell();
  host.last = 998;
  host.inherit(101, 1);
  processes.enter(101, 'openat');
  host.last = 301;
  host.inherit(101, 66);
  processes.enter(101, 'openat');
  expect(told().filter((line) => line.endsWith('waits'))).toHaveLength(3);
});

test('pids that were counted for one process are not missed for another that is seen at the same time', () => {
  const { host, processes, told } = shell();
  host.inherit(101, 22);
  host.start(103, 'sh', 101);
  host.last = 104;
  host.inherit(103, 22);
  processes.enter(103, 'openat');
  expect(told().filter((line) => line.endsWith('waits'))).toHaveLength(2);
});

test('a child that nobody saw is told from one that was seen and has gone', () => {
  const { host, processes, told } = shell();
  host.start(102, 'cat', 101);
  processes.enter(102, 'openat');
  host.reap(102, 2);
  host.last += 1;
  host.inherit(101, 22);
  processes.enter(101, 'openat');
  expect(told().slice(2)).toEqual([
    'cat 102 exits',
    'sh waited for 102',
    'sh forks somebody and waits',
    'sh somebody exits',
  ]);
});

test('children that live are seen when their parent is', () => {
  const { host, processes, told } = shell();
  host.start(102, 'sleep', 101);
  processes.enter(101, 'openat');
  expect(told()).toEqual(['sh forks 102', 'sh 102 runs /bin/sleep']);
});

test('children that a process had before it was seen are its own', () => {
  const { host, processes, told } = shell();
  host.start(102, 'sh', 101);
  host.last += 2;
  host.inherit(102, 2 * 22);
  processes.enter(102, 'openat');
  host.reap(102, 1);
  processes.enter(101, 'openat');
  const forked = ['sh forks somebody and waits', 'sh somebody exits'];
  expect(told()).toEqual(['sh forks 102', ...forked, ...forked, 'sh 102 exits', 'sh waited for 102']);
});

test('another program under the same pid was executed', () => {
  const { host, processes, told } = shell();
  host.states.set(101, { ...host.states.get(101)!, comm: 'grep' });
  processes.enter(101, 'openat');
  expect(told()).toEqual(['sh 101 runs /bin/grep']);
});

test('what a program forks has its name, not that of the one before', () => {
  const { host, processes, told } = shell();
  host.states.set(101, { ...host.states.get(101)!, comm: 'make' });
  host.start(102, 'make', 101);
  processes.enter(102, 'openat');
  expect(told()).toEqual(['sh 101 runs /bin/make', 'make forks 102']);
});

test('a pid that somebody else has by now is another process', () => {
  const { host, processes, told } = shell();
  host.start(101, 'ls', 1, 99);
  processes.enter(101, 'openat');
  expect(told()).toEqual(['sh 101 exits', 'first forks 101', 'first 101 runs /bin/ls']);
});

test('a thread was made by its process', () => {
  const { host, processes, told } = shell();
  host.start(105, 'worker', 1);
  host.leaders.set(105, 101);
  processes.enter(105, 'read');
  expect(told()).toEqual(['sh forks 105', 'sh 105 runs /bin/worker']);
});

test('who opened a file is not looked at again when it reads it', () => {
  const { host, processes, told } = shell();
  processes.enter(101, 'openat');
  host.last += 1;
  host.inherit(101, 22);
  processes.enter(101, 'read');
  expect(told()).toEqual([]);
  processes.enter(101, 'read');
  expect(told()).toHaveLength(2);
});

test('requests of the kernel itself are those of the first', () => {
  const { processes } = shell();
  expect(processes.enter(0, 'read')).toMatchObject({ pid: 1 });
  expect(processes.enter(4711, 'read')).toMatchObject({ pid: 1 });
});

test.each([
  [
    '77 (a (b) c) S 5 77 77 34816 80 4194304 120 340 0 0 1 2 3 4 20 0 1 0 9876 2572288 200 18446744073709551615',
    { comm: 'a (b) c', ppid: 5, faults: 120, childFaults: 340, started: 9876 },
  ],
  ['nonsense', undefined],
])('/proc/PID/stat %j', (text, state) => {
  expect(parseStat(text)).toEqual(state);
});
