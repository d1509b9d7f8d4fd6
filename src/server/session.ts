import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError, type ServeOptions } from '../fuse/index.ts';
import { SESSION_VARIABLE } from './session-files.ts';

/** How a session's kernel boots. */
type BootedKernel = Pick<ServeOptions, 'profile' | 'cpus' | 'seed'>;

/** Which kernel a session shows, and what runs in it. */
interface SessionOptions {
  /** One that boots for it, or the name of one that is up. */
  readonly kernel: BootedKernel | string;
  /** Workload that runs again and again. */
  readonly workload?: string | undefined;
}

/** What the serving process is told. */
export interface SessionRequest {
  /** Directory that the whole tree is mounted on. */
  readonly staging: string;
  /** URL of the thread's program. */
  readonly worker: string;
  readonly options: SessionOptions;
  /** Process that the session's processes descend from. */
  readonly firstPid: number;
  /** Whether file systems of the running kernel may be mounted. */
  readonly privileged: boolean;
}

/** What it answers. */
export type SessionReport =
  | { readonly ready: true; readonly missing: readonly string[] }
  | { readonly ready: false; readonly error: string };

/** Programs of a session, by URL: the serving process, and its thread. */
interface SessionPrograms {
  readonly server: URL;
  readonly worker: URL;
}

/** Start of the names of the directories that sessions are mounted on; the number of a pid namespace and a pid in it follow. */
const STAGING = 'fprobe-';

/**
 * A simulated kernel in a mount namespace of its own, where its files lie over those of the running kernel. A process of its own
 * serves it: no signal of the terminal reaches that one.
 */
export class Session {
  /** What the session cannot offer on this machine, one line each. */
  readonly missing: readonly string[];
  readonly #staging: string;
  readonly #server: ChildProcess;
  readonly #isRoot: boolean;

  private constructor(staging: string, server: ChildProcess, isRoot: boolean, missing: readonly string[]) {
    this.#staging = staging;
    this.#server = server;
    this.#isRoot = isRoot;
    this.missing = missing;
  }

  /** Boots a kernel and lays its files over. Throws HostError. */
  static async start(programs: SessionPrograms, options: SessionOptions): Promise<Session> {
    const isRoot = process.getuid?.() === 0;
    removeStale();
    const staging = mkdtempSync(join(tmpdir(), `${STAGING}${pidNamespace()}-${process.pid}-`));
    const namespaces = ['--mount', '--propagation', 'private', ...(isRoot ? [] : ['--user', '--map-root-user'])];
    const server = spawn('unshare', [...namespaces, process.execPath, programs.server.pathname], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
    });
    try {
      const request: SessionRequest = {
        staging,
        worker: programs.worker.href,
        options,
        firstPid: process.pid,
        privileged: isRoot,
      };
      return new Session(staging, server, isRoot, await firstReport(server, request, isRoot));
    } catch (error) {
      end(server, staging);
      throw error;
    }
  }

  /** What the environment tells the programs inside. */
  get environment(): Readonly<Record<string, string>> {
    return { TRACEFS_PATH: `${this.#staging}/tracing`, [SESSION_VARIABLE]: this.#staging };
  }

  /** A command line that runs a command inside. */
  commandLine(command: readonly string[]): [program: string, ...args: string[]] {
    const user = this.#isRoot ? [] : ['--user', '--preserve-credentials'];
    const enter = 'cd "$1" 2>/dev/null; shift; exec "$@"';
    return [
      ...(['nsenter', '--target', `${this.#server.pid}`, '--mount', ...user, '--'] as const),
      ...(['/bin/sh', '-c', enter, 'sh', process.cwd(), ...command] as const),
    ];
  }

  /** Ends the kernel. Whatever still runs inside finds its files gone. */
  end(): void {
    end(this.#server, this.#staging);
  }
}

/** Number of the pid namespace of this process: pids of others mean nothing in it. */
function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];
}

/** Removes the directories of sessions that were killed. Removing one that is in use would unmount it, whoever's mount namespace it is in. */
function removeStale(): void {
  const folder = tmpdir();
  const mine = `${STAGING}${pidNamespace()}-`;
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(mine) ? Number.parseInt(name.slice(mine.length), 10) : Number.NaN;
    if (!Number.isNaN(pid) && !existsSync(`/proc/${pid}`)) remove(join(folder, name));
  }
}

function remove(staging: string): void {
  try {
    rmdirSync(staging);
  } catch {
    // Not empty, or somebody else's.
  }
}

function end(server: ChildProcess, staging: string): void {
  server.kill('SIGKILL');
  if (server.connected) server.disconnect();
  remove(staging);
}

/** Waits until the serving process is ready; what it cannot offer. Throws HostError. */
function firstReport(server: ChildProcess, request: SessionRequest, isRoot: boolean): Promise<readonly string[]> {
  let said = '';
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    server.once('message', (report: SessionReport) => {
      if (report.ready) resolve(report.missing);
      else reject(new HostError(report.error));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new HostError(error.code === 'ENOENT' ? 'unshare is not installed: util-linux has it' : error.message)),
    );
    server.once('close', () => reject(new HostError(noNamespace(said.trim(), isRoot))));
    server.send(request);
  });
}

/** Says what keeps unshare(1) from making the namespaces. */
function noNamespace(said: string, isRoot: boolean): string {
  const last = said.split('\n').at(-1) ?? '';
  if (!/unshare/.test(last)) return `the serving process ended: ${said || 'without a word'}`;
  if (isRoot) return `no mount namespace can be had (${last}): this container needs the capability CAP_SYS_ADMIN`;
  return `no user namespace can be had (${last}): run this as root, or have root allow them: sysctl user.max_user_namespaces=10000 and, where there is one, kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0`;
}
