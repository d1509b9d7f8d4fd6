import { Errno } from '../abi/errno.ts';
import { runIn, ShellSession, ShellSystem, SIGKILL, type Stream, type Terminal } from '../shell/index.ts';
import type { KernelHost } from './kernel-host.ts';
import type { KernelResponse, ShellEvent, ShellRequest } from './requests.ts';

/** How a shell reaches its client. */
export interface Wire {
  send(event: ShellEvent): void;
  /** Whether the client keeps up with what it is sent. */
  hasRoom(): boolean;
}

/**
 * A shell that runs for a client inside the kernel's process: a child of the kernel's first task, at a terminal that the client lends it. Sleeping
 * takes its time, since others use the kernel meanwhile.
 */
export class HostedShell {
  readonly #wire: Wire;
  readonly #unread = new Set<number>();
  readonly #end: () => void;
  #session: ShellSession | undefined;
  #script: ShellSystem | undefined;
  #running = false;
  #input = '';
  #inputEnded = false;
  #asked = false;
  #waiting: (() => void)[] = [];
  #blocked: (() => void)[] = [];

  private constructor(wire: Wire, end: () => void) {
    this.#wire = wire;
    this.#end = end;
  }

  /** Starts a shell; the answer to its first request comes when there is one. */
  static start(
    host: KernelHost,
    wire: Wire,
    request: Extract<ShellRequest, { op: 'script' | 'session' }>,
    answer: (response: KernelResponse) => void,
  ): HostedShell {
    const { kernel } = host;
    const { processes } = kernel;
    const task = processes.fork(processes.first, { comm: 'sh' });
    processes.exec(task, '/bin/sh');
    const shell = new HostedShell(wire, () => processes.wait(processes.first, task));
    const terminal = shell.#terminal(request.terminal);
    if (request.op === 'session') {
      shell.#session = new ShellSession(kernel, terminal, task);
      answer({ ret: 0, executed: { cwd: shell.#session.cwd } });
    } else {
      const system = new ShellSystem(kernel, terminal, task);
      system.scheduler.realTime = true;
      shell.#script = system;
      runIn(system, request).then(
        (status) => {
          shell.#end();
          answer({ ret: status });
        },
        (error: Error) => answer({ ret: 2, error: error.message }),
      );
    }
    return shell;
  }

  /** Does what a request to the shell asks for. */
  handle(
    request: Exclude<ShellRequest, { op: 'script' | 'session' }>,
    answer: (response: KernelResponse) => void,
  ): void {
    const session = this.#session;
    switch (request.op) {
      case 'input':
        this.#asked = false;
        this.#input += request.data;
        this.#inputEnded = request.data === '';
        wakeAll(this.#waiting);
        answer({ ret: 0 });
        break;
      case 'unread':
        this.#unread.add(request.fd);
        wakeAll(this.#blocked);
        answer({ ret: 0 });
        break;
      case 'interrupt':
        session?.interrupt();
        this.#script?.interrupt();
        answer({ ret: 0 });
        break;
      case 'execute':
        void this.#execute(request.text).then(answer);
        break;
      case 'complete':
        answer({ ret: 0, ...(session && { completion: session.complete(request.text) }) });
        break;
      default:
        answer({ ret: 0, names: session?.commands() ?? [] });
    }
  }

  /** The client takes more output. */
  drained(): void {
    wakeAll(this.#blocked);
  }

  /** The client is gone: the shell ends, and all that it started. */
  close(): void {
    this.#script?.killAll(SIGKILL);
    this.#session?.kill();
    if (!this.#running) void this.#finish();
  }

  async #execute(text: string): Promise<KernelResponse> {
    const session = this.#session;
    if (!session || this.#running) return { ret: -Errno.EBUSY };
    this.#running = true;
    const executed = await session.execute(text);
    this.#running = false;
    if (executed.ended !== undefined) await this.#finish();
    return { ret: 0, executed };
  }

  async #finish(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    await session.finish();
    this.#end();
  }

  #terminal([input = false, output = false, errors = false]: readonly boolean[]): Terminal {
    const path = (isTerminal: boolean, fd: number) => (isTerminal ? '/dev/console' : `pipe:[${fd}]`);
    const out = (fd: number, isTerminal: boolean): Stream => ({
      path: path(isTerminal, fd),
      isTerminal,
      write: (data) => {
        if (this.#unread.has(fd)) return -Errno.EPIPE;
        if (!this.#wire.hasRoom()) return -Errno.EAGAIN;
        this.#wire.send({ fd, data });
        return data.length;
      },
      waitWrite: (wake) => {
        const waits = !this.#unread.has(fd) && !this.#wire.hasRoom();
        if (waits) this.#blocked.push(wake);
        return waits;
      },
      close: () => {},
    });
    const stdin: Stream = {
      path: path(input, 0),
      isTerminal: input,
      read: (size) => this.#read(size),
      waitRead: (wake) => {
        if (this.#input !== '' || this.#inputEnded) return false;
        this.#waiting.push(wake);
        if (!this.#asked) this.#wire.send({ wants: 'input' });
        this.#asked = true;
        return true;
      },
      cancelRead: (wake) => {
        this.#waiting = this.#waiting.filter((each) => each !== wake);
      },
      close: () => {},
    };
    return { stdin, stdout: out(1, output), stderr: out(2, errors) };
  }

  #read(size: number): string | number {
    if (this.#input === '') {
      if (!this.#inputEnded) return -Errno.EAGAIN;
      // A terminal goes on after Ctrl-D.
      this.#inputEnded = this.#session === undefined;
      return '';
    }
    const piece = this.#input.slice(0, size);
    this.#input = this.#input.slice(size);
    return piece;
  }
}

function wakeAll(waiting: (() => void)[]): void {
  for (const wake of waiting.splice(0)) wake();
}
