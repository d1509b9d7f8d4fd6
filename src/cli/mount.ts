import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { HostError, isServed, ourMounts, ServedMount, unmount } from '../fuse/index.ts';
import { DEFAULT_NAME, type KernelConnection, RelayedMount } from '../server/index.ts';
import { hostCpus } from './cpu-count.ts';
import { UsageError } from './exit-status.ts';
import { hostReason } from './input.ts';
import { kernelFor } from './kernel.ts';
import { put, say } from './output.ts';
import { profileFor } from './profile-option.ts';

interface MountOptions {
  readonly cpus?: number;
  readonly seed: number;
  readonly profile?: string;
  readonly clean?: boolean;
  /** Name of a kernel that is up. */
  readonly name?: string;
  /** Whether to boot one of its own although the default one is up. */
  readonly fresh?: boolean;
}

/** A mount, whoever serves it. */
interface Mounted {
  readonly gone: Promise<unknown>;
  stop(): Promise<{ readonly busy: boolean; readonly stuck: boolean }>;
}

const worker = new URL('./kernel-worker.js', import.meta.url);

/** `fprobe mount`: serves the files of a simulated kernel in a directory until it is stopped or unmounted. */
export async function mount(dir: string | undefined, options: MountOptions): Promise<void> {
  if (options.clean) return clean(dir);
  if (dir === undefined) throw new UsageError('mount needs a directory');
  const place = resolve(dir);
  for (const stale of staleMounts(place)) await unmount(stale);
  checkPlace(place);
  const kernel = await kernelFor(options);
  // Before there is a mount: it must not outlive this process.
  const stopped = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done());
  });
  let mounted: Mounted;
  try {
    mounted = kernel ? await RelayedMount.start(place, kernel, 'tracing') : await serve(place, options);
  } catch (error) {
    if (error instanceof HostError) throw new UsageError(error.message);
    throw error;
  }
  const whose = kernel ? `kernel "${options.name ?? DEFAULT_NAME}"'s` : "a simulated kernel's";
  say(`fprobe: ${whose} tracing files are in ${place}; Ctrl-C or umount ends it`);
  const how = await Promise.race([mounted.gone, stopped.then(() => 'stopped' as const)]);
  if (how === 'kernel') say('fprobe: the kernel is gone');
  if (how === undefined || how === 'unmounted') return end(kernel);
  const { busy, stuck } = await mounted.stop();
  if (busy) say(`fprobe: ${place} was in use: those who use it find it gone`);
  end(kernel);
  // The thread may still wait in the kernel: nothing but this ends it.
  if (stuck) process.kill(process.pid, 'SIGKILL');
}

function end(kernel: KernelConnection | undefined): void {
  kernel?.close();
}

function serve(place: string, { seed, profile, cpus = hostCpus() }: MountOptions): Promise<ServedMount> {
  return ServedMount.start(place, worker, { shows: 'tracing', cpus, seed, profile: profileFor(profile), firstPid: 1 });
}

function staleMounts(dir?: string): string[] {
  return ourMounts()
    .filter((each) => !isServed(each) && (dir === undefined || each.dir === dir))
    .map((each) => each.dir);
}

function checkPlace(place: string): void {
  if (ourMounts().some(({ dir }) => dir === place))
    throw new UsageError(`${place}: a simulated kernel is mounted there`);
  let isDirectory: boolean;
  try {
    isDirectory = statSync(place).isDirectory();
  } catch (error) {
    throw new UsageError(`${place}: ${hostReason(error)}`);
  }
  if (!isDirectory) throw new UsageError(`${place}: not a directory`);
  if (process.getuid?.() !== 0)
    throw new UsageError('mount needs root; "fprobe exec" runs a command with the files in place, and does not');
}

/** `fprobe mount --clean`: unmounts what nobody serves any more. */
async function clean(dir: string | undefined): Promise<void> {
  for (const stale of staleMounts(dir === undefined ? undefined : resolve(dir))) {
    await unmount(stale);
    if (!put(`${stale}\n`)) return;
  }
}
