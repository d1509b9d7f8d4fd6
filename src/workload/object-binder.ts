import { OBJECT_KINDS } from './object-kinds.ts';
import { isUnreachable, type SeenMember, type SeenObject } from './observed-tree.ts';
import { type StoreOptions, stringBytes, type World } from './world.ts';

/** Turns a value of the objects' run into one of the base run. */
export interface ValueTranslator {
  value(value: bigint): bigint;
  pid(value: bigint): bigint;
}

/** An object that something that identifies it was seen of. */
interface Sighting {
  readonly address: bigint;
  readonly at: number;
}

/** Members of a task that `TaskFacts` keeps. */
const TASK_NAMES = new Set(['comm', 'pid', 'tgid']);

/** Makes memory hold what was seen: follows the path of an observation, finds or makes the objects on it, stores the end. */
export class ObjectBinder {
  /** Addresses of the task_structs of the script's tasks. */
  readonly tasks = new Set<bigint>();
  readonly #world: World;
  readonly #sightings = new Map<string, Sighting[]>();
  readonly #strings = new Map<string, bigint>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Notes that an object was seen at a step, so that pointers to it can be found before and after. */
  sight(struct: string, address: bigint, object: SeenObject, at: number): void {
    for (const key of identities(struct, object)) {
      const list = this.#sightings.get(key);
      if (list === undefined) this.#sightings.set(key, [{ address, at }]);
      else list.push({ address, at });
    }
  }

  /** Makes the object at an address hold what was seen of it. */
  bind(
    struct: string,
    address: bigint,
    object: SeenObject,
    translate: ValueTranslator,
    options: StoreOptions = {},
  ): void {
    for (const [path, member] of object.members) {
      const place = this.#world.member(struct, path);
      if (place === undefined) continue;
      const at = address + BigInt(place.offset);
      const stored = { object: address, ...options };
      if (member.below.members.size > 0) this.#bindPointer(at, place.type, member, translate, stored);
      if (member.leaf !== undefined) this.#bindLeaf(struct, address, path, at, place, member.leaf, translate, stored);
    }
  }

  /** Stores what a pointer variable of the kernel points to: a string, where it is known to be or somewhere. */
  string(text: string, known?: bigint): bigint {
    let address = this.#strings.get(text);
    if (address === undefined) {
      address = known ?? this.#world.allocate(text.length + 1);
      if (known !== undefined) this.#world.touch(known);
      this.#world.store(address, stringBytes(text), { floor: 0 });
      this.#strings.set(text, address);
    }
    return address;
  }

  /** A fresh object of a struct, with what every such object has. */
  create(struct: string, options: StoreOptions = {}): bigint {
    const id = this.#world.types.struct(struct);
    const address = this.#world.allocate((id === undefined ? undefined : this.#world.types.btf.sizeOf(id)) ?? 64);
    this.complete(struct, address, options);
    return address;
  }

