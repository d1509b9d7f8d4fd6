import {
  bootKernel,
  DEFAULT_NAME,
  KernelConnection,
  type KernelStatus,
  kernelNames,
  NotConnected,
  SocketPathError,
} from '../server/index.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { put, putJson, say } from './output.ts';
import { profileFor } from './profile-option.ts';

interface BootOptions {
  readonly name: string;
  readonly cpus: number;
  readonly seed: number;
  readonly profile?: string;
  /** Seconds without any client after which it ends. */
  readonly idle?: number;
}

const daemon = new URL('./kernel-daemon.js', import.meta.url);

/** `fprobe boot`: starts a kernel in the background. */
export async function boot({ profile, ...options }: BootOptions): Promise<void> {
  const found = profileFor(profile);
  try {
    await bootKernel(daemon, { ...options, profile: found });
  } catch (error) {
    throw new UsageError(`kernel "${options.name}": ${(error as Error).message}`);
  }
  say(`fprobe: kernel "${options.name}" is up`);
}

/** `fprobe shutdown`: ends a kernel that is up. */
export async function shutdown({ name }: { name: string }): Promise<void> {
  const kernel = await connect(name);
  await kernel.shutdown();
}

/** `fprobe status`: what is up. */
export async function status(options: { name?: string; json?: boolean }): Promise<void> {
  let shown = 0;
  for (const name of options.name === undefined ? kernelNames() : [options.name]) {
    const kernel = await KernelConnection.open(name).catch(notConnected);
    if (!kernel) continue;
    const found = await kernel.status();
    kernel.close();
    shown++;
    if (!(options.json ? putJson(found) : put(Buffer.from(statusText(found), 'utf8')))) return;
  }
  if (shown > 0) return;
  say(`fprobe: no kernel${options.name === undefined ? '' : ` "${options.name}"`} is up`);
  process.exitCode = ExitStatus.REFUSED;
}

function statusText(status: KernelStatus): string {
  const { name, pid, release, cpus, seed, ns, clients, mounts, events } = status;
  const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  return [
    `${name}: Linux ${release}, ${counted(cpus, 'cpu')}, seed ${seed}, up for ${(ns / 1e9).toFixed(6)} s of its time`,
    `  process ${pid}, ${counted(clients - 1, 'other client')}, ${counted(mounts, 'mount')}, ${counted(events, 'dynamic event')}\n`,
  ].join('\n');
}

/** Connects to a kernel that must be up. Throws UsageError when it is not. */
export async function connect(name: string): Promise<KernelConnection> {
  process.title = 'fprobe';
  const kernel = await KernelConnection.open(name).catch(notConnected);
  if (!kernel) throw new UsageError(`no kernel "${name}" is up; "fprobe boot" starts one`);
  return kernel;
}

/** The kernel that is meant: a named one, which must be up, or the default one, if it is up. */
export async function kernelFor(options: { name?: string; fresh?: boolean }): Promise<KernelConnection | undefined> {
  if (options.name !== undefined) return connect(options.name);
  return options.fresh ? undefined : KernelConnection.open(DEFAULT_NAME).catch(notConnected);
}

function notConnected(error: unknown): undefined {
  if (error instanceof SocketPathError) throw new UsageError(error.message);
  if (!(error instanceof NotConnected)) throw error;
}
