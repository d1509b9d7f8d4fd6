import { Errno } from '../abi/errno.ts';
import type { OpenFile, OpenHow, Tracefs } from '../tracefs/index.ts';
import { entryOf, namesOf, type RamDir, type RamNode, ramDir, ramFile, ramLink, statOf } from './ram-tree.ts';
import type { ShellProcess } from './shell-process.ts';
import type { FileStat, Stream } from './stream.ts';

/** Most links that are followed on the way to a file. */
const MAX_LINKS = 40;

/** How a file is opened. */
export interface OpenMode extends OpenHow {
  /** `O_EXCL`. */
  readonly exclusive?: boolean;
  /** Permission bits of a file that is created. */
  readonly mode?: number;
}

/** Where a path leads. */
interface Place {
  /** From the root, without links and dots. */
  readonly path: string;
  /** Directory in memory that it is in; undefined for the root and among the tracing files. */
  readonly dir: RamDir | undefined;
  readonly name: string;
  /** What is there; undefined when nothing is, and among the tracing files. */
  readonly node: RamNode | undefined;
  /** The tracing files' mount point that it is below, and its path from there. */
  readonly mount: string | undefined;
  readonly traced: string;
  /** Whether the path ended in a slash: it must be a directory. */
  readonly slash: boolean;
}

/** Owner and mode that somebody gave a tracing file. */
type Attributes = Partial<Pick<FileStat, 'mode' | 'uid' | 'gid'>>;

/** The whole file system: a tree in memory with the tracing files mounted in it. Answers with negative errnos. */
export class Vfs {
  readonly root: RamDir;
  readonly #tracefs: Tracefs;
  /** Owners and modes of tracing files that were changed, by path from their root. */
  readonly #attributes = new Map<string, Attributes>();
  /** Owners of instances, by path: those of the files in them that nobody changed. */
  readonly #instances = new Map<string, { uid: number; gid: number }>();
  /** Owner and mode of the tracing files that nobody changed: the mount's options. */
  readonly mountAttributes: { uid?: number; gid?: number; mode?: number } = {};

  constructor(root: RamDir, tracefs: Tracefs) {
    this.root = root;
    this.#tracefs = tracefs;
  }

