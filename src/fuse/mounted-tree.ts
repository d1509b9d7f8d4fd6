import type { CallName, SystemCall, TraceDir } from '../tracefs/index.ts';
import type { Inode, InodeTable } from './inode-table.ts';
import type { Caller } from './message.ts';
import type { Reply } from './reply.ts';

/** What a mount shows: the tracing files alone, or, for a session, also the files of the system around them. */
export type Shown = 'tracing' | 'session';

/** What a mount shows, and who is told of its use. */
export interface MountedTree {
  /** The directory that the mount shows. */
  readonly root: TraceDir;
  /** The root of tracefs: that directory, or one below it. */
  readonly tracefs: TraceDir;
  /** A process makes a system call on a file: it runs, time passes. `act` is what the file does; what it returns is the call's result. */
  call(caller: Caller, name: CallName, what: SystemCall, act: () => number): number;
  /** Seconds since 1970 that all times show. */
  readonly time: number;
}

/** What the handlers of requests share. */
export interface Connection {
  readonly tree: MountedTree;
  readonly inodes: InodeTable;
  /** The answer that is being built. */
  readonly reply: Reply;
  /** Sends a message of its own to the kernel. */
  send(message: Uint8Array): void;
  /** Told when somebody who waits can go on. */
  woken(): void;
}

/** Path of an inode, as the process sees it that uses it. */
export function pathOf({ tree }: Connection, inode: Inode): string {
  const names: string[] = [];
  let each: Inode | undefined = inode;
  for (; each?.parent && each.node !== tree.tracefs; each = each.parent) names.push(each.name);
  if (each?.node === tree.tracefs) return ['/sys/kernel/tracing', ...names.reverse()].join('/');
  return `/${names.reverse().slice(1).join('/')}`;
}

/** What a handler returns when there is nothing to answer, now or ever. */
export const NO_ANSWER = 1;
