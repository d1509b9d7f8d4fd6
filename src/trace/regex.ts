import { isDigit } from './ctype.ts';
import { globMatch } from './glob.ts';

/** How the pattern of a `~` comparison is matched, `kernel/trace/trace.h:enum regex_type`. */
type RegexType = 'full' | 'front' | 'middle' | 'end' | 'glob' | 'index';

/** A pattern taken apart by {@link filterParseRegex}. */
interface ParsedRegex {
  readonly type: RegexType;
  /** What to look for, without the stars that {@link ParsedRegex.type} stands for. */
  readonly search: string;
  /** Whether a `!` in front turns the result round. */
  readonly not: boolean;
}

/**
 * Takes a pattern apart: `abc` `abc*` `*abc` `*abc*`, everything else with `* ? [ \` is a glob, a leading digit makes it an index
 * (`kernel/trace/trace_events_filter.c:filter_parse_regex()`).
 */
export function filterParseRegex(pattern: string): ParsedRegex {
  const not = pattern.startsWith('!');
  const text = not ? pattern.slice(1) : pattern;
  if (isDigit(text.charCodeAt(0))) return { type: 'index', search: text, not };
  const special = [...text].findIndex((char, i) => '[?\\'.includes(char) || (char === '*' && i > 0));
  const atEnd = special === text.length - 1 && text[special] === '*';
  if (special >= 0 && !atEnd) return { type: 'glob', search: text, not };
  const open = text.startsWith('*');
  const search = text.slice(open ? 1 : 0, atEnd && special > 0 ? -1 : undefined);
  if (open) return { type: atEnd ? 'middle' : 'end', search, not };
  return { type: atEnd ? 'front' : 'full', search, not };
}

/** Tests the string at `at` in `bytes`; `len` counts its bytes with the NUL, 0 when only the NUL bounds it. */
export type BytesMatcher = (bytes: Uint8Array, at: number, len: number) => boolean;

/** Latin1 text as bytes. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function hasPrefix(bytes: Uint8Array, at: number, search: Uint8Array): boolean {
  for (let i = 0; i < search.length; i++) if (bytes[at + i] !== search[i]) return false;
  return true;
}

function matchFull(search: Uint8Array): BytesMatcher {
  return (bytes, at, len) => {
    const limit = len === 0 ? Number.POSITIVE_INFINITY : len;
    for (let i = 0; i < limit; i++) {
      const want = search[i] ?? 0;
      if ((bytes[at + i] ?? 0) !== want) return false;
      if (want === 0) return true;
    }
    return true;
  };
}

function matchFront(search: Uint8Array): BytesMatcher {
  return (bytes, at, len) => !(len !== 0 && len < search.length) && hasPrefix(bytes, at, search);
}

function matchMiddle(search: Uint8Array): BytesMatcher {
  return (bytes, at, len) => {
    let end = at + len;
    if (len === 0) for (end = at; end < bytes.length && bytes[end] !== 0; end++);
    for (let i = at; i + search.length <= end; i++) if (hasPrefix(bytes, i, search)) return true;
    return search.length === 0;
  };
}

function matchEnd(search: Uint8Array): BytesMatcher {
  return (bytes, at, len) => len - 1 >= search.length && hasPrefix(bytes, at + len - 1 - search.length, search);
}

function matchGlob(pattern: Uint8Array): BytesMatcher {
  return (bytes, at) => globMatch(pattern, bytes, at, bytes.length);
}

const BUILD: Record<RegexType, (search: Uint8Array) => BytesMatcher> = {
  full: matchFull,
  index: matchFull,
  front: matchFront,
  middle: matchMiddle,
  end: matchEnd,
  glob: matchGlob,
};

/** The matcher of a pattern's type, `filter_build_regex()`. */
export function buildMatcher(type: RegexType, search: string): BytesMatcher {
  return BUILD[type](latin1Bytes(search));
}