  /** Opens a file for a process. */
  open(who: ShellProcess, path: string, how: OpenMode): Stream | number {
    const place = this.#find(who, path, true);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) return this.#openTraced(place, how);
    const { node, dir, name } = place;
    if (!node) {
      if (!how.create || !dir) return -Errno.ENOENT;
      if (place.slash) return -Errno.EISDIR;
      const file = ramFile('', (how.mode ?? 0o666) & ~who.umask);
      dir.entries.set(name, file);
      return fileStream(place.path, file, how, () => this.#statRam(place.path, file));
    }
    if (how.create && how.exclusive) return -Errno.EEXIST;
    if (node.kind === 'dir' || node.kind === 'mount') {
      if (how.write) return -Errno.EISDIR;
      return {
        path: place.path,
        read: () => -Errno.EISDIR,
        stat: () => this.#statRam(place.path, node),
        close: () => {},
      };
    }
    if (place.slash) return -Errno.ENOTDIR;
    if (node.kind === 'file') return fileStream(place.path, node, how, () => this.#statRam(place.path, node));
    if (node.kind === 'link') return -Errno.ELOOP;
    if (node.open) return node.open(who);
    return madeStream(place.path, node, who, how, () => this.#statRam(place.path, node));
  }

  /** Tells of a file; of a link itself when not to be followed. */
  stat(who: ShellProcess, path: string, follow = true): FileStat | number {
    const place = this.#find(who, path, follow);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) return this.#statTraced(place.mount, place.traced, place.slash);
    if (!place.node) return -Errno.ENOENT;
    if (place.slash && place.node.kind !== 'dir' && place.node.kind !== 'mount') return -Errno.ENOTDIR;
    return this.#statRam(place.path, place.node);
  }

  /** Names in a directory, sorted by their bytes. */
  list(who: ShellProcess, path: string): string[] | number {
    const place = this.#find(who, path, true);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) return this.#tracefs.list(place.traced);
    if (!place.node) return -Errno.ENOENT;
    return place.node.kind === 'dir' ? namesOf(place.node) : -Errno.ENOTDIR;
  }

  mkdir(who: ShellProcess, path: string, mode = 0o777): number {
    const place = this.#find(who, path, false);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) {
      const ret = this.#tracefs.mkdir(place.traced);
      // An instance belongs to whom the directory that it is in belongs to.
      const { uid, gid } = this.#ownerOf(place.traced.replace(/\/?[^/]*$/, '') || '.');
      if (ret === 0) this.#instances.set(place.traced, { uid, gid });
      return ret;
    }
    if (place.node || !place.dir) return -Errno.EEXIST;
    place.dir.entries.set(place.name, ramDir({}, mode & ~who.umask));
    return 0;
  }

  rmdir(who: ShellProcess, path: string): number {
    const place = this.#find(who, path, false);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) {
      const ret = this.#tracefs.rmdir(place.traced);
      if (ret === 0) this.#instances.delete(place.traced);
      if (ret === 0)
        for (const path of this.#attributes.keys())
          if (path === place.traced || path.startsWith(`${place.traced}/`)) this.#attributes.delete(path);
      return ret;
    }
    const { node, dir } = place;
    if (!node) return -Errno.ENOENT;
    if (node.kind === 'mount' || !dir) return -Errno.EBUSY;
    if (node.kind !== 'dir') return -Errno.ENOTDIR;
    if (namesOf(node).length > 0) return -Errno.ENOTEMPTY;
    return dir.entries.delete(place.name) ? 0 : -Errno.EPERM;
  }

  unlink(who: ShellProcess, path: string): number {
    const place = this.#find(who, path, false);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) {
      const stat = this.#tracefs.stat(place.traced);
      if (typeof stat === 'number') return stat;
      return stat.kind === 'dir' ? -Errno.EISDIR : -Errno.EPERM;
    }
    if (!place.node) return -Errno.ENOENT;
    if (place.node.kind === 'dir' || place.node.kind === 'mount' || !place.dir) return -Errno.EISDIR;
    return place.dir.entries.delete(place.name) ? 0 : -Errno.EPERM;
  }

  symlink(who: ShellProcess, target: string, path: string): number {
    const place = this.#find(who, path, false);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) return -Errno.EPERM;
    if (place.node || !place.dir) return -Errno.EEXIST;
    place.dir.entries.set(place.name, ramLink(target));
    return 0;
  }

  readlink(who: ShellProcess, path: string): string | number {
    const place = this.#find(who, path, false);
    if (typeof place === 'number') return place;
    if (place.mount === undefined && !place.node) return -Errno.ENOENT;
    if (place.node?.kind !== 'link') return -Errno.EINVAL;
    return typeof place.node.target === 'string' ? place.node.target : place.node.target(who);
  }

  rename(who: ShellProcess, from: string, to: string): number {
    const old = this.#find(who, from, false);
    if (typeof old === 'number') return old;
    const now = this.#find(who, to, false);
    if (typeof now === 'number') return now;
    if (old.mount !== now.mount) return -Errno.EXDEV;
    if (old.mount !== undefined) return -Errno.EPERM;
    if (!old.node || !old.dir || !now.dir) return -Errno.ENOENT;
    if (now.node?.kind === 'dir' && (old.node.kind !== 'dir' || namesOf(now.node).length > 0))
      return old.node.kind === 'dir' ? -Errno.ENOTEMPTY : -Errno.EISDIR;
    if (now.node?.kind === 'mount' || old.node.kind === 'mount') return -Errno.EBUSY;
    old.dir.entries.delete(old.name);
    now.dir.entries.set(now.name, old.node);
    return 0;
  }

  /** Changes owner, group or mode. */
  change(who: ShellProcess, path: string, to: Attributes): number {
    const place = this.#find(who, path, true);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) {
      const stat = this.#tracefs.stat(place.traced);
      if (typeof stat === 'number') return stat;
      this.#attributes.set(place.traced, { ...this.#attributes.get(place.traced), ...to });
      return 0;
    }
    if (!place.node) return -Errno.ENOENT;
    Object.assign(place.node, to);
    return 0;
  }

