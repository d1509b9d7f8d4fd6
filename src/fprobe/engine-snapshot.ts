import type { Fgraph } from '../fgraph/fgraph.ts';
import { ShadowLayout, type ShadowStack } from '../fgraph/shadow-stack.ts';
import { readFrames, type StackWord } from '../fgraph/stack-words.ts';
import type { Machine } from '../machine/machine.ts';
import type { Task } from '../machine/task.ts';
import type { Fprobe } from './fprobe.ts';
import type { FprobeCore } from './fprobe-core.ts';
import { FPROBE_HASH_BITS, FPROBE_IP_HASH_BITS } from './fprobe-tables.ts';
import { HeaderCodec } from './header.ts';

/** A word of a shadow stack; of fprobe's data what it holds. */
export type SnapshotWord = StackWord & {
  /** `header`: an fprobe and the size of its data; `header-size`: the size, where it takes a word of its own; `entry-data`: word `n` of an fprobe's data; `unused`: given back. */
  readonly holds?: 'header' | 'header-size' | 'entry-data' | 'unused' | 'unwritten';
  /** The fprobe that it is about; undefined when the pointer is no live fprobe's. */
  readonly fprobe?: string | undefined;
  /** Words of entry data that a header tells of. */
  readonly dataSize?: number;
  /** Which word of the entry data. */
  readonly n?: number;
};

/** A frame, with its function's name. */
export interface SnapshotFrame {
  readonly function: string;
  readonly start: number;
  readonly words: readonly SnapshotWord[];
}

/** A task's shadow stack. */
export interface SnapshotTask {
  readonly comm: string;
  readonly pid: number;
  /** The cpu that it runs on now. */
  readonly cpu: number | undefined;
  /** Next free word, `curr_ret_stack`. */
  readonly current: number;
  readonly depth: number;
  readonly overrun: number;
  readonly frames: readonly SnapshotFrame[];
  /** Task variables that are not 0, by index of the op. */
  readonly taskVars: readonly { readonly op: number; readonly value: number }[];
}

/** A node of the address table. */
interface SnapshotAddress {
  readonly bucket: number;
  readonly address: bigint;
  /** `vfs_read+0x4`. */
  readonly place: string;
  /** Fprobes there, in the order in which their handlers are called. */
  readonly fprobes: readonly string[];
}

/** An fprobe of the table of live ones. */
interface SnapshotFprobe {
  readonly bucket: number;
  readonly address: bigint;
  readonly name: string;
  readonly handlers: readonly ('entry' | 'exit')[];
  readonly dataWords: number;
  readonly nmissed: number;
  readonly disabled: boolean;
  readonly functions: number;
}

/** The state of the engine at a moment. */
export interface EngineSnapshot {
  readonly arch: string;
  /** Words of a header. */
  readonly headerWords: number;
  readonly graphOps: readonly { readonly index: number; readonly entry: string; readonly return: string }[];
  /** Tasks that have frames, those that run first. */
  readonly tasks: readonly SnapshotTask[];
  /** Tasks with an empty shadow stack. */
  readonly emptyTasks: number;
  /** Functions in the address table, and the first of them. */
  readonly addresses: number;
  readonly ipTable: readonly SnapshotAddress[];
  readonly fprobeTable: readonly SnapshotFprobe[];
}

/** Most nodes of the address table that a snapshot lists. */
const MAX_ADDRESSES = 64;

/** Writes down the state of the engine. `nameOf` tells what to call an fprobe. */
export function snapshotEngine(fgraph: Fgraph, fprobes: FprobeCore, nameOf: (fp: Fprobe) => string): EngineSnapshot {
  const { machine } = fgraph;
  const reader = new Reader(machine, fgraph, fprobes, nameOf);
  const withStack = machine.tasks.filter((task) => fgraph.stackOf(task) !== undefined);
  const live = withStack.filter((task) => fgraph.stackOf(task)!.current > 0);
  const running = (task: Task) => machine.cpus.some((cpu) => cpu.current === task);
  return {
    arch: machine.arch.name,
    headerWords: reader.headerWords,
    graphOps: fgraph.registered.map(({ index, ops }) => ({ index, ...ops.graph! })),
    tasks: live.toSorted((a, b) => Number(running(b)) - Number(running(a))).map((task) => reader.task(task)),
    emptyTasks: withStack.length - live.length,
    addresses: new Set(
      fprobes.registeredFprobes().flatMap((fp) => fp.nodes?.flatMap((node) => (node.fp ? [node.fn] : [])) ?? []),
    ).size,
    ipTable: reader.addresses(),
    fprobeTable: reader.fprobes(),
  };
}

