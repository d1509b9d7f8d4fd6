const [NUL, STAR, QUESTION, BRACKET, BACKSLASH, CLOSE, BANG, DASH] = [0, 0x2a, 0x3f, 0x5b, 0x5c, 0x5d, 0x21, 0x2d];

/**
 * Where the class after a `[` ends, and whether it holds the byte: end × 2 + 1 when it does, end × 2 when not, 0 for a class that is
 * not closed (then `[` means itself). A class may start with `]`; `a-c` is a range unless the dash stands before the closing bracket.
 */
function matchClass(pattern: Uint8Array, at: number, byte: number): number {
  const inverted = pattern[at] === BANG;
  let i = inverted ? at + 1 : at;
  let hit = false;
  let first = pattern[i++] ?? NUL;
  do {
    let last = first;
    if (first === NUL) return 0;
    if (pattern[i] === DASH && pattern[i + 1] !== CLOSE) {
      last = pattern[i + 1] ?? NUL;
      if (last === NUL) return 0;
      i += 2;
    }
    hit ||= first <= byte && byte <= last;
    first = pattern[i++] ?? NUL;
  } while (first !== CLOSE);
  return i * 2 + (hit !== inverted ? 1 : 0);
}

/**
 * Whether a pattern of `* ? [a-z] [!a-z] \\x` matches a whole string, `lib/glob.c:glob_match()`.
 * @param bytes holds the string from `at` to its NUL byte or to `end`
 */
export function globMatch(pattern: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  let p = 0;
  let s = at;
  let retryPattern = -1;
  let retryString = 0;
  for (;;) {
    const c = s < end ? bytes[s]! : NUL;
    const d = pattern[p] ?? NUL;
    let matched: boolean;
    let next = p + 1;
    if (d === STAR) {
      if (p + 1 >= pattern.length) return true;
      retryPattern = ++p;
      retryString = s;
      continue;
    }
    if (d === QUESTION) {
      if (c === NUL) return false;
      matched = true;
    } else if (d === BRACKET) {
      const set = matchClass(pattern, p + 1, c);
      matched = set === 0 ? c === d : (set & 1) === 1;
      if (set !== 0) next = set >>> 1;
    } else {
      const literal = d === BACKSLASH ? (pattern[next++] ?? NUL) : d;
      matched = c === literal;
      if (matched && literal === NUL) return true;
    }
    if (matched) {
      p = next;
      s++;
      continue;
    }
    if (c === NUL || retryPattern < 0) return false;
    p = retryPattern;
    s = ++retryString;
  }
}
