import { ByteReader } from './byte-stream.ts';
import { Code, ContextTable, MAGIC, PID_RESULT_FLAG, SECTIONS, type SectionName, Structure } from './pack-format.ts';
import { list, readFacts, readPages, readTask } from './unpack-parts.ts';
import { type Around, ValuePredictor } from './value-coder.ts';
import { PID_RESULT, StepKind, TAIL_CALL, type Workload, type WorkloadPoint } from './workload.ts';

/** Why bytes are no workload, in one sentence. */
export interface WorkloadError {
  readonly error: string;
}

/** Unpacks a workload. Bytes that are none give an error. */
export function unpackWorkload(bytes: Uint8Array): Workload | WorkloadError {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) return { error: 'not a workload of this version' };
  const reader = new ByteReader(bytes.subarray(MAGIC.length));
  const sections = Object.fromEntries(
    SECTIONS.map((name) => [name, new ByteReader(reader.bytes(reader.uint()))]),
  ) as Record<SectionName, ByteReader>;
  if (reader.overrun) return { error: 'a workload that is cut off' };
  const workload = new Unpacker(sections).unpack(bytes.length);
  const broken = SECTIONS.find((name) => sections[name].overrun);
  return broken === undefined ? workload : { error: `a damaged workload: its ${broken} end early` };
}

/** Calls of a workload while it is unpacked; arrays that grow. */
interface Calls {
  readonly fn: number[];
  readonly parent: number[];
  readonly args: bigint[][];
  readonly result: (bigint | undefined)[];
  readonly site: number[];
  readonly flags: number[];
}

class Unpacker {
  readonly #in: Record<SectionName, ByteReader>;
  readonly #calls: Calls = { fn: [], parent: [], args: [], result: [], site: [], flags: [] };
  readonly #functions: number[] = [];
  readonly #argCounts: number[] = [];
  readonly #pidArgs: number[] = [];
  readonly #points: WorkloadPoint[] = [];
  readonly #pointNames: string[] = [];
  readonly #predictor: ValuePredictor;
  readonly #before = new Map<number, number>();
  #entered = -1;
  readonly #sites: bigint[] = [];
  readonly #lastSite = new ContextTable();
  readonly #lastFlags = new ContextTable();

