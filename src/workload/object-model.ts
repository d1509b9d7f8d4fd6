import { syscallOfFunction } from '../abi/syscall-numbers.ts';
import type { BuiltScript } from './build-script.ts';
import { completeObjects } from './complete-objects.ts';
import { settleFacts } from './fact-log.ts';
import type { KernelTypes } from './kernel-types.ts';
import type { TreeCall } from './normalize.ts';
import { ObjectBinder, type ValueTranslator } from './object-binder.ts';
import { nameFileSystem, OBJECT_KINDS } from './object-kinds.ts';
import { applyRules } from './object-rules.ts';
import type { Observation, Observations } from './objects-align.ts';
import { type SeenValue, seenValues } from './observed-tree.ts';
import { PathWalk } from './path-walk.ts';
import { storePointFacts } from './point-facts.ts';
import type { ScriptCall, ScriptStep } from './script.ts';
import { storeSyscall, storeSyscallNumber } from './syscall-facts.ts';
import { TaskFacts } from './task-facts.ts';
import { fillRead, fillWrite } from './user-data.ts';
import { isKernelAddress, isUserAddress, ValueMap, valueKind } from './value-map.ts';
import { stringBytes, World } from './world.ts';

/** What the facts of a script are made from. */
interface ModelParts {
  readonly built: BuiltScript;
  readonly types: KernelTypes;
  readonly observations: Observations;
  /** Pids of the recording of objects that are none of the program's tasks: its parent's. */
  readonly otherPids: ReadonlyMap<number, number>;
  /** Address of a symbol of the kernel. */
  symbol(name: string): bigint | undefined;
  /** Addresses of the kernel's strings, where they are known. */
  readonly strings: ReadonlyMap<string, bigint>;
}

/** Steps from the tracepoint of a new name to the new name. */
const RENAMED_WITHIN = 20;

/** Slab functions: their result is new memory. */
const ALLOCATES = /^(__)?k(mem_cache_|v?m)alloc/;

/** Follows a script step by step with everything that was seen of its objects, and gives it the facts that make memory show the same. */
export function addFacts(parts: ModelParts): { pages: bigint[] } {
  return new ObjectModel(parts).run();
}

