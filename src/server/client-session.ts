import { Errno } from '../abi/errno.ts';
import { Parked } from '../fuse/index.ts';
import type { OpenFile, SystemCall } from '../tracefs/index.ts';
import { placeOf } from './kernel-files.ts';
import type { KernelHost } from './kernel-host.ts';
import type { KernelRequest, KernelResponse } from './requests.ts';

/** Descriptor that opens are said to give: the first that programs have free. */
const FIRST_FD = 3;

type FileRequest = Extract<
  KernelRequest,
  { op: 'open' | 'read' | 'write' | 'close' | 'list' | 'stat' | 'mkdir' | 'rmdir' }
>;

/** The files that one client has open, and its reads that wait. */
export class ClientSession {
  readonly #host: KernelHost;
  readonly #answer: (id: number, response: KernelResponse) => void;
  readonly #files = new Map<number, { readonly file: OpenFile; readonly path: string; readonly nonblock: boolean }>();
  readonly #waiting = new Map<number, number>();
  readonly #parked: Parked;
  #nextFile = FIRST_FD;
  /** The client's process. */
  pid = 0;

  /**
   * @param answer takes the answer to the request of an id, at once or later
   * @param woken told when a read can go on: `wake()` is due
   */
  constructor(host: KernelHost, answer: (id: number, response: KernelResponse) => void, woken: () => void) {
    this.#host = host;
    this.#answer = answer;
    this.#parked = new Parked({
      read: (id, result) => {
        this.#waiting.delete(id);
        answer(id, readResponse(result));
      },
      ready: () => {},
      woken,
    });
  }

  /** Does what a request about files asks for. */
  handle(id: number, request: FileRequest): void {
    if (request.op === 'read') this.#read(id, request.file, request.size);
    else this.#answer(id, this.#now(request));
  }

  /** Lets reads go on for which something was recorded meanwhile. */
  wake(): void {
    this.#parked.flush();
  }

  /** The client is gone. */
  close(): void {
    for (const id of [...this.#waiting.keys()]) this.#parked.interrupt(id);
    for (const { file } of this.#files.values()) file.close();
    this.#files.clear();
  }

  #now(request: Exclude<FileRequest, { op: 'read' }>): KernelResponse {
    const { files } = this.#host;
    switch (request.op) {
      case 'open':
        return { ret: this.#open(request.path, request.how) };
      case 'write': {
        const { file, data } = request;
        const opened = this.#files.get(file);
        if (!opened) return { ret: -Errno.EBADF };
        const what = { path: opened.path, count: data.length, fd: file };
        return { ret: this.#call('write', what, () => opened.file.write(data)) };
      }
      case 'close': {
        const opened = this.#files.get(request.file);
        if (!opened) return { ret: -Errno.EBADF };
        this.#files.delete(request.file);
        opened.file.close();
        return { ret: 0 };
      }
      case 'list': {
        const names = files.list(placeOf(request.path));
        return typeof names === 'number' ? { ret: names } : { ret: names.length, names };
      }
      case 'stat': {
        const stat = files.stat(placeOf(request.path));
        if (typeof stat === 'number') return { ret: stat };
        return { ret: 0, stat: { kind: stat.kind, mode: stat.mode } };
      }
      default: {
        const { op, path } = request;
        return { ret: this.#call(op, { path }, () => files[op](placeOf(path))) };
      }
    }
  }

  #open(path: string, how: Extract<KernelRequest, { op: 'open' }>['how']): number {
    const fd = this.#nextFile;
    return this.#call('openat', { path, fd }, () => {
      const file = this.#host.files.open(placeOf(path), { ...how, create: how.write });
      if (typeof file === 'number') return file;
      this.#files.set(fd, { file, path, nonblock: how.nonblock === true });
      this.#nextFile++;
      return fd;
    });
  }

  #read(id: number, file: number, size: number): void {
    const opened = this.#files.get(file);
    if (!opened) {
      this.#answer(id, { ret: -Errno.EBADF });
      return;
    }
    let result: string | number = 0;
    this.#call('read', { path: opened.path, count: size, fd: file }, () => {
      result = opened.file.read(size);
      return typeof result === 'number' ? result : result.length;
    });
    if (result !== -Errno.EAGAIN || opened.nonblock) {
      this.#answer(id, readResponse(result));
      return;
    }
    this.#waiting.set(id, file);
    this.#parked.read(id, opened.file, size);
  }

  #call(name: 'openat' | 'read' | 'write' | 'mkdir' | 'rmdir', what: SystemCall, act: () => number): number {
    return this.#host.call(this.pid, name, what, act);
  }
}

function readResponse(result: string | number): KernelResponse {
  return typeof result === 'number' ? { ret: result } : { ret: result.length, data: result };
}
