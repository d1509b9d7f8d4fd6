import { Errno } from '../abi/errno.ts';
import { HandleTable } from './handle-table.ts';
import { type Inode, NOT_KEPT, validityOf } from './inode-table.ts';
import type { Request } from './message.ts';
import { type Connection, pathOf } from './mounted-tree.ts';
import { FileType } from './protocol.ts';
import { direntPlusSize, direntSize } from './reply.ts';
import { OpenIn, OpenOut, ReadIn, ReleaseIn } from './structs.ts';

/** An open directory: its names as they were when it was read from the start. */
interface OpenDir {
  readonly inode: Inode;
  names: readonly string[];
}

/** Inode number of a name that has none yet, as libfuse has it. */
const UNKNOWN_INO = 0xffff_ffff;

/** OPENDIR, READDIR, READDIRPLUS, RELEASEDIR. Positions count names, `.` and `..` first. */
export class DirRequests {
  readonly #connection: Connection;
  readonly #open = new HandleTable<OpenDir>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Opens a directory. */
  opendir(request: Request, inode: Inode): number {
    if (inode.node.kind !== 'dir') return -Errno.ENOTDIR;
    const { tree, reply } = this.#connection;
    const { flags } = request.body(OpenIn);
    tree.call(request, 'openat', { path: pathOf(this.#connection, inode), flags }, () => {
      reply.put(OpenOut, { fh: this.#open.add({ inode, names: [] }) });
      return 0;
    });
    return 0;
  }

  /** Closes it. */
  releasedir(request: Request): number {
    this.#open.remove(request.body(ReleaseIn).fh);
    return 0;
  }

  /** As many names as fit into what is asked for; with `plus`, each is looked up as well. */
  readdir(request: Request, plus: boolean): number {
    const { fh, offset, size } = request.body(ReadIn);
    const dir = this.#open.get(fh);
    if (!dir) return -Errno.EBADF;
    if (offset === 0) dir.names = namesOf(dir.inode);
    const { reply } = this.#connection;
    const sizeOf = plus ? direntPlusSize : direntSize;
    for (let at = offset; at < dir.names.length; at++) {
      const name = dir.names[at]!;
      if (reply.bodyLength + sizeOf(name) > size) break;
      this.#putName(dir.inode, name, at + 1, plus);
    }
    return 0;
  }

  #putName(dir: Inode, name: string, next: number, plus: boolean): void {
    const { reply, inodes } = this.#connection;
    if (name === '.' || name === '..') {
      const inode = name === '.' ? dir : (dir.parent ?? dir);
      if (plus) reply.putEntry(0, undefined, NOT_KEPT);
      reply.putDirent(name, inode.id, next, FileType.DIR);
      return;
    }
    if (plus) {
      const inode = inodes.lookup(dir, name);
      if (typeof inode === 'number') return;
      const attr = inodes.attr(inode);
      reply.putEntry(inode.id, attr, validityOf(inode));
      reply.putDirent(name, inode.id, next, attr.mode);
      return;
    }
    const node = dir.node.kind === 'dir' ? dir.node.get(name) : undefined;
    if (!node) return;
    const ino = dir.children.get(name)?.id ?? UNKNOWN_INO;
    reply.putDirent(name, ino, next, node.kind === 'dir' ? FileType.DIR : FileType.FILE);
  }
}

function namesOf({ node }: Inode): string[] {
  return node.kind === 'dir' ? ['.', '..', ...node.names()] : [];
}
