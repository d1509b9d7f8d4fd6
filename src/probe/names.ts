import { cString, isAlnum, isAlpha, isSpace } from '../trace/ctype.ts';

const UNDERSCORE = 0x5f;
const HYPHEN = 0x2d;

function isName(name: string, extra: number): boolean {
  const first = name.charCodeAt(0);
  if (!isAlpha(first) && first !== UNDERSCORE && first !== extra) return false;
  for (let i = 1; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (!isAlnum(code) && code !== UNDERSCORE && code !== extra) return false;
  }
  return true;
}

/** Whether a name suits an event or a field: a C identifier, `kernel/trace/trace.h:is_good_name()`. */
export const isGoodName = (name: string): boolean => isName(name, UNDERSCORE);
/** Whether a name suits a group: a C identifier that may hold hyphens, `kernel/trace/trace.h:is_good_system_name()`. */
export const isGoodSystemName = (name: string): boolean => isName(name, HYPHEN);

/** Splits a command at white space, `lib/argv_split.c`; what follows a NUL byte is not seen. */
export function splitWords(command: string): string[] {
  const text = cString(command);
  const words: string[] = [];
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    const space = isSpace(text.charCodeAt(i));
    if (space && start >= 0) words.push(text.slice(start, i));
    if (space) start = -1;
    else if (start < 0) start = i;
  }
  if (start >= 0) words.push(text.slice(start));
  return words;
}
