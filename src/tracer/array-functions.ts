import { Errno } from '../abi/errno.ts';
import { type Ftrace, FtraceHash, FtraceOps, OpsHash } from '../ftrace/index.ts';
import type { Cpu } from '../machine/index.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import { functionText, matchFunctions, namePattern } from './match-functions.ts';

/** Functions of a module that is not loaded, which a filter waits for (`struct ftrace_mod_load`). */
export interface WaitingFunctions {
  /** Pattern of their names. */
  readonly functions: string;
  readonly module: string;
}

/** What a command does at the functions that it was written for (`struct ftrace_probe_ops`). One object for each kind of command. */
export interface ProbeKind {
  /** A call of a function. `state` is what {@link ProbeKind.init} made, by function. */
  run(array: TraceArray, cpu: Cpu, state: unknown): void;
  /** What follows the function's name in the list, without the colon. */
  text(state: unknown): string;
  /** Makes what is kept for each function; nothing when there is no such thing. Gives it back if it cannot: see {@link ProbeKind.free}. */
  init?(value: unknown): unknown;
  /** A function is no longer the command's. */
  free?(state: unknown): void;
}

/** A kind of command and the functions that it is at (`struct ftrace_func_probe`). */
interface FunctionProbe {
  readonly kind: ProbeKind;
  readonly ops: FtraceOps;
  hash: FtraceHash;
  /** By function id. */
  readonly states: Map<number, unknown>;
}

/** What one trace array has to do with functions: which ones it traces, and what commands do at some. */
export class ArrayFunctions {
  readonly array: TraceArray;
  readonly ftrace: Ftrace;
  /** What `set_ftrace_filter` and `set_ftrace_notrace` say; the tracers of the array go by it. */
  readonly hash = new OpsHash();
  /** What waits for modules, newest first; for `set_ftrace_filter` and for `set_ftrace_notrace`. */
  readonly waiting: Record<'filter' | 'notrace', WaitingFunctions[]> = { filter: [], notrace: [] };
  /** Newest first. */
  #probes: readonly FunctionProbe[] = [];

  constructor(array: TraceArray, ftrace: Ftrace) {
    this.array = array;
    this.ftrace = ftrace;
  }

  /**
   * Puts a command at functions (`kernel/trace/ftrace.c:register_ftrace_function_probe()`).
   * @param value what {@link ProbeKind.init} is given for each of them
   * @returns 0, or −EINVAL when there is no such function that does not have the command already
   */
  addProbe(kind: ProbeKind, word: string, value?: unknown): number {
    const { fns } = matchFunctions(this.ftrace, word);
    const known = this.#probes.find((probe) => probe.kind === kind);
    const added = fns.filter((fn) => !known?.hash.has(fn));
    if (added.length === 0) return -Errno.EINVAL;
    const probe = known ?? this.#newProbe(kind);
    const hash = probe.hash.copy();
    for (const fn of added) {
      hash.add(fn);
      probe.states.set(fn, kind.init?.(value));
    }
    if (!known) this.#probes = [probe, ...this.#probes];
    this.#move(probe, hash);
    if (!probe.ops.enabled) this.ftrace.registerFunction(probe.ops);
    return 0;
  }

  /**
   * Takes a command away from functions (`unregister_ftrace_function_probe_func()`).
   * @param word undefined or `*` for all of them
   * @returns 0, −ENODEV when nothing has the command, −EINVAL when none of these has
   */
  removeProbe(kind: ProbeKind, word?: string): number {
    const pattern = word === undefined || word === '' || word === '*' ? undefined : namePattern(word);
    if (pattern?.not) return -Errno.EINVAL;
    const probe = this.#probes.find((each) => each.kind === kind);
    if (!probe) return -Errno.ENODEV;
    const { functions } = this.ftrace.machine;
    const gone = [...probe.hash].filter((fn) => pattern?.match(functions.name(fn)) ?? true);
    if (gone.length === 0) return -Errno.EINVAL;
    const hash = probe.hash.copy();
    for (const fn of gone) hash.delete(fn);
    if (hash.members.isEmpty) {
      this.ftrace.unregisterFunction(probe.ops);
      this.#probes = this.#probes.filter((each) => each !== probe);
    }
    this.#move(probe, hash);
    for (const fn of gone) {
      kind.free?.(probe.states.get(fn));
      probe.states.delete(fn);
    }
    this.array.tracing.synchronize();
    return 0;
  }

  /** Commands at functions as `set_ftrace_filter` lists them. */
  *probeLines(): IterableIterator<string> {
    for (const { kind, hash, states } of this.#probes)
      for (const fn of hash) yield `${functionText(this.ftrace.machine, fn)}:${kind.text(states.get(fn))}\n`;
  }

  /** Takes away every command. */
  removeProbes(): void {
    for (const { kind } of this.#probes) this.removeProbe(kind);
  }

  #newProbe(kind: ProbeKind): FunctionProbe {
    const states = new Map<number, unknown>();
    const { array } = this;
    const ops = new FtraceOps({
      symbol: 'function_trace_probe_call',
      dynamic: true,
      func: (fn, _ops, { cpu }) => {
        cpu.preemptCount++;
        kind.run(array, cpu, states.get(fn));
        cpu.preemptCount--;
        return false;
      },
    });
    return { kind, ops, states, hash: new FtraceHash(this.ftrace.machine.functions) };
  }

  #move(probe: FunctionProbe, hash: FtraceHash): void {
    probe.hash = hash.moved();
    this.ftrace.replaceFilter(probe.ops.hash, probe.hash.members);
  }
}
