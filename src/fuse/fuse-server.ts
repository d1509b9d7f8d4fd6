import { Errno } from '../abi/errno.ts';
import { DirRequests } from './dir-requests.ts';
import { FileRequests } from './file-requests.ts';
import { type Inode, InodeTable, validityOf } from './inode-table.ts';
import { isRequest, Request, ShortRequest } from './message.ts';
import { type Connection, type MountedTree, NO_ANSWER, pathOf } from './mounted-tree.ts';
import { FileType, FUSE_VERSION, InitFlag, OLDEST_MINOR, Opcode, SetattrFlag } from './protocol.ts';
import { attrChanged, letSplice, Reply } from './reply.ts';
import {
  BatchForgetIn,
  ForgetIn,
  ForgetOne,
  InHeader,
  InitIn,
  InitOut,
  InterruptIn,
  ListxattrIn,
  MkdirIn,
  MknodIn,
  SetattrIn,
  SizeOut,
  StatfsOut,
} from './structs.ts';

/** Most bytes of one write, and of one read. */
const MAX_TRANSFER = 1 << 20;
/** Bytes of the buffer that requests are read into: the largest, and room for its header. */
export const REQUEST_ROOM = MAX_TRANSFER + 4096;
const PAGE_SIZE = 4096;
/** Longest name that statfs(2) tells of. */
const NAME_MAX = 255;

type Handler = (request: Request) => number;

/**
 * Serves a tree by the FUSE protocol: takes the kernel's requests one after the other and sends the answers. It knows nothing of how
 * they travel.
 */
export class FuseServer {
  readonly #connection: Connection;
  readonly #inodes: InodeTable;
  readonly #reply = new Reply(REQUEST_ROOM);
  readonly #files: FileRequests;
  readonly #dirs: DirRequests;
  readonly #handlers: ReadonlyMap<number, Handler>;
  #minor = 0;

  /**
   * @param send takes a whole message for the kernel, which is overwritten by the next one
   * @param woken told when somebody who waits can go on, if anybody but this server's requests may bring that about: `wake()` is due
   */
  constructor(tree: MountedTree, send: (message: Uint8Array) => void, woken = () => {}) {
    this.#inodes = new InodeTable(tree.root, tree.tracefs, tree.time);
    this.#connection = { tree, inodes: this.#inodes, reply: this.#reply, send, woken };
    this.#files = new FileRequests(this.#connection);
    this.#dirs = new DirRequests(this.#connection);
    this.#handlers = this.#table();
  }

  /** Minor version of the protocol that the kernel speaks; 0 before it said so. */
  get kernelMinor(): number {
    return this.#minor;
  }

  /** Inodes that the kernel knows, and reads that wait. */
  get counts(): { readonly inodes: number; readonly waiting: number } {
    return { inodes: this.#inodes.size, waiting: this.#files.waiting };
  }

  /**
   * Takes one request, and sends what there is to answer: to it, and to those that waited for what it brought.
   * A message that is no request is left alone.
   */
  handle(message: Uint8Array): void {
    if (!isRequest(message)) return;
    const request = new Request(message);
    this.#reply.begin(request.unique);
    const ret = this.#answer(request);
    if (ret !== NO_ANSWER) this.#connection.send(this.#reply.take(ret));
    this.wake();
  }

  #answer(request: Request): number {
    const handler = this.#handlers.get(request.opcode);
    if (!handler) return -Errno.ENOSYS;
    try {
      return handler(request);
    } catch (error) {
      if (error instanceof ShortRequest) return -Errno.EINVAL;
      throw error;
    }
  }

  /** Lets reads go on for which something was recorded meanwhile. */
  wake(): void {
    this.#files.wake();
  }

  /** The mount is gone: closes all files. */
  close(): void {
    this.#files.closeAll();
  }

