import { Errno } from '../abi/errno.ts';
import type { Fetched } from './btf-argument.ts';
import { type FetchStep, hasRoom } from './fetch-step.ts';
import type { FetchType } from './fetch-types.ts';
import { simpleStrtoul } from './numbers.ts';
import { Refusal, refuse } from './refusal.ts';
import type { TypeSuffix } from './type-suffix.ts';

const SYMBOL_STRING_SOURCES: readonly FetchStep['op'][] = ['stack', 'return-value', 'argument', 'dereference'];
const STRING_SOURCES: readonly FetchStep['op'][] = ['dereference', 'immediate', 'comm', 'text'];

/** Whether a string type can be made of what a step yields; the name of a symbol only of what the kernel holds. */
function suitsString(type: FetchType, source: FetchStep): boolean {
  if (type.name !== 'symstr') return STRING_SOURCES.includes(source.op);
  return SYMBOL_STRING_SOURCES.includes(source.op) && !(source.op === 'dereference' && source.user);
}

/** The store of a string type; `undefined` with the steps untouched when there is no room for it. */
function storeString(type: FetchType, count: number, steps: FetchStep[]): FetchStep | undefined {
  const last = steps.at(-1)!;
  if (type.name === 'symstr') return hasRoom(steps) ? { op: 'store-symbol-string' } : undefined;
  if (last.op === 'dereference' && count === 0) {
    steps.pop();
    return { op: 'store-string', offset: last.offset, user: last.user || type.name === 'ustring' };
  }
  // The value is the string's address itself, or, in an array, each element points to a string.
  return hasRoom(steps) ? { op: 'store-string', offset: 0, user: type.name === 'ustring' } : undefined;
}

function storeValue(type: FetchType, steps: FetchStep[]): FetchStep | undefined {
  const last = steps.at(-1)!;
  if (last.op !== 'dereference') return hasRoom(steps) ? { op: 'store-raw', size: type.size } : undefined;
  steps.pop();
  return { op: 'store-memory', offset: last.offset, size: type.size, user: last.user };
}

function appendStore(
  type: FetchType,
  count: number,
  fetched: Fetched,
  typeAt: number,
  steps: FetchStep[],
): Refusal | undefined {
  if (type.isString && !suitsString(type, steps.at(-1)!)) {
    return refuse(type.name === 'symstr' ? 'BAD_SYMSTRING' : 'BAD_STRING', typeAt);
  }
  const store = type.isString ? storeString(type, count, steps) : storeValue(type, steps);
  if (store === undefined) return refuse('TOO_MANY_OPS', fetched.at, type.isString ? -Errno.EINVAL : -Errno.E2BIG);
  steps.push(store);
  return undefined;
}

/** `bWIDTH@OFFSET/CONTAINER`, in bits (`kernel/trace/trace_probe.c:__parse_bitfield_probe_arg()`). */
function parseBitfield(name: string, type: FetchType): FetchStep | undefined {
  const width = simpleStrtoul(name, 1, 0);
  if (width.value === 0n || name[width.end] !== '@') return undefined;
  const offset = simpleStrtoul(name, width.end + 1, 0);
  if (offset.end === width.end + 1 || name[offset.end] !== '/') return undefined;
  const bits = type.size * 8;
  const used = BigInt.asUintN(64, width.value + offset.value);
  if (used > bits) return undefined;
  return {
    op: 'bitfield',
    baseSize: type.size,
    left: bits - Number(used),
    right: Number(BigInt.asUintN(8, BigInt(bits) - width.value)),
  };
}

function appendBitfield(suffix: TypeSuffix, fetched: Fetched, typeAt: number, steps: FetchStep[]): Refusal | undefined {
  if (suffix.name !== undefined) {
    if (!suffix.name.startsWith('b')) return undefined;
    const step = parseBitfield(suffix.name, suffix.type);
    if (step === undefined || !hasRoom(steps)) return refuse('BAD_BITFIELD', typeAt);
    steps.push(step);
    return undefined;
  }
  const value = fetched.value;
  // Whole bytes that start at a byte are taken for an ordinary member.
  if (value === undefined || (value.bitSize % 8 === 0 && value.bitOffset === 0)) return undefined;
  if (!hasRoom(steps)) return refuse('TOO_MANY_OPS', fetched.at);
  const left = (64 - value.bitSize - value.bitOffset) & 0xff;
  steps.push({ op: 'bitfield', baseSize: 8, left, right: 64 - value.bitSize });
  return undefined;
}

function appendArray(
  suffix: TypeSuffix,
  store: FetchStep,
  fetched: Fetched,
  typeAt: number,
  steps: FetchStep[],
): Refusal | undefined {
  if (suffix.count === 0) return undefined;
  const loops = store.op === 'store-string' || (store.op === 'store-memory' && !store.user);
  if (!loops) return refuse('BAD_STRING', typeAt);
  if (!hasRoom(steps)) return refuse('TOO_MANY_OPS', fetched.at, -Errno.E2BIG);
  steps.push({ op: 'array', count: suffix.count });
  return undefined;
}

/**
 * Ends a program with the steps that store, cut and repeat (`kernel/trace/trace_probe.c:finalize_fetch_insn()`).
 * @param type the argument's type, after the types of the fetched value had their say
 */
export function finishProgram(
  suffix: TypeSuffix,
  type: FetchType,
  fetched: Fetched,
  steps: FetchStep[],
): Refusal | undefined {
  const typeAt = fetched.at + suffix.index;
  const stored = appendStore(type, suffix.count, fetched, typeAt, steps);
  if (stored instanceof Refusal) return stored;
  const store = steps.at(-1)!;
  return appendBitfield(suffix, fetched, typeAt, steps) ?? appendArray(suffix, store, fetched, typeAt, steps);
}
