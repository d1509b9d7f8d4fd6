import type { Definition, Hop } from './definition.ts';
import type { Shown } from './objects-text.ts';

/** A member that something was seen of, of an object that is not further described. */
export interface SeenMember {
  /** What it showed itself. */
  leaf: { readonly shown: Shown; readonly type: string } | undefined;
  /** What was seen through it, when it is a pointer. */
  readonly below: SeenObject;
}

/** What one event showed of an object: its members by path. */
export interface SeenObject {
  readonly members: Map<string, SeenMember>;
}

/** What one event showed from one of its function's values on. */
export interface SeenValue {
  /** Parameter, undefined for the return value. */
  readonly param: string | undefined;
  /** The value itself, or the string at it. */
  readonly leaf: { readonly shown: Shown; readonly type: string } | undefined;
  readonly object: SeenObject;
  /** Loads at offsets from the value. */
  readonly loads: { readonly hop: Extract<Hop, { kind: 'load' }>; readonly shown: Shown; readonly type: string }[];
}

/** Sorts what a definition showed by the values that it started from, so that members seen through one pointer come together. */
export function seenValues(definition: Definition, shown: ReadonlyMap<string, Shown>): SeenValue[] {
  const values = new Map<string | undefined, SeenValue>();
  for (const arg of definition.args) {
    const value = shown.get(arg.name);
    if (value === undefined) continue;
    const { param, hops } = arg.path;
    let root = values.get(param);
    if (root === undefined) {
      root = { param, leaf: undefined, object: emptyObject(), loads: [] };
      values.set(param, root);
    }
    const leaf = { shown: value, type: arg.type };
    const [first] = hops;
    if (first === undefined) values.set(param, { ...root, leaf });
    else if (first.kind === 'load') {
      if (hops.length === 1) root.loads.push({ hop: first, ...leaf });
    } else addMember(root.object, hops, leaf);
  }
  return [...values.values()];
}

function emptyObject(): SeenObject {
  return { members: new Map() };
}

function addMember(object: SeenObject, hops: readonly Hop[], leaf: SeenMember['leaf']): void {
  let at = object;
  for (const [i, hop] of hops.entries()) {
    if (hop.kind !== 'member') return;
    let member = at.members.get(hop.path);
    if (member === undefined) {
      member = { leaf: undefined, below: emptyObject() };
      at.members.set(hop.path, member);
    }
    if (i === hops.length - 1) member.leaf = leaf;
    at = member.below;
  }
}

/** Whether everything seen of an object is what a bad pointer gives: strings that fault, and zeros, and at least one fault. */
export function isUnreachable(object: SeenObject): boolean {
  let faults = 0;
  const check = (at: SeenObject): boolean => {
    for (const { leaf, below } of at.members.values()) {
      if (leaf?.shown.kind === 'fault') faults++;
      else if (leaf !== undefined && !(leaf.shown.kind === 'number' && leaf.shown.value === 0n)) return false;
      if (!check(below)) return false;
    }
    return true;
  };
  return check(object) && faults > 0;
}
