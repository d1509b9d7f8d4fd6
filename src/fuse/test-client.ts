import { Errno } from '../abi/errno.ts';
import { isProfileError, loadProfile } from '../profile/index.ts';
import { directory, SimulatedKernel, systemFiles } from '../tracefs/index.ts';
import { FuseServer } from './fuse-server.ts';
import type { MountedTree, Shown } from './mounted-tree.ts';
import { Opcode } from './protocol.ts';
import type { FieldKind, Struct } from './struct.ts';
import {
  Attr,
  AttrOut,
  Dirent,
  EntryOut,
  ForgetIn,
  InHeader,
  InitIn,
  InterruptIn,
  MkdirIn,
  MknodIn,
  OpenIn,
  OpenOut,
  OutHeader,
  PollIn,
  PollOut,
  ReadIn,
  ReleaseIn,
  SetattrIn,
  SizeOut,
  WriteIn,
} from './structs.ts';

/** An answer of the server, or a message that nobody asked for (`unique` 0). */
interface Answer {
  readonly unique: number;
  readonly error: number;
  readonly body: DataView;
}

type Values<Fields extends Readonly<Record<string, FieldKind>>> = { readonly [Name in keyof Fields]?: number };

const O = { CREAT: 0o100, EXCL: 0o200, DIRECTORY: 0o200000, TMPFILE: 0o20000000 } as const;
const S_IFDIR = 0o040000;

function treeOf(kernel: SimulatedKernel, shows: Shown): MountedTree {
  const { tracefs, processes } = kernel;
  const session = directory({ tracing: () => tracefs.root, system: () => systemFiles(kernel) });
  return {
    root: shows === 'tracing' ? tracefs.root : session,
    tracefs: tracefs.root,
    time: 1,
    call: (_, name, what, act) => processes.call(processes.first, name, what, act),
  };
}

/** What the kernel does in front of a FUSE server, for tests: paths, open flags, positions; system calls become requests. */
export class TestClient {
  readonly kernel: SimulatedKernel;
  readonly server: FuseServer;
  /** Answers to requests that were not answered at once, and messages that nobody asked for. */
  readonly late: Answer[] = [];
  readonly #answers: Answer[] = [];
  readonly #fds = new Map<
    string,
    { fh: number; node: number; flags: number; stream: boolean; dir: boolean; at: number }
  >();
  #unique = 2;

  constructor(shows: Shown = 'tracing') {
    const profile = loadProfile();
    if (isProfileError(profile)) throw new Error(profile.error);
    this.kernel = SimulatedKernel.boot(profile);
    this.server = new FuseServer(treeOf(this.kernel, shows), (message) => {
      const bytes = message.slice();
      const view = new DataView(bytes.buffer);
      const { unique, error } = OutHeader.read(view, 0);
      this.#answers.push({ unique, error, body: new DataView(bytes.buffer, OutHeader.size) });
    });
    const init = this.ask(Opcode.INIT, 0, [InitIn, { major: 7, minor: 45, flags: 0x7fffffff }]);
    if (init.error !== 0) throw new Error('INIT was refused');
  }

