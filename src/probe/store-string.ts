import { Errno } from '../abi/errno.ts';
import { MAX_STRING_SIZE } from '../abi/limits.ts';
import type { RecordWriter } from '../trace/record.ts';
import type { FetchContext, FetchMemory } from './fetch-context.ts';
import type { DereferenceStep } from './fetch-step.ts';
import { compileDereference, type Load } from './load-value.ts';

/**
 * A string argument: its bytes lie behind the fixed part of the record, and its place holds one `__data_loc` word (an array: one an element),
 * bits 0–15 their offset from the record's start, bits 16–31 their length in bytes.
 */
export interface StringProgram {
  /** Bytes that it will take behind the fixed part; 0 or negative when nothing can be read. */
  size(ctx: FetchContext): number;
  /**
   * Stores the bytes at `ctx.next`, `ctx.room` at most, and the word `at` bytes into the writer's array.
   * @returns bytes taken, or a negative errno
   */
  store(ctx: FetchContext, writer: RecordWriter, at: number): number;
}

function setLocation(writer: RecordWriter, at: number, length: number, offset: number): void {
  writer.view.setUint32(at, ((length << 16) | (offset & 0xffff)) >>> 0, true);
}

/** Bytes in the task or in the definition: no memory is read, nothing can fail. */
function fromText(textOf: (ctx: FetchContext) => string): StringProgram {
  return {
    size: (ctx) => textOf(ctx).length + 1,
    store(ctx, writer, at) {
      const { room, next } = ctx;
      const text = textOf(ctx);
      const length = Math.min(room, text.length + 1);
      setLocation(writer, at, length, next);
      if (length <= 0) return -Errno.ENOMEM;
      const start = writer.base + next;
      for (let i = 0; i < length - 1; i++) writer.bytes[start + i] = text.charCodeAt(i);
      writer.bytes[start + length - 1] = 0;
      return length;
    },
  };
}

/** `$comm`. */
export const compileComm = (): StringProgram => fromText((ctx) => ctx.comm);
/** An immediate string. */
export const compileText = (text: string): StringProgram => fromText(() => text);

/**
 * The name of the symbol at the value. The kernel counts its NUL when it makes room, not when it moves on: the next string of the
 * record overwrites it, so that the name and that string print as one, and its length is the whole room.
 */
export function compileSymbolString(load: Load): StringProgram {
  return {
    size: (ctx) => (load(ctx) ? ctx.symbolAt(ctx.lo, ctx.hi).length + 1 : -Errno.EFAULT),
    store(ctx, writer, at) {
      const { room, next } = ctx;
      setLocation(writer, at, room, next);
      if (!load(ctx)) return -Errno.EFAULT;
      if (room <= 0) return -Errno.ENOMEM;
      const text = ctx.symbolAt(ctx.lo, ctx.hi);
      const start = writer.base + next;
      for (let i = 0; i < text.length; i++) writer.bytes[start + i] = text.charCodeAt(i);
      writer.bytes[start + text.length] = 0;
      return text.length;
    },
  };
}

function stringSize(ctx: FetchContext, memory: FetchMemory | undefined, user: boolean): number {
  const size = memory === undefined ? -Errno.EFAULT : memory.stringLength(ctx.lo, ctx.hi, MAX_STRING_SIZE);
  // strnlen_user() answers 0 for a fault.
  return user && size < 0 ? 0 : size;
}

/** Copies the string at the value to `next` and sets its word; `room` as `next` is the string's own. */
function storeOne(
  ctx: FetchContext,
  user: boolean,
  writer: RecordWriter,
  at: number,
  room: number,
  next: number,
): number {
  if (room <= 0) return -Errno.ENOMEM;
  const memory = user ? ctx.user : ctx.memory;
  const length = memory?.copyString(ctx.lo, ctx.hi, room, writer.bytes, writer.base + next) ?? -Errno.EFAULT;
  setLocation(writer, at, Math.max(length, 0), next);
  return length;
}

/** A string at the value plus `offset` bytes. */
export function compileString(load: Load, offset: number, user: boolean): StringProgram {
  return {
    size(ctx) {
      if (!load(ctx)) return -Errno.EFAULT;
      ctx.advance(offset);
      return stringSize(ctx, user ? ctx.user : ctx.memory, user);
    },
    store(ctx, writer, at) {
      const { room, next } = ctx;
      setLocation(writer, at, room, next);
      if (!load(ctx)) return -Errno.EFAULT;
      ctx.advance(offset);
      return storeOne(ctx, user, writer, at, room, next);
    },
  };
}

/**
 * An array of pointers to strings.
 * @param load leaves what the pointers' address is made from
 * @param pointer how the address is made from it and read; `undefined` where the value is the address of the first string itself: the
 * second element then ends the program
 */
export function compileStringArray(
  load: Load,
  pointer: DereferenceStep | undefined,
  user: boolean,
  count: number,
): StringProgram {
  const here: Load = () => true;
  const follow = pointer === undefined ? here : compileDereference(here, pointer);
  return {
    size(ctx) {
      if (!load(ctx)) return -Errno.EFAULT;
      let total = 0;
      for (let i = 0; i < count; i++) {
        const { lo, hi } = ctx;
        if (i > 0 && pointer === undefined) return -Errno.EILSEQ;
        if (!follow(ctx)) return -Errno.EFAULT;
        total += Math.max(stringSize(ctx, user ? ctx.user : ctx.memory, user), 0);
        ctx.lo = lo;
        ctx.hi = hi;
        ctx.advance(8);
      }
      return total;
    },
    store(ctx, writer, at) {
      let { room, next } = ctx;
      let total = 0;
      const loaded = load(ctx);
      for (let i = 0; i < count; i++) {
        const { lo, hi } = ctx;
        setLocation(writer, at + 4 * i, room, next);
        if (i > 0 && pointer === undefined) return -Errno.EILSEQ;
        if (!loaded || !follow(ctx)) {
          clearLocations(writer, at + 4 * (i + 1), count - i - 1);
          return -Errno.EFAULT;
        }
        const length = Math.max(storeOne(ctx, user, writer, at + 4 * i, room, next), 0);
        room -= length;
        next += length;
        total += length;
        ctx.lo = lo;
        ctx.hi = hi;
        ctx.advance(8);
      }
      return total;
    },
  };
}

/** Words that the kernel does not write after a fault; there they keep what an older record left. */
function clearLocations(writer: RecordWriter, at: number, count: number): void {
  for (let i = 0; i < count; i++) writer.view.setUint32(at + 4 * i, 0, true);
}
