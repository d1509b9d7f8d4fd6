import { connect, type Socket } from 'node:net';
import { FrameKind, FrameReader, frame, jsonFrame, jsonOf } from './frames.ts';
import type { KernelFiles, OpenMode, RemoteFile } from './kernel-files.ts';
import type { KernelRequest, KernelResponse, KernelStatus, ShellEvent } from './requests.ts';
import { DEFAULT_NAME, socketPath } from './socket-path.ts';

/** Nothing answers at a kernel's socket, or no longer. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
}

/** Most bytes that a read is asked for at a time. */
const READ_SIZE = 1 << 18;

/**
 * A connection to a kernel that is up. Its operations answer as those of `Tracefs` do, negative errnos and all; text is latin1. Once
 * the kernel is gone they reject with {@link NotConnected}.
 */
export class KernelConnection implements KernelFiles {
  /** Takes messages of the FUSE protocol, once {@link KernelConnection.mount} was asked for. */
  onFuse: (message: Uint8Array) => void = () => {};
  /** Takes what a shell says that was started on this connection. */
  onShell: (event: ShellEvent) => void = () => {};
  /** Settles when the connection has ended. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve(response: KernelResponse): void; reject(error: Error): void }>();
  #nextId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const frames = new FrameReader();
    socket.on('data', (piece) => {
      for (const { kind, payload } of frames.push(piece)) {
        if (kind === FrameKind.FUSE) this.onFuse(payload);
        else if (kind === FrameKind.SHELL) this.onShell(jsonOf({ kind, payload }) as ShellEvent);
        else this.#answered(jsonOf({ kind, payload }) as KernelResponse & { id: number });
      }
    });
    socket.on('error', () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const { reject } of this.#waiting.values()) reject(new NotConnected('the kernel is gone'));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Connects to a kernel by its name, on behalf of this process or another. Rejects with {@link NotConnected} when it is not up. */
  static async open(name = DEFAULT_NAME, pid = process.pid): Promise<KernelConnection> {
    const socket = connect(socketPath(name));
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', () => reject(new NotConnected(`no kernel "${name}" is up`)));
    });
    socket.removeAllListeners('error');
    const connection = new KernelConnection(socket);
    await connection.ask({ op: 'hello', pid });
    return connection;
  }

  /** Opens a file, or gives a negative errno. */
  async openFile(path: string, how: OpenMode): Promise<RemoteFile | number> {
    const { ret: file } = await this.ask({ op: 'open', path, how });
    if (file < 0) return file;
    return {
      read: async (size = READ_SIZE) => {
        const { ret, data } = await this.ask({ op: 'read', file, size });
        return ret < 0 ? ret : (data ?? '');
      },
      write: async (data) => (await this.ask({ op: 'write', file, data })).ret,
      close: async () => {
        await this.ask({ op: 'close', file });
      },
    };
  }

  /** The whole content of a file: what there is to read now, of one without end. */
  async read(path: string): Promise<string | number> {
    const file = await this.openFile(path, { read: true, nonblock: true });
    if (typeof file === 'number') return file;
    let content = '';
    for (;;) {
      const piece = await file.read();
      if (piece === '' || (typeof piece === 'number' && content !== '')) break;
      if (typeof piece === 'number') {
        await file.close();
        return piece;
      }
      content += piece;
    }
    await file.close();
    return content;
  }

  /** Opens a file, writes once, closes it. Bytes taken, or a negative errno. */
  async write(path: string, data: string, how: { readonly append?: boolean } = {}): Promise<number> {
    const { append = false } = how;
    const file = await this.openFile(path, { write: true, append, truncate: !append });
    if (typeof file === 'number') return file;
    const ret = data === '' ? 0 : await file.write(data);
    await file.close();
    return ret;
  }

  /** Names in a directory, sorted by their bytes, or a negative errno. */
  async list(path: string): Promise<readonly string[] | number> {
    const { ret, names } = await this.ask({ op: 'list', path });
    return names ?? ret;
  }

  /** What a path stands for, or a negative errno. */
  async stat(path: string): Promise<NonNullable<KernelResponse['stat']> | number> {
    const { ret, stat } = await this.ask({ op: 'stat', path });
    return stat ?? ret;
  }

  async mkdir(path: string): Promise<number> {
    return (await this.ask({ op: 'mkdir', path })).ret;
  }

  async rmdir(path: string): Promise<number> {
    return (await this.ask({ op: 'rmdir', path })).ret;
  }

  /** Runs a workload to its end; why it cannot, if it cannot. */
  async run(workload: string, seed?: number): Promise<string | undefined> {
    return (await this.ask({ op: 'run', workload, ...(seed !== undefined && { seed }) })).error;
  }

  async status(): Promise<KernelStatus> {
    return (await this.ask({ op: 'status' })).status!;
  }

  /** Ends the kernel. */
  async shutdown(): Promise<void> {
    await this.ask({ op: 'shutdown' });
    await this.closed;
  }

  /** Has the kernel serve a mount on this connection: from now on messages of the FUSE protocol go both ways. */
  async mount(shows: 'tracing' | 'session', time: number): Promise<void> {
    await this.ask({ op: 'mount', shows, time });
  }

  /** Sends a message of the FUSE protocol. */
  sendFuse(message: Uint8Array): void {
    this.#socket.write(frame(FrameKind.FUSE, message));
  }

  /** Ends the connection. */
  close(): void {
    this.#socket.end();
  }

  /** Asks for something and waits for the answer. */
  ask(request: KernelRequest): Promise<KernelResponse> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new NotConnected('the kernel is gone'));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(jsonFrame({ id, ...request }));
    });
  }

  #answered({ id, ...response }: KernelResponse & { readonly id: number }): void {
    this.#waiting.get(id)?.resolve(response);
    this.#waiting.delete(id);
  }
}