  #table(): Map<number, Handler> {
    const files = this.#files;
    const dirs = this.#dirs;
    const refuse = (errno: number) => () => -errno;
    return new Map<number, Handler>([
      [Opcode.INIT, (request) => this.#init(request)],
      [Opcode.DESTROY, () => 0],
      [Opcode.LOOKUP, this.#with((request, inode) => this.#lookup(inode, request.name()))],
      [Opcode.FORGET, (request) => this.#forget(request)],
      [Opcode.BATCH_FORGET, (request) => this.#batchForget(request)],
      [Opcode.GETATTR, this.#with((_, inode) => this.#putAttr(inode))],
      [Opcode.SETATTR, this.#with((request, inode) => this.#setattr(request, inode))],
      [Opcode.STATFS, () => this.#statfs()],
      [Opcode.MKNOD, (request) => mknod(request)],
      [Opcode.CREATE, refuse(Errno.EACCES)],
      [Opcode.MKDIR, this.#with((request, inode) => this.#mkdir(request, inode))],
      [Opcode.RMDIR, this.#with((request, inode) => this.#rmdir(request, inode))],
      [Opcode.SYMLINK, refuse(Errno.EPERM)],
      [Opcode.LINK, refuse(Errno.EPERM)],
      [Opcode.UNLINK, refuse(Errno.EPERM)],
      [Opcode.RENAME, refuse(Errno.EPERM)],
      [Opcode.RENAME2, refuse(Errno.EPERM)],
      [Opcode.READLINK, refuse(Errno.EINVAL)],
      [Opcode.OPEN, this.#with((request, inode) => files.open(request, inode))],
      [Opcode.READ, (request) => files.read(request)],
      [Opcode.WRITE, (request) => files.write(request)],
      [Opcode.FLUSH, (request) => files.flush(request)],
      [Opcode.RELEASE, (request) => files.release(request)],
      [Opcode.POLL, (request) => files.poll(request)],
      [Opcode.IOCTL, (request) => files.ioctl(request)],
      [Opcode.INTERRUPT, (request) => this.#interrupt(request)],
      [Opcode.FSYNC, refuse(Errno.EINVAL)],
      [Opcode.FALLOCATE, refuse(Errno.EOPNOTSUPP)],
      [Opcode.LSEEK, refuse(Errno.EINVAL)],
      [Opcode.COPY_FILE_RANGE, refuse(Errno.EINVAL)],
      [Opcode.TMPFILE, refuse(Errno.EOPNOTSUPP)],
      [Opcode.OPENDIR, this.#with((request, inode) => dirs.opendir(request, inode))],
      [Opcode.READDIR, (request) => dirs.readdir(request, false)],
      [Opcode.READDIRPLUS, (request) => dirs.readdir(request, true)],
      [Opcode.RELEASEDIR, (request) => dirs.releasedir(request)],
      [Opcode.FSYNCDIR, () => 0],
      [Opcode.GETXATTR, refuse(Errno.EOPNOTSUPP)],
      [Opcode.SETXATTR, refuse(Errno.EOPNOTSUPP)],
      [Opcode.REMOVEXATTR, refuse(Errno.EOPNOTSUPP)],
      [Opcode.LISTXATTR, (request) => this.#listxattr(request)],
    ]);
  }

  /** A handler that is given the inode of the request. */
  #with(handler: (request: Request, inode: Inode) => number): Handler {
    return (request) => {
      const inode = this.#inodes.get(request.nodeid);
      return inode ? handler(request, inode) : -Errno.ENOENT;
    };
  }

  #init(request: Request): number {
    const { major, minor, flags } = request.body(InitIn);
    this.#minor = minor;
    // A newer major is told ours, and asks again.
    if (major < FUSE_VERSION.major || (major === FUSE_VERSION.major && minor < OLDEST_MINOR)) return -Errno.EPROTO;
    const wanted =
      InitFlag.ATOMIC_O_TRUNC |
      InitFlag.BIG_WRITES |
      InitFlag.DO_READDIRPLUS |
      InitFlag.READDIRPLUS_AUTO |
      InitFlag.PARALLEL_DIROPS |
      InitFlag.HANDLE_KILLPRIV |
      InitFlag.ABORT_ERROR |
      InitFlag.MAX_PAGES;
    this.#reply.put(InitOut, {
      ...FUSE_VERSION,
      max_readahead: 0,
      flags: flags & wanted,
      max_write: MAX_TRANSFER,
      max_pages: MAX_TRANSFER / PAGE_SIZE,
      time_gran: 1,
    });
    return 0;
  }

  #lookup(parent: Inode, name: string): number {
    const inode = this.#inodes.lookup(parent, name);
    if (typeof inode === 'number') return inode;
    this.#reply.putEntry(inode.id, this.#inodes.attr(inode), validityOf(inode));
    return 0;
  }

  #putAttr(inode: Inode): number {
    // What is sent first makes the answer old: stat(2) gives its size, but the kernel goes by the other, for whoever splices meanwhile.
    if (inode.streams > 0) this.#connection.send(letSplice(inode.id));
    this.#reply.putAttr(this.#inodes.attr(inode), validityOf(inode));
    return 0;
  }

  #setattr(request: Request, inode: Inode): number {
    const { valid, mode, uid, gid, size } = request.body(SetattrIn);
    this.#inodes.setAttr(inode, {
      ...(valid & SetattrFlag.MODE && { mode: mode & ~FileType.MASK }),
      ...(valid & SetattrFlag.UID && { uid }),
      ...(valid & SetattrFlag.GID && { gid }),
      ...(valid & SetattrFlag.SIZE && { size }),
    });
    if (valid & (SetattrFlag.UID | SetattrFlag.GID))
      for (const heir of this.#inodes.heirs(inode)) this.#connection.send(attrChanged(heir.id));
    return this.#putAttr(inode);
  }

  #mkdir(request: Request, parent: Inode): number {
    const { node } = parent;
    if (node.kind !== 'dir') return -Errno.ENOTDIR;
    const name = request.name(MkdirIn.size);
    const path = `${pathOf(this.#connection, parent)}/${name}`;
    const make = () => node.mkdir?.(name) ?? -Errno.EPERM;
    const ret = this.#connection.tree.call(request, 'mkdir', { path }, make);
    return ret < 0 ? ret : this.#lookup(parent, name);
  }

  #rmdir(request: Request, parent: Inode): number {
    const { node } = parent;
    if (node.kind !== 'dir') return -Errno.ENOTDIR;
    const name = request.name();
    const path = `${pathOf(this.#connection, parent)}/${name}`;
    return this.#connection.tree.call(request, 'rmdir', { path }, () => node.rmdir?.(name) ?? -Errno.EPERM);
  }

  #statfs(): number {
    this.#reply.put(StatfsOut, { bsize: PAGE_SIZE, frsize: PAGE_SIZE, namelen: NAME_MAX });
    return 0;
  }

  #listxattr(request: Request): number {
    if (request.body(ListxattrIn).size === 0) this.#reply.put(SizeOut, { size: 0 });
    return 0;
  }

  #forget(request: Request): number {
    this.#inodes.forget(request.nodeid, request.body(ForgetIn).nlookup);
    return NO_ANSWER;
  }

  #batchForget(request: Request): number {
    const { count } = request.body(BatchForgetIn);
    const start = InHeader.size + BatchForgetIn.size;
    const there = Math.floor((request.view.byteLength - start) / ForgetOne.size);
    for (let i = 0; i < Math.min(count, there); i++) {
      const { nodeid, nlookup } = ForgetOne.read(request.view, start + i * ForgetOne.size);
      this.#inodes.forget(nodeid, nlookup);
    }
    return NO_ANSWER;
  }

  #interrupt(request: Request): number {
    this.#files.interrupt(request.body(InterruptIn).unique);
    return NO_ANSWER;
  }
}

function mknod(request: Request): number {
  const { mode } = request.body(MknodIn);
  return (mode & FileType.MASK) === FileType.FILE ? -Errno.EACCES : -Errno.EPERM;
}