  /** Forgets the owners, or the modes, that tracing files were given one by one. */
  forgetAttributes(names: readonly (keyof Attributes)[]): void {
    for (const attributes of this.#attributes.values()) for (const name of names) delete attributes[name];
    const { uid = 0, gid = 0 } = this.mountAttributes;
    for (const owner of this.#instances.values()) {
      if (names.includes('uid')) owner.uid = uid;
      if (names.includes('gid')) owner.gid = gid;
    }
  }

  /** The path from the root, without links and dots, of what there is; a negative errno when there is nothing. */
  realPath(who: ShellProcess, path: string): string | number {
    const place = this.#find(who, path, true);
    if (typeof place === 'number') return place;
    if (place.mount !== undefined) {
      const stat = this.#tracefs.stat(place.traced);
      return typeof stat === 'number' ? stat : place.path;
    }
    return place.node ? place.path : -Errno.ENOENT;
  }

  /** Walks a path. Its last name may be missing; the directory that it would be in may not. */
  #find(who: ShellProcess, path: string, follow: boolean): Place | number {
    if (path === '') return -Errno.ENOENT;
    const slash = path.endsWith('/') || path.endsWith('/.');
    const todo = (path.startsWith('/') ? path : `${who.cwd}/${path}`).split('/').reverse();
    const dirs: { dir: RamDir; name: string }[] = [{ dir: this.root, name: '' }];
    let links = 0;
    while (todo.length > 0) {
      const name = todo.pop()!;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (dirs.length > 1) dirs.pop();
        continue;
      }
      const last = todo.every((rest) => rest === '' || rest === '.');
      const { dir } = dirs.at(-1)!;
      const node = entryOf(dir, name);
      const here = pathOf(dirs, name);
      if (node?.kind === 'mount') {
        const rest = insideMount(todo.reverse());
        if (rest === undefined) {
          todo.reverse();
          popUp(todo);
          continue;
        }
        const full = rest === '.' ? here : `${here}/${rest}`;
        return { path: full, dir: undefined, name, node: undefined, mount: here, traced: rest, slash };
      }
      if (node?.kind === 'link' && (!last || follow)) {
        if (++links > MAX_LINKS) return -Errno.ELOOP;
        const target = typeof node.target === 'string' ? node.target : node.target(who);
        if (target.startsWith('/')) dirs.splice(1);
        todo.push(...target.split('/').reverse());
        continue;
      }
      if (last) return { path: here, dir, name, node, mount: undefined, traced: '', slash };
      if (!node) return -Errno.ENOENT;
      if (node.kind !== 'dir') return -Errno.ENOTDIR;
      dirs.push({ dir: node, name });
    }
    const at = dirs.at(-1)!;
    return {
      path: pathOf(dirs),
      dir: dirs.at(-2)?.dir,
      name: at.name,
      node: at.dir,
      mount: undefined,
      traced: '',
      slash: true,
    };
  }

  #openTraced({ traced, path, mount, slash }: Place, how: OpenMode): Stream | number {
    const stat = () => {
      const answer = this.#statTraced(mount!, traced, false);
      return typeof answer === 'number' ? NOTHING : answer;
    };
    const known = how.write ? undefined : this.#tracefs.stat(traced);
    if (typeof known === 'object' && known.kind === 'dir')
      return { path, read: () => -Errno.EISDIR, stat, close: () => {} };
    if (how.create && how.exclusive && typeof this.#tracefs.stat(traced) !== 'number') return -Errno.EEXIST;
    const file = this.#tracefs.open(slash ? `${traced}/` : traced, how);
    return typeof file === 'number' ? file : tracedStream(path, file, stat);
  }

  #statTraced(mount: string, traced: string, slash: boolean): FileStat | number {
    const stat = this.#tracefs.stat(slash && traced !== '.' ? `${traced}/` : traced);
    if (typeof stat === 'number') return stat;
    const { kind, mode, links } = stat;
    const given = this.#attributes.get(traced);
    const root = this.mountAttributes;
    return {
      kind,
      mode: given?.mode ?? (traced === '.' ? (root.mode ?? 0o755) : mode),
      ...this.#ownerOf(traced),
      size: 0,
      links,
      ino: inode(`traced/${traced}`),
      mtime: 0,
      mount,
    };
  }

  /** Who a tracing file belongs to: as it was changed, as its instance, or as the mount's options say. */
  #ownerOf(traced: string): { readonly uid: number; readonly gid: number } {
    const given = this.#attributes.get(traced);
    const instance = this.#instances.get(/^instances\/[^/]+/.exec(traced)?.[0] ?? '');
    return {
      uid: given?.uid ?? instance?.uid ?? this.mountAttributes.uid ?? 0,
      gid: given?.gid ?? instance?.gid ?? this.mountAttributes.gid ?? 0,
    };
  }

  #statRam(path: string, node: RamNode): FileStat {
    if (node.kind === 'mount') return this.#statTraced(path, '.', false) as FileStat;
    return statOf(node, inode(path), /^\/(proc|sys|dev|tmp)(?=\/|$)/.exec(path)?.[0] ?? '/');
  }
}

