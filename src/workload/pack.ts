import { ByteWriter } from './byte-stream.ts';
import {
  Code,
  ContextTable,
  MAGIC,
  PID_RESULT_FLAG,
  SECTIONS,
  type SectionName,
  Structure,
  TASK_KINDS,
} from './pack-format.ts';
import type { Script, ScriptCall, ScriptStep } from './script.ts';
import { packFlags } from './step-flags.ts';
import { type Around, PREDICTIONS, ValuePredictor } from './value-coder.ts';
import { PID_RESULT } from './workload.ts';

/** Packs a script. The bytes are made to be compressed further: what is alike lies together. */
export function packScript(script: Script, pages: readonly bigint[]): Uint8Array {
  return new Packer(script, pages).pack();
}

class Packer {
  readonly #script: Script;
  readonly #pages: readonly bigint[];
  readonly #out = Object.fromEntries(SECTIONS.map((name) => [name, new ByteWriter()])) as Record<
    SectionName,
    ByteWriter
  >;
  readonly #calls: ScriptCall[] = [];
  readonly #index = new Map<ScriptCall, number>();
  readonly #functions = new Map<number, number>();
  readonly #names: string[] = [];
  readonly #predictor: ValuePredictor;
  /** Last call entered by caller, and the last of all. */
  readonly #before = new Map<number, number>();
  #entered = -1;
  readonly #argCounts: number[] = [];
  readonly #lastSite = new ContextTable();
  readonly #lastFlags = new ContextTable();
  readonly #sites = new Map<bigint, number>();
  readonly #siteOf: number[] = [];

