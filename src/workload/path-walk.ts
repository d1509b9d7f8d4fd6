import type { ObjectBinder } from './object-binder.ts';
import type { ScriptCall } from './script.ts';
import { valueKind } from './value-map.ts';
import { stringBytes, type World } from './world.ts';

/** A component of a path, and where its text lies in the kernel's copy of the path. */
interface Component {
  readonly text: string;
  readonly at: bigint;
}

/** A walk whose path is not known when it begins: the dentries that it came by may tell in the end. */
interface UnknownWalk {
  readonly at: number;
  /** Step at which the system call began. */
  readonly floor: number;
  /** The kernel's copy of the path. */
  readonly name: bigint;
  /** Where the program has the path, 0 when that is not known. */
  readonly user: bigint;
  /** Directory that it began in. */
  start: bigint;
  /** By component: the dentry it led to, and what that was called when the walk ended. */
  readonly steps: { dentry: bigint; name: string | undefined }[];
  /** Lookups: step, the `struct qstr` that was passed, and the component. */
  readonly lookups: { readonly at: number; readonly qstr: bigint; readonly component: number }[];
}

/** Where programs for this architecture name their dynamic loader. */
const INTERPRETER = '/lib64/ld-linux-x86-64.so.2';

/** Functions that look a name up in a directory, by `parent` and `name`; what they return has that name. */
const LOOKUPS = new Set(['__d_lookup_rcu', '__d_lookup', 'd_lookup', 'd_alloc_parallel', 'd_alloc', '__d_alloc']);
const S_IFDIR_755 = 0o040755n;

/**
 * Follows path lookups: the components of a path come one after the other, each looked up in the directory that the one
 * before gave. So the dentries on the way get their names, parents and inodes.
 */
export class PathWalk {
  readonly #world: World;
  readonly #binder: ObjectBinder;
  #components: Component[] = [];
  #next = 0;
  #current: Component | undefined;
  /** Inode of the directory that the next component is looked up in. */
  #directory = 0n;
  /** Dentry that the walk came to last. */
  #reached = 0n;
  #unknown: UnknownWalk | undefined;
  readonly #unknowns: UnknownWalk[] = [];
  /** User address of the path that the calls under way are about. */
  #user = 0n;

  constructor(world: World, binder: ObjectBinder) {
    this.#world = world;
    this.#binder = binder;
  }

