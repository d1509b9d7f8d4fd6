/**
 * Finds the definitions in what `fprobe check` is given: a list as `dynamic_events` takes it, or a shell script whose
 * `echo` lines and here-documents write to `dynamic_events`.
 */
import { shellWord } from './shell-word.ts';

/** One definition of a source. Lines and columns count from 1; `columns[i]` is the column of the definition's byte i. */
export interface SourceDefinition {
  /** The command as the kernel would get it, one character a byte, without its newline. */
  readonly text: string;
  readonly line: number;
  readonly columns: readonly number[];
  /** Set when the text depends on shell variables or substitutions and so cannot be checked. */
  readonly unknown?: string;
}

const TARGET = /(?:^|[/\s"'])dynamic_events\b/;
const HEREDOC = /<<(-?)\s*(?:'([^']+)'|"([^"]+)"|\\?([\w.-]+))/;

/** Says whether a text is a shell script that writes definitions, rather than a list of them. */
export function isScript(text: string): boolean {
  return text.startsWith('#!') || /^[^#\n]*(?:>>?\s*\S*dynamic_events|<<-?\s*\S)/m.test(text);
}

/** The definitions of a text, in order; comments and blank lines are left out as the kernel leaves them out. */
export function definitionsOf(text: string): SourceDefinition[] {
  const lines = text.split('\n');
  return isScript(text)
    ? scriptDefinitions(lines)
    : lines.flatMap((line, index) => plainDefinition(line, index + 1, 0));
}

function plainDefinition(line: string, number: number, skip: number): SourceDefinition[] {
  const hash = line.indexOf('#', skip);
  const body = hash < 0 ? line.slice(skip) : line.slice(skip, hash);
  if (body.trim() === '') return [];
  return [{ text: body, line: number, columns: Array.from({ length: body.length + 1 }, (_, i) => skip + i + 1) }];
}

function scriptDefinitions(lines: readonly string[]): SourceDefinition[] {
  const found: SourceDefinition[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (/^\s*#/.test(line)) continue;
    const heredoc = HEREDOC.exec(line);
    if (heredoc !== null) {
      const toDynamicEvents = TARGET.test(line);
      const end = heredoc[2] ?? heredoc[3] ?? heredoc[4]!;
      const literal =
        heredoc[2] !== undefined || heredoc[3] !== undefined || line.includes('<<\\') || line.includes('<<-\\');
      for (index++; index < lines.length; index++) {
        const body = lines[index]!;
        const skip = heredoc[1] === '-' ? body.length - body.replace(/^\t+/, '').length : 0;
        if (body.slice(skip) === end) break;
        if (toDynamicEvents || looksLikeDefinition(body))
          found.push(...heredocDefinition(body, index + 1, skip, literal));
      }
    } else if (TARGET.test(line)) {
      found.push(...echoDefinitions(line, index + 1));
    }
  }
  return found;
}

/** A line that can hardly be anything else: `f:` or `t:` and a name, or `f` and a symbol with arguments. */
function looksLikeDefinition(line: string): boolean {
  return /^\s*[ft](?::\S*)?\s+[A-Za-z_]/.test(line);
}

function heredocDefinition(line: string, number: number, skip: number, literal: boolean): SourceDefinition[] {
  if (literal) return plainDefinition(line, number, skip);
  const word = shellWord(line, skip, 'heredoc');
  if (word.text.trim() === '' || word.text.trimStart().startsWith('#')) return [];
  return [{ text: word.text, line: number, columns: word.columns, ...(word.unknown && { unknown: word.unknown }) }];
}

/** `echo [-e] 'f:…' >> …/dynamic_events`: the words before the redirection, joined by spaces as echo joins them. */
function echoDefinitions(line: string, number: number): SourceDefinition[] {
  const command = /(?:^|[;&|(!{]|\b(?:if|then|do|else|while|until))\s*(?:echo|printf)\s+/.exec(line);
  if (command === null) return [];
  let at = command.index + command[0].length;
  let text = '';
  let unknown: string | undefined;
  const columns: number[] = [];
  while (at < line.length && !/[>|;&)]/.test(line[at]!)) {
    if (/\s/.test(line[at]!)) {
      at++;
      continue;
    }
    const word = shellWord(line, at, 'word');
    if (word.end === at) break;
    if (!(text === '' && /^-[neE]+$/.test(word.text))) {
      if (text !== '') {
        columns.push(at);
        text += ' ';
      }
      text += word.text;
      columns.push(...word.columns.slice(0, word.text.length));
      unknown ??= word.unknown;
    }
    at = word.end;
  }
  if (text === '') return [];
  columns.push(at + 1);
  return [{ text, line: number, columns, ...(unknown && { unknown }) }];
}
