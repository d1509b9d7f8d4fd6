import type { Arch } from '../machine/arch.ts';
import {
  backOf,
  bitmapOf,
  dataIndexOf,
  dataSizeOf,
  frameWords,
  ShadowLayout as L,
  type ShadowStack,
  typeOf,
} from './shadow-stack.ts';

/** What a word of a shadow stack is, with its bit fields. */
type StackWordKind =
  | { readonly kind: 'ret' | 'func' | 'fp' | 'retp' }
  /** Of a frame that is being entered: no op has been asked yet. */
  | { readonly kind: 'reserved'; readonly back: number }
  /** Indices of the ops that want the return. */
  | { readonly kind: 'bitmap'; readonly back: number; readonly ops: readonly number[] }
  | { readonly kind: 'data'; readonly back: number; readonly size: number; readonly op: number }
  /** A word that an op reserved, `at` from the first one. */
  | { readonly kind: 'payload'; readonly op: number; readonly at: number };

/** One word of a shadow stack. */
export type StackWord = StackWordKind & { readonly index: number; readonly value: bigint };

/** One frame of a shadow stack. */
interface StackFrame {
  /** Function id. */
  readonly fn: number;
  /** Index of its first word. */
  readonly start: number;
  /** Its words, the first one first. */
  readonly words: readonly StackWord[];
}

const FRAME: readonly ('ret' | 'func' | 'fp' | 'retp')[] = ['ret', 'func', 'retp'];
const FRAME_WITH_FP: readonly ('ret' | 'func' | 'fp' | 'retp')[] = ['ret', 'func', 'fp', 'retp'];

/** Takes the live part of a shadow stack apart, the outermost frame first. */
export function readFrames(stack: ShadowStack, arch: Arch): StackFrame[] {
  const frames: StackFrame[] = [];
  let end = stack.current;
  for (let start = stack.frameBelow(end); start >= 0; start = stack.frameBelow(start)) {
    frames.unshift({ fn: stack.functionAt(start), start, words: readFrame(stack, arch, start, end) });
    end = start;
  }
  return frames;
}

function readFrame(stack: ShadowStack, arch: Arch, start: number, end: number): StackWord[] {
  const words: StackWord[] = [];
  const add = (index: number, kind: StackWordKind): void => {
    words.push({ index, value: stack.wide[index]!, ...kind });
  };
  const bitmapAt = start + frameWords(arch);
  for (let at = end - 1; at > bitmapAt; ) {
    const low = stack.words[2 * at]!;
    const size = dataSizeOf(low);
    const op = dataIndexOf(low);
    add(at, { kind: 'data', back: backOf(low), size, op });
    for (let n = size - 1; n >= 0; n--) add(at - size + n, { kind: 'payload', op, at: n });
    at -= size + 1;
  }
  const low = stack.words[2 * bitmapAt]!;
  const back = backOf(low);
  if (typeOf(low) === L.TYPE_BITMAP) add(bitmapAt, { kind: 'bitmap', back, ops: bitsOf(bitmapOf(low)) });
  else add(bitmapAt, { kind: 'reserved', back });
  const names = arch.framePointerTest ? FRAME_WITH_FP : FRAME;
  for (let n = names.length - 1; n >= 0; n--) add(start + n, { kind: names[n]! });
  return words.reverse();
}

function bitsOf(bitmap: number): number[] {
  return Array.from({ length: L.OPS }, (_, bit) => bit).filter((bit) => (bitmap & (1 << bit)) !== 0);
}