  /** Sends a request: a structure, and bytes behind it. Answers its unique id. */
  send<Fields extends Readonly<Record<string, FieldKind>>>(
    opcode: number,
    nodeid: number,
    [structure, values]: [Struct<Fields>, Values<Fields>] | [],
    tail = '',
    pid = 1234,
  ): number {
    const size = InHeader.size + (structure?.size ?? 0);
    const bytes = new Uint8Array(size + tail.length);
    const view = new DataView(bytes.buffer);
    this.#unique += 2;
    InHeader.write(view, 0, { len: bytes.length, opcode, unique: this.#unique, nodeid, pid });
    if (structure) structure.write(view, InHeader.size, values!);
    for (let i = 0; i < tail.length; i++) bytes[size + i] = tail.charCodeAt(i);
    this.server.handle(bytes);
    return this.#unique;
  }

  /** Sends a request and gives its answer; what else was sent goes to `late`. */
  ask<Fields extends Readonly<Record<string, FieldKind>>>(
    opcode: number,
    nodeid: number,
    body: [Struct<Fields>, Values<Fields>] | [] = [],
    tail = '',
  ): Answer {
    const unique = this.send(opcode, nodeid, body, tail);
    const own = this.#answers.find((answer) => answer.unique === unique);
    this.late.push(...this.#answers.filter((answer) => answer !== own));
    this.#answers.length = 0;
    if (!own) return { unique, error: 0, body: new DataView(new ArrayBuffer(0)) };
    return own;
  }

  /** Takes what was sent since the last request that was asked. */
  takeLate(): Answer[] {
    this.late.push(...this.#answers.splice(0));
    return this.late.splice(0);
  }

  /** Node id and mode of a path, or a negative errno. */
  find(path: string): { readonly node: number; readonly mode: number } | number {
    let found = { node: 1, mode: S_IFDIR };
    for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
      if ((found.mode & S_IFDIR) === 0) return -Errno.ENOTDIR;
      const { error, body } = this.ask(Opcode.LOOKUP, found.node, [], `${name}\0`);
      if (error !== 0) return error;
      found = { node: EntryOut.read(body, 0).nodeid, mode: Attr.read(body, EntryOut.size).mode };
    }
    return path.endsWith('/') && (found.mode & S_IFDIR) === 0 ? -Errno.ENOTDIR : found;
  }

  stat(path: string): ReturnType<typeof Attr.read> | number {
    const found = this.find(path);
    return typeof found === 'number' ? found : this.#getattr(found.node);
  }

  fstat(fd: string): ReturnType<typeof Attr.read> | number {
    return this.#getattr(this.#fds.get(fd)!.node);
  }

  open(fd: string, path: string, flags: number): number {
    this.#fds.delete(fd);
    const found = this.find(path);
    if (typeof found === 'number') {
      if (found !== -Errno.ENOENT || (flags & O.CREAT) === 0) return found;
      return this.#inParent(
        path,
        (parent, name) => this.ask(Opcode.CREATE, parent, [MknodIn, { mode: 0o644 }], name).error,
      );
    }
    const isDir = (found.mode & S_IFDIR) !== 0;
    if ((flags & O.TMPFILE) !== 0) return this.ask(Opcode.TMPFILE, found.node, [MknodIn, { mode: 0o644 }], '/\0').error;
    if ((flags & O.CREAT) !== 0 && (flags & O.EXCL) !== 0) return -Errno.EEXIST;
    if ((flags & O.DIRECTORY) !== 0 && !isDir) return -Errno.ENOTDIR;
    if (isDir && (flags & 3) !== 0) return -Errno.EISDIR;
    const { error, body } = this.ask(isDir ? Opcode.OPENDIR : Opcode.OPEN, found.node, [OpenIn, { flags }]);
    if (error !== 0) return error;
    const { fh, open_flags } = OpenOut.read(body, 0);
    this.#fds.set(fd, { fh, node: found.node, flags, stream: (open_flags & 16) !== 0, dir: isDir, at: 0 });
    return 0;
  }

  close(fd: string): number {
    const file = this.#fds.get(fd);
    if (!file) return -Errno.EBADF;
    this.#fds.delete(fd);
    this.ask(Opcode.FLUSH, file.node, [ReleaseIn, { fh: file.fh }]);
    return this.ask(file.dir ? Opcode.RELEASEDIR : Opcode.RELEASE, file.node, [ReleaseIn, { fh: file.fh }]).error;
  }

  /** Reads at the file's position, or at one that is given. */
  read(fd: string, size: number, at?: number): string | number {
    const file = this.#fds.get(fd);
    if (!file || (file.flags & 3) === 1 || (file.flags & 3) === 3) return -Errno.EBADF;
    if (file.dir) return -Errno.EISDIR;
    if (at !== undefined && file.stream) return -Errno.ESPIPE;
    if (size === 0) return '';
    const { error, body, unique } = this.ask(Opcode.READ, file.node, [
      ReadIn,
      { fh: file.fh, offset: at ?? file.at, size, flags: file.flags },
    ]);
    if (body.byteLength === 0 && error === 0 && this.#isWaiting(unique)) return this.#interrupt(unique);
    if (error !== 0) return error;
    if (at === undefined && !file.stream) file.at += body.byteLength;
    return textOf(body);
  }

  /** Starts a read that waits; its unique id. */
  startRead(fd: string, size: number): number {
    const { fh, node, flags } = this.#fds.get(fd)!;
    return this.send(Opcode.READ, node, [ReadIn, { fh, offset: 0, size, flags }]);
  }

  write(fd: string, data: string, at?: number): number {
    const file = this.#fds.get(fd);
    if (!file || (file.flags & 3) === 0 || (file.flags & 3) === 3) return -Errno.EBADF;
    if (at !== undefined && file.stream) return -Errno.ESPIPE;
    const offset = at ?? file.at;
    const { error, body } = this.ask(
      Opcode.WRITE,
      file.node,
      [WriteIn, { fh: file.fh, offset, size: data.length }],
      data,
    );
    if (error !== 0) return error;
    const { size } = SizeOut.read(body, 0);
    if (at === undefined && !file.stream) file.at += size;
    return size;
  }

  /** Moves the position: from the start (0) or from where it is (1). */
  lseek(fd: string, offset: number, whence: number): number {
    const file = this.#fds.get(fd);
    if (!file) return -Errno.EBADF;
    if (file.stream) return -Errno.ESPIPE;
    const at = whence === 0 ? offset : file.at + offset;
    if (at < 0) return -Errno.EINVAL;
    file.at = at;
    return at;
  }

  /** What poll(2) finds, of input and output; a poller that waits gives its handle. */
  poll(fd: string, events: number, kh = 0): number {
    const file = this.#fds.get(fd)!;
    if (file.dir) return events;
    const { body } = this.ask(Opcode.POLL, file.node, [PollIn, { fh: file.fh, kh, flags: kh ? 1 : 0, events }]);
    return PollOut.read(body, 0).revents & events;
  }

  setattr(path: string, values: Values<{ valid: 'u32'; mode: 'u32'; uid: 'u32'; gid: 'u32'; size: 'u64' }>): number {
    const found = this.find(path);
    return typeof found === 'number' ? found : this.ask(Opcode.SETATTR, found.node, [SetattrIn, values]).error;
  }

  mkdir(path: string): number {
    return this.#create(path, (parent, name) => this.ask(Opcode.MKDIR, parent, [MkdirIn, { mode: 0o755 }], name).error);
  }

  mknod(path: string, mode: number): number {
    return this.#create(path, (parent, name) => this.ask(Opcode.MKNOD, parent, [MknodIn, { mode }], name).error);
  }

  symlink(target: string, path: string): number {
    return this.#create(path, (parent, name) => this.ask(Opcode.SYMLINK, parent, [], `${name}${target}\0`).error);
  }

  link(from: string, path: string): number {
    const found = this.find(from);
    if (typeof found === 'number') return found;
    return this.#create(
      path,
      (parent, name) => this.ask(Opcode.LINK, parent, [ForgetIn, { nlookup: found.node }], name).error,
    );
  }

  rename(from: string, to: string): number {
    const found = this.find(from);
    if (typeof found === 'number') return found;
    return this.#inParent(
      from,
      (parent, name) => this.ask(Opcode.RENAME, parent, [ForgetIn, { nlookup: 1 }], `${name}${to}\0`).error,
    );
  }

  unlink(path: string): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if ((found.mode & S_IFDIR) !== 0) return -Errno.EISDIR;
    return this.#inParent(path, (parent, name) => this.ask(Opcode.UNLINK, parent, [], name).error);
  }

