import { Errno } from '../abi/errno.ts';
import { linksOf, lookup, type TraceNode } from '../tracefs/index.ts';
import { FileType, ROOT_ID } from './protocol.ts';
import type { AttrValues, Validity } from './reply.ts';

/** What chmod, chown and truncate set. */
interface Explicit {
  mode?: number;
  uid?: number;
  gid?: number;
  size?: number;
}

/** An inode: a file or directory that the kernel knows by its id. */
export interface Inode {
  readonly id: number;
  readonly parent: Inode | undefined;
  readonly name: string;
  node: TraceNode;
  /** Times that the kernel was told of it and has not forgotten. */
  lookups: number;
  readonly children: Map<string, Inode>;
  readonly explicit: Explicit;
  /** Whose owner it has unless it was given one: the root's as it is now, or the one that there was when it was made. */
  readonly ownedAs: Inode | Owner;
  links: number | undefined;
  /** Open files that read it as a stream. */
  streams: number;
  /** Whether the kernel was told that it can be spliced, and not its size since. */
  spliced: boolean;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Seconds that the kernel may keep what does not change but through it. */
const LASTING = 86_400;
/** What the kernel asks for each time. */
export const NOT_KEPT: Validity = { entry: 0, attr: 0 };
const KEPT: Validity = { entry: LASTING, attr: LASTING };
const ATTR_KEPT: Validity = { entry: 0, attr: LASTING };
const ENTRY_KEPT: Validity = { entry: LASTING, attr: 0 };

const ROOT_OWNER: Owner = { uid: 0, gid: 0 };

/** Inodes of a tree of nodes, by id. A name keeps its id while the kernel knows it and it stands for the same thing. */
export class InodeTable {
  readonly root: Inode;
  readonly #tracefs: TraceNode;
  readonly #time: number;
  readonly #byId = new Map<number, Inode>();
  #nextId = ROOT_ID + 1;

  /**
   * @param root what the mount shows
   * @param tracefs the root of tracefs in it
   * @param time seconds since 1970 that all times show
   */
  constructor(root: TraceNode, tracefs: TraceNode, time: number) {
    this.#tracefs = tracefs;
    this.#time = time;
    this.root = {
      id: ROOT_ID,
      parent: undefined,
      name: '',
      node: root,
      lookups: 1,
      children: new Map(),
      explicit: {},
      ownedAs: ROOT_OWNER,
      links: undefined,
      streams: 0,
      spliced: false,
    };
    this.#byId.set(ROOT_ID, this.root);
  }

  /** Inodes that are known. */
  get size(): number {
    return this.#byId.size;
  }

  /** The inode of an id. */
  get(id: number): Inode | undefined {
    return this.#byId.get(id);
  }

  /** Finds a name in a directory for the kernel, which will forget it again; or refuses with a negative errno. */
  lookup(parent: Inode, name: string): Inode | number {
    if (parent.node.kind !== 'dir') return -Errno.ENOTDIR;
    const node = lookup(parent.node, name);
    if (typeof node === 'number') return node;
    let inode = parent.children.get(name);
    if (inode && sameThing(inode.node, node)) inode.node = node;
    else inode = this.#add(parent, name, node);
    inode.lookups++;
    return inode;
  }

  /** The kernel forgets so many look-ups of an inode. */
  forget(id: number, lookups: number): void {
    const inode = this.#byId.get(id);
    if (!inode || inode === this.root) return;
    inode.lookups = Math.max(0, inode.lookups - lookups);
    this.#drop(inode);
  }

  /** What stat(2) tells of an inode. */
  attr(inode: Inode): AttrValues {
    const { node, explicit, id } = inode;
    const { uid, gid } = this.#owner(inode);
    inode.spliced = false;
    return {
      ino: id,
      mode: (node.kind === 'dir' ? FileType.DIR : FileType.FILE) | (explicit.mode ?? node.mode),
      nlink: this.#links(inode),
      uid,
      gid,
      size: explicit.size ?? (node.kind === 'file' ? (node.size ?? 0) : 0),
      time: this.#time,
    };
  }

  /** Changes mode, owner or size as the caller may: those given. */
  setAttr(inode: Inode, changes: Explicit): void {
    Object.assign(inode.explicit, changes);
  }

  /** Inodes whose owner changes with that of another. */
  *heirs(of: Inode): Generator<Inode> {
    for (const inode of this.#byId.values()) if (inode.ownedAs === of) yield inode;
  }

  #add(parent: Inode, name: string, node: TraceNode): Inode {
    const inode: Inode = {
      id: this.#nextId++,
      parent,
      name,
      node,
      lookups: 0,
      children: new Map(),
      explicit: {},
      ownedAs: this.#ownedAs(parent, name),
      links: undefined,
      streams: 0,
      spliced: false,
    };
    parent.children.set(name, inode);
    this.#byId.set(inode.id, inode);
    return inode;
  }

  /** The root hands its owner down, but to `events`; an instance and all in it have the owner that `instances` had when it was made. */
  #ownedAs(parent: Inode, name: string): Inode | Owner {
    if (isInstances(parent)) return this.#owner(parent);
    if (parent.node === this.#tracefs) return name === 'events' ? ROOT_OWNER : parent;
    return parent.ownedAs;
  }

  #owner({ explicit, ownedAs }: Inode): Owner {
    const inherited: Owner = 'children' in ownedAs ? this.#owner(ownedAs) : ownedAs;
    return { uid: explicit.uid ?? inherited.uid, gid: explicit.gid ?? inherited.gid };
  }

  #links(inode: Inode): number {
    if (inode.node.kind === 'file') return 1;
    if (isInstances(inode)) return linksOf(inode.node);
    inode.links ??= linksOf(inode.node);
    return inode.links;
  }

  /** Removes an inode that nothing refers to, and what only it kept. What was given a mode or an owner keeps them, and so do instances. */
  #drop(inode: Inode): void {
    let each: Inode | undefined = inode;
    while (each?.parent && each.lookups === 0 && each.children.size === 0) {
      const { parent, name }: Inode = each;
      const current = parent.children.get(name) === each;
      if (current && (Object.keys(each.explicit).length > 0 || isInstances(parent))) return;
      this.#byId.delete(each.id);
      if (current) parent.children.delete(name);
      each = parent;
    }
  }
}

/** How long the kernel may take an inode for what it was told: names that go away, and link counts that others change, are asked for again. */
export function validityOf(inode: Inode): Validity {
  if (isInstances(inode)) return ENTRY_KEPT;
  return inode.node.kind === 'dir' && inode.node.passing ? ATTR_KEPT : KEPT;
}

function isInstances({ node }: Inode): boolean {
  return node.kind === 'dir' && node.mkdir !== undefined;
}

function sameThing(a: TraceNode, b: TraceNode): boolean {
  if (a.kind !== b.kind) return false;
  return a.kind === 'file' || b.kind === 'file' || a.identity === b.identity;
}
