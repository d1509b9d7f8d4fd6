/** A basic regular expression as JavaScript has it. */
export function basicSource(pattern: string): string {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    const next = pattern[at + 1];
    if (char === '\\' && next !== undefined) {
      at++;
      if ('(){}|+?'.includes(next)) source += next;
      else if (next === '<' || next === '>') source += '\\b';
      else if (/[\d\w]/.test(next)) source += `\\${next}`;
      else source += next.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    } else if (char === '[') {
      const set = bracket(pattern, at);
      source += set.source;
      at = set.end;
    } else if (char === '*' && (source === '' || source === '^' || source.endsWith('(') || source.endsWith('|')))
      source += '\\*';
    else if (char === '^' && source !== '' && !/[(|]$/.test(source)) source += '\\^';
    else if (
      char === '$' &&
      next !== undefined &&
      !pattern.startsWith('\\)', at + 1) &&
      !pattern.startsWith('\\|', at + 1)
    )
      source += '\\$';
    else source += '(){}|+?'.includes(char) ? `\\${char}` : char;
  }
  return source;
}

/** An extended regular expression as JavaScript has it. */
export function extendedSource(pattern: string): string {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    const next = pattern[at + 1];
    if (char === '\\' && next !== undefined) {
      at++;
      source += '<>y'.includes(next) ? '\\b' : `\\${next}`;
    } else if (char === '[') {
      const set = bracket(pattern, at);
      source += set.source;
      at = set.end;
    } else if (char === '{' && !/^\{\d*,?\d*\}/.test(pattern.slice(at))) source += '\\{';
    else if (char === '}' && !/\{\d*,?\d*$/.test(source)) source += '\\}';
    else source += char;
  }
  return source;
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t-\\r',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** A bracket expression: in it a backslash is itself. */
function bracket(pattern: string, start: number): { source: string; end: number } {
  let at = start + 1;
  let source = '[';
  if (pattern[at] === '^') {
    source += '^';
    at++;
  }
  for (let first = true; at < pattern.length && (first || pattern[at] !== ']'); first = false) {
    const named = /^\[:(\w+):\]/.exec(pattern.slice(at));
    if (named) {
      source += CLASSES[named[1]!] ?? '';
      at += named[0].length;
    } else
      source +=
        pattern[at] === '\\' || pattern[at] === ']' || pattern[at] === '[' ? `\\${pattern[at++]}` : pattern[at++];
  }
  return { source: `${source}]`, end: at };
}