  rmdir(path: string): number {
    const found = this.find(path);
    if (typeof found === 'number') return found;
    if ((found.mode & S_IFDIR) === 0) return -Errno.ENOTDIR;
    return this.#inParent(path, (parent, name) => this.ask(Opcode.RMDIR, parent, [], name).error);
  }

  /** Names of a directory, read in pieces of so many bytes; with `plus`, looked up as well. */
  list(path: string, size = 4096, plus = false): string[] | number {
    const opened = this.open('list', path, O.DIRECTORY);
    if (opened < 0) return opened;
    const { fh, node } = this.#fds.get('list')!;
    const names: string[] = [];
    for (let offset = 0; ; ) {
      const { error, body } = this.ask(plus ? Opcode.READDIRPLUS : Opcode.READDIR, node, [
        ReadIn,
        { fh, offset, size },
      ]);
      if (error !== 0) return error;
      if (body.byteLength === 0) break;
      for (let at = 0; at < body.byteLength; ) {
        if (plus) at += EntryOut.size + Attr.size;
        const { off, namelen } = Dirent.read(body, at);
        names.push(textOf(body, at + Dirent.size, namelen));
        at += Dirent.size + ((namelen + 7) & ~7);
        offset = off;
      }
    }
    this.close('list');
    return names;
  }

  #getattr(node: number): ReturnType<typeof Attr.read> | number {
    const { error, body } = this.ask(Opcode.GETATTR, node);
    return error !== 0 ? error : Attr.read(body, AttrOut.size);
  }

  #create(path: string, make: (parent: number, name: string) => number): number {
    const found = this.find(path);
    if (typeof found !== 'number') return -Errno.EEXIST;
    return found === -Errno.ENOENT ? this.#inParent(path, make) : found;
  }

  #inParent(path: string, act: (parent: number, name: string) => number): number {
    const slash = path.lastIndexOf('/');
    const parent = this.find(path.slice(0, slash + 1));
    return typeof parent === 'number' ? parent : act(parent.node, `${path.slice(slash + 1)}\0`);
  }

  #isWaiting(unique: number): boolean {
    return this.server.counts.waiting > 0 && !this.late.some((answer) => answer.unique === unique);
  }

  /** A signal comes for a read that waits. */
  #interrupt(unique: number): number {
    this.ask(Opcode.INTERRUPT, 0, [InterruptIn, { unique }]);
    return this.takeLate().find((answer) => answer.unique === unique)!.error;
  }
}

/** Bytes as latin1 text. */
export function textOf(body: DataView, at = 0, length = body.byteLength - at): string {
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(body.getUint8(at + i));
  return text;
}
