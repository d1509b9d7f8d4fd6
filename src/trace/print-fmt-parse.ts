/** An expression of a `print fmt` line: C, with `REC->field` and the kernel's helpers as calls. */
export type CExpr =
  | { readonly kind: 'number'; readonly value: bigint; readonly unsigned: boolean; readonly long: boolean }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly base: CExpr; readonly index: CExpr }
  | { readonly kind: 'member'; readonly base: CExpr; readonly name: string }
  | { readonly kind: 'unary'; readonly op: '-' | '+' | '!' | '~' | '*' | '&'; readonly operand: CExpr }
  | { readonly kind: 'binary'; readonly op: string; readonly left: CExpr; readonly right: CExpr }
  | { readonly kind: 'choice'; readonly test: CExpr; readonly yes: CExpr; readonly no: CExpr }
  | { readonly kind: 'cast'; readonly type: string; readonly operand: CExpr }
  | { readonly kind: 'sizeof'; readonly type: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly CExpr[] }
  | { readonly kind: 'list'; readonly items: readonly CExpr[] };

/** A `print fmt` taken apart: the format string and the expressions for its conversions. */
interface ParsedPrintFmt {
  readonly format: string;
  readonly args: readonly CExpr[];
}

const TOKEN =
  /\s+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'|0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*|[A-Za-z_]\w*|->|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>?:()[\]{},.]/y;
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'", '0': '\0' };
/** Binary operators by how tightly they bind, loosest first. */
const LEVELS = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
/** Words of types that a sign can be cast to, which tells `(long)-1` from `(a)-1`. */
const SCALAR_TYPES = new Set(['unsigned', 'signed', 'long', 'int', 'short', 'char', '*']);
const UNARY = new Set(['-', '+', '!', '~', '*', '&']);

class PrintFmtSyntaxError extends Error {}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) throw new PrintFmtSyntaxError('unknown token');
    if (match[0].trim() !== '') tokens.push(match[0]);
  }
  return tokens;
}

const unquote = (literal: string) =>
  literal.slice(1, -1).replace(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);
const isWord = (token: string | undefined) => token !== undefined && /^[A-Za-z_]/.test(token);

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  expect(token: string): void {
    if (!this.take(token)) throw new PrintFmtSyntaxError(`${token} expected`);
  }

  expression(): CExpr {
    const test = this.#binary(0);
    if (!this.take('?')) return test;
    const yes = this.expression();
    this.expect(':');
    return { kind: 'choice', test, yes, no: this.expression() };
  }

  #binary(level: number): CExpr {
    const ops = LEVELS[level];
    if (!ops) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const op = this.#tokens[this.#at];
      if (op === undefined || !ops.includes(op)) return left;
      this.#at++;
      left = { kind: 'binary', op, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): CExpr {
    const token = this.#tokens[this.#at];
    if (token !== undefined && UNARY.has(token)) {
      this.#at++;
      return { kind: 'unary', op: token as '-', operand: this.#unary() };
    }
    const type = this.#castType();
    if (type !== undefined) return { kind: 'cast', type, operand: this.#unary() };
    return this.#postfix(this.#primary());
  }

  /** The type in parentheses at this place, if it is a cast: words and stars only, and something to cast behind it. */
  #castType(): string | undefined {
    if (this.#tokens[this.#at] !== '(') return undefined;
    let end = this.#at + 1;
    while (isWord(this.#tokens[end]) || this.#tokens[end] === '*') end++;
    const words = this.#tokens.slice(this.#at + 1, end);
    const next = this.#tokens[end + 1];
    if (this.#tokens[end] !== ')' || !isWord(words[0]) || words[0] === 'REC' || next === undefined) return undefined;
    const signed = (next === '-' || next === '&') && words.some((word) => SCALAR_TYPES.has(word));
    if (!signed && !isWord(next) && !/^["\d(~!]/.test(next)) return undefined;
    this.#at = end + 1;
    return words.join(' ');
  }

  #postfix(start: CExpr): CExpr {
    let base = start;
    for (;;) {
      if (this.take('[')) {
        base = { kind: 'index', base, index: this.expression() };
        this.expect(']');
      } else if (this.take('->') || this.take('.')) {
        const name = this.#word();
        base = base.kind === 'name' && base.name === 'REC' ? { kind: 'field', name } : { kind: 'member', base, name };
      } else {
        return base;
      }
    }
  }

  #word(): string {
    const token = this.#tokens[this.#at++];
    if (!isWord(token)) throw new PrintFmtSyntaxError('name expected');
    return token!;
  }

  #primary(): CExpr {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new PrintFmtSyntaxError('operand expected');
    if (token === '(') {
      const inner = this.expression();
      this.expect(')');
      return inner;
    }
    if (token === '{') return { kind: 'list', items: this.list('}') };
    if (token.startsWith('"')) return { kind: 'string', text: unquote(token) + this.#moreStrings() };
    if (token.startsWith("'"))
      return { kind: 'number', value: BigInt(unquote(token).charCodeAt(0)), unsigned: false, long: false };
    if (/^\d/.test(token)) return numberOf(token);
    if (!isWord(token)) throw new PrintFmtSyntaxError(`unexpected ${token}`);
    if (token === 'sizeof') return this.#sizeof();
    return this.take('(') ? { kind: 'call', name: token, args: this.list(')') } : { kind: 'name', name: token };
  }

  #moreStrings(): string {
    let text = '';
    while (this.#tokens[this.#at]?.startsWith('"')) text += unquote(this.#tokens[this.#at++]!);
    return text;
  }

  #sizeof(): CExpr {
    this.expect('(');
    let type = '';
    while (!this.take(')')) type += `${this.#tokens[this.#at++] ?? ''} `;
    return { kind: 'sizeof', type: type.trim() };
  }

  /** Expressions with commas between them, up to a closing token. */
  list(close: string): CExpr[] {
    const items: CExpr[] = [];
    while (!this.take(close)) {
      items.push(this.expression());
      if (!this.take(',')) {
        this.expect(close);
        break;
      }
    }
    return items;
  }
}

function numberOf(token: string): CExpr {
  const digits = token.replace(/[uUlL]+$/, '');
  const octal = /^0\d+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return {
    kind: 'number',
    value,
    unsigned: /u/i.test(token.slice(digits.length)),
    long: /l/i.test(token) || value > 0xffff_ffffn,
  };
}

/**
 * Takes a `print fmt` apart.
 * @returns what it says, or `undefined` when it is not of this form
 */
export function parsePrintFmt(printFmt: string): ParsedPrintFmt | undefined {
  try {
    const parser = new Parser(tokenize(printFmt));
    const format = parser.expression();
    const args: CExpr[] = [];
    while (parser.take(',')) args.push(parser.expression());
    return format.kind === 'string' && parser.done ? { format: format.text, args } : undefined;
  } catch (error) {
    if (error instanceof PrintFmtSyntaxError) return undefined;
    throw error;
  }
}

/** Takes an expression apart; `undefined` when it is none. */
export function parseExpression(text: string): CExpr | undefined {
  try {
    const parser = new Parser(tokenize(text));
    const expr = parser.expression();
    return parser.done ? expr : undefined;
  } catch (error) {
    if (error instanceof PrintFmtSyntaxError) return undefined;
    throw error;
  }
}