  constructor(sections: Record<SectionName, ByteReader>) {
    this.#in = sections;
    const { args, result, fn } = this.#calls;
    this.#predictor = new ValuePredictor({
      argument: (call, n) => args[call]?.[n],
      result: (call) => result[call],
      alike: (a, b) => fn[a] === fn[b],
    });
  }

  unpack(size: number): Workload {
    const { meta, functions, structure, times } = this.#in;
    const count = functions.uint();
    for (let i = 0; i < count && !functions.overrun; i++) {
      this.#functions.push(functions.uint());
      this.#argCounts.push(functions.byte());
      this.#pidArgs.push(functions.byte());
    }
    const name = meta.text();
    const tasks = list(meta, () => readTask(meta));
    const names = list(meta, () => meta.text());
    this.#pointNames.push(...list(meta, () => meta.text()));
    const steps = Math.min(meta.uint(), size * 8);
    const stepKind = new Uint8Array(steps);
    const stepValue = new Int32Array(steps);
    const stepTime = new Float64Array(steps);
    const stacks: number[][] = tasks.map(() => []);
    let current = 0;
    const openCalls = list(meta, () => this.#enter(meta.uint(), stacks[0] ?? [])).length;
    let now = 0;
    let leaf = false;
    for (let i = 0; i < steps && !structure.overrun; i++) {
      const code: number = leaf ? Structure.LEAVE : structure.uint();
      leaf = false;
      const stack = stacks[current] ?? [];
      if (code >= Structure.FIRST_FUNCTION) {
        const wait = times.uint();
        if (wait > 0) now = (Math.floor(now / 1000) + wait) * 1000 - (wait > 0 ? 1000 : 0);
        stepKind[i] = StepKind.ENTER;
        stepValue[i] = this.#enter((code - Structure.FIRST_FUNCTION) >> 1, stack);
        leaf = ((code - Structure.FIRST_FUNCTION) & 1) === 0;
      } else {
        now += times.uint();
        if (code === Structure.LEAVE) {
          stepKind[i] = StepKind.LEAVE;
          stepValue[i] = stack.pop() ?? -1;
        } else if (code === Structure.POINT) {
          stepKind[i] = StepKind.POINT;
          stepValue[i] = this.#point();
        } else {
          stepKind[i] = code + 1;
          stepValue[i] = structure.uint();
          if (code === Structure.SWITCH || code === Structure.SWITCH_DEAD) current = stepValue[i];
        }
      }
      stepTime[i] = now;
    }
    return {
      name,
      tasks,
      stepKind,
      stepValue,
      stepTime,
      names,
      openCalls,
      ...this.#takeCalls(),
      points: this.#points,
      facts: readFacts(this.#in.facts, this.#in.bytes),
      pages: readPages(this.#in.pages),
    };
  }

  #enter(fn: number, stack: number[]): number {
    const calls = this.#calls;
    const self = calls.fn.push(fn) - 1;
    const caller = stack.at(-1) ?? -1;
    const before = this.#before.get(caller) ?? -1;
    calls.parent.push(caller);
    calls.site.push(this.#site(fn, caller, before));
    calls.flags.push(this.#flags(fn, caller));
    const args: bigint[] = [];
    calls.args.push(args);
    calls.result.push(undefined);
    const around: Around = {
      self,
      caller,
      callersCaller: caller < 0 ? -1 : calls.parent[caller],
      before,
      entered: this.#entered,
      done: 0,
    };
    for (; around.done < (this.#argCounts[fn] ?? 0); around.done++)
      args.push(this.#value(ValuePredictor.column(fn, around.done), around) ?? 0n);
    calls.result[self] = this.#value(ValuePredictor.results(fn), around);
    stack.push(self);
    this.#before.set(caller, self);
    this.#entered = self;
    return self;
  }

  #site(fn: number, caller: number, before: number): number {
    const { fn: fns, site } = this.#calls;
    const key = ContextTable.place(caller < 0 ? 0xffff : fns[caller], fn, before < 0 ? 0x3ff : site[before]);
    const code = this.#in.sites.uint();
    const number =
      code === 0
        ? Math.max(this.#lastSite.last(key), 0)
        : code === 1
          ? this.#sites.push(this.#in.sites.wide()) - 1
          : code - 2;
    this.#lastSite.learn(key, number);
    return number;
  }

  #flags(fn: number, caller: number): number {
    const { fn: fns, flags } = this.#calls;
    const key = ContextTable.place(caller < 0 ? 0xffff : fns[caller], fn, caller < 0 ? 0x3ff : flags[caller] & 0x1ff);
    const code = this.#in.flags.uint();
    const value = code === 0 ? Math.max(this.#lastFlags.last(key), 0) : code - 1;
    this.#lastFlags.learn(key, value);
    return value;
  }

  #value(key: number, around: Around): bigint | undefined {
    const column = this.#predictor.column(key);
    const code = this.#in.codes.byte();
    if (code === Code.NONE) return undefined;
    let value: bigint;
    if (code === Code.LITERAL) value = this.#in.values.difference(column.last);
    else {
      if (code !== Code.USUAL) column.usual = code - Code.UNUSUAL;
      value = this.#predictor.predict(column, column.usual, around) ?? 0n;
    }
    this.#predictor.learn(column, value, around);
    return value;
  }

  #point(): number {
    const { points } = this.#in;
    const name = points.uint();
    const count = Math.min(points.uint(), 16);
    const packed = points.uint();
    const pids = points.uint();
    const back = points.uint();
    const inside = back === 0 ? -1 : this.#entered - back + 1;
    const callSite = (packed & 1) !== 0;
    const caller = inside < 0 ? -1 : (this.#calls.parent[inside] ?? -1);
    const around: Around = {
      self: -1,
      caller: inside,
      callersCaller: caller,
      before: inside,
      entered: this.#entered,
      done: 0,
    };
    const words = new BigUint64Array(count);
    for (let n = callSite ? 1 : 0; n < count; n++)
      words[n] = this.#value(ValuePredictor.column(this.#functions.length + name, n), around) ?? 0n;
    if (callSite) words[0] = siteAddress(this.#sites[this.#calls.site[inside] ?? -1]);
    return (
      this.#points.push({
        name: this.#pointNames[name] ?? '',
        words: new Uint32Array(words.buffer),
        flags: packed >> 1,
        inside,
        callSite,
        pids,
      }) - 1
    );
  }

  #takeCalls(): Pick<
    Workload,
    | 'callFn'
    | 'callParent'
    | 'callArgs'
    | 'argWords'
    | 'siteWords'
    | 'resultWords'
    | 'hasResult'
    | 'callFlags'
    | 'callPids'
  > {
    const { fn, parent, args, result, site, flags } = this.#calls;
    const callArgs = new Uint32Array(fn.length + 1);
    for (let i = 0; i < fn.length; i++) callArgs[i + 1] = callArgs[i] + args[i].length;
    const wide = new BigUint64Array(callArgs[fn.length]);
    const results = new BigUint64Array(fn.length);
    const sites = new BigUint64Array(fn.length);
    const hasResult = new Uint8Array(fn.length);
    const callFlags = new Uint16Array(fn.length);
    const callPids = new Uint8Array(fn.length);
    for (let i = 0; i < fn.length; i++) {
      for (let n = 0; n < args[i].length; n++) wide[callArgs[i] + n] = args[i][n];
      const value = result[i];
      if (value !== undefined) {
        hasResult[i] = 1;
        results[i] = value;
      }
      const address = this.#sites[site[i]] ?? 0n;
      sites[i] = siteAddress(address);
      callPids[i] = (this.#pidArgs[fn[i]] ?? 0) | ((flags[i] & PID_RESULT_FLAG) === 0 ? 0 : PID_RESULT);
      callFlags[i] = (flags[i] & ~PID_RESULT_FLAG) | (address === 0n ? TAIL_CALL : 0);
    }
    return {
      callFn: Uint32Array.from(fn, (local) => this.#functions[local] ?? 0),
      callParent: Int32Array.from(parent),
      callArgs,
      argWords: new Uint32Array(wide.buffer),
      siteWords: new Uint32Array(sites.buffer),
      resultWords: new Uint32Array(results.buffer),
      hasResult,
      callFlags,
      callPids,
    };
  }
}

/** Sites are stored one too high, so that 0 is a tail call. */
function siteAddress(stored: bigint | undefined): bigint {
  return stored === undefined || stored === 0n ? 0n : stored - 1n;
}
