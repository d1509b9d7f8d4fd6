import { Errno } from '../abi/errno.ts';
import type { Task } from '../machine/index.ts';
import type { CallName, SystemCall } from '../tracefs/index.ts';
import type { ShellSystem } from './shell-system.ts';
import { isDeadly, Killed, SIGKILL, SIGPIPE } from './signals.ts';
import { Description, type FileStat, Pipe, type Stream } from './stream.ts';
import type { OpenMode } from './vfs.ts';

/** open(2)'s flags by bit. */
const O_WRONLY = 1;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
const O_APPEND = 0o2000;

function openFlags({ read, write, create, truncate, append }: OpenMode): number {
  const access = write ? (read ? O_RDWR : O_WRONLY) : 0;
  return access | (create ? O_CREAT : 0) | (truncate ? O_TRUNC : 0) | (append ? O_APPEND : 0);
}

/** What a process that has ended left: its exit code, or 128 and the signal that ended it. */
type Ending = (status: number) => void;

/**
 * A process of the shell or of a program that it started: descriptors, directory, signals. Its system calls pass through the simulated kernel. A call
 * in a process that a signal has ended throws {@link Killed}.
 */
export class ShellProcess {
  readonly system: ShellSystem;
  readonly task: Task;
  readonly parent: ShellProcess | undefined;
  readonly children = new Set<ShellProcess>();
  readonly fds = new Map<number, Description>();
  cwd = '/';
  umask = 0o022;
  /** Words that it was started with. */
  argv: readonly string[];
  /** Processes of one job share it: Ctrl-C ends them together. */
  group: number;
  /** Exit status, once it has ended. */
  status: number | undefined;
  /** Signals that it catches, or ignores. */
  readonly caught = new Map<number, 'ignored' | (() => void)>();
  #killed = 0;
  #interrupts = new Set<() => void>();
  #endings: Ending[] = [];
  readonly #waited: boolean;

  constructor(system: ShellSystem, task: Task, parent?: ShellProcess, waited = false) {
    this.system = system;
    this.task = task;
    this.parent = parent;
    this.#waited = waited;
    this.argv = parent?.argv ?? [task.comm];
    this.group = parent?.group ?? task.pid;
    if (!parent) return;
    this.cwd = parent.cwd;
    this.umask = parent.umask;
    for (const [fd, description] of parent.fds) this.fds.set(fd, description.use());
    for (const [signal, handler] of parent.caught) if (handler === 'ignored') this.caught.set(signal, handler);
    parent.children.add(this);
    system.processes.set(task.pid, this);
  }

  get pid(): number {
    return this.task.pid;
  }

  /** fork(2). `waited`: the parent does nothing but wait for it. */
  fork(waited = false): ShellProcess {
    this.check();
    const task = this.system.kernel.processes.fork(this.task, { waited });
    return new ShellProcess(this.system, task, this, waited);
  }

  /** execve(2): it is called as its program from now on. */
  exec(path: string, argv: readonly string[]): void {
    this.check();
    this.argv = argv;
    for (const [signal, handler] of this.caught) if (handler !== 'ignored') this.caught.delete(signal);
    this.system.kernel.processes.exec(this.task, path);
  }

  /** Ends it; its files are closed and its parent is told. */
  exit(status: number): void {
    if (this.status !== undefined) return;
    for (const description of this.fds.values()) description.release();
    this.fds.clear();
    this.status = status;
    const { processes } = this.system.kernel;
    processes.exit(this.task, status);
    for (const child of this.children) if (child.status !== undefined) this.system.processes.delete(child.pid);
    for (const ending of this.#endings) ending(status);
    this.#endings = [];
  }

  /** Waits until a child has ended, and forgets it. A signal that the waiting process catches ends the wait: undefined. */
  async wait(child: ShellProcess): Promise<number | undefined> {
    const { processes } = this.system.kernel;
    if (child.status === undefined) {
      const end = child.#waited ? () => {} : processes.waitAsleep(this.task, child.task);
      try {
        await this.#interruptible((wake) => {
          child.#endings.push(() => wake());
        });
      } finally {
        end(child.status === undefined);
      }
    } else if (this.children.has(child) && !child.#waited) processes.wait(this.task, child.task);
    if (child.status === undefined) return undefined;
    if (this.children.delete(child)) this.system.processes.delete(child.pid);
    return child.status;
  }

