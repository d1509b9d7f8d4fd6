import { Errno } from '../abi/errno.ts';
import type { OpenHow } from './node.ts';
import type { OpenFile } from './open-file.ts';
import type { CallName } from './process-pieces.ts';
import type { SystemCall } from './processes.ts';
import type { SimulatedKernel } from './simulated-kernel.ts';
import type { Stat, WriteHow } from './tracefs.ts';
import type { TranscriptTarget } from './transcript.ts';

/** Where the kernel has the tracing files. */
const ROOT = '/sys/kernel/tracing/';
/** Where the results of steps go. */
const OUTPUT = '/tmp/out';
/** Bytes that are written at a time, and most that one read gives of a text. */
const PAGE_SIZE = 4096;
/** Bytes of a step's result beside what was asked and answered. */
const RESULT_BYTES = 20;
/** Most that is read of a file, bytes. */
const BUFFER_SIZE = 1 << 22;
/** The lowest descriptor that is free. */
const FD = 3;
/** Flags of open(2). */
const O = { WRONLY: 0o1, CREAT: 0o100, TRUNC: 0o1000, APPEND: 0o2000, DIRECTORY: 0o200000 } as const;

/**
 * The process that takes the steps of transcripts: it opens, reads, writes and closes by system calls, and writes the result of each step to a
 * file of its own, so that what traces these functions sees what it saw on the kernel that was recorded.
 */
export class RecorderProcess implements TranscriptTarget {
  readonly #kernel: SimulatedKernel;
  /** Bytes of results that are not written yet. */
  #pending = 0;

  constructor(kernel: SimulatedKernel) {
    this.#kernel = kernel;
  }

  /** Reads a file to its end: text, or a negative errno. Of a file that is consumed, what there is now. */
  read(path: string): string | number {
    const file = this.#open(path, 0, { read: true });
    if (typeof file === 'number') return file;
    let content = '';
    let error = 0;
    while (content.length < BUFFER_SIZE) {
      const count = BUFFER_SIZE - content.length;
      const ret = this.#call('read', { path, fd: FD, count }, () => {
        const piece = file.read(count);
        if (typeof piece === 'number') return piece;
        content += piece;
        return piece.length;
      });
      if (ret < 0) error = ret;
      if (ret <= 0) break;
    }
    this.#close(path, file);
    this.#put(RESULT_BYTES + path.length + JSON.stringify(content).length);
    return error === 0 || (error === -Errno.EAGAIN && content !== '') ? content : error;
  }

  /** Opens, writes once, closes: bytes taken or a negative errno, also of the failing open. */
  write(path: string, data: string, { append = false }: WriteHow = {}): number {
    const flags = O.WRONLY | O.CREAT | (append ? O.APPEND : O.TRUNC);
    const file = this.#open(path, flags, { write: true, create: true, append, truncate: !append });
    let ret = file as number;
    if (typeof file !== 'number') {
      ret = this.#call('write', { path, fd: FD, count: data.length }, () => file.write(data));
      this.#close(path, file);
    }
    return this.#answer(ret, path.length + data.length);
  }

  stat(path: string): Stat | number {
    const stat = this.#kernel.tracefs.stat(path);
    this.#call('newfstatat', { path }, () => (typeof stat === 'number' ? stat : 0));
    return this.#answer(stat, path.length);
  }

  list(path: string): string[] | number {
    const { tracefs } = this.#kernel;
    const names = tracefs.list(path);
    const flags = O.DIRECTORY;
    const missing = names === -Errno.ENOENT;
    const opened = this.#call('openat', { path, flags, missing }, () => (typeof names === 'number' ? names : FD));
    if (opened >= 0) {
      for (const { length } of [names as string[], []]) this.#call('getdents64', { path, fd: FD }, () => length);
      this.#call('close', { path, fd: FD }, () => 0);
    }
    return this.#answer(names, path.length);
  }

  mkdir(path: string): number {
    return this.#answer(
      this.#call('mkdir', { path }, () => this.#kernel.tracefs.mkdir(path)),
      path.length,
    );
  }

  rmdir(path: string): number {
    return this.#answer(
      this.#call('rmdir', { path }, () => this.#kernel.tracefs.rmdir(path)),
      path.length,
    );
  }

  /** Forks so many children, one after the other; each exits at once and is waited for. Returns 0. */
  fork(count: number): number {
    return this.#answer(this.#kernel.fork(count), 0);
  }

  #open(path: string, flags: number, how: OpenHow): OpenFile | number {
    const opened: { file: OpenFile | number } = { file: -Errno.ENOENT };
    const missing = this.#kernel.tracefs.stat(path) === -Errno.ENOENT;
    this.#call('openat', { path, flags, missing }, () => {
      opened.file = this.#kernel.tracefs.open(path, how);
      return typeof opened.file === 'number' ? opened.file : FD;
    });
    return opened.file;
  }

  #close(path: string, file: { close(): void }): void {
    this.#call('close', { path, fd: FD }, () => {
      file.close();
      return 0;
    });
  }

  /** Writes the results so far. */
  #answer<T>(result: T, bytes: number): T {
    this.#put(RESULT_BYTES + bytes);
    this.#flush(this.#pending);
    return result;
  }

  /** Results are written when a page of them is full, or when a step ends that is not a read. */
  #put(bytes: number): void {
    this.#pending += bytes;
    while (this.#pending >= PAGE_SIZE) this.#flush(PAGE_SIZE);
  }

  #flush(count: number): void {
    const { processes } = this.#kernel;
    this.#pending -= count;
    processes.call(processes.first, 'write', { path: OUTPUT, fd: 1, count }, () => count);
  }

  #call(name: CallName, what: SystemCall, act: () => number): number {
    const { processes } = this.#kernel;
    return processes.call(processes.first, name, { ...what, path: `${ROOT}${what.path}`, named: what.path }, act);
  }
}
