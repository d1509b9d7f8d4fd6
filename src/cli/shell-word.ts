/** A piece of shell text with its quotes taken away. `columns[i]` is the column (from 1) of character i of `text`, and of its end. */
export interface ShellWord {
  readonly text: string;
  readonly columns: readonly number[];
  /** Index in the line of the first character after the piece, 0-based. */
  readonly end: number;
  /** The first variable or substitution in it, as written, when there is one. */
  readonly unknown?: string;
}

const EXPANSION = /^(?:\$(?:\{[^}]*\}|\([^)]*\)|[A-Za-z_]\w*|[0-9?#@*!$-])|`[^`]*`)/;

/**
 * Reads one word of a command line from index `start` (0-based), or with `heredoc` the rest of a here-document's line,
 * where only `\`, `$` and backquotes are special.
 */
export function shellWord(line: string, start: number, kind: 'word' | 'heredoc'): ShellWord {
  const columns: number[] = [];
  let text = '';
  let unknown: string | undefined;
  let quote = kind === 'heredoc' ? 'h' : '';
  let at = start;
  const take = (char: string, from: number): void => {
    text += char;
    columns.push(from + 1);
  };
  while (at < line.length) {
    const char = line[at]!;
    if (quote === "'") {
      if (char === "'") quote = '';
      else take(char, at);
      at++;
    } else if (char === '\\' && at + 1 < line.length) {
      const next = line[at + 1]!;
      if (quote === '' || '$`\\'.includes(next) || (quote === '"' && next === '"')) take(next, at);
      else {
        take(char, at);
        take(next, at + 1);
      }
      at += 2;
    } else if (char === '$' || char === '`') {
      const expansion = EXPANSION.exec(line.slice(at));
      if (expansion === null) {
        take(char, at++);
        continue;
      }
      unknown ??= expansion[0];
      for (let i = 0; i < expansion[0].length; i++) take(expansion[0][i]!, at + i);
      at += expansion[0].length;
    } else if (quote === '"') {
      if (char === '"') quote = '';
      else take(char, at);
      at++;
    } else if (quote === '' && (char === "'" || char === '"')) {
      quote = char;
      at++;
    } else if (quote === '' && /[\s;&|<>()]/.test(char)) {
      break;
    } else {
      take(char, at++);
    }
  }
  columns.push(at + 1);
  return { text, columns, end: at, ...(unknown !== undefined && { unknown }) };
}
