import { Errno } from '../abi/errno.ts';
import {
  type CallName,
  type OpenFile,
  type OpenHow,
  openNode,
  type SystemCall,
  type TraceFile,
} from '../tracefs/index.ts';
import { HandleTable } from './handle-table.ts';
import type { Inode } from './inode-table.ts';
import type { Request } from './message.ts';
import { type Connection, NO_ANSWER, pathOf } from './mounted-tree.ts';
import { Parked } from './parked.ts';
import { OpenBits, OpenFlag, POLL_SCHEDULE_NOTIFY, PollBits } from './protocol.ts';
import { letSplice, pollWakeup, Reply } from './reply.ts';
import { IoctlIn, IoctlOut, OpenIn, OpenOut, PollIn, PollOut, ReadIn, ReleaseIn, SizeOut, WriteIn } from './structs.ts';

const PAGE_SIZE = 4096;
/** Descriptor that opens are said to give: the first that programs have free. */
const FD = 3;
const READABLE = PollBits.IN | PollBits.RDNORM;
const WRITABLE = PollBits.OUT | PollBits.WRNORM;

/** A file that some process has open. */
interface Opened {
  readonly file: OpenFile;
  readonly inode: Inode;
  /** Whether somebody polls it, and so does not wait by reading. */
  polled: boolean;
  /** Where the kernel will read next unless it seeks, bytes: the file may be somewhere else after a write. */
  next: number;
  /** Reading takes what is there, and waits when there is nothing. */
  readonly stream: boolean;
}

