/** How a file is opened, `open(2)` flags in words. */
export interface OpenHow {
  readonly read?: boolean | undefined;
  readonly write?: boolean | undefined;
  /** `O_APPEND`. */
  readonly append?: boolean | undefined;
  /** `O_TRUNC`. */
  readonly truncate?: boolean | undefined;
  /** `O_CREAT`: a missing file then is refused with EACCES, not ENOENT. */
  readonly create?: boolean | undefined;
  /** `O_NONBLOCK`: a reader that could wait is told EAGAIN, even where waiting would end at once. */
  readonly nonblock?: boolean | undefined;
}

/** What one open file does. Text is latin1: one character a byte. Errors are negative errnos. */
export interface FileOps {
  /** The whole content for a reader that asks for `size` bytes; kept until it has been read. Without it reading is refused with EINVAL. */
  read?(size: number): string | number;
  /** How far a write moves the place where the next read goes on: by the bytes written unless told otherwise. */
  readonly moves?: 'one' | 'not';
  /**
   * Takes the data of one write.
   * @returns bytes taken or a negative errno. Without it writing is refused with EINVAL.
   */
  write?(data: string): number;
  /** Whether one read gives as much of the content as is asked for, not only what fits into a page. */
  readonly whole?: true;
  /** Whether the content is there for one read only: the next one, from where that ended, finds the end. */
  readonly atOnce?: true;
  /** Bytes at a time, for files that are consumed by reading: `''` at the end, −EAGAIN when there is nothing yet. Replaces {@link FileOps.read}. */
  readSome?(size: number): string | number;
  /** Lets a file with {@link FileOps.readSome} go on at an offset, if it can. */
  seek?(offset: number): void;
  /** Parks a reader until there is something to read, or forgets it; see `TracePipe`. */
  wait?(wake: () => void): boolean;
  cancelWait?(wake: () => void): void;
  /** Whether poll(2) finds something to read. Without it, it finds the file ready for everything. */
  ready?(): boolean;
  /** As {@link FileOps.wait}, until poll(2) finds something: what it waits for may be more than what ends a blocking read. */
  waitReady?(wake: () => void): boolean;
  /** One of its descriptors was closed, the others stay. */
  flush?(): void;
  close?(): void;
}

/** A file of the tree. Most do the same for whoever has them open, and so are their own {@link FileOps}. */
export interface TraceFile extends FileOps {
  readonly kind: 'file';
  /** Permission bits, as 0o640. */
  readonly mode: number;
  /** Whether an instance stays while the file is open; it does unless told otherwise. */
  readonly holds?: false;
  /** Whether it has no positions: lseek(2) and pread(2) are refused with ESPIPE. */
  readonly stream?: boolean;
  /** Bytes as stat(2) tells them, 0 unless told. */
  readonly size?: number;
  /** What opening for writing with truncation does. Returns 0 or a negative errno that opening is refused with. */
  truncate?(): number;
  /** For files that keep something while open, or that may refuse. Without it the file itself is used. */
  open?(how: OpenHow): FileOps | number;
}

/** A directory of the tree. */
export interface TraceDir {
  readonly kind: 'dir';
  readonly mode: number;
  /** Names in it, in any order; those of files and of directories. */
  names(): Iterable<string>;
  /** The node of this name. */
  get(name: string): TraceNode | undefined;
  /** Whether it may go away while the directory that it is in stays. */
  readonly passing?: boolean;
  /** What the directory stands for, where another of the same name may come after it. */
  readonly identity?: object;
  /** Link count that stat(2) shows; 2 and one for each directory in it unless said otherwise. */
  links?(): number;
  /** Whether names of more than 255 bytes are looked up like others (directories of events do so). */
  readonly anyLength?: boolean;
  /** Creates a directory; only `instances` can. */
  mkdir?(name: string): number;
  /** Removes a directory in it; only `instances` can. */
  rmdir?(name: string): number;
}

/** A file or directory. */
export type TraceNode = TraceFile | TraceDir;

/** Modes of files that are read, of those that are written too, and of directories. */
export const Mode = { READ: 0o440, WRITE: 0o640, DIR: 0o750, EVENT_DIR: 0o755 } as const;

/** A file that is only read. */
export function readOnly(read: () => string | number): TraceFile {
  return { kind: 'file', mode: Mode.READ, read };
}

/** A file that is read and written. */
export function readWrite(ops: FileOps & { truncate?(): number }): TraceFile {
  return { kind: 'file', mode: Mode.WRITE, ...ops };
}

/** A directory with a fixed set of names; each node is made when it is looked up. */
export function directory(entries: Readonly<Record<string, () => TraceNode>>): TraceDir {
  return {
    kind: 'dir',
    mode: Mode.DIR,
    names: () => Object.keys(entries),
    get: (name) => (Object.hasOwn(entries, name) ? entries[name]!() : undefined),
  };
}
