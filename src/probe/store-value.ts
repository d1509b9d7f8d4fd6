import type { RecordWriter } from '../trace/record.ts';
import type { FetchContext } from './fetch-context.ts';
import type { BitfieldStep, StoreStep } from './fetch-step.ts';
import type { Load } from './load-value.ts';

/** Writes an argument to its place in the record, `at` bytes into the writer's array. */
export type Store = (ctx: FetchContext, writer: RecordWriter, at: number) => void;

function storeRaw(size: number): Store {
  switch (size) {
    case 1:
      return (ctx, { bytes }, at) => {
        bytes[at] = ctx.lo;
      };
    case 2:
      return (ctx, { view }, at) => view.setUint16(at, ctx.lo, true);
    case 4:
      return (ctx, { view }, at) => view.setUint32(at, ctx.lo, true);
    default:
      return (ctx, { view }, at) => {
        view.setUint32(at, ctx.lo, true);
        view.setUint32(at + 4, ctx.hi, true);
      };
  }
}

function clear(writer: RecordWriter, at: number, size: number): void {
  const { bytes } = writer;
  for (let i = at; i < at + size; i++) bytes[i] = 0;
}

function storeMemory({ offset, size, user }: StoreStep & { op: 'store-memory' }): Store {
  return (ctx, writer, at) => {
    ctx.advance(offset);
    const memory = user ? ctx.user : ctx.memory;
    if (!memory?.copyOut(ctx.lo, ctx.hi, size, writer.bytes, at)) clear(writer, at, size);
    ctx.advance(-offset);
  };
}

/** Loads 8 bytes into the context, as many as the record has; the rest reads as 0. */
function loadWord(ctx: FetchContext, { bytes, base, size }: RecordWriter, at: number): void {
  const end = base + size;
  ctx.lo = 0;
  ctx.hi = 0;
  for (let i = 0; i < 8 && at + i < end; i++) {
    if (i < 4) ctx.lo |= bytes[at + i]! << (8 * i);
    else ctx.hi |= bytes[at + i]! << (8 * (i - 4));
  }
}

function storeWord(ctx: FetchContext, { bytes, base, size }: RecordWriter, at: number): void {
  const end = base + size;
  for (let i = 0; i < 8 && at + i < end; i++) bytes[at + i] = i < 4 ? ctx.lo >>> (8 * i) : ctx.hi >>> (8 * (i - 4));
}

function shiftLeft(ctx: FetchContext, bits: number): void {
  const { lo, hi } = ctx;
  ctx.hi = bits === 0 ? hi : bits < 32 ? (hi << bits) | (lo >>> (32 - bits)) : lo << (bits - 32);
  ctx.lo = bits < 32 ? lo << bits : 0;
}

function shiftRight(ctx: FetchContext, bits: number): void {
  const { lo, hi } = ctx;
  ctx.lo = bits === 0 ? lo : bits < 32 ? (lo >>> bits) | (hi << (32 - bits)) : hi >>> (bits - 32);
  ctx.hi = bits < 32 ? hi >>> bits : 0;
}

/**
 * Compiles what shifts a stored value, `kernel/trace/trace_probe_tmpl.h:fetch_apply_bitfield()`. A member that the types know as a bitfield
 * is cut from 8 bytes although it may have taken fewer: as in the kernel, the bytes behind it in the record change, too (to 0, by the
 * width of the shift), which matters when a string is there already.
 */
function compileBitfield({ baseSize, left, right }: BitfieldStep): Store {
  switch (baseSize) {
    case 1:
      return (_, { bytes }, at) => {
        bytes[at] = ((bytes[at]! << left) & 0xff) >>> right;
      };
    case 2:
      return (_, { view }, at) => view.setUint16(at, ((view.getUint16(at, true) << left) & 0xffff) >>> right, true);
    case 4:
      return (_, { view }, at) => view.setUint32(at, (view.getUint32(at, true) << left) >>> right, true);
    default:
      return (ctx, writer, at) => {
        loadWord(ctx, writer, at);
        shiftLeft(ctx, left & 63);
        shiftRight(ctx, right & 63);
        storeWord(ctx, writer, at);
      };
  }
}

/** What an argument that is no string does to its value. */
interface ValueSteps {
  readonly store: StoreStep & { op: 'store-raw' | 'store-memory' };
  readonly bitfield: BitfieldStep | undefined;
  /** Elements of an array, 0 when it is none. */
  readonly count: number;
}

/** One element after the other: the value is the address of the first. */
function storeArray(one: Store, cut: Store | undefined, size: number, count: number): Store {
  return (ctx, writer, at) => {
    let { lo, hi } = ctx;
    for (let i = 0; i < count; i++) {
      one(ctx, writer, at + i * size);
      cut?.(ctx, writer, at + i * size);
      ctx.lo = lo;
      ctx.hi = hi;
      ctx.advance(size);
      ({ lo, hi } = ctx);
    }
  };
}

/** Compiles an argument that is no string. What cannot be read leaves zeros. */
export function compileValue(load: Load, { store, bitfield, count }: ValueSteps): Store {
  const { size } = store;
  const one = store.op === 'store-raw' ? storeRaw(size) : storeMemory(store);
  const cut = bitfield && compileBitfield(bitfield);
  const all = count > 0 ? storeArray(one, cut, size, count) : one;
  const bytes = size * (count || 1);
  return (ctx, writer, at) => {
    if (!load(ctx)) {
      clear(writer, at, bytes);
      return;
    }
    all(ctx, writer, at);
    if (count === 0) cut?.(ctx, writer, at);
  };
}