/** OPEN, READ, WRITE, FLUSH, RELEASE, POLL, IOCTL. */
export class FileRequests {
  readonly #connection: Connection;
  readonly #open = new HandleTable<Opened>();
  readonly #parked: Parked;
  /** Answers to reads that had to wait. */
  readonly #late = new Reply();

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#parked = new Parked({
      read: (unique, result) => this.#answerRead(unique, result),
      ready: (kh) => connection.send(pollWakeup(kh)),
      woken: connection.woken,
    });
  }

  /** Reads that wait. */
  get waiting(): number {
    return this.#parked.reads;
  }

  /** Opens a file; every open goes past the page cache, so that each reads and writes the tree itself. */
  open(request: Request, inode: Inode): number {
    const { node } = inode;
    if (node.kind === 'dir') return -Errno.EISDIR;
    const { flags } = request.body(OpenIn);
    if (flags & OpenBits.DIRECT) return -Errno.EINVAL;
    const how = howOf(flags);
    const file = this.#call(request, 'openat', inode, { flags }, () => openNode(node, how));
    if (typeof file === 'number') return file;
    if (flags & OpenBits.TRUNC) delete inode.explicit.size;
    if (how.read && node.size === undefined) this.#letSplice(inode);
    if (how.read && node.stream) inode.streams++;
    const fh = this.#open.add({ file, inode, polled: false, next: 0, stream: node.stream === true });
    this.#connection.reply.put(OpenOut, { fh, open_flags: openFlags(node, file) });
    return 0;
  }

  /** Reads; waits when there is nothing yet and the file was not opened with O_NONBLOCK. */
  read(request: Request): number {
    const { fh, offset, size, flags } = request.body(ReadIn);
    const opened = this.#open.get(fh);
    if (!opened) return -Errno.EBADF;
    const { file, inode, stream } = opened;
    const goesOn = stream || (offset > 0 && offset === opened.next);
    const result = this.#call(request, 'read', inode, { count: size }, () =>
      goesOn ? file.read(size) : file.readAt(offset, size),
    );
    if (result === -Errno.EAGAIN && (flags & OpenBits.NONBLOCK) === 0 && !isSplice(opened, offset, size)) {
      this.#parked.read(request.unique, file, size);
      return NO_ANSWER;
    }
    if (typeof result === 'number') return result;
    opened.next = offset + result.length;
    this.#connection.reply.putText(result);
    return 0;
  }

  /** Writes. */
  write(request: Request): number {
    const { fh, offset, size } = request.body(WriteIn);
    const opened = this.#open.get(fh);
    if (!opened) return -Errno.EBADF;
    const data = request.data(WriteIn.size, size);
    const result = this.#call(request, 'write', opened.inode, { count: size }, () => opened.file.write(data));
    if (result < 0) return result;
    opened.next = offset + result;
    this.#connection.reply.put(SizeOut, { size: result });
    return 0;
  }

  /** A descriptor was closed. Kernels that know no better send it for each; once is enough to be spared the rest. */
  flush(request: Request): number {
    const opened = this.#open.get(request.body(ReleaseIn).fh);
    if (!opened?.file.wantsFlush) return 0;
    opened.file.flush();
    return 0;
  }

  /** The last descriptor was closed. */
  release(request: Request): number {
    const opened = this.#open.remove(request.body(ReleaseIn).fh);
    if (!opened) return 0;
    const { file, inode, stream } = opened;
    if (stream && file.reads) inode.streams--;
    this.#parked.closed(file);
    file.close();
    return 0;
  }

  /** What poll(2) finds; a file that is not ready tells later, when asked to. */
  poll(request: Request): number {
    const { fh, kh, flags } = request.body(PollIn);
    const opened = this.#open.get(fh);
    if (!opened) return -Errno.EBADF;
    const { file, inode } = opened;
    const { ready } = file;
    opened.polled = true;
    if (ready) this.#letSplice(inode);
    if (ready === false && flags & POLL_SCHEDULE_NOTIFY) this.#parked.poll(file, kh);
    const revents = ready === undefined ? READABLE | WRITABLE : ready ? READABLE : 0;
    this.#connection.reply.put(PollOut, { revents });
    return 0;
  }

  /** No file has commands, but that 0 wakes those who wait for pages. */
  ioctl(request: Request): number {
    const { fh, cmd } = request.body(IoctlIn);
    const opened = this.#open.get(fh);
    if (!opened?.file.wantsFlush || cmd !== 0) return -Errno.ENOTTY;
    this.#connection.reply.put(IoctlOut, {});
    return 0;
  }

  /** A signal came for the process of a read that waits. */
  interrupt(unique: number): void {
    this.#parked.interrupt(unique);
  }

  /** Lets waiting reads go on for which something was recorded. */
  wake(): void {
    this.#parked.flush();
  }

  /** Closes whatever is still open: the mount is gone. */
  closeAll(): void {
    for (const { file } of this.#open) {
      this.#parked.closed(file);
      file.close();
    }
  }

  /** Does what a system call does to a file, at its place in that call. */
  #call<Result extends OpenFile | string | number>(
    request: Request,
    name: CallName,
    inode: Inode,
    what: Omit<SystemCall, 'path'>,
    act: () => Result,
  ): Result {
    const connection = this.#connection;
    let result: Result | undefined;
    const call: SystemCall = {
      ...what,
      get path() {
        return pathOf(connection, inode);
      },
    };
    connection.tree.call(request, name, call, () => {
      result = act();
      if (typeof result === 'number') return result;
      return typeof result === 'string' ? result.length : FD;
    });
    return result!;
  }

  #letSplice(inode: Inode): void {
    if (inode.spliced) return;
    inode.spliced = true;
    this.#connection.send(letSplice(inode.id));
  }

  #answerRead(unique: number, result: string | number): void {
    const late = this.#late;
    late.begin(unique);
    if (typeof result === 'string') late.putText(result);
    this.#connection.send(late.take(typeof result === 'number' ? result : 0));
  }
}

/**
 * Whether a read that finds nothing is likely a part of a splice(2): a page of pages, from a file that is polled. The pages before it
 * would be held back until there is more, so that it must not wait.
 */
function isSplice({ file, polled }: Opened, offset: number, size: number): boolean {
  return polled && file.wantsFlush && size === PAGE_SIZE && offset % PAGE_SIZE === 0;
}

function howOf(flags: number): OpenHow {
  const access = flags & OpenBits.ACCMODE;
  return {
    read: access === 0 || access === OpenBits.RDWR,
    write: access === OpenBits.WRONLY || access === OpenBits.RDWR,
    append: (flags & OpenBits.APPEND) !== 0,
    truncate: (flags & OpenBits.TRUNC) !== 0,
    nonblock: (flags & OpenBits.NONBLOCK) !== 0,
  };
}

function openFlags(node: TraceFile, file: OpenFile): number {
  const seeks = node.stream ? OpenFlag.STREAM | OpenFlag.NONSEEKABLE : 0;
  return OpenFlag.DIRECT_IO | seeks | (file.wantsFlush ? 0 : OpenFlag.NOFLUSH);
}