  /** Sends it a signal. Returns 0 or a negative errno. */
  kill(signal: number): number {
    if (this.status !== undefined) return -Errno.ESRCH;
    if (signal === 0) return 0;
    const handler = signal === SIGKILL ? undefined : this.caught.get(signal);
    if (handler === 'ignored') return 0;
    if (handler) handler();
    else if (!isDeadly(signal)) return 0;
    else this.#killed = signal;
    const waiting = this.#interrupts;
    this.#interrupts = new Set();
    for (const wake of waiting) wake();
    return 0;
  }

  /** Throws when a signal has ended it. */
  check(): void {
    if (this.#killed !== 0) throw new Killed(this.#killed);
  }

  /** Sleeps for so many nanoseconds, or until a signal comes. */
  async sleep(ns: number): Promise<void> {
    this.check();
    const end = this.system.kernel.processes.sleep(this.task, ns);
    let early = () => {};
    let over = false;
    try {
      await this.#interruptible((wake) => {
        const slept = this.system.scheduler.sleep(ns, (interrupt) => {
          early = interrupt;
        });
        void slept.then(() => {
          over = true;
          wake();
        });
        return () => early();
      });
    } finally {
      end(!over);
    }
  }

  open(path: string, how: OpenMode): number {
    this.check();
    return this.#call('openat', { path: this.#absolute(path), named: path, flags: openFlags(how) }, () => {
      const stream = this.system.vfs.open(this, path, how);
      return typeof stream === 'number' ? stream : this.install(stream);
    });
  }

  /** Gives a stream the lowest free descriptor from `from` on. */
  install(stream: Stream, from = 0): number {
    return this.#take(new Description(stream), from);
  }

  /** Gives a descriptor's file another descriptor: `to`, or the lowest free one from `from` on. */
  dup(fd: number, to: number | undefined, from = 0): number {
    const description = this.fds.get(fd);
    if (!description) return -Errno.EBADF;
    if (to === undefined) return this.#take(description, from);
    if (to === fd) return to;
    const old = this.fds.get(to);
    this.fds.set(to, description.use());
    old?.release();
    return to;
  }

  close(fd: number): number {
    const description = this.fds.get(fd);
    if (!description) return -Errno.EBADF;
    return this.#call('close', { path: description.stream.path, fd }, () => {
      this.fds.delete(fd);
      description.release();
      return 0;
    });
  }

  /** Reads up to so many bytes, waiting for the first. */
  async read(fd: number, size: number): Promise<string | number> {
    this.check();
    const stream = this.fds.get(fd)?.stream;
    if (!stream?.read) return -Errno.EBADF;
    await this.system.scheduler.work();
    for (;;) {
      await this.#whileBlocked(stream.waitRead?.bind(stream), stream.cancelRead?.bind(stream));
      let data = '' as string | number;
      this.#call('read', { path: stream.path, fd, count: size }, () => {
        data = stream.read!(size);
        return typeof data === 'number' ? data : data.length;
      });
      if (data !== -Errno.EAGAIN || !stream.waitRead) return data;
    }
  }

  /** Whether reading from a descriptor would have to wait. */
  wouldWait(fd: number): boolean {
    const stream = this.fds.get(fd)?.stream;
    const wake = () => {};
    const waits = stream?.waitRead?.(wake) === true;
    if (waits) stream?.cancelRead?.(wake);
    return waits;
  }

  /** Reads a line, byte by byte, as a shell's `read` does: with its newline, which is missing at the end of the file. */
  async readLine(fd: number): Promise<string | number> {
    const stream = this.fds.get(fd)?.stream;
    if (!stream?.read) return -Errno.EBADF;
    let line = '';
    while (!line.endsWith('\n')) {
      const byte = line === '' ? await this.read(fd, 1) : await this.#readQuietly(stream);
      if (typeof byte === 'number') return byte;
      if (byte === '') break;
      line += byte;
    }
    return line;
  }

  /** Writes all of the data, in as many calls as it takes. Returns its length or a negative errno. */
  async write(fd: number, data: string): Promise<number> {
    this.check();
    const stream = this.fds.get(fd)?.stream;
    if (!stream?.write) return -Errno.EBADF;
    await this.system.scheduler.work();
    let done = 0;
    do {
      await this.#whileBlocked(stream.waitWrite?.bind(stream));
      const rest = done === 0 ? data : data.slice(done);
      const what = { path: stream.path, fd, count: rest.length };
      const written = this.#call('write', what, () => stream.write!(rest));
      if (written === -Errno.EPIPE) {
        this.kill(SIGPIPE);
        this.check();
      }
      if (written === -Errno.EAGAIN && stream.waitWrite) continue;
      if (written < 0) return written;
      if (written === 0) break;
      done += written;
    } while (done < data.length);
    return done;
  }

  stat(path: string, follow = true): FileStat | number {
    let stat: FileStat | number = 0;
    this.#call('newfstatat', { path: this.#absolute(path) }, () => {
      stat = this.system.vfs.stat(this, path, follow);
      return typeof stat === 'number' ? stat : 0;
    });
    return stat;
  }

  list(path: string): string[] | number {
    let names: string[] | number = 0;
    this.#call('getdents64', { path: this.#absolute(path) }, () => {
      names = this.system.vfs.list(this, path);
      return typeof names === 'number' ? names : names.length * 32;
    });
    return names;
  }

  mkdir(path: string, mode?: number): number {
    return this.#call('mkdir', { path: this.#absolute(path) }, () => this.system.vfs.mkdir(this, path, mode));
  }

  rmdir(path: string): number {
    return this.#call('rmdir', { path: this.#absolute(path) }, () => this.system.vfs.rmdir(this, path));
  }

  chdir(path: string): number {
    const real = this.system.vfs.realPath(this, path);
    if (typeof real === 'number') return real;
    const stat = this.system.vfs.stat(this, real);
    if (typeof stat === 'number') return stat;
    if (stat.kind !== 'dir') return -Errno.ENOTDIR;
    this.cwd = real;
    return 0;
  }

  /** A pipe's two descriptors: to read from and to write to. */
  pipe(): readonly [number, number] {
    const { reader, writer } = new Pipe(this.system.nextPipe());
    return [this.install(reader), this.install(writer)];
  }

  #call(name: CallName, what: SystemCall, act: () => number): number {
    return this.system.kernel.processes.call(this.task, name, what, act);
  }

  #take(description: Description, from: number): number {
    let fd = from;
    while (this.fds.has(fd)) fd++;
    this.fds.set(fd, description.use());
    return fd;
  }

  #absolute(path: string): string {
    return path.startsWith('/') ? path : `${this.cwd}/${path}`;
  }

  async #readQuietly(stream: Stream): Promise<string | number> {
    await this.#whileBlocked(stream.waitRead?.bind(stream));
    return stream.read!(1);
  }

  async #whileBlocked(
    wait: ((wake: () => void) => boolean) | undefined,
    cancel: (wake: () => void) => void = () => {},
  ): Promise<void> {
    if (!wait) return;
    let blocked = true;
    while (blocked) {
      await this.#interruptible((wake) => {
        blocked = wait(wake);
        if (!blocked) wake();
        return () => cancel(wake);
      });
    }
  }

  /** Waits for `wake` to be called, or for a signal; throws when that ends the process. `start` may give what stops the waiting. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most have nothing to stop
  async #interruptible(start: (wake: () => void) => (() => void) | void): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#interrupts.delete(interrupt);
        resolve();
      };
      let stop: (() => void) | undefined;
      const interrupt = () => {
        stop?.();
        resolve();
      };
      this.#interrupts.add(interrupt);
      stop = start(wake) ?? undefined;
    });
    this.check();
  }
}
