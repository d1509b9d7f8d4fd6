/** First bytes of a packed workload: `FPW` and the version. */
export const MAGIC = [0x46, 0x50, 0x57, 2];

/** Sections of a packed workload in their order; each is its length, then its bytes. */
export const SECTIONS = [
  'meta',
  'functions',
  'structure',
  'times',
  'sites',
  'flags',
  'codes',
  'values',
  'points',
  'facts',
  'bytes',
  'pages',
] as const;
export type SectionName = (typeof SECTIONS)[number];

/** Codes of the structure section below those of functions: `FIRST_FUNCTION + 2 * n` a call of function n that returns at once, one more a call with others inside. */
export const Structure = {
  LEAVE: 0,
  POINT: 1,
  SWITCH: 2,
  SWITCH_DEAD: 3,
  FORK: 4,
  EXEC: 5,
  RENAME: 6,
  FIRST_FUNCTION: 7,
} as const;

/** Codes of a value: how it is predicted; `UNUSUAL + n` prediction n, `LITERAL` none, `NONE` no value at all. */
export const Code = { USUAL: 0, NONE: 1, LITERAL: 2, UNUSUAL: 3 } as const;

/** Set in a call's flags when its result is a pid; what is below is packed by `step-flags.ts`. */
export const PID_RESULT_FLAG = 0x4000;

export const TASK_KINDS = ['program', 'kthread', 'idle', 'parent'] as const;

const TABLE_BITS = 16;

/**
 * What came last in a context, by three small integers. Contexts may share a place: a prediction is then wrong, at both
 * ends alike.
 */
export class ContextTable {
  readonly #last = new Int32Array(1 << TABLE_BITS).fill(-1);

  /** Place of a context. */
  static place(a: number, b: number, c: number): number {
    const mixed = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b) ^ Math.imul(c + 1, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 15)) >>> (32 - TABLE_BITS);
  }

  /** What came last at a place, −1 for nothing. */
  last(place: number): number {
    return this.#last[place];
  }

  learn(place: number, value: number): void {
    this.#last[place] = value;
  }
}