  constructor(script: Script, pages: readonly bigint[]) {
    this.#script = script;
    this.#pages = pages;
    this.#predictor = new ValuePredictor({
      argument: (call, n) => this.#argument(this.#calls[call], n),
      result: (call) => this.#calls[call]?.result,
      alike: (a, b) => this.#calls[a]?.fn === this.#calls[b]?.fn,
    });
  }

  pack(): Uint8Array {
    this.#countFunctions();
    this.#meta();
    for (const call of this.#script.openCalls) this.#enter(call);
    let last: ScriptStep | undefined;
    for (const [i, step] of this.#script.steps.entries()) {
      this.#step(step, this.#script.steps[i + 1], last);
      last = step;
    }
    this.#facts();
    let page = 0n;
    for (const at of this.#pages) {
      this.#out.pages.wide((at - page) >> 12n);
      page = at;
    }
    const packed = new ByteWriter();
    for (const byte of MAGIC) packed.byte(byte);
    for (const name of SECTIONS) {
      const bytes = this.#out[name].take();
      packed.uint(bytes.length);
      packed.bytes(bytes);
    }
    return packed.take();
  }

  /** Numbers functions by how often they are called. */
  #countFunctions(): void {
    const counts = new Map<number, { calls: number; args: number; pids: number }>();
    const count = ({ fn, args, pids }: ScriptCall) => {
      const known = counts.get(fn) ?? { calls: 0, args: 0, pids: pids & 0x7f };
      counts.set(fn, { ...known, calls: known.calls + 1, args: Math.max(known.args, args.length) });
    };
    for (const call of this.#script.openCalls) count(call);
    for (const step of this.#script.steps) if (step.op === 'enter') count(step.call);
    const sorted = [...counts].sort((a, b) => b[1].calls - a[1].calls || a[0] - b[0]);
    const out = this.#out.functions;
    out.uint(sorted.length);
    for (const [i, [fn, { args, pids }]] of sorted.entries()) {
      this.#functions.set(fn, i);
      this.#argCounts.push(args);
      out.uint(fn);
      out.byte(args);
      out.byte(pids);
    }
  }

  #meta(): void {
    const { name, tasks, steps, openCalls } = this.#script;
    const out = this.#out.meta;
    out.text(name);
    out.uint(tasks.length);
    for (const task of tasks) {
      out.uint(task.pid);
      out.text(task.comm);
      out.byte(TASK_KINDS.indexOf(task.kind));
      out.int(task.parent);
      out.uint(task.leader);
      out.wide(task.address);
      out.wide(task.stackTop);
      out.byte(Number(task.fromStart) + 2 * Number(task.sharesMemory));
    }
    for (const step of steps)
      if ((step.op === 'exec' || step.op === 'rename') && !this.#names.includes(step.comm)) this.#names.push(step.comm);
    out.uint(this.#names.length);
    for (const comm of this.#names) out.text(comm);
    const points = new Set(steps.flatMap((step) => (step.op === 'point' ? [step.name] : [])));
    this.#points.push(...[...points].sort());
    out.uint(this.#points.length);
    for (const point of this.#points) out.text(point);
    out.uint(steps.length);
    out.uint(openCalls.length);
    for (const call of openCalls) out.uint(this.#functions.get(call.fn)!);
  }

  readonly #points: string[] = [];

  #step(step: ScriptStep, next: ScriptStep | undefined, last: ScriptStep | undefined): void {
    const { structure, times } = this.#out;
    const before = last?.time ?? 0;
    if (step.op === 'enter') {
      const leaf = next?.op === 'leave' && next.call === step.call;
      structure.uint(Structure.FIRST_FUNCTION + 2 * this.#functions.get(step.call.fn)! + (leaf ? 0 : 1));
      // An entry is at a whole microsecond, or at once.
      const whole = Math.floor(before / 1000);
      times.uint(step.time === before ? 0 : Math.floor(step.time / 1000) - whole + (step.time % 1000 === 0 ? 1 : 0));
      this.#enter(step.call);
      return;
    }
    if (step.op === 'leave') {
      const leaf = last?.op === 'enter' && last.call === step.call;
      if (!leaf) structure.uint(Structure.LEAVE);
      times.uint(step.time - before);
      return;
    }
    times.uint(step.time - before);
    if (step.op === 'point') {
      structure.uint(Structure.POINT);
      this.#point(step);
    } else if (step.op === 'switch') {
      structure.uint(step.dead ? Structure.SWITCH_DEAD : Structure.SWITCH);
      structure.uint(step.to);
    } else if (step.op === 'fork') {
      structure.uint(Structure.FORK);
      structure.uint(step.child);
    } else if (step.op === 'exec' || step.op === 'rename') {
      structure.uint(step.op === 'exec' ? Structure.EXEC : Structure.RENAME);
      structure.uint(this.#names.indexOf(step.comm));
    }
  }

  #enter(call: ScriptCall): void {
    const self = this.#calls.push(call) - 1;
    this.#index.set(call, self);
    const caller = call.parent === undefined ? -1 : (this.#index.get(call.parent) ?? -1);
    const before = this.#before.get(caller) ?? -1;
    this.#site(call, caller, before);
    this.#flags(call, caller);
    const around: Around = {
      self,
      caller,
      callersCaller: caller < 0 ? -1 : this.#parentOf(caller),
      before,
      entered: this.#entered,
      done: 0,
    };
    const fn = this.#functions.get(call.fn)!;
    for (; around.done < this.#argCounts[fn]; around.done++)
      this.#value(ValuePredictor.column(fn, around.done), call.args[around.done] ?? 0n, around);
    this.#value(ValuePredictor.results(fn), call.result, around);
    this.#before.set(caller, self);
    this.#entered = self;
  }

  /** A call has as many arguments as its function ever has. */
  #argument(call: ScriptCall | undefined, n: number): bigint | undefined {
    const missing = call !== undefined && n < this.#argCounts[this.#functions.get(call.fn)!] ? 0n : undefined;
    return call?.args[n] ?? missing;
  }

  #parentOf(call: number): number {
    const parent = this.#calls[call].parent;
    return parent === undefined ? -1 : (this.#index.get(parent) ?? -1);
  }

  #site(call: ScriptCall, caller: number, before: number): void {
    const out = this.#out.sites;
    const site = call.tail ? 0n : call.site + 1n;
    let number = this.#sites.get(site);
    const key = ContextTable.place(
      caller < 0 ? 0xffff : this.#functions.get(this.#calls[caller].fn)!,
      this.#functions.get(call.fn)!,
      before < 0 ? 0x3ff : this.#siteOf[before],
    );
    const usual = this.#lastSite.last(key);
    if (number === undefined) {
      number = this.#sites.size;
      this.#sites.set(site, number);
      out.uint(1);
      out.wide(site);
    } else out.uint(number === usual ? 0 : number + 2);
    this.#lastSite.learn(key, number);
    this.#siteOf.push(number);
  }

  #flags(call: ScriptCall, caller: number): void {
    const flags = packFlags(call.flags) | ((call.pids & PID_RESULT) === 0 ? 0 : PID_RESULT_FLAG);
    const key = ContextTable.place(
      caller < 0 ? 0xffff : this.#functions.get(this.#calls[caller].fn)!,
      this.#functions.get(call.fn)!,
      caller < 0 ? 0x3ff : packFlags(this.#calls[caller].flags) & 0x1ff,
    );
    this.#out.flags.uint(this.#lastFlags.last(key) === flags ? 0 : flags + 1);
    this.#lastFlags.learn(key, flags);
  }

  #value(key: number, value: bigint | undefined, around: Around): void {
    const { codes, values } = this.#out;
    const column = this.#predictor.column(key);
    if (value === undefined) {
      codes.byte(Code.NONE);
      return;
    }
    if (this.#predictor.predict(column, column.usual, around) === value) codes.byte(Code.USUAL);
    else {
      let right = -1;
      for (let number = 0; number < PREDICTIONS && right < 0; number++)
        if (this.#predictor.predict(column, number, around) === value) right = number;
      if (right < 0) {
        codes.byte(Code.LITERAL);
        values.difference(value, column.last);
      } else {
        codes.byte(Code.UNUSUAL + right);
        column.usual = right;
      }
    }
    this.#predictor.learn(column, value, around);
  }

  #point(step: Extract<ScriptStep, { op: 'point' }>): void {
    const out = this.#out.points;
    const name = this.#points.indexOf(step.name);
    const inside = step.inside === undefined ? -1 : (this.#index.get(step.inside) ?? -1);
    out.uint(name);
    out.uint(step.args.length);
    out.uint(packFlags(step.flags) * 2 + Number(step.callSite !== undefined));
    out.uint(step.pids);
    out.uint(inside < 0 ? 0 : this.#entered - inside + 1);
    const before = inside;
    const around: Around = {
      self: -1,
      caller: inside,
      callersCaller: inside < 0 ? -1 : this.#parentOf(inside),
      before,
      entered: this.#entered,
      done: 0,
    };
    for (const [n, value] of step.args.entries()) {
      if (n === 0 && step.callSite !== undefined) continue;
      this.#value(ValuePredictor.column(this.#functions.size + name, n), value, around);
    }
  }

  #facts(): void {
    const { facts, bytes } = this.#out;
    facts.uint(this.#script.facts.length);
    let at = 0;
    let address = 0n;
    for (const fact of this.#script.facts) {
      facts.uint(fact.at - at);
      facts.uint((fact.space + 1) * 2 + Number(fact.pid));
      facts.difference(fact.address, address);
      facts.uint(fact.bytes.length);
      bytes.bytes(fact.bytes);
      at = fact.at;
      address = fact.address;
    }
  }
}
