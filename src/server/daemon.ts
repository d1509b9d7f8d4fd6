// A kernel that stays up: boots, listens on its socket, tells whoever started it, and serves until somebody ends it.
import { rmSync } from 'node:fs';
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
}

/** What it answers. */
export interface DaemonReport {
  /** Why it does not come up; undefined when it is up. */
  readonly error?: string;
}

async function serve({ name, socket, profile: wanted, cpus, seed }: DaemonRequest): Promise<void> {
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
}

const report = (message: DaemonReport, then: () => void) => process.send?.(message, then);

process.once('message', (request: DaemonRequest) => {
  serve(request).then(
    () => report({}, () => process.disconnect()),
    (error: Error) => report({ error: error.message }, () => process.exit(1)),
  );
});