const NOTHING: FileStat = { kind: 'file', mode: 0, uid: 0, gid: 0, size: 0, links: 0, ino: 0, mtime: 0, mount: '' };

/** A number for a path, the same each time. */
function inode(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193) >>> 0;
  return 2 + (hash % 1_000_000);
}

const pathOf = (dirs: readonly { readonly name: string }[], name?: string): string => {
  const names = dirs.slice(1).map((each) => each.name);
  return `/${(name === undefined ? names : [...names, name]).join('/')}`;
};

/** What is left of a path below a mount point, without dots; undefined when it leads up and out of it. */
function insideMount(names: readonly string[]): string | undefined {
  const kept: string[] = [];
  for (const name of names) {
    if (name === '' || name === '.') continue;
    if (name !== '..') kept.push(name);
    else if (kept.pop() === undefined) return undefined;
  }
  return kept.join('/') || '.';
}

/** Takes the names up to and with the `..` that leads out of a mount point off a path, first name last. */
function popUp(todo: string[]): void {
  let depth = 0;
  while (todo.length > 0 && depth >= 0) {
    const name = todo.pop()!;
    if (name === '..') depth--;
    else if (name !== '' && name !== '.') depth++;
  }
}

function fileStream(path: string, file: { data: string }, how: OpenMode, stat: () => FileStat): Stream {
  if (how.truncate && how.write) file.data = '';
  let offset = 0;
  const read = (size: number) => {
    const piece = file.data.slice(offset, offset + size);
    offset += piece.length;
    return piece;
  };
  const write = (data: string) => {
    const at = how.append ? file.data.length : offset;
    const before = file.data.length < at ? file.data.padEnd(at, '\0') : file.data.slice(0, at);
    file.data = before + data + file.data.slice(at + data.length);
    offset = at + data.length;
    return data.length;
  };
  const seek = (to: number) => {
    offset = to;
    return to;
  };
  return { path, stat, seek, close: () => {}, ...(how.read ? { read } : {}), ...(how.write ? { write } : {}) };
}

function madeStream(
  path: string,
  node: { read?(opener: ShellProcess): string | number; write?(data: string, writer: ShellProcess): number },
  who: ShellProcess,
  how: OpenMode,
  stat: () => FileStat,
): Stream | number {
  if (how.write && !node.write) return -Errno.EACCES;
  let content: string | undefined;
  let offset = 0;
  const read = (size: number) => {
    if (content === undefined) {
      const made = node.read?.(who) ?? -Errno.EINVAL;
      if (typeof made === 'number') return made;
      content = made;
    }
    const piece = content.slice(offset, offset + size);
    offset += piece.length;
    return piece;
  };
  const seek = (to: number) => {
    offset = to;
    content = undefined;
    return to;
  };
  const write = (data: string) => node.write!(data, who);
  return { path, stat, seek, close: () => {}, ...(how.read ? { read } : {}), ...(how.write ? { write } : {}) };
}

function tracedStream(path: string, file: OpenFile, stat: () => FileStat): Stream {
  return {
    path,
    stat,
    read: (size) => file.read(size),
    write: (data) => file.write(data),
    waitRead: (wake) => file.wait(wake),
    cancelRead: (wake) => file.cancelWait(wake),
    seek: (to) => {
      if (to !== 0) return -Errno.EINVAL;
      file.rewind();
      return 0;
    },
    close: () => file.close(),
  };
}
