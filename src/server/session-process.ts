// Serves one session's kernel, or hands on to one that is up, in a mount namespace of its own: started by `Session`, which it reports to.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { HostError, layOver, ServedMount } from '../fuse/index.ts';
import { KernelConnection, NotConnected } from './kernel-connection.ts';
import { RelayedMount } from './relayed-mount.ts';
import type { SessionReport, SessionRequest } from './session.ts';

const report = (message: SessionReport, then = () => {}) => process.send?.(message, then);

async function serve({ staging, worker, options, firstPid, privileged }: SessionRequest): Promise<void> {
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  const { kernel, workload } = options;
  const mount =
    typeof kernel === 'string'
      ? await RelayedMount.start(staging, await KernelConnection.open(kernel), 'session')
      : await ServedMount.start(staging, new URL(worker), { ...kernel, firstPid, shows: 'session' });
  const missing = await layOver(staging, privileged);
  if (workload !== undefined) runAgainAndAgain(staging, workload);
  report({ ready: true, missing });
  await mount.gone;
}

/** Has a workload run ten times a second as long as the session lasts. This process must not use the mount: another one does. */
function runAgainAndAgain(staging: string, workload: string): void {
  const script = 'while printf %s "$1" > "$2" && sleep 0.1; do :; done 2> /dev/null';
  spawn('/bin/sh', ['-c', script, 'sh', JSON.stringify({ run: workload }), `${staging}/control`], { stdio: 'ignore' });
}

process.on('message', (request: SessionRequest) => {
  serve(request).catch((error: unknown) => {
    const known = error instanceof HostError || error instanceof NotConnected;
    const message = known ? error.message : String((error as Error).stack ?? error);
    report({ ready: false, error: message }, () => process.disconnect());
  });
});
// The session is over, or whoever started it has died. The thread waits in the kernel for requests: nothing but this ends it at once.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTSTP'] as const) process.on(signal, () => {});