  enter(call: ScriptCall, floor: number): void {
    const argument = (name: string) => call.args[call.argNames.indexOf(name)] ?? 0n;
    if (call.parent === undefined) this.#user = 0n;
    for (const name of ['filename', 'pathname', 'name'])
      if (valueKind(argument(name)) === 'user') this.#user = argument(name);
    switch (call.name) {
      case 'path_init':
        this.#forget();
        break;
      case 'link_path_walk':
        this.#begin(argument('name'), floor);
        break;
      case 'lookup_fast':
        this.#current = this.#components[this.#next++];
        this.#unknown?.steps.push({ dentry: 0n, name: undefined });
        break;
      case 'inode_permission':
        if (this.#components.length > 0) this.#directory = argument('inode');
        break;
      case 'step_into':
        this.#reached = argument('dentry');
        break;
      case 'vfs_open':
        this.#open(argument('path'), argument('file'));
        break;
      default:
        if (LOOKUPS.has(call.name)) this.#lookUp(argument('parent'), argument('name'));
        else if (call.argNames[0] === 'dir' && call.argNames.includes('dentry'))
          this.#inDirectory(argument('dir'), argument('dentry'));
    }
  }

  leave(call: ScriptCall): void {
    if (call.name === 'terminate_walk') this.#forget();
    if (!LOOKUPS.has(call.name) || call.result === undefined || valueKind(call.result) !== 'heap') return;
    const parent = call.args[call.argNames.indexOf('parent')];
    this.#name(call.result);
    const step = this.#unknown?.steps.at(-1);
    if (step !== undefined) step.dentry = call.result;
    if (parent !== undefined && parent !== 0n) this.#world.storeMember('dentry', call.result, 'd_parent', parent);
  }

  /** Stores the paths that are known by now of walks that began without. */
  finish(task: number): void {
    for (const walk of this.#unknowns) {
      const { at, floor, name, user, start, steps, lookups } = walk;
      const found = steps.map((step) => step.name ?? this.#lateName(step.dentry, at));
      const path = completePath(this.#nameOf(start) === '/', found);
      if (path === undefined) continue;
      this.#world.store(name, stringBytes(path), { at, exact: true });
      if (user !== 0n) this.#world.storeUser(task, user, stringBytes(path), { at, floor });
      const places = [...path.matchAll(/[^/]+/g)];
      for (const { at: then, qstr, component } of lookups) {
        const place = places[component];
        if (place === undefined) continue;
        this.#world.storeMember('qstr', qstr, 'name', name + BigInt(place.index), { at: then, exact: true });
        this.#world.storeMember('qstr', qstr, 'len', BigInt(place[0].length), { at: then, exact: true });
      }
    }
  }

  /** What a dentry is called in the end, if it is still the same. */
  #lateName(dentry: bigint, at: number): string | undefined {
    return (this.#world.times.births.get(dentry)?.at(-1) ?? 0) <= at ? this.#nameOf(dentry) : undefined;
  }

  #nameOf(dentry: bigint): string | undefined {
    const name = dentry === 0n ? 0n : this.#world.loadMember('dentry', dentry, 'd_name.name');
    return name === 0n ? undefined : this.#world.string(name) || undefined;
  }

  #forget(): void {
    for (const step of this.#unknown?.steps ?? []) step.name = this.#nameOf(step.dentry);
    this.#components = [];
    this.#next = 0;
    this.#current = undefined;
    this.#directory = 0n;
    this.#unknown = undefined;
  }

  /** `name` is the kernel's copy of the path, or what is left of it behind a symbolic link. */
  #begin(name: bigint, floor: number): void {
    const path = valueKind(name) === 'heap' ? this.#world.string(name) : undefined;
    if (path === '') {
      this.#unknown = { at: this.#world.at, floor, name, user: this.#user, start: 0n, steps: [], lookups: [] };
      this.#unknowns.push(this.#unknown);
    }
    if (path === undefined || path === '') return;
    this.#components = [...path.matchAll(/[^/]+/g)]
      .map((m) => ({ text: m[0], at: name + BigInt(m.index) }))
      .filter(({ text }) => text !== '.' && text !== '..');
    this.#next = 0;
    this.#current = undefined;
  }

  #lookUp(parent: bigint, name: bigint): void {
    const { text, at } = this.#current ?? { text: '', at: 0n };
    if (text !== '' && valueKind(name) === 'stack') {
      this.#world.storeMember('qstr', name, 'name', at, { exact: true });
      this.#world.storeMember('qstr', name, 'len', BigInt(text.length), { exact: true });
    }
    if (this.#unknown !== undefined) {
      if (this.#unknown.start === 0n) this.#unknown.start = parent;
      if (valueKind(name) === 'stack')
        this.#unknown.lookups.push({ at: this.#world.at, qstr: name, component: this.#unknown.steps.length - 1 });
    }
    if (this.#directory === 0n || valueKind(parent) !== 'heap') return;
    this.#isDirectory(parent, this.#directory);
    this.#directory = 0n;
  }

  /** A file system was asked about a dentry in a directory. */
  #inDirectory(inode: bigint, dentry: bigint): void {
    if (valueKind(inode) !== 'heap' || valueKind(dentry) !== 'heap') return;
    const parent = this.#world.loadMember('dentry', dentry, 'd_parent');
    if (parent !== 0n) this.#isDirectory(parent, inode);
  }

  #isDirectory(dentry: bigint, inode: bigint): void {
    if (this.#world.loadMember('inode', inode, 'i_mapping') === 0n) this.#binder.complete('inode', inode);
    if (this.#world.loadMember('inode', inode, 'i_mode') === 0n)
      this.#world.storeMember('inode', inode, 'i_mode', S_IFDIR_755);
    this.#world.storeMember('dentry', dentry, 'd_inode', inode);
  }

  #name(dentry: bigint): void {
    const world = this.#world;
    const text = this.#current?.text;
    const inline = world.member('dentry', 'd_shortname');
    if (text === undefined || inline === undefined) return;
    const held = world.loadMember('dentry', dentry, 'd_name.name');
    if (held !== 0n && world.string(held) === text) return;
    const inside = text.length < inline.size ? dentry + BigInt(inline.offset) : undefined;
    if (inside !== undefined) world.store(inside, stringBytes(text), { object: dentry });
    world.storeMember('dentry', dentry, 'd_name.name', inside ?? this.#binder.string(text));
    world.storeMember('dentry', dentry, 'd_name.len', BigInt(text.length));
    this.#binder.complete('dentry', dentry);
  }

  /** The file that is opened is the one that the walk came to. */
  #open(path: bigint, file: bigint): void {
    if (valueKind(this.#reached) !== 'heap') return;
    if (valueKind(path) === 'stack') this.#world.storeMember('path', path, 'dentry', this.#reached, { exact: true });
    this.#opening = { file, dentry: this.#reached };
    this.#reached = 0n;
  }

  #opening: { readonly file: bigint; readonly dentry: bigint } | undefined;

  /** The dentry of the file that `do_dentry_open()` fills in. */
  opened(file: bigint): bigint | undefined {
    return this.#opening?.file === file ? this.#opening.dentry : undefined;
  }
}

/** The path with these components; undefined when one is not known. */
function completePath(absolute: boolean, names: readonly (string | undefined)[]): string | undefined {
  const loader = INTERPRETER.slice(1).split('/');
  if (absolute && names.length === loader.length && names.at(-1) === loader.at(-1)) return INTERPRETER;
  return names.length > 0 && names.every((name) => name !== undefined)
    ? `${absolute ? '/' : ''}${names.join('/')}`
    : undefined;
}