class ObjectModel {
  readonly #parts: ModelParts;
  readonly #world: World;
  readonly #binder: ObjectBinder;
  readonly #values = new ValueMap();
  readonly #translate: ValueTranslator;
  readonly #sources: Map<ScriptCall, TreeCall>;
  readonly #tasks: TaskFacts;
  /** Step at which each task's current system call began. */
  readonly #floors: number[] = [];
  readonly #open: ScriptCall[][] = [];
  readonly #walks: PathWalk[] = [];
  /** By task that was forked: the system call that made it. */
  readonly #makers: string[] = [];
  /** By task: the system call that it returned from last. */
  readonly #left: string[] = [];
  readonly #dentries = new Set<bigint>();

  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.#world = new World(parts.types);
    this.#binder = new ObjectBinder(this.#world);
    this.#sources = new Map([...parts.built.calls].map(([source, call]) => [call, source]));
    this.#tasks = new TaskFacts(this.#world, parts.built.script);
    this.#translate = {
      value: (value) => this.#values.map(value, this.#world.at) ?? value,
      pid: (value) => this.#pid(value),
    };
  }

  run(): { pages: bigint[] } {
    const { script, pointSteps } = this.#parts.built;
    this.#foresee();
    this.#tasks.start();
    for (const { address } of script.tasks) this.#binder.tasks.add(address);
    const points = new Map([...pointSteps].map(([point, step]) => [step, point]));
    for (const [at, step] of script.steps.entries()) {
      this.#world.at = at;
      if (step.op === 'enter') this.#enter(step.call, step.task);
      else if (step.op === 'leave') this.#leave(step.call, step.task);
      else if (step.op === 'point') {
        this.#point(step);
        const point = points.get(at);
        for (const seen of point === undefined ? [] : (this.#parts.observations.point.get(point) ?? []))
          this.#see(seen, pointArgument(step, this.#parts.types), step.task);
      } else {
        if (step.op === 'fork') this.#makers[step.child] = this.#open[step.task]?.[0]?.name ?? '';
        this.#tasks.change(step);
      }
    }
    for (const [task, walk] of this.#walks.entries()) walk?.finish(task);
    completeObjects(this.#world, this.#dentries, (text) => this.#binder.string(text));
    script.facts.push(...settleFacts(this.#world.log, this.#world.times));
    return { pages: [...this.#world.pages].sort((a, b) => (a < b ? -1 : 1)) };
  }

  #point(step: Extract<ScriptStep, { op: 'point' }>): void {
    const { symbol, built, strings } = this.#parts;
    const string = (text: string) => this.#binder.string(text, strings.get(text));
    storePointFacts(step, { world: this.#world, string, symbol });
    if (step.name === 'task_rename') {
      const ahead = built.script.steps.slice(this.#world.at, this.#world.at + RENAMED_WITHIN);
      const change = ahead.find(({ op, task }) => (op === 'exec' || op === 'rename') && task === step.task);
      const name = step.args[1] ?? 0n;
      if (change !== undefined && 'comm' in change && this.#world.string(name) !== change.comm)
        this.#world.store(name, stringBytes(change.comm));
    }
    // What a new task returns from is the system call that made it.
    const made = step.inside !== undefined ? this.#makers[step.task] : this.#left[step.task];
    if (step.name === 'sys_exit' && made !== undefined) storeSyscallNumber(this.#world, step.args[0] ?? 0n, made);
  }

  /** What must be known beforehand: which values of the two runs are the same, and where each object is seen. */
  #foresee(): void {
    const { types, observations, built } = this.#parts;
    for (const [map, returned] of [
      [observations.enter, false],
      [observations.leave, true],
    ] as const) {
      for (const [source, list] of map) {
        const call = built.calls.get(source);
        if (call === undefined) continue;
        const at = returned ? call.leaveAt : call.enterAt;
        for (const { definition, event } of list) {
          for (const seen of seenValues(definition, event.shown)) {
            const value = valueIn(call, seen.param);
            if (value === undefined) continue;
            if (seen.leaf?.shown.kind === 'number') this.#values.pair(at, seen.leaf.shown.value, value);
            const struct = structOf(types, call.name, seen.param);
            if (struct !== undefined && value !== 0n && valueKind(value) !== 'stack')
              this.#binder.sight(struct, value, seen.object, at);
          }
        }
      }
    }
  }

  #enter(call: ScriptCall, task: number): void {
    const { types, observations } = this.#parts;
    const world = this.#world;
    this.#open[task] ??= [];
    this.#open[task].push(call);
    const begins = call.parent === undefined ? this.#beginning(call) : world.at;
    if (call.parent === undefined) this.#floors[task] = begins;
    for (const [i, value] of call.args.entries()) {
      const kind = valueKind(value);
      if (kind === 'heap' || kind === 'page') world.touch(value);
      const kindOf = types.functionType(call.name)?.params[i]?.points;
      const settled = kindOf === undefined ? undefined : OBJECT_KINDS[kindOf]?.settledBy;
      if (kindOf === 'dentry' && kind === 'heap') this.#dentries.add(value);
      if (settled?.fn === call.name) push(world.times.settles, value, world.at);
    }
    const source = this.#sources.get(call)!;
    if (call.parent === undefined && syscallOfFunction(call.name) !== undefined) {
      const event = observations.syscall.get(source);
      world.at = begins;
      storeSyscall(world, call, event?.text, this.#translate, source);
      world.at = call.enterAt;
    }
    this.#walks[task] ??= new PathWalk(world, this.#binder);
    this.#walks[task].enter(call, this.#floors[task]);
    applyRules(world, this.#binder, call, 'enter', this.#open[task], this.#walks[task]);
    this.#tasks.enter(call, task);
    for (const seen of observations.enter.get(source) ?? [])
      this.#see(seen, (param) => valueIn(call, param), task, call.name);
    if (call.name === 'vfs_write') fillWrite(world, call, task, this.#floors[task]);
  }

  /** The step at which a system call begins: its tracepoint's, if it has one. */
  #beginning(call: ScriptCall): number {
    const before = this.#parts.built.script.steps[call.enterAt - 1];
    return before?.op === 'point' && before.name === 'sys_enter' ? call.enterAt - 1 : call.enterAt;
  }

  #leave(call: ScriptCall, task: number): void {
    const { types, observations } = this.#parts;
    const world = this.#world;
    if (call.result !== undefined && (valueKind(call.result) === 'heap' || valueKind(call.result) === 'page'))
      world.touch(call.result);
    if (call.result !== undefined && ALLOCATES.test(call.name) && valueKind(call.result) === 'heap')
      world.born(call.result, allocatedSize(world, call));
    const walk = this.#walks[task];
    walk?.leave(call);
    applyRules(world, this.#binder, call, 'leave', this.#open[task] ?? [], walk);
    if (
      call.result !== undefined &&
      types.functionType(call.name)?.returnsPointerTo === 'dentry' &&
      valueKind(call.result) === 'heap'
    )
      this.#dentries.add(call.result);
    for (const seen of observations.leave.get(this.#sources.get(call)!) ?? [])
      this.#see(seen, (param) => valueIn(call, param), task, call.name);
    if (call.name === 'vfs_read') fillRead(world, call, task);
    for (const [i, value] of call.args.entries()) {
      if (types.functionType(call.name)?.params[i]?.points !== undefined && valueKind(value) === 'heap')
        push(world.times.touches, value, world.at);
    }
    this.#open[task]?.pop();
    if (call.parent === undefined && syscallOfFunction(call.name) !== undefined) this.#left[task] = call.name;
  }

  /** Makes memory show what an event showed. */
  #see(
    { definition, event }: Observation,
    value: (param: string | undefined) => bigint | undefined,
    task: number,
    fn?: string,
  ): void {
    const { types } = this.#parts;
    for (const seen of seenValues(definition, event.shown)) {
      const base = value(seen.param);
      if (base === undefined) continue;
      this.#seeString(seen, base, task);
      for (const { hop, shown, type } of seen.loads)
        this.#seeLoad(base + BigInt(hop.offset), hop.user, shown, type, task);
      const struct =
        fn === undefined ? tracepointStruct(types, definition.target, seen.param) : structOf(types, fn, seen.param);
      if (struct === undefined || !isKernelAddress(base) || seen.object.members.size === 0) continue;
      this.#binder.bind(struct, base, seen.object, this.#translate, this.#stackOptions(base, task));
      this.#nameFileSystems(struct, base, seen);
    }
  }

  #seeString(seen: SeenValue, base: bigint, task: number): void {
    if (seen.leaf?.shown.kind !== 'string') return;
    this.#seeLoad(base, seen.leaf.type === 'ustring', seen.leaf.shown, 'string', task);
  }

  #seeLoad(
    address: bigint,
    user: boolean,
    shown: SeenValue['loads'][number]['shown'],
    type: string,
    task: number,
  ): void {
    const world = this.#world;
    if (shown.kind === 'string') {
      if (isKernelAddress(address)) world.store(address, stringBytes(shown.text));
      else if (isUserAddress(address))
        world.storeUser(task, address, stringBytes(shown.text), { floor: this.#floors[task] });
    } else if (shown.kind === 'number') {
      const size = { u8: 1, s8: 1, x8: 1, u16: 2, s16: 2, x16: 2, u32: 4, s32: 4, x32: 4 }[type] ?? 8;
      if (!user && isKernelAddress(address))
        world.storeUint(address, size, this.#translate.value(shown.value), { exact: true });
    }
  }

  /** An object on the stack is what it is since the first call of those under way that got its address. */
  #stackOptions(base: bigint, task: number): { floor?: number; object?: bigint } {
    if (valueKind(base) !== 'stack') return {};
    const first = this.#open[task]?.find((call) => call.args.includes(base));
    return { floor: first?.enterAt ?? this.#world.at };
  }

  #nameFileSystems(struct: string, base: bigint, seen: SeenValue): void {
    if (struct !== 'file' || !seen.object.members.get('f_inode')?.below.members.has('i_sb')) return;
    const world = this.#world;
    const inode = world.loadMember('file', base, 'f_inode');
    const superBlock = inode === 0n ? 0n : world.loadMember('inode', inode, 'i_sb');
    if (superBlock === 0n) return;
    const place = world.member('super_block', 's_id');
    const name = place === undefined ? undefined : world.string(superBlock + BigInt(place.offset));
    if (name !== undefined && name !== '') nameFileSystem(world, superBlock, name, (text) => this.#binder.string(text));
    const dentry = world.loadMember('file', base, 'f_path.dentry');
    if (dentry === 0n) return;
    world.storeMember('dentry', dentry, 'd_inode', inode);
    world.storeMember('dentry', dentry, 'd_sb', superBlock);
    world.storeMember('file', base, 'f_mapping', world.loadMember('inode', inode, 'i_mapping'));
  }

  #pid(value: bigint): bigint {
    const { observations, otherPids } = this.#parts;
    const pid = Number(BigInt.asIntN(32, value));
    return BigInt(observations.pids.get(pid) ?? otherPids.get(pid) ?? pid);
  }
}

/** Bytes that an allocation gives: what was asked for, or the size of the cache's objects where it is known. */
function allocatedSize(world: World, call: ScriptCall): number {
  const size = call.args[call.argNames.indexOf('size')];
  if (size !== undefined) return Number(size & 0xfffffn);
  const cache = call.args[call.argNames.indexOf('s')] ?? 0n;
  return valueKind(cache) === 'heap' ? Number(world.loadMember('kmem_cache', cache, 'object_size')) : 0;
}

function valueIn(call: ScriptCall, param: string | undefined): bigint | undefined {
  return param === undefined ? call.result : call.args[call.argNames.indexOf(param)];
}

function structOf(types: KernelTypes, fn: string, param: string | undefined): string | undefined {
  const type = types.functionType(fn);
  return param === undefined ? type?.returnsPointerTo : type?.params.find(({ name }) => name === param)?.points;
}

function tracepointStruct(types: KernelTypes, name: string, param: string | undefined): string | undefined {
  return types.tracepointType(name)?.params.find((p) => p.name === param)?.points;
}

function pointArgument(
  step: Extract<ScriptStep, { op: 'point' }>,
  types: KernelTypes,
): (param: string | undefined) => bigint | undefined {
  return (param) => step.args[types.tracepointType(step.name)?.params.findIndex(({ name }) => name === param) ?? -1];
}

function push(map: Map<bigint, number[]>, key: bigint, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
