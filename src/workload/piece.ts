import type { KernelTypes } from './kernel-types.ts';
import { StepKind, type Workload, type WorkloadFacts } from './workload.ts';

/** Members of a task_struct that are the machine's to say, not the recording's. */
const OWN_MEMBERS = [
  'comm',
  'pid',
  'tgid',
  'flags',
  'stack',
  'parent',
  'real_parent',
  'group_leader',
  'prio',
  'static_prio',
  'normal_prio',
] as const;

/** The parts of a kernel that tell whether anybody looks. */
interface Watchers {
  readonly ftrace: { readonly sites: Uint8Array };
  readonly tracepoints: { find(name: string): { readonly enabled: boolean } | undefined };
}

/** Arguments of one name and value, wherever a piece passes them, that are something else in a replay. */
interface ArgumentChange {
  /** Name of the parameter. */
  readonly param: string;
  readonly from: bigint;
  readonly to: bigint;
}

/** A program that is replayed again and again, each time with other names and numbers: a fork, a system call. */
export class Piece {
  readonly #workload: Workload;
  readonly #types: KernelTypes;
  readonly #names: readonly string[];
  readonly #functions: Uint32Array;
  readonly #pointNames: readonly string[];
  #params: Map<string, number[]> | undefined;

  /** @param nameOf name of a function by its id */
  constructor(workload: Workload, types: KernelTypes, nameOf: (fn: number) => string) {
    this.#types = types;
    this.#workload = { ...workload, facts: withoutFacts(workload.facts, ownPlaces(workload, types)) };
    this.#functions = new Uint32Array(new Set(workload.callFn));
    const names = new Map([...this.#functions].map((fn) => [fn, nameOf(fn)]));
    this.#names = Array.from(workload.callFn, (fn) => names.get(fn)!);
    const announced = [...workload.stepKind].some((kind) => kind === StepKind.SWITCH) ? ['sched_switch'] : [];
    this.#pointNames = [...new Set([...workload.points.map(({ name }) => name), ...announced])];
  }

  /** Whether replaying it has an effect: a function of it is patched, or a tracepoint on. */
  isWatched({ ftrace, tracepoints }: Watchers): boolean {
    const { sites } = ftrace;
    for (const fn of this.#functions) if (sites[fn] !== 0) return true;
    return this.#pointNames.some((name) => tracepoints.find(name)?.enabled === true);
  }

  /** Value of the first argument of a name. */
  argument(param: string): bigint | undefined {
    const [first] = this.#places(param);
    return first === undefined ? undefined : new BigUint64Array(this.#workload.argWords.slice().buffer)[first];
  }

  /** The step at which a function is entered or left for the n-th time (from 0); −1 for none. */
  step(op: 'enter' | 'leave', fn: string, n = 0): number {
    const { stepKind, stepValue } = this.#workload;
    const kind = op === 'enter' ? StepKind.ENTER : StepKind.LEAVE;
    let left = n;
    for (let at = 0; at < stepKind.length; at++)
      if (stepKind[at] === kind && this.#names[stepValue[at]] === fn && left-- === 0) return at;
    return -1;
  }

  /** A copy to be replayed once, with other strings in memory (old and new) and names that an exec gives. */
  copy(strings: ReadonlyMap<string, string> = new Map(), comm?: string): Workload {
    const workload = this.#workload;
    const argWords = workload.argWords.slice();
    this.#moveNames(argWords, strings);
    return {
      ...workload,
      argWords,
      resultWords: workload.resultWords.slice(),
      points: workload.points.map((point) => {
        const words = point.words.slice();
        this.#moveNames(words, strings);
        return { ...point, words };
      }),
      names: comm === undefined ? workload.names : workload.names.map(() => comm),
      facts: strings.size === 0 ? workload.facts : replaceStrings(workload.facts, strings),
    };
  }

  /** Changes arguments of a copy. */
  setArgument(copy: Workload, { param, from, to }: ArgumentChange): void {
    const wide = new BigUint64Array(copy.argWords.buffer);
    for (const place of this.#places(param)) if (wide[place] === from) wide[place] = BigInt.asUintN(64, to);
  }

  /**
   * Changes the result of a copy's first call, as it becomes known at a step: the calls that handed the old one on hand on the new
   * one; an error (negative) is the result of all calls that are under way.
   */
  setResult(copy: Workload, result: bigint, step: number): void {
    const wide = new BigUint64Array(copy.resultWords.buffer);
    const old = wide[0];
    const value = BigInt.asUintN(64, result);
    for (let call = 0; call < wide.length; call++)
      if (wide[call] === old && copy.hasResult[call] === 1) wide[call] = value;
    const last = result < 0n ? copy.stepValue[step - 1] : -1;
    for (let call = copy.callParent[last] ?? -1; call >= 0; call = copy.callParent[call])
      if (copy.hasResult[call] === 1) wide[call] = value;
    for (const { name, words } of copy.points) if (name === 'sys_exit') new BigUint64Array(words.buffer)[1] = value;
  }

  /** A pointer to the last name in a path in kernel memory points to that of the path which takes its place. */
  #moveNames(words: Uint32Array, strings: ReadonlyMap<string, string>): void {
    const wide = new BigUint64Array(words.buffer);
    for (const [old, now] of strings) {
      const [before, after] = [old.lastIndexOf('/') + 1, now.lastIndexOf('/') + 1];
      if (before === after) continue;
      for (const path of this.#addresses(old)) {
        const at = wide.indexOf(path + BigInt(before));
        if (at >= 0) wide[at] = path + BigInt(after);
      }
    }
  }

  /** Where a string is in kernel memory. */
  #addresses(text: string): bigint[] {
    const { facts } = this.#workload;
    const found: bigint[] = [];
    for (let i = 0; i < facts.count; i++)
      if (facts.space[i] < 0 && stringOf(facts, i) === text) found.push(facts.address[i]);
    return found;
  }

  /** Places in `argWords` of the arguments of a name, in 64-bit words. */
  #places(param: string): readonly number[] {
    this.#params ??= this.#findParams();
    return this.#params.get(param) ?? [];
  }

  #findParams(): Map<string, number[]> {
    const found = new Map<string, number[]>();
    const { callArgs } = this.#workload;
    for (const [call, fn] of this.#names.entries()) {
      const params = this.#types.functionType(fn)?.params ?? [];
      for (let n = callArgs[call]; n < callArgs[call + 1]; n++) {
        const name = params[n - callArgs[call]]?.name ?? '';
        const places = found.get(name);
        if (places) places.push(n);
        else found.set(name, [n]);
      }
    }
    return found;
  }
}

function ownPlaces(workload: Workload, types: KernelTypes): ReadonlySet<bigint> {
  const offsets = OWN_MEMBERS.flatMap((member) => types.offset('task_struct', member) ?? []);
  return new Set(workload.tasks.flatMap(({ address }) => offsets.map((offset) => address + BigInt(offset))));
}

function withoutFacts(facts: WorkloadFacts, addresses: ReadonlySet<bigint>): WorkloadFacts {
  const kept = Array.from({ length: facts.count }, (_, i) => i).filter((i) => !addresses.has(facts.address[i]));
  return {
    ...replaceBytes(facts, kept, () => undefined),
    count: kept.length,
    at: Int32Array.from(kept, (i) => facts.at[i]),
    space: Int16Array.from(kept, (i) => facts.space[i]),
    address: BigUint64Array.from(kept, (i) => facts.address[i]),
    pid: Uint8Array.from(kept, (i) => facts.pid[i]),
  };
}

function stringOf({ bytes, offset }: WorkloadFacts, i: number): string | undefined {
  const end = offset[i + 1] - 1;
  return bytes[end] === 0 ? String.fromCharCode(...bytes.subarray(offset[i], end)) : undefined;
}

function replaceStrings(facts: WorkloadFacts, strings: ReadonlyMap<string, string>): WorkloadFacts {
  const all = Array.from({ length: facts.count }, (_, i) => i);
  return replaceBytes(facts, all, (i) => {
    const other = strings.get(stringOf(facts, i) ?? '');
    return other === undefined ? undefined : Uint8Array.from(`${other}\0`, (c) => c.charCodeAt(0));
  });
}

/** Facts with some of their bytes replaced; `undefined` keeps them. */
function replaceBytes(
  facts: WorkloadFacts,
  kept: readonly number[],
  change: (fact: number) => Uint8Array | undefined,
): WorkloadFacts {
  const pieces = kept.map((i) => change(i) ?? facts.bytes.subarray(facts.offset[i], facts.offset[i + 1]));
  const offset = new Uint32Array(kept.length + 1);
  for (const [i, piece] of pieces.entries()) offset[i + 1] = offset[i] + piece.length;
  const bytes = new Uint8Array(offset[kept.length]);
  for (const [i, piece] of pieces.entries()) bytes.set(piece, offset[i]);
  return { ...facts, offset, bytes };
}
