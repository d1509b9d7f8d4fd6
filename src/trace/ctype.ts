/*
 * Character classes of the kernel, lib/ctype.c: ASCII, plus the upper half of latin1 (0xa0 counts as space, 0xc0–0xff as letters but
 * for the signs × and ÷). A character code outside 0…255, NaN included, is in no class.
 */

/** Space, tab, newline, vertical tab, form feed, carriage return, no-break space. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0;
}

/** `0`–`9`. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Letters, those of latin1 included. */
export function isAlpha(code: number): boolean {
  return (
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0xc0 && code <= 0xff && code !== 0xd7 && code !== 0xf7)
  );
}

/** Letters and digits. */
export function isAlnum(code: number): boolean {
  return isAlpha(code) || isDigit(code);
}

/** Anything that shows ink, or a space. */
export function isPrint(code: number): boolean {
  return (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xff);
}

/** The string without space at either end, `lib/string.c:strim()`. */
export function strip(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charCodeAt(start))) start++;
  return trimEnd(text.slice(start));
}

/** The string without space at its end: what strim() leaves in the caller's buffer. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** The bytes before the first NUL: what C sees of a string. */
export function cString(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}
