import type { RecordWriter } from '../trace/record.ts';
import { probeArgsSize } from './event-layout.ts';
import type { FetchContext } from './fetch-context.ts';
import type { BitfieldStep, DereferenceStep, FetchSource, FetchStep, StoreStep } from './fetch-step.ts';
import { compileDereference, compileSource, type Load } from './load-value.ts';
import type { ProbeArg } from './probe-arg.ts';
import {
  compileComm,
  compileString,
  compileStringArray,
  compileSymbolString,
  compileText,
  type StringProgram,
} from './store-string.ts';
import { compileValue, type Store } from './store-value.ts';

/** A program taken apart into its stages. */
interface Stages {
  readonly source: FetchSource;
  readonly dereferences: readonly DereferenceStep[];
  readonly store: StoreStep;
  readonly bitfield: BitfieldStep | undefined;
  /** Elements of an array, 0 when it is none. */
  readonly count: number;
}

function stagesOf(steps: readonly FetchStep[]): Stages {
  const isStore = (step: FetchStep): step is StoreStep => step.op.startsWith('store-');
  const array = steps.find((step) => step.op === 'array');
  return {
    source: steps[0] as FetchSource,
    dereferences: steps.filter((step) => step.op === 'dereference'),
    store: steps.find(isStore)!,
    bitfield: steps.find((step) => step.op === 'bitfield'),
    count: array?.count ?? 0,
  };
}

const loadThrough = (source: Load, dereferences: readonly DereferenceStep[]) =>
  dereferences.reduce(compileDereference, source);

function compileDynamic({ source, dereferences, store, count }: Stages, symbol: bigint): StringProgram {
  if (source.op === 'comm') return compileComm();
  if (source.op === 'text') return compileText(source.text);
  const start = compileSource(source, symbol);
  const { offset, user } = store.op === 'store-string' ? store : { offset: 0, user: false };
  if (count > 0)
    return compileStringArray(loadThrough(start, dereferences.slice(0, -1)), dereferences.at(-1), user, count);
  const load = loadThrough(start, dereferences);
  return store.op === 'store-symbol-string' ? compileSymbolString(load) : compileString(load, offset, user);
}

/** Fills the arguments of a record; made once for an event. */
export interface RecordProgram {
  /** Bytes of the arguments' fixed part. */
  readonly fixedSize: number;
  /** Bytes that the strings of this hit take, `kernel/trace/trace_probe_tmpl.h:__get_data_size()`. */
  dataSize(ctx: FetchContext): number;
  /**
   * Stores all arguments, `kernel/trace/trace_probe_tmpl.h:store_trace_args()`.
   * @param head bytes of the record before the first argument
   * @param dataSize what {@link RecordProgram.dataSize} said for the same hit
   */
  store(ctx: FetchContext, writer: RecordWriter, head: number, dataSize: number): void;
}

/** Compiles one argument into a store that also keeps count of the room for strings. */
function compileArg(stages: Stages, symbol: bigint): { store: Store; dynamic: StringProgram | undefined } {
  const { source, dereferences, store, bitfield, count } = stages;
  if (store.op === 'store-raw' || store.op === 'store-memory') {
    const load = loadThrough(compileSource(source, symbol), dereferences);
    return { store: compileValue(load, { store, bitfield, count }), dynamic: undefined };
  }
  const dynamic = compileDynamic(stages, symbol);
  return {
    dynamic,
    store(ctx, writer, at) {
      const taken = dynamic.store(ctx, writer, at);
      if (taken <= 0) return;
      ctx.next += taken;
      ctx.room -= taken;
    },
  };
}

/**
 * Compiles the arguments of an event.
 * @param symbols for each argument the address that its symbol stands for, 0 where there is none
 */
export function compileRecord(args: readonly ProbeArg[], symbols: readonly bigint[]): RecordProgram {
  const fixedSize = probeArgsSize(args);
  const compiled = args.map((arg, i) => ({ offset: arg.offset, ...compileArg(stagesOf(arg.steps), symbols[i] ?? 0n) }));
  const dynamic = compiled.flatMap((arg) => arg.dynamic ?? []);
  return {
    fixedSize,
    dataSize(ctx) {
      let total = 0;
      for (let i = 0; i < dynamic.length; i++) total += Math.max(dynamic[i]!.size(ctx), 0);
      return total;
    },
    store(ctx, writer, head, dataSize) {
      ctx.room = dataSize;
      ctx.next = head + fixedSize;
      for (let i = 0; i < compiled.length; i++) {
        const arg = compiled[i]!;
        arg.store(ctx, writer, writer.base + head + arg.offset);
      }
    },
  };
}
