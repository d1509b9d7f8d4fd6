import type { ShellProcess } from './shell-process.ts';
import type { FileStat, Stream } from './stream.ts';

/** What every node of the tree in memory has. */
interface NodeBase {
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since the epoch. */
  mtime: number;
}

/** A file with bytes in it; one character a byte. */
interface RamFile extends NodeBase {
  readonly kind: 'file';
  data: string;
}

/** A file that the kernel makes up when it is opened. */
interface MadeFile extends NodeBase {
  readonly kind: 'made';
  readonly isDevice?: boolean;
  /** Content for whoever opens it. */
  read?(opener: ShellProcess): string | number;
  /** Takes data: bytes or a negative errno. */
  write?(data: string, writer: ShellProcess): number;
  /** Opens it in a way of its own. */
  open?(opener: ShellProcess): Stream | number;
}

/** A symbolic link. */
interface RamLink extends NodeBase {
  readonly kind: 'link';
  /** Where it leads, for whoever follows it. */
  readonly target: string | ((who: ShellProcess) => string);
}

/** A directory. */
export interface RamDir extends NodeBase {
  readonly kind: 'dir';
  readonly entries: Map<string, RamNode>;
  /** Entries that come and go by themselves. */
  readonly made?: { names(): readonly string[]; get(name: string): RamNode | undefined };
}

/** A place where another file system is. */
interface MountPoint extends NodeBase {
  readonly kind: 'mount';
}

export type RamNode = RamFile | MadeFile | RamLink | RamDir | MountPoint;

const base = (mode: number): NodeBase => ({ mode, uid: 0, gid: 0, mtime: 0 });

/** A file with content. */
export const ramFile = (data = '', mode = 0o644): RamFile => ({ ...base(mode), kind: 'file', data });

/** A directory with entries. */
export const ramDir = (entries: Readonly<Record<string, RamNode>> = {}, mode = 0o755): RamDir => ({
  ...base(mode),
  kind: 'dir',
  entries: new Map(Object.entries(entries)),
});

/** A symbolic link. */
export const ramLink = (target: RamLink['target']): RamLink => ({ ...base(0o777), kind: 'link', target });

/** A file that is made up when it is opened. */
export const madeFile = (
  ops: Pick<MadeFile, 'read' | 'write' | 'open' | 'isDevice'>,
  mode = ops.write ? 0o644 : 0o444,
): MadeFile => ({ ...base(mode), kind: 'made', ...ops });

/** A directory whose entries come and go by themselves. */
export const madeDir = (
  made: NonNullable<RamDir['made']>,
  entries: Readonly<Record<string, RamNode>> = {},
): RamDir => ({
  ...ramDir(entries, 0o555),
  made,
});

/** A place for the tracing files. */
export const mountPoint = (): MountPoint => ({ ...base(0o755), kind: 'mount' });

/** An entry of a directory. */
export function entryOf(dir: RamDir, name: string): RamNode | undefined {
  return dir.entries.get(name) ?? dir.made?.get(name);
}

/** Names of a directory's entries, sorted by their bytes. */
export function namesOf(dir: RamDir): string[] {
  return [...dir.entries.keys(), ...(dir.made?.names() ?? [])].sort();
}

/** What stat(2) tells of a node of this tree. */
export function statOf(node: Exclude<RamNode, MountPoint>, ino: number, mount: string): FileStat {
  const { mode, uid, gid, mtime } = node;
  const kind = node.kind === 'made' ? (node.isDevice ? 'char' : 'file') : node.kind;
  const size = node.kind === 'file' ? node.data.length : node.kind === 'dir' ? 40 : 0;
  const links = node.kind === 'dir' ? 2 : 1;
  return { kind, mode, uid, gid, ino, mtime, size, links, mount };
}
