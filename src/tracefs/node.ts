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
}

/** What one open file does. Text is latin1: one character a byte. Errors are negative errnos. */
export interface FileOps {
  /** The whole content; asked for when reading starts at offset 0. Without it reading is refused with EINVAL. */
  read?(): string | number;
  /**
   * Takes the data of one write.
   * @returns bytes taken or a negative errno. Without it writing is refused with EINVAL.
   */
  write?(data: string): number;
  /** Bytes at a time, for files that are consumed by reading: `''` at the end, −EAGAIN when there is nothing yet. Replaces {@link FileOps.read}. */
  readSome?(size: number): string | number;
  /** Parks a reader until there is something to read, or forgets it; see `TracePipe`. */
  wait?(wake: () => void): boolean;
  cancelWait?(wake: () => void): void;
  close?(): void;
}

/** A file of the tree. Most do the same for whoever has them open, and so are their own {@link FileOps}. */
export interface TraceFile extends FileOps {
  readonly kind: 'file';
  /** Permission bits, as 0o640. */
  readonly mode: number;
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
