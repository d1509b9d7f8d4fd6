import { Worker } from 'node:worker_threads';
import { HostError, mountFuse, openFuse, unmount } from './fuse-mount.ts';
import type { Shown } from './mounted-tree.ts';

/** Milliseconds that the thread may take to notice that its mount is gone. */
const GONE_WITHIN = 2000;

/** How a kernel is booted and served. */
export interface ServeOptions {
  /** Open /dev/fuse. */
  readonly fd: number;
  /** Process that all descend from who use the files, or 1. */
  readonly firstPid: number;
  readonly shows: Shown;
  /** Name or folder of the profile, the built-in one when left out. */
  readonly profile?: string | undefined;
  readonly cpus: number;
  readonly seed: number;
  /** Seconds since 1970 that all files show as their times. */
  readonly time: number;
}

/**
 * A mounted tree, served by a thread of this process. Nothing in this process may use the mount: the thread would wait for itself, and
 * nothing could end it.
 */
export class ServedMount {
  readonly dir: string;
  /** Settles when the mount is gone and the thread has ended; rejects when the thread failed. */
  readonly gone: Promise<void>;

  private constructor(dir: string, gone: Promise<void>) {
    this.dir = dir;
    this.gone = gone;
  }

  /**
   * Mounts a fresh simulated kernel on a directory; when this is done, its files can be used. Throws HostError.
   * @param worker the program of the thread
   */
  static async start(dir: string, worker: URL, options: Omit<ServeOptions, 'fd' | 'time'>): Promise<ServedMount> {
    const fd = openFuse();
    const workerData: ServeOptions = { ...options, fd, time: Math.floor(Date.now() / 1000) };
    const thread = new Worker(worker, { workerData });
    const booted = new Promise<void>((resolve, reject) => {
      thread.once('message', () => resolve());
      thread.once('error', reject);
    });
    const gone = new Promise<void>((resolve, reject) => {
      thread.once('error', reject);
      thread.once('exit', () => resolve());
    });
    gone.catch(() => {});
    try {
      await Promise.all([mountFuse(fd, dir), booted]);
      thread.postMessage('serve');
    } catch (error) {
      if (!(error instanceof HostError)) await unmount(dir);
      await thread.terminate();
      throw error;
    }
    return new ServedMount(dir, gone);
  }

  /** Unmounts and waits for the thread. Answers whether the mount was in use, or the thread did not end in time. */
  async stop(): Promise<{ readonly busy: boolean; readonly stuck: boolean }> {
    const busy = await unmount(this.dir);
    const late = new Promise<'late'>((resolve) => {
      setTimeout(() => resolve('late'), GONE_WITHIN).unref();
    });
    const end = await Promise.race([this.gone, late]);
    return { busy, stuck: end === 'late' };
  }
}
