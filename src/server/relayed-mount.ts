import { read } from 'node:fs';
import { Errno } from '../abi/errno.ts';
import {
  mountFuse,
  openFuse,
  REQUEST_ROOM,
  readFailed,
  refusal,
  type Shown,
  sendToDevice,
  unmount,
} from '../fuse/index.ts';
import type { KernelConnection } from './kernel-connection.ts';

/**
 * A mount whose requests are handed on to a kernel that is up. As with a mount that this process serves itself, nothing in it may use the
 * mount.
 */
export class RelayedMount {
  readonly dir: string;
  /** Settles when the mount or the kernel is gone. */
  readonly gone: Promise<'unmounted' | 'kernel'>;

  private constructor(dir: string, gone: Promise<'unmounted' | 'kernel'>) {
    this.dir = dir;
    this.gone = gone;
  }

  /** Mounts a kernel's files on a directory. Throws HostError. */
  static async start(dir: string, connection: KernelConnection, shows: Shown): Promise<RelayedMount> {
    const fd = openFuse();
    connection.onFuse = (message) => sendToDevice(fd, message);
    await connection.mount(shows, Math.floor(Date.now() / 1000));
    await mountFuse(fd, dir);
    let take = (request: Uint8Array) => connection.sendFuse(request);
    const ended = connection.closed.then(() => {
      take = (request) => {
        const refused = refusal(request, Errno.ENOTCONN);
        if (refused) sendToDevice(fd, refused);
      };
      return 'kernel' as const;
    });
    const unmounted = relay(fd, (request) => take(request)).then(() => 'unmounted' as const);
    return new RelayedMount(dir, Promise.race([unmounted, ended]));
  }

  /** Unmounts. Answers whether the mount was in use; nothing gets stuck here: with the kernel gone, every request is refused. */
  async stop(): Promise<{ readonly busy: boolean; readonly stuck: boolean }> {
    return { busy: await unmount(this.dir), stuck: false };
  }
}

/** Hands requests on until the mount is gone. */
function relay(fd: number, take: (request: Uint8Array) => void): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(REQUEST_ROOM);
  return new Promise((resolve, reject) => {
    const next = () => read(fd, buffer, 0, buffer.length, null, arrived);
    const arrived = (error: Error | null, length: number) => {
      try {
        if (!error) take(buffer.subarray(0, length));
        else if (readFailed(error) === 'gone') return resolve();
        next();
      } catch (failure) {
        reject(failure);
      }
    };
    next();
  });
}