class Reader {
  readonly #machine: Machine;
  readonly #fgraph: Fgraph;
  readonly #core: FprobeCore;
  readonly #nameOf: (fp: Fprobe) => string;
  readonly #header: HeaderCodec;

  constructor(machine: Machine, fgraph: Fgraph, core: FprobeCore, nameOf: (fp: Fprobe) => string) {
    this.#machine = machine;
    this.#fgraph = fgraph;
    this.#core = core;
    this.#nameOf = nameOf;
    this.#header = new HeaderCodec(machine.arch.header);
  }

  get headerWords(): number {
    return this.#header.words;
  }

  task(task: Task): SnapshotTask {
    const stack = this.#fgraph.stackOf(task)!;
    const { machine } = this.#fgraph;
    return {
      comm: task.comm,
      pid: task.pid,
      cpu: machine.cpus.find((cpu) => cpu.current === task)?.id,
      current: stack.current,
      depth: stack.depth,
      overrun: stack.overrun,
      frames: readFrames(stack, machine.arch).map(({ fn, start, words }) => ({
        function: machine.functions.name(fn),
        start,
        words: this.#readData(stack, words),
      })),
      taskVars: Array.from({ length: ShadowLayout.OPS }, (_, op) => ({ op, value: stack.taskVar(op) })).filter(
        ({ value }) => value !== 0,
      ),
    };
  }

  addresses(): SnapshotAddress[] {
    const { functions } = this.#machine;
    const found: SnapshotAddress[] = [];
    for (let bucket = 0; bucket < 1 << FPROBE_IP_HASH_BITS; bucket++) {
      const nodes = this.#core.ipTable.bucket(bucket);
      for (const fn of new Set(nodes.map((node) => node.fn))) {
        if (found.length === MAX_ADDRESSES) return found;
        const address = functions.entryIp(fn);
        const offset = address - functions.symbolAddress(fn);
        const fprobes = nodes.flatMap((node) => (node.fn === fn && node.fp ? [this.#nameOf(node.fp)] : []));
        found.push({ bucket, address, place: `${functions.name(fn)}+0x${offset.toString(16)}`, fprobes });
      }
    }
    return found;
  }

  fprobes(): SnapshotFprobe[] {
    return Array.from({ length: 1 << FPROBE_HASH_BITS }, (_, bucket) =>
      this.#core.fprobeTable.bucket(bucket).map((fp) => ({
        bucket,
        address: BigInt.asUintN(64, fp.address),
        name: this.#nameOf(fp),
        handlers: [...(fp.entryHandler ? (['entry'] as const) : []), ...(fp.exitHandler ? (['exit'] as const) : [])],
        dataWords: fp.dataWords,
        nmissed: fp.nmissed,
        disabled: fp.disabled,
        functions: fp.nodes?.length ?? 0,
      })),
    ).flat();
  }

  /** Says what fprobe's words hold: a header, then the data that it tells of, and so on up to a header without a pointer. */
  #readData(stack: ShadowStack, words: readonly StackWord[]): SnapshotWord[] {
    const own = words.filter((word) => word.kind === 'payload' && word.op === this.#core.graphOps.index);
    if (words.some((word) => word.kind === 'reserved')) {
      return words.map((word) => (own.includes(word) ? { ...word, holds: 'unwritten' } : word));
    }
    const meaning = new Map<number, Omit<SnapshotWord, keyof StackWord>>();
    const header = this.#header;
    for (let i = 0; i < own.length; ) {
      if (own[i]!.value === 0n) break;
      header.read(stack.words, own[i]!.index);
      const fp = this.#core.fprobeTable.find(header.lo, header.hi);
      const fprobe = fp ? this.#nameOf(fp) : undefined;
      const { size } = header;
      meaning.set(own[i]!.index, { holds: 'header', fprobe, dataSize: size });
      if (header.words === 2) meaning.set(own[i]!.index + 1, { holds: 'header-size', fprobe, dataSize: size });
      i += header.words;
      for (let n = 0; n < size; n++, i++) if (own[i]) meaning.set(own[i]!.index, { holds: 'entry-data', fprobe, n });
    }
    return words.map((word) => {
      if (!own.includes(word)) return word;
      return { ...word, ...(meaning.get(word.index) ?? { holds: 'unused' as const }) };
    });
  }
}
