import type { KernelFiles } from './kernel-files.ts';
import { madeDir, madeFile, type RamDir, type RamNode, ramDir, ramLink } from './ram-tree.ts';
import type { ShellProcess } from './shell-process.ts';
import type { ShellSystem } from './shell-system.ts';

const CPU_MODEL = 'Intel Core Processor (Haswell)';

/** A number that is written to a file and read from it. */
function setting(initial: string): RamNode {
  let value = initial;
  const write = (data: string) => {
    value = data.trim().split(/\s+/)[0] ?? '';
    return data.length;
  };
  return madeFile({ read: () => `${value}\n`, write });
}

/** /proc, as far as scripts that trace a kernel look at it. */
export function procTree(system: ShellSystem, files: KernelFiles): RamDir {
  const { machine, profile } = system.kernel;
  const seconds = () => machine.clock.now / 1e9;
  const processes = {
    names: () => [...system.processes.keys()].map(String),
    get: (name: string) => {
      const process = /^\d+$/.test(name) ? system.processes.get(Number(name)) : undefined;
      return process && processDir(system, process);
    },
  };
  return madeDir(processes, {
    cmdline: madeFile({ read: () => 'console=ttyS0 nokaslr quiet\n' }),
    cpuinfo: madeFile({ read: () => machine.cpus.map(({ id }) => cpuText(id)).join('') }),
    filesystems: madeFile({ read: () => 'nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdebugfs\nnodev\ttracefs\n' }),
    kallsyms: madeFile({ read: files.kallsyms }),
    loadavg: madeFile({ read: () => `0.00 0.00 0.00 1/${system.processes.size} ${machine.nextPid - 1}\n` }),
    meminfo: madeFile({
      read: () => 'MemTotal:        1014312 kB\nMemFree:          914312 kB\nMemAvailable:     934312 kB\n',
    }),
    modules: madeFile({ read: () => '' }),
    mounts: ramLink('self/mounts'),
    self: ramLink((who) => String(who.pid)),
    sys: ramDir({
      kernel: ramDir({
        ftrace_dump_on_oops: setting('0'),
        ftrace_enabled: setting('1'),
        hostname: setting('fprobe'),
        kptr_restrict: setting('0'),
        osrelease: madeFile({ read: () => `${profile.release}\n` }),
        ostype: madeFile({ read: () => 'Linux\n' }),
        panic_on_oops: setting('0'),
        perf_event_paranoid: setting('2'),
        pid_max: setting('32768'),
        sched_rt_runtime_us: setting('950000'),
        stack_tracer_enabled: setting('0'),
        traceoff_on_warning: setting('0'),
        tracepoint_printk: setting('0'),
      }),
    }),
    uptime: madeFile({ read: () => `${seconds().toFixed(2)} ${seconds().toFixed(2)}\n` }),
    version: madeFile({ read: files.version }),
  });
}

function processDir(system: ShellSystem, process: ShellProcess): RamDir {
  const { task, parent } = process;
  const state = () => (process.status !== undefined ? 'Z' : system.kernel.processes.current === task ? 'R' : 'S');
  const fds = {
    names: () => [...process.fds.keys()].map(String),
    get: (name: string) => {
      const description = process.fds.get(Number(name));
      if (!description) return undefined;
      const { stream } = description;
      return stream.path.startsWith('/') && !stream.isTerminal
        ? ramLink(stream.path)
        : madeFile({ open: () => ({ ...stream, close: () => {} }) }, 0o600);
    },
  };
  return ramDir(
    {
      cmdline: madeFile({ read: () => process.argv.map((word) => `${word}\0`).join('') }),
      comm: madeFile({
        read: () => `${task.comm}\n`,
        write: (data) => {
          task.comm = data.replace(/\n$/, '').slice(0, 15);
          system.kernel.data.renamed(task);
          return data.length;
        },
      }),
      cwd: ramLink(() => process.cwd),
      exe: ramLink(() => `/usr/bin/${task.comm}`),
      fd: madeDir(fds),
      mounts: madeFile({ read: () => system.mounts.text() }),
      root: ramLink('/'),
      stat: madeFile({
        read: () =>
          `${process.pid} (${task.comm}) ${state()} ${parent?.pid ?? 1} ${process.group} ${process.group} 0 -1 4194304 ${'0 '.repeat(42)}0\n`,
      }),
      status: madeFile({
        read: () =>
          `Name:\t${task.comm}\nUmask:\t${process.umask.toString(8).padStart(4, '0')}\nState:\t${state()}\nTgid:\t${task.tgid}\nPid:\t${process.pid}\nPPid:\t${parent?.pid ?? 1}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n`,
      }),
      task: madeDir({
        names: () => [String(process.pid)],
        get: (name) => (name === String(process.pid) ? ramDir() : undefined),
      }),
    },
    0o555,
  );
}

function cpuText(id: number): string {
  return `processor\t: ${id}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 60\nmodel name\t: ${CPU_MODEL}\ncpu cores\t: 1\nflags\t\t: fpu tsc lm\nbogomips\t: 4800.00\n\n`;
}
