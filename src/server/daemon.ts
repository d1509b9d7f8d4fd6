// A kernel that stays up: boots, listens on its socket, tells whoever started it, and serves until somebody ends it.
import { rmSync, statSync } from 'node:fs';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { KernelHost } from './kernel-host.ts';
import { KernelServer } from './kernel-server.ts';

/** What the daemon is told. */
export interface DaemonRequest {
  readonly name: string;
  /** Path of the socket. */
  readonly socket: string;
  readonly profile?: string;
  readonly cpus: number;
  readonly seed: number;
  /** Seconds without any client after which it ends; never when left out. */
  readonly idle?: number;
}

/** What it answers. */
export interface DaemonReport {
  /** Why it does not come up; undefined when it is up. */
  readonly error?: string;
}

/** Milliseconds between looks at whether anybody can, and does, use the kernel. */
const LOOK_EVERY = 1000;

/** Brings a kernel up. Gives what ends it. */
async function serve(request: DaemonRequest): Promise<() => void> {
  const { name, socket, profile: wanted, cpus, seed, idle = Infinity } = request;
  process.title = 'fprobe';
  const profile = loadProfile(wanted);
  if (isProfileError(profile)) throw new Error(profile.error);
  const host = new KernelHost(profile, { cpus, seed, firstPid: 1 });
  const end = () => {
    server.close();
    rmSync(socket, { force: true });
    // What was sent last goes out; nothing else keeps the process.
    setTimeout(() => process.exit(), 200).unref();
  };
  const server = new KernelServer(host, name, end);
  await server.listen(socket);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  process.on('SIGHUP', () => {});
  const mine = inodeOf(socket);
  let usedAt = performance.now();
  setInterval(() => {
    if (server.clients > 0) usedAt = performance.now();
    // Somebody removed the socket, or put another there: nobody will find this kernel again.
    if (inodeOf(socket) !== mine) process.kill(process.pid, 'SIGKILL');
    else if (performance.now() - usedAt >= idle * 1000) end();
  }, LOOK_EVERY).unref();
  return end;
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

// Whoever started it has ended before it was up: nobody waits for it.
const abandoned = () => process.exit(1);
process.once('disconnect', abandoned);

function report(message: DaemonReport, then: (error: Error | null) => void): void {
  process.off('disconnect', abandoned);
  process.send?.(message, undefined, undefined, then);
}

process.once('message', (request: DaemonRequest) => {
  serve(request).then(
    (end) => report({}, (error) => (error ? end() : process.disconnect())),
    (error: Error) => report({ error: error.message }, () => process.exit(1)),
  );
});