  /** Stores what every object of a struct has. */
  complete(struct: string, address: bigint, options: StoreOptions = {}): void {
    OBJECT_KINDS[struct]?.fill?.(this.#world, address, (text) => this.string(text), options);
  }

  #bindPointer(at: bigint, type: number, member: SeenMember, translate: ValueTranslator, options: StoreOptions): void {
    const world = this.#world;
    if (isUnreachable(member.below)) {
      world.storeUint(at, 8, 0n, options);
      return;
    }
    const struct = world.types.pointee(type);
    if (struct === undefined) return;
    const held = world.kernel.readUint(at, 8) ?? 0n;
    const fits = held !== 0n && this.#fits(struct, held, member.below);
    const target = fits ? held : (this.#find(struct, member.below) ?? this.create(struct));
    world.storeUint(at, 8, target, options);
    this.bind(struct, target, member.below, translate);
    this.sight(struct, target, member.below, world.at);
  }

  #bindLeaf(
    struct: string,
    object: bigint,
    path: string,
    at: bigint,
    place: { size: number; type: number },
    leaf: NonNullable<SeenMember['leaf']>,
    translate: ValueTranslator,
    options: StoreOptions,
  ): void {
    const world = this.#world;
    const { shown, type } = leaf;
    // What a task is called does not depend on how well a recording was aligned.
    if (this.tasks.has(object) && TASK_NAMES.has(path)) return;
    if (shown.kind === 'number') {
      if (place.size > 8) return;
      const pid = world.types.isTypedef(place.type, 'pid_t');
      world.storeUint(at, place.size, pid ? translate.pid(shown.value) : translate.value(shown.value), {
        ...options,
        pid,
      });
      return;
    }
    const pointer = world.types.resolve(place.type)?.kind === 'ptr';
    if (shown.kind === 'fault') {
      if (pointer) world.storeUint(at, 8, 0n, options);
      return;
    }
    if (!pointer) {
      world.store(at, stringBytes(shown.text), options);
      return;
    }
    if (type === 'ustring') return;
    const held = world.kernel.readUint(at, 8) ?? 0n;
    if (held !== 0n && world.string(held) === shown.text) {
      world.storeUint(at, 8, held, options);
      return;
    }
    const inside = inlineString(world, struct, object, path, shown.text);
    if (inside !== undefined) world.store(inside, stringBytes(shown.text), { object, ...options });
    world.storeUint(at, 8, inside ?? this.string(shown.text), options);
    const length = OBJECT_KINDS[struct]?.lengths?.[path];
    if (length !== undefined) world.storeMember(struct, object, length, BigInt(shown.text.length), options);
  }

  /** Whether nothing that identifies an object speaks against what was seen. */
  #fits(struct: string, address: bigint, object: SeenObject): boolean {
    const world = this.#world;
    for (const [path, { leaf, below }] of object.members) {
      const place = world.member(struct, path);
      if (place === undefined) continue;
      const at = address + BigInt(place.offset);
      if (leaf !== undefined && isIdentity(struct, path)) {
        if (leaf.shown.kind === 'number') {
          const held = world.kernel.readUint(at, place.size) ?? 0n;
          if (held !== 0n && held !== BigInt.asUintN(8 * place.size, leaf.shown.value)) return false;
        } else if (leaf.shown.kind === 'string') {
          const pointer = world.types.resolve(place.type)?.kind === 'ptr';
          const held = pointer ? (world.kernel.readUint(at, 8) ?? 0n) : at;
          const text = held === 0n ? undefined : world.string(held);
          if (text !== undefined && text !== '' && text !== leaf.shown.text) return false;
        }
      }
      const next = world.kernel.readUint(at, 8) ?? 0n;
      const target = world.types.pointee(place.type);
      if (below.members.size > 0 && next !== 0n && target !== undefined && !this.#fits(target, next, below))
        return false;
    }
    return true;
  }

  /** The object that was seen, now or at another time, with what identifies this one. */
  #find(struct: string, object: SeenObject): bigint | undefined {
    const now = this.#world.at;
    for (const key of identities(struct, object)) {
      const fitting = (this.#sightings.get(key) ?? []).filter(({ address }) => this.#fits(struct, address, object));
      if (fitting.length > 0)
        return fitting.reduce((a, b) => (Math.abs(b.at - now) < Math.abs(a.at - now) ? b : a)).address;
    }
    return undefined;
  }
}

/** Keys by which an object is recognised: members that do not change and tell it from others. */
function identities(struct: string, object: SeenObject): string[] {
  const keys: string[] = [];
  for (const [path, { leaf }] of object.members) {
    if (leaf === undefined || leaf.shown.kind === 'fault' || !isIdentity(struct, path)) continue;
    keys.push(`${struct} ${path} ${leaf.shown.kind === 'string' ? leaf.shown.text : leaf.shown.value}`);
  }
  return keys;
}

function isIdentity(struct: string, path: string): boolean {
  return OBJECT_KINDS[struct]?.identity?.includes(path) === true;
}

/** Where an object keeps a short string of its own. */
function inlineString(world: World, struct: string, object: bigint, path: string, text: string): bigint | undefined {
  const inline = OBJECT_KINDS[struct]?.inline?.[path];
  const place = inline === undefined ? undefined : world.member(struct, inline.path);
  if (inline === undefined || place === undefined || text.length >= (inline.room ?? place.size)) return undefined;
  return object + BigInt(place.offset);
}
