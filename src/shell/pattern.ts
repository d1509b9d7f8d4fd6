const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t-\\r',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

const literal = (char: string) => char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** A shell pattern as a regular expression's source; a backslash takes the next character as it is. */
export function patternSource(pattern: string, shortest = false): string {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '\\' && at + 1 < pattern.length) source += literal(pattern[++at]!);
    else if (char === '*') source += shortest ? '[^]*?' : '[^]*';
    else if (char === '?') source += '[^]';
    else if (char === '[') {
      const set = bracket(pattern, at);
      if (set === undefined) source += '\\[';
      else {
        source += set.source;
        at = set.end;
      }
    } else source += literal(char);
  }
  return source;
}

/** A bracket expression from `start` on: its source and the index of its `]`; undefined where there is none. */
function bracket(pattern: string, start: number): { source: string; end: number } | undefined {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at++;
  let body = '';
  for (let first = true; ; first = false) {
    const char = pattern[at];
    if (char === undefined) return undefined;
    if (char === ']' && !first) break;
    const named = /^\[:(\w+):\]/.exec(pattern.slice(at));
    if (named) {
      body += CLASSES[named[1]!] ?? '';
      at += named[0].length;
      continue;
    }
    if (char === '\\') {
      at++;
      body += literal(pattern[at] ?? '\\');
    } else body += char === '-' ? '-' : literal(char);
    at++;
  }
  if (body === '') return { source: negated ? '[^]' : '[]', end: at };
  return { source: `[${negated ? '^' : ''}${body}]`, end: at };
}

/** Whether a text matches a whole shell pattern. */
export function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${patternSource(pattern)}$`).test(text);
}

/** Whether a pattern can match more than one text. */
export const isPattern = (pattern: string): boolean => /(^|[^\\])(\\\\)*[*?[]/.test(pattern);

/** A pattern that can match one text only: that text. */
export const unescapePattern = (pattern: string): string => pattern.replace(/\\(.)/gs, '$1');

/** Takes what matches a pattern off the front or the end of a text: the shortest such part, or the longest. */
export function remove(text: string, pattern: string, side: 'prefix' | 'suffix', longest: boolean): string {
  const regex = new RegExp(`^${patternSource(pattern)}$`);
  for (let i = 0; i <= text.length; i++) {
    const length = longest ? text.length - i : i;
    if (side === 'prefix' && regex.test(text.slice(0, length))) return text.slice(length);
    if (side === 'suffix' && regex.test(text.slice(text.length - length))) return text.slice(0, text.length - length);
  }
  return text;
}
