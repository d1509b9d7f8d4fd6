import type { WordNode } from 'just-bash';
import { ArithmeticError, evaluateArithmetic } from './arithmetic.ts';
import { glob } from './glob.ts';
import { isPattern, matches, patternSource, remove, unescapePattern } from './pattern.ts';
import type { Shell } from './shell.ts';
import { ShellError } from './shell-errors.ts';

type Part = WordNode['parts'][number];
type Parameter = Extract<Part, { type: 'ParameterExpansion' }>;
type Operation = NonNullable<Parameter['operation']>;
type Brace = Extract<Part, { type: 'BraceExpansion' }>;

/** Some text of a field; what is quoted is no pattern. */
interface Piece {
  readonly text: string;
  readonly quoted: boolean;
}

const escapePattern = (text: string) => text.replace(/[\\*?[\]!^-]/g, '\\$&');
const textOf = (field: readonly Piece[]) => field.map(({ text }) => text).join('');
const patternOf = (field: readonly Piece[]) =>
  field.map(({ text, quoted }) => (quoted ? escapePattern(text) : text)).join('');

/** Expands words as the shell does: parameters, commands, arithmetic, fields, paths. */
export class Expander {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /** The fields of some words. */
  async fields(words: readonly WordNode[]): Promise<string[]> {
    const found: string[] = [];
    for (const word of words.flatMap(expandBraces))
      for (const field of await this.#split(word)) found.push(...this.#paths(field));
    return found;
  }

  /** A word as one text: no fields, no paths. */
  async text(word: WordNode): Promise<string> {
    return textOf(await this.#whole(word));
  }

  /** A word as a pattern: what is quoted in it stands for itself. */
  async pattern(word: WordNode): Promise<string> {
    return patternOf(await this.#whole(word));
  }

  /** The value of an arithmetic expression. */
  async arithmetic(text: string): Promise<bigint> {
    const shell = this.#shell;
    const expanded = /[$`]/.test(text) ? await this.text(shell.quotedWord(text)) : text;
    try {
      return evaluateArithmetic(expanded, {
        get: (name) => shell.get(name) ?? '',
        set: (name, value) => shell.set(name, value),
      });
    } catch (error) {
      if (error instanceof ArithmeticError) throw new ShellError(`${expanded.trim()}: ${error.message}`, 1, true);
      throw error;
    }
  }

  async #whole(word: WordNode): Promise<Piece[]> {
    const fields = new Fields(undefined);
    for (const part of word.parts) await this.#part(part, fields, false);
    return fields.list.flatMap((field, i) => (i === 0 ? field : [{ text: ' ', quoted: true }, ...field]));
  }

  async #split(word: WordNode): Promise<Piece[][]> {
    const fields = new Fields(this.#shell.get('IFS') ?? ' \t\n');
    for (const part of word.parts) await this.#part(part, fields, false);
    return fields.list;
  }

  #paths(field: readonly Piece[]): string[] {
    const pattern = patternOf(field);
    if (this.#shell.options.has('f') || !field.some(({ text, quoted }) => !quoted && /[*?[]/.test(text)))
      return [textOf(field)];
    if (!isPattern(pattern)) return [unescapePattern(pattern)];
    const found = glob(this.#shell.process, pattern);
    return found.length > 0 ? found : [textOf(field)];
  }

  async #part(part: Part, fields: Fields, quoted: boolean): Promise<void> {
    switch (part.type) {
      case 'Literal':
        fields.add(part.value, quoted);
        break;
      case 'SingleQuoted':
      case 'Escaped':
        fields.add(part.value, true);
        break;
      case 'Glob':
        fields.add(part.pattern, quoted);
        break;
      case 'DoubleQuoted':
        if (
          part.parts.length === 0 ||
          !part.parts.every((inner) => inner.type === 'ParameterExpansion' && inner.parameter === '@')
        )
          fields.add('', true);
        for (const inner of part.parts) await this.#part(inner, fields, true);
        break;
      case 'TildeExpansion':
        fields.add(this.#home(part.user), true);
        break;
      case 'ParameterExpansion':
        await this.#parameter(part, fields, quoted);
        break;
      case 'CommandSubstitution':
        fields.value(await this.#shell.substitute(part.body), quoted);
        break;
      case 'ArithmeticExpansion':
        fields.value(String(await this.arithmetic(part.expression.originalText ?? '')), quoted);
        break;
      case 'ProcessSubstitution':
        throw new ShellError('process substitution is not supported');
      case 'BraceExpansion':
        fields.add(braceText(part), quoted);
        break;
    }
  }

  #home(user: string | null): string {
    if (user === null || user === 'root') return user === null ? (this.#shell.get('HOME') ?? '/root') : '/root';
    return `~${user}`;
  }

  async #parameter({ parameter, operation }: Parameter, fields: Fields, quoted: boolean): Promise<void> {
    if ((parameter === '@' || parameter === '*') && operation === null) {
      this.#positionals(parameter, fields, quoted);
      return;
    }
    const value = this.#shell.parameter(parameter);
    if (operation === null) {
      if (value === undefined) this.#unset(parameter);
      fields.value(value ?? '', quoted);
      return;
    }
    await this.#operate(parameter, value, operation, fields, quoted);
  }

  #positionals(parameter: '@' | '*', fields: Fields, quoted: boolean): void {
    const { args } = this.#shell;
    if (parameter === '*' && quoted) {
      fields.value(args.join((this.#shell.get('IFS') ?? ' ').slice(0, 1)), true);
      return;
    }
    for (const [i, arg] of args.entries()) {
      if (i > 0) fields.end();
      fields.value(arg, quoted);
    }
  }

  #unset(name: string): void {
    if (this.#shell.options.has('u') && !['@', '*', '!'].includes(name))
      throw new ShellError(`${name}: unbound variable`, 1, true);
  }

  async #operate(name: string, value: string | undefined, op: Operation, fields: Fields, quoted: boolean) {
    const isMissing = 'checkEmpty' in op && op.checkEmpty ? (value ?? '') === '' : value === undefined;
    const emit = (text: string) => fields.value(text, quoted);
    switch (op.type) {
      case 'DefaultValue':
        if (isMissing) await this.#inner(op.word, fields, quoted);
        else emit(value!);
        return;
      case 'UseAlternative':
        if (!isMissing) await this.#inner(op.word, fields, quoted);
        else if (quoted) emit('');
        return;
      case 'AssignDefault': {
        if (!isMissing) return emit(value!);
        const text = await this.text(op.word);
        this.#shell.set(name, text);
        return emit(text);
      }
      case 'ErrorIfUnset':
        if (!isMissing) return emit(value!);
        throw new ShellError(
          `${name}: ${(op.word && (await this.text(op.word))) || 'parameter null or not set'}`,
          1,
          true,
        );
      case 'Length':
        if (name === '@' || name === '*') return emit(String(this.#shell.args.length));
        if (value === undefined) this.#unset(name);
        return emit(String((value ?? '').length));
      case 'PatternRemoval':
        return emit(remove(value ?? '', await this.pattern(op.pattern), op.side, op.greedy));
      case 'PatternReplacement':
        return emit(await this.#replace(value ?? '', op));
      case 'Substring': {
        const text = value ?? '';
        const offset = Number(await this.arithmetic(op.offset.originalText ?? '0'));
        const start = offset < 0 ? Math.max(0, text.length + offset) : offset;
        const length = op.length === null ? undefined : Number(await this.arithmetic(op.length.originalText ?? '0'));
        const end = length === undefined ? undefined : length < 0 ? text.length + length : start + length;
        return emit(text.slice(start, end));
      }
      case 'CaseModification': {
        const change = (text: string) => (op.direction === 'upper' ? text.toUpperCase() : text.toLowerCase());
        const text = value ?? '';
        return emit(op.all ? change(text) : change(text.slice(0, 1)) + text.slice(1));
      }
      case 'Indirection':
        return emit(this.#shell.parameter(value ?? '') ?? '');
      default:
        throw new ShellError(`\${${name}}: bad substitution`, 1, true);
    }
  }

  /** The word of a default: quotes in it quote, the rest is split like a value. */
  async #inner(word: WordNode, fields: Fields, quoted: boolean): Promise<void> {
    for (const part of word.parts) {
      if (part.type === 'Literal' && !quoted) fields.value(part.value, false);
      else await this.#part(part, fields, quoted);
    }
  }

  async #replace(text: string, op: Extract<Operation, { type: 'PatternReplacement' }>): Promise<string> {
    const source = patternSource(await this.pattern(op.pattern));
    if (source === '') return text;
    const to = op.replacement ? await this.text(op.replacement) : '';
    const anchored = op.anchor === 'start' ? `^(?:${source})` : op.anchor === 'end' ? `(?:${source})$` : source;
    return text.replace(new RegExp(anchored, op.all ? 'g' : ''), () => to);
  }
}

/** Fields that grow as a word is expanded. */
class Fields {
  readonly list: Piece[][] = [];
  readonly #separators: string | undefined;
  #open = false;

  /** @param separators characters that split values; undefined: none do */
  constructor(separators: string | undefined) {
    this.#separators = separators;
  }

  /** Text that is not split. */
  add(text: string, quoted: boolean): void {
    if (!this.#open) this.list.push([]);
    this.#open = true;
    this.list.at(-1)!.push({ text, quoted });
  }

  /** The present field ends. */
  end(): void {
    this.#open = false;
  }

  /** A value: it is split where separators are in it, unless it is quoted. */
  value(text: string, quoted: boolean): void {
    if (quoted || this.#separators === undefined) {
      if (text !== '' || quoted) this.add(text, quoted);
      return;
    }
    const blank = new Set([...this.#separators].filter((char) => ' \t\n'.includes(char)));
    const other = new Set([...this.#separators].filter((char) => !blank.has(char)));
    let at = 0;
    const skipBlanks = () => {
      while (blank.has(text[at]!)) at++;
    };
    if (blank.has(text[0]!)) this.end();
    skipBlanks();
    while (at < text.length) {
      let end = at;
      while (end < text.length && !blank.has(text[end]!) && !other.has(text[end]!)) end++;
      if (end > at || other.has(text[end]!)) this.add(text.slice(at, end), false);
      if (end === text.length) return;
      at = end;
      skipBlanks();
      if (other.has(text[at]!)) at++;
      skipBlanks();
      this.end();
    }
  }
}

function expandBraces(word: WordNode): WordNode[] {
  const at = word.parts.findIndex(({ type }) => type === 'BraceExpansion');
  if (at < 0) return [word];
  const before = word.parts.slice(0, at);
  const after = word.parts.slice(at + 1);
  return braceWords(word.parts[at] as Brace).flatMap((parts) =>
    expandBraces({ ...word, parts: [...before, ...parts, ...after] }),
  );
}

function braceWords(brace: Brace): Part[][] {
  return brace.items.flatMap((item) => {
    if (item.type === 'Word') return expandBraces(item.word).map(({ parts }) => parts);
    return range(item.start, item.end, item.step).map((value): Part[] => [{ type: 'Literal', value }]);
  });
}

const braceText = (brace: Brace) =>
  `{${brace.items.map((item) => (item.type === 'Word' ? '' : `${item.start}..${item.end}`)).join(',')}}`;

function range(start: string | number, end: string | number, step = 1): string[] {
  const isText = typeof start === 'string';
  const from = isText ? start.charCodeAt(0) : start;
  const to = typeof end === 'string' ? end.charCodeAt(0) : end;
  const by = Math.abs(step) || 1;
  const values: number[] = [];
  for (let value = from; from <= to ? value <= to : value >= to; value += from <= to ? by : -by) values.push(value);
  return values.map((value) => (isText ? String.fromCharCode(value) : String(value)));
}

/** Whether a text matches any of the patterns of words. */
export async function matchesAny(expander: Expander, words: readonly WordNode[], text: string): Promise<boolean> {
  for (const word of words) if (matches(await expander.pattern(word), text)) return true;
  return false;
}
