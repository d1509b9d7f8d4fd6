import { Errno } from '../abi/errno.ts';
import type { OpenHow, TraceDir, TraceFile, TraceNode } from './node.ts';
import { OpenFile } from './open-file.ts';

/** Longest name in a directory, bytes. */
const NAME_MAX = 255;
/** Longest path in bytes, terminator included. */
const PATH_MAX = 4096;

/** What stat(2) tells of a node. */
export interface Stat {
  readonly kind: 'file' | 'dir';
  /** Permission bits. */
  readonly mode: number;
  readonly links: number;
}

/** Options of {@link Tracefs.write}. */
export interface WriteHow {
  /** Open with O_APPEND instead of O_TRUNC. */
  readonly append?: boolean;
}

interface Place {
  readonly dir: TraceDir;
  /** Last component; empty for the root itself. */
  readonly name: string;
  /** Whether the path ends in a slash. */
  readonly slash: boolean;
}

/**
 * The tracefs file system of one kernel, seen by root. Paths are relative to its root and latin1; a slash in front changes nothing.
 * Every operation answers with a negative errno as the system call would.
 */
export class Tracefs {
  /** The directory that it all hangs from. */
  readonly root: TraceDir;
  readonly #before: () => void;

  /** @param before runs ahead of every operation: time passes */
  constructor(root: TraceDir, before: () => void = () => {}) {
    this.root = root;
    this.#before = before;
  }

  /** Time passes: for those who reach the nodes themselves. */
  tick(): void {
    this.#before();
  }

  /** Opens a file, or refuses with a negative errno. Directories cannot be opened: list them. */
  open(path: string, how: OpenHow): OpenFile | number {
    this.#before();
    const place = this.#place(path);
    if (typeof place === 'number') return place;
    if (how.create && place.slash) return -Errno.EISDIR;
    const node = this.#last(place);
    if (node === -Errno.ENOENT && how.create) return -Errno.EACCES;
    if (typeof node === 'number') return node;
    if (node.kind === 'dir') return -Errno.EISDIR;
    if (place.slash) return -Errno.ENOTDIR;
    return openNode(node, how);
  }

  /** The whole content of a file: opens it, reads to its end, closes it. Of a file without end, what there is to read now. */
  read(path: string): string | number {
    const file = this.open(path, { read: true });
    if (typeof file === 'number') return file;
    let content = '';
    for (;;) {
      const piece = file.read();
      if (piece === '' || (piece === -Errno.EAGAIN && content !== '')) break;
      if (typeof piece === 'number') {
        file.close();
        return piece;
      }
      content += piece;
    }
    file.close();
    return content;
  }

  /**
   * Opens a file for writing, writes once, closes it. Truncates unless told to append.
   * @returns bytes taken, or a negative errno, also of the failing open
   */
  write(path: string, data: string, how: WriteHow = {}): number {
    const file = this.open(path, { write: true, create: true, append: how.append, truncate: !how.append });
    if (typeof file === 'number') return file;
    const ret = file.write(data);
    file.close();
    return ret;
  }

  /** As {@link Tracefs.write} with `append`. */
  append(path: string, data: string): number {
    return this.write(path, data, { append: true });
  }

  /** Tells of a node, or a negative errno. */
  stat(path: string): Stat | number {
    this.#before();
    const node = this.#find(path);
    if (typeof node === 'number') return node;
    if (node.kind === 'file') return { kind: 'file', mode: node.mode, links: 1 };
    return { kind: 'dir', mode: node.mode, links: linksOf(node) };
  }

  /** Names in a directory, sorted by their bytes, or a negative errno. */
  list(path: string): string[] | number {
    this.#before();
    const node = this.#find(path);
    if (typeof node === 'number') return node;
    return node.kind === 'dir' ? [...node.names()].sort() : -Errno.ENOTDIR;
  }

  /** Creates a directory; only `instances` takes one. Returns 0 or a negative errno. */
  mkdir(path: string): number {
    this.#before();
    const place = this.#place(path);
    if (typeof place === 'number') return place;
    const node = this.#last(place);
    if (typeof node !== 'number') return -Errno.EEXIST;
    if (node !== -Errno.ENOENT) return node;
    return place.dir.mkdir?.(place.name) ?? -Errno.EPERM;
  }

  /** Removes a directory; only `instances` lets one go. Returns 0 or a negative errno. */
  rmdir(path: string): number {
    this.#before();
    const last = path.replace(/\/+$/, '').split('/').at(-1);
    if (last === '.') return -Errno.EINVAL;
    if (last === '..') return -Errno.ENOTEMPTY;
    const place = this.#place(path);
    if (typeof place === 'number') return place;
    if (place.name === '') return -Errno.EBUSY;
    const node = this.#last(place);
    if (typeof node === 'number') return node;
    if (node.kind === 'file') return -Errno.ENOTDIR;
    return place.dir.rmdir?.(place.name) ?? -Errno.EPERM;
  }

  #find(path: string): TraceNode | number {
    const place = this.#place(path);
    if (typeof place === 'number') return place;
    const node = this.#last(place);
    return typeof node !== 'number' && node.kind === 'file' && place.slash ? -Errno.ENOTDIR : node;
  }

  /** The directory that a path's last component is in. */
  #place(path: string): Place | number {
    if (path === '') return -Errno.ENOENT;
    if (path.length >= PATH_MAX) return -Errno.ENAMETOOLONG;
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    const dirs: TraceDir[] = [this.root];
    const last = names.at(-1) === '..' ? '' : (names.pop() ?? '');
    for (const name of names) {
      if (name === '..') {
        if (dirs.length > 1) dirs.pop();
        continue;
      }
      const node = lookup(dirs.at(-1)!, name);
      if (typeof node === 'number') return node;
      if (node.kind === 'file') return -Errno.ENOTDIR;
      dirs.push(node);
    }
    return { dir: dirs.at(-1)!, name: last, slash: /\/\.?$/.test(path) && last !== '' };
  }

  #last({ dir, name }: Place): TraceNode | number {
    return name === '' ? dir : lookup(dir, name);
  }
}

/** Opens a file that was found, or refuses with a negative errno. */
export function openNode(node: TraceFile, how: OpenHow): OpenFile | number {
  if (how.write && how.truncate) {
    const ret = node.truncate?.() ?? 0;
    if (ret < 0) return ret;
  }
  const ops = node.open?.(how) ?? node;
  return typeof ops === 'number' ? ops : new OpenFile(ops, how);
}

/** Finds a name in a directory, or refuses with a negative errno. */
export function lookup(dir: TraceDir, name: string): TraceNode | number {
  if (name.length > NAME_MAX && !dir.anyLength) return -Errno.ENAMETOOLONG;
  return dir.get(name) ?? -Errno.ENOENT;
}

/** Link count of a directory. */
export function linksOf(dir: TraceDir): number {
  return dir.links?.() ?? 2 + countDirs(dir);
}

function countDirs(dir: TraceDir): number {
  return [...dir.names()].filter((name) => dir.get(name)?.kind === 'dir').length;
}
