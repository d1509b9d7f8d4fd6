const CHAR = { star: 0x2a, question: 0x3f, open: 0x5b, close: 0x5d, backslash: 0x5c, bang: 0x21, dash: 0x2d } as const;

/** Steps of a pattern that are no literal byte (0 … 255); from FIRST_SET on, the number of a set. */
const ANY = 0x100;
const RUN = 0x101;
const FIRST_SET = 0x102;

interface Steps {
  readonly steps: number[];
  /** Bytes of each set: 1 at the values that are members. */
  readonly sets: Uint8Array[];
}

/**
 * A shell pattern as `lib/glob.c:glob_match()` understands it, over the bytes of UTF-8 text: `*`, `?`, `[a-z]`, `[!a-z]` (a `]`
 * right after the opening is a member, no `[^`), `\` before a literal byte; a bracket that is never closed stands for itself.
 * A NUL in a pattern ends it.
 */
export class Glob {
  /** Bytes that every match starts with. */
  readonly prefix: Uint8Array;
  /** The pattern has no special character: it matches only itself. */
  readonly literal: boolean;
  readonly #steps: Uint32Array;
  readonly #sets: readonly Uint8Array[];

  constructor(pattern: string) {
    const { steps, sets } = readSteps(new TextEncoder().encode(pattern.split('\0', 1)[0]));
    const firstSpecial = steps.findIndex((step) => step >= ANY);
    this.literal = firstSpecial < 0;
    this.prefix = Uint8Array.from(this.literal ? steps : steps.slice(0, firstSpecial));
    this.#steps = Uint32Array.from(steps);
    this.#sets = sets;
  }

  /** Does the whole text match? */
  test(text: string): boolean {
    const bytes = new TextEncoder().encode(text);
    return this.testBytes(bytes, 0, bytes.length);
  }

  /** Do the bytes from `start` up to `end` (exclusive) match as a whole? */
  testBytes(bytes: Uint8Array, start: number, end: number): boolean {
    const steps = this.#steps;
    let at = start;
    let next = 0;
    let retryAt = -1;
    let retryNext = 0;
    while (at < end || next < steps.length) {
      const step = next < steps.length ? steps[next]! : -1;
      if (step === RUN) {
        if (next + 1 === steps.length) return true;
        retryNext = ++next;
        retryAt = at;
      } else if (
        at < end &&
        (step === bytes[at] || step === ANY || (step >= FIRST_SET && this.#sets[step - FIRST_SET]![bytes[at]!] === 1))
      ) {
        at++;
        next++;
      } else {
        if (retryAt < 0 || at >= end) return false;
        at = ++retryAt;
        next = retryNext;
      }
    }
    return true;
  }
}

/** Does the whole text match the pattern? For one question; keep a `Glob` for many. */
export function globMatch(pattern: string, text: string): boolean {
  return new Glob(pattern).test(text);
}

function readSteps(pattern: Uint8Array): Steps {
  const steps: number[] = [];
  const sets: Uint8Array[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const byte = pattern[i]!;
    const set = byte === CHAR.open ? readSet(pattern, i + 1) : undefined;
    if (set !== undefined) {
      steps.push(FIRST_SET + sets.length);
      sets.push(set.members);
      i = set.last;
    } else if (byte === CHAR.backslash) {
      if (++i < pattern.length) steps.push(pattern[i]!);
    } else {
      steps.push(byte === CHAR.star ? RUN : byte === CHAR.question ? ANY : byte);
    }
  }
  return { steps, sets };
}

/** Reads a character class behind its opening bracket; `last` is the place of the closing one. `undefined` when there is none. */
function readSet(pattern: Uint8Array, start: number): { members: Uint8Array; last: number } | undefined {
  const inverted = pattern[start] === CHAR.bang;
  const members = new Uint8Array(256).fill(inverted ? 1 : 0);
  const first = start + (inverted ? 1 : 0);
  let i = first;
  while (i < pattern.length && (i === first || pattern[i] !== CHAR.close)) {
    const low = pattern[i]!;
    let high = low;
    if (pattern[i + 1] === CHAR.dash && pattern[i + 2] !== CHAR.close) {
      if (i + 2 >= pattern.length) return undefined;
      high = pattern[i + 2]!;
      i += 2;
    }
    if (low <= high) members.fill(inverted ? 0 : 1, low, high + 1);
    i++;
  }
  return i < pattern.length ? { members, last: i } : undefined;
}
