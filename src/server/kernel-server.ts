import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Errno } from '../abi/errno.ts';
import { FuseServer } from '../fuse/index.ts';
import { ClientSession } from './client-session.ts';
import { FrameKind, FrameReader, frame, jsonFrame, jsonOf } from './frames.ts';
import { HostedShell, type Wire } from './hosted-shell.ts';
import type { KernelHost } from './kernel-host.ts';
import { type KernelRequest, type KernelResponse, type KernelStatus, parseRequest } from './requests.ts';

/** A client: its files, and the mount that it serves, if it does. */
interface Client {
  readonly socket: Socket;
  readonly session: ClientSession;
  mount: FuseServer | undefined;
  shell: HostedShell | undefined;
}

/** Bytes that a client may be behind with before its shell waits. */
const MOST_UNSENT = 1 << 20;

/** Answers the clients of a kernel on a Unix socket, one request after the other, whoever it comes from. */
export class KernelServer {
  readonly #host: KernelHost;
  readonly #name: string;
  readonly #server: Server;
  readonly #clients = new Set<Client>();
  readonly #ended: () => void;
  #wakes = false;

  /** @param ended called once, when somebody asked for its end */
  constructor(host: KernelHost, name: string, ended: () => void) {
    this.#host = host;
    this.#name = name;
    this.#ended = ended;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Connections that there are. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Begins to listen; the socket is its user's alone. What a killed kernel left at the path is replaced; rejects when one is up. */
  async listen(path: string): Promise<void> {
    if (existsSync(path)) {
      if (await isUp(path)) throw new Error('it is up already');
      unlinkSync(path);
    }
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
    // Until here its folder keeps others out.
    chmodSync(path, 0o600);
  }

  /** Closes the socket, and every connection. */
  close(): void {
    this.#server.close();
    for (const client of this.#clients) {
      client.session.close();
      client.mount?.close();
      client.shell?.close();
      client.socket.end();
    }
  }

  #accept(socket: Socket): void {
    const answer = (id: number, response: KernelResponse) => socket.write(jsonFrame({ id, ...response }));
    const session = new ClientSession(this.#host, answer, () => this.#wakeSoon());
    const client: Client = { socket, session, mount: undefined, shell: undefined };
    this.#clients.add(client);
    const frames = new FrameReader();
    socket.on('data', (piece) => {
      for (const { kind, payload } of frames.push(piece)) {
        if (kind === FrameKind.FUSE) client.mount?.handle(payload);
        else this.#request(client, jsonOf({ kind, payload }));
      }
      if (frames.broken) socket.destroy();
    });
    socket.on('drain', () => client.shell?.drained());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#clients.delete(client);
      session.close();
      client.mount?.close();
      client.shell?.close();
    });
  }

  /** Lets all go on that wait and can, when what brought that about is done. */
  #wakeSoon(): void {
    if (this.#wakes) return;
    this.#wakes = true;
    setImmediate(() => {
      this.#wakes = false;
      for (const { session, mount } of this.#clients) {
        session.wake();
        mount?.wake();
      }
    });
  }

  #request(client: Client, message: unknown): void {
    const parsed = parseRequest(message);
    if (!parsed) {
      client.socket.destroy();
      return;
    }
    const { id, request } = parsed;
    const answer = (response: KernelResponse) => client.socket.write(jsonFrame({ id, ...response }));
    switch (request.op) {
      case 'hello':
        client.session.pid = request.pid;
        answer({ ret: 0 });
        break;
      case 'run': {
        const error = this.#host.run(request.workload, request.seed);
        answer(error === undefined ? { ret: 0 } : { ret: -1, error });
        break;
      }
      case 'status':
        answer({ ret: 0, status: this.#status() });
        break;
      case 'mount':
        client.mount = this.#mount(client.socket, request);
        answer({ ret: 0 });
        break;
      case 'shutdown':
        answer({ ret: 0 });
        this.#ended();
        break;
      case 'script':
      case 'session':
        if (client.shell) answer({ ret: -Errno.EBUSY });
        else client.shell = HostedShell.start(this.#host, this.#wire(client.socket), request, answer);
        break;
      case 'execute':
      case 'complete':
      case 'commands':
      case 'interrupt':
      case 'input':
      case 'unread':
        if (client.shell) client.shell.handle(request, answer);
        else client.socket.destroy();
        break;
      default:
        client.session.handle(id, request);
    }
  }

  #wire(socket: Socket): Wire {
    return {
      send: (event) => socket.write(jsonFrame(event, FrameKind.SHELL)),
      hasRoom: () => socket.writableLength < MOST_UNSENT,
    };
  }

  #mount(socket: Socket, { shows, time }: Extract<KernelRequest, { op: 'mount' }>): FuseServer {
    return new FuseServer(
      this.#host.tree(shows, time),
      (message) => socket.write(frame(FrameKind.FUSE, message)),
      () => this.#wakeSoon(),
    );
  }

  #status(): KernelStatus {
    const { kernel, options } = this.#host;
    const { profile, machine, tracing } = kernel;
    const clients = [...this.#clients];
    return {
      name: this.#name,
      pid: process.pid,
      release: profile.release,
      profile: profile.name,
      profileDir: profile.dir,
      cpus: machine.cpus.length,
      seed: options.seed,
      ns: machine.clock.now,
      clients: this.clients,
      mounts: clients.filter(({ mount }) => mount !== undefined).length,
      events: [...tracing.events.dynamicEvents].length,
    };
  }
}

/** Whether somebody answers at a socket. */
function isUp(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
