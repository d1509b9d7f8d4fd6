import { kernelFiles } from './kernel-files.ts';
import { procTree } from './proc-tree.ts';
import { madeDir, madeFile, mountPoint, type RamDir, ramDir, ramFile, ramLink } from './ram-tree.ts';
import type { ShellProcess } from './shell-process.ts';
import type { ShellSystem } from './shell-system.ts';

const OS_RELEASE = 'PRETTY_NAME="fprobe-sim"\nNAME="fprobe-sim"\nID=fprobe-sim\n';

/** The file system of a simulated machine: what scripts that trace a kernel look for. Nothing of the host is in it. */
export function rootTree(system: ShellSystem): RamDir {
  const files = kernelFiles(system.kernel);
  const programs = madeDir({
    names: () => system.programs(),
    get: (name) => (system.programs().includes(name) ? madeFile({ read: () => '' }, 0o755) : undefined),
  });
  return ramDir({
    bin: ramLink('usr/bin'),
    sbin: ramLink('usr/bin'),
    dev: devices(),
    etc: ramDir({
      group: ramFile('root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\nnogroup:x:65534:\n'),
      hostname: ramFile('fprobe\n'),
      hosts: ramFile('127.0.0.1\tlocalhost\n'),
      'os-release': ramFile(OS_RELEASE),
      passwd: ramFile('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n'),
      shells: ramFile('/bin/sh\n'),
    }),
    home: ramDir(),
    mnt: ramDir(),
    proc: procTree(system, files),
    root: ramDir({}, 0o700),
    run: ramDir(),
    sys: ramDir({
      devices: ramDir({ system: ramDir({ cpu: cpuDir(system.kernel.machine.cpus.length) }) }),
      fs: ramDir({ cgroup: ramDir() }),
      kernel: ramDir({
        btf: ramDir({ vmlinux: madeFile({ read: files.btf }) }),
        debug: ramDir({ tracing: mountPoint() }, 0o700),
        tracing: mountPoint(),
      }),
      module: ramDir(),
    }),
    tmp: ramDir({}, 0o1777),
    usr: ramDir({ bin: programs, sbin: ramLink('bin'), lib: ramDir(), share: ramDir() }),
    var: ramDir({ tmp: ramDir({}, 0o1777), log: ramDir() }),
  });
}

function devices(): RamDir {
  const device = (ops: Parameters<typeof madeFile>[0], mode = 0o666) => madeFile({ ...ops, isDevice: true }, mode);
  const endless = (path: string, bytes: (size: number) => string) =>
    device({
      open: () => ({ path, read: bytes, write: (data) => data.length, close: () => {} }),
    });
  const own = (fd: number) => ramLink((who: ShellProcess) => `/proc/${who.pid}/fd/${fd}`);
  return ramDir({
    console: device({ open: (who) => reopened(who, 2) }, 0o600),
    fd: ramLink((who) => `/proc/${who.pid}/fd`),
    full: device({ read: () => '', write: () => -28 }),
    null: device({ read: () => '', write: (data) => data.length }),
    shm: ramDir({}, 0o1777),
    stderr: own(2),
    stdin: own(0),
    stdout: own(1),
    tty: device({ open: (who) => reopened(who, 0) }),
    zero: endless('/dev/zero', (size) => '\0'.repeat(Math.min(size, 65_536))),
  });
}

/** What a process has open under a descriptor, opened once more. */
function reopened(who: ShellProcess, fd: number) {
  const stream = who.fds.get(fd)?.stream;
  return stream ? { ...stream, close: () => {} } : -6;
}

function cpuDir(count: number): RamDir {
  const list = count === 1 ? '0\n' : `0-${count - 1}\n`;
  const cpus = Array.from({ length: count }, (_, cpu) => [
    `cpu${cpu}`,
    ramDir(cpu === 0 ? {} : { online: ramFile('1\n') }),
  ]);
  return ramDir({
    ...Object.fromEntries(cpus),
    online: ramFile(list, 0o444),
    possible: ramFile(list, 0o444),
    present: ramFile(list, 0o444),
  });
}
