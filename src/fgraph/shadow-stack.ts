import type { Arch } from '../machine/arch.ts';

/**
 * The shadow stack of a task: 512 words of 8 bytes, growing upward from word 0 (`kernel/trace/fgraph.c`).
 *
 *     word 511 ┌──────────────────────────────────────────┐
 *              │ task variable of graph op 15             │
 *              │ …                                        │
 *     word 496 │ task variable of graph op 0              │
 *              ├──────────────────────────────────────────┤
 *              │ no frame starts where it would reach 492 │
 *              │                                          │
 *              │                                          │ ← curr_ret_stack: next free word
 *              ├──────────────────────────────────────────┤
 *              │ data word:     op | size | 2 | back      │
 *              │ reserved data, 1 to 32 words             │
 *              ├──────────────────────────────────────────┤
 *              │ bitmap word:        bits | 1 | back      │
 *              ├──────────────────────────────────────────┤
 *              │ retp: where the return address was       │
 *              │ func: entry site of the function         │
 *              │ ret: the return address                  │ ← the frame, `back` words below
 *              ├──────────────────────────────────────────┤
 *     word 0   │ the outer frames                         │
 *              └──────────────────────────────────────────┘
 *
 * The word below curr_ret_stack always tells how far back its frame starts:
 *
 *     reserved word   bits 0–9 back   bits 10–11 type 0
 *     bitmap word     bits 0–9 back   bits 10–11 type 1   bits 12–27 one for each op that wants the return
 *     data word       bits 0–9 back   bits 10–11 type 2   bits 12–16 size in words less one   bits 17–20 the op's index
 */
export const ShadowLayout = {
  /** Words of the whole stack. */
  WORDS: 512,
  /** Bytes of a word. */
  WORD_BYTES: 8,
  /** Graph ops, and task variables at the end. */
  OPS: 16,
  /** First task variable. */
  TASK_VARS: 496,
  /** Words of a frame without a frame pointer. */
  FRAME_WORDS: 3,
  BACK_SHIFT: 0,
  BACK_BITS: 10,
  TYPE_SHIFT: 10,
  TYPE_BITS: 2,
  TYPE_RESERVED: 0,
  TYPE_BITMAP: 1,
  TYPE_DATA: 2,
  INDEX_SHIFT: 12,
  INDEX_BITS: 16,
  DATA_SIZE_SHIFT: 12,
  DATA_SIZE_BITS: 5,
  DATA_INDEX_SHIFT: 17,
  DATA_INDEX_BITS: 4,
  /** Words that an op may reserve in a frame. */
  MAX_DATA_WORDS: 32,
} as const;

const L = ShadowLayout;
/** Word of a frame that has the frame pointer, before the last one. */
const FP_WORD = 2;
const BACK_MASK = (1 << L.BACK_BITS) - 1;
const TYPE_MASK = (1 << L.TYPE_BITS) - 1;
const INDEX_MASK = (1 << L.INDEX_BITS) - 1;
const DATA_SIZE_MASK = (1 << L.DATA_SIZE_BITS) - 1;
const DATA_INDEX_MASK = (1 << L.DATA_INDEX_BITS) - 1;

/** Words back to the frame's start, of any word that tells it. */
export const backOf = (word: number): number => word & BACK_MASK;
/** `TYPE_…` of a word. */
export const typeOf = (word: number): number => (word >>> L.TYPE_SHIFT) & TYPE_MASK;
/** Ops that want the return, one bit each, of a bitmap word. */
export const bitmapOf = (word: number): number => (word >>> L.INDEX_SHIFT) & INDEX_MASK;
/** Words of data below a data word. */
export const dataSizeOf = (word: number): number => ((word >>> L.DATA_SIZE_SHIFT) & DATA_SIZE_MASK) + 1;
/** Index of the op that a data word belongs to. */
export const dataIndexOf = (word: number): number => (word >>> L.DATA_INDEX_SHIFT) & DATA_INDEX_MASK;
/** A reserved word. */
export const reservedWord = (back: number): number => (L.TYPE_RESERVED << L.TYPE_SHIFT) | back;
/** A bitmap word. */
export const bitmapWord = (bitmap: number, back: number): number =>
  (bitmap << L.INDEX_SHIFT) | (L.TYPE_BITMAP << L.TYPE_SHIFT) | back;
/** A data word. */
export const dataWord = (index: number, size: number, back: number): number =>
  (index << L.DATA_INDEX_SHIFT) | ((size - 1) << L.DATA_SIZE_SHIFT) | (L.TYPE_DATA << L.TYPE_SHIFT) | back;

/** Words of a frame: four where the arch tests frame pointers. */
export const frameWords = (arch: Arch): number => L.FRAME_WORDS + (arch.framePointerTest ? 1 : 0);
/** Where a frame may no longer end: a frame and its bitmap word below the task variables. */
export const maxOffset = (arch: Arch): number => L.TASK_VARS - (frameWords(arch) + 1);

