import { spawn } from 'node:child_process';
import type { DaemonReport, DaemonRequest } from './daemon.ts';
import { secureFolder, socketFolder, socketPath } from './socket-path.ts';

/** Milliseconds that a kernel may take to come up. */
const BOOT_WITHIN = 30_000;

/**
 * Starts a kernel in the background. Settles when it can be used; rejects with why it does not come up.
 * @param daemon its program
 */
export async function bootKernel(daemon: URL, options: Omit<DaemonRequest, 'socket'>): Promise<void> {
  const socket = socketPath(options.name);
  secureFolder(socketFolder());
  const child = spawn(process.execPath, [daemon.pathname], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('it does not come up')), BOOT_WITHIN);
      child.once('message', ({ error }: DaemonReport) => {
        clearTimeout(late);
        if (error === undefined) resolve();
        else reject(new Error(error));
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error('it ended')));
      child.send({ ...options, socket } satisfies DaemonRequest);
    });
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}