/** One task's shadow stack. All places are word indices. */
export class ShadowStack {
  /** Word n as 32-bit halves: 2n low, 2n+1 high. */
  readonly words = new Uint32Array(2 * L.WORDS);
  /** The same words, whole. */
  readonly wide = new BigUint64Array(this.words.buffer);
  /** Next free word, `curr_ret_stack`. */
  current = 0;
  /** Functions on the stack less one, `curr_ret_depth`. */
  depth = -1;
  /** Frames refused for want of room, `trace_overrun`. */
  overrun = 0;
  /** Function id of the frame that starts at a word: what the simulation knows beside `func`. */
  readonly #functions = new Int32Array(L.WORDS);
  readonly #frameWords: number;
  readonly #maxOffset: number;
  /** Words of the registers that a frame takes from. */
  readonly #link: number;
  readonly #sp: number;
  readonly #fp: number;

  constructor(arch: Arch) {
    this.#link = 2 * arch.linkReg;
    this.#sp = 2 * arch.spReg;
    this.#fp = 2 * arch.fpReg;
    this.#frameWords = frameWords(arch);
    this.#maxOffset = maxOffset(arch);
  }

  /**
   * Pushes a frame with its reserved word; return address, stack pointer and frame pointer are copied from register words. Gives the place of the reserved word, or −1 when
   * there is no room (counted). `ftrace_push_return_trace()`
   */
  push(fn: number, sites: Uint32Array, regs: Uint32Array): number {
    const frame = this.current;
    const bitmapAt = frame + this.#frameWords;
    if (bitmapAt + 1 >= this.#maxOffset) {
      this.overrun++;
      return -1;
    }
    const words = this.words;
    const at = 2 * frame;
    const top = 2 * bitmapAt;
    words[top] = reservedWord(this.#frameWords);
    words[top + 1] = 0;
    words[at] = regs[this.#link];
    words[at + 1] = regs[this.#link + 1];
    words[at + 2] = sites[2 * fn];
    words[at + 3] = sites[2 * fn + 1];
    if (this.#frameWords > L.FRAME_WORDS) {
      words[at + 4] = regs[this.#fp];
      words[at + 5] = regs[this.#fp + 1];
    }
    // Where the return address is kept: the top of the stack on x86; elsewhere the stack pointer stands for the slot.
    words[top - 2] = regs[this.#sp];
    words[top - 1] = regs[this.#sp + 1];
    this.#functions[frame] = fn;
    this.current = bitmapAt + 1;
    return bitmapAt;
  }

  /** Says in a frame's bitmap word which ops want its return. */
  setBitmap(bitmapAt: number, bitmap: number): void {
    this.words[2 * bitmapAt] = bitmapWord(bitmap, this.#frameWords);
  }

  /** Takes the innermost frame away, given the place of its bitmap word. */
  pop(bitmapAt: number): void {
    this.current = bitmapAt - this.#frameWords;
  }

  /** Start of the frame that the word below `offset` belongs to; −1 at the bottom, −2 when the word makes no sense. `get_ret_stack()` */
  frameBelow(offset: number): number {
    if (offset <= 0) return -1;
    const at = offset - 1;
    const back = backOf(this.words[2 * at]);
    return back <= 0 || back > at ? -2 : at - back;
  }

  /** Place of the bitmap word of the frame that starts at a word. */
  bitmapAt(frame: number): number {
    return frame + this.#frameWords;
  }

  /** Function id of the frame that starts at a word. */
  functionAt(frame: number): number {
    return this.#functions[frame];
  }

  /** Whether the frame that starts at a word was pushed under the frame pointer that some register words have; only where frames keep it. */
  hasFramePointer(frame: number, regs: Uint32Array): boolean {
    const at = 2 * (frame + FP_WORD);
    return this.words[at] === regs[this.#fp] && this.words[at + 1] === regs[this.#fp + 1];
  }

  /** The frame pointer that the frame keeps. */
  framePointerAt(frame: number): bigint {
    return this.wide[frame + FP_WORD];
  }

  /** Room for data of an op in the innermost frame: the place of its first word, or −1. Once for each op and frame. `fgraph_reserve_data()` */
  reserve(index: number, words: number): number {
    if (words <= 0 || words > L.MAX_DATA_WORDS) return -1;
    const first = this.current;
    const top = first + words;
    if (top + 1 >= this.#maxOffset) return -1;
    const back = backOf(this.words[2 * (first - 1)]);
    this.words[2 * top] = dataWord(index, words, back + words + 1);
    this.words[2 * top + 1] = 0;
    this.current = top + 1;
    return first;
  }

  /** Place of the data word of an op in the frame that ends below `offset`, or −1. */
  dataWordAt(index: number, offset: number): number {
    for (let at = offset - 1; at >= 0; ) {
      const word = this.words[2 * at];
      if (typeOf(word) !== L.TYPE_DATA) return -1;
      if (dataIndexOf(word) === index) return at;
      at -= dataSizeOf(word) + 1;
    }
    return -1;
  }

  /** Low 32 bits of an op's task variable. */
  taskVar(index: number): number {
    return this.words[2 * (L.TASK_VARS + index)];
  }

  setTaskVar(index: number, value: number): void {
    this.words[2 * (L.TASK_VARS + index)] = value;
  }

  clearTaskVars(): void {
    this.words.fill(0, 2 * L.TASK_VARS);
  }
}
