import { AwkError, awkTokens, type Token } from './awk-lexer.ts';

/** What can be assigned to. */
export type Lvalue =
  | { readonly type: 'var'; readonly name: string }
  | { readonly type: 'index'; readonly name: string; readonly keys: readonly Expr[] }
  | { readonly type: 'field'; readonly of: Expr };

/** An expression. */
export type Expr =
  | Lvalue
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'regex'; readonly source: string }
  | { readonly type: 'assign'; readonly to: Lvalue; readonly op: string; readonly value: Expr }
  | { readonly type: 'step'; readonly to: Lvalue; readonly by: number; readonly before: boolean }
  | { readonly type: 'binary'; readonly op: string; readonly left: Expr; readonly right: Expr }
  | { readonly type: 'unary'; readonly op: string; readonly of: Expr }
  | { readonly type: 'choice'; readonly test: Expr; readonly yes: Expr; readonly no: Expr }
  | { readonly type: 'in'; readonly keys: readonly Expr[]; readonly name: string }
  | { readonly type: 'group'; readonly of: Expr }
  | { readonly type: 'list'; readonly items: readonly Expr[] }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expr[]; readonly builtin: boolean }
  | { readonly type: 'getline'; readonly to?: Lvalue; readonly file?: Expr; readonly command?: Expr };

/** A statement. */
export type Statement =
  | { readonly type: 'expr'; readonly of: Expr }
  | {
      readonly type: 'print';
      readonly formatted: boolean;
      readonly args: readonly Expr[];
      readonly to?: { readonly how: string; readonly name: Expr };
    }
  | { readonly type: 'block'; readonly body: readonly Statement[] }
  | { readonly type: 'if'; readonly test: Expr; readonly yes: Statement; readonly no?: Statement }
  | { readonly type: 'while'; readonly test: Expr; readonly body: Statement; readonly first: boolean }
  | {
      readonly type: 'for';
      readonly init?: Statement;
      readonly test?: Expr;
      readonly step?: Statement;
      readonly body: Statement;
    }
  | { readonly type: 'each'; readonly name: string; readonly array: string; readonly body: Statement }
  | { readonly type: 'delete'; readonly name: string; readonly keys?: readonly Expr[] }
  | { readonly type: 'leave'; readonly how: 'break' | 'continue' | 'next' | 'nextfile' }
  | { readonly type: 'end'; readonly how: 'exit' | 'return'; readonly value?: Expr };

/** A pattern and its action; a missing action prints the record. */
export interface Rule {
  readonly from?: Expr;
  /** Last pattern of a range. */
  readonly to?: Expr;
  readonly body?: Statement;
}

interface AwkFunction {
  readonly params: readonly string[];
  readonly body: Statement;
}

export interface AwkProgram {
  readonly begin: readonly Statement[];
  readonly rules: readonly Rule[];
  readonly end: readonly Statement[];
  readonly functions: ReadonlyMap<string, AwkFunction>;
}

const ASSIGNMENTS = ['=', '+=', '-=', '*=', '/=', '%=', '^=', '**='];
const COMPARISONS = ['<', '<=', '==', '!=', '>', '>='];
/** Operators that may begin an operand in a concatenation. */
const BEGINS = ['$', '(', '-', '+', '++', '--'];

/** Parses an awk program. Throws {@link AwkError}. */
export function parseAwk(source: string): AwkProgram {
  return new Parser(awkTokens(source)).program();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** Above 0 where `>` is a redirection. */
  #printing = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  program(): AwkProgram {
    const begin: Statement[] = [];
    const end: Statement[] = [];
    const rules: Rule[] = [];
    const functions = new Map<string, AwkFunction>();
    for (this.#terminators(); this.#token.kind !== 'end'; this.#terminators()) {
      if (this.#takes('keyword', 'BEGIN')) begin.push(this.#block());
      else if (this.#takes('keyword', 'END')) end.push(this.#block());
      else if (this.#takes('keyword', 'function') || this.#takes('keyword', 'func')) {
        const name = this.#name();
        this.#expect('(');
        const params: string[] = [];
        while (!this.#takes('op', ')')) {
          params.push(this.#name());
          this.#takes('op', ',');
          this.#newlines();
        }
        this.#newlines();
        functions.set(name, { params, body: this.#block() });
      } else rules.push(this.#rule());
    }
    return { begin, rules, end, functions };
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(kind: Token['kind'], value: string): boolean {
    return this.#token.kind === kind && this.#token.value === value;
  }

  #takes(kind: Token['kind'], value: string): boolean {
    const found = this.#is(kind, value);
    if (found) this.#at++;
    return found;
  }

  #expect(value: string): void {
    if (!this.#takes('op', value)) this.#fail();
  }

  #fail(): never {
    const { kind, value, line } = this.#token;
    throw new AwkError(
      `line ${line}: syntax error at or near ${kind === 'end' || kind === 'newline' ? 'end of line' : value}`,
    );
  }

  #name(): string {
    const { kind, value } = this.#token;
    if (kind !== 'name' && kind !== 'call') this.#fail();
    this.#at++;
    return value;
  }

  #newlines(): void {
    while (this.#token.kind === 'newline') this.#at++;
  }

  #terminators(): void {
    while (this.#token.kind === 'newline' || this.#is('op', ';')) this.#at++;
  }

  #rule(): Rule {
    if (this.#is('op', '{')) return { body: this.#block() };
    const from = this.#expr();
    let to: Expr | undefined;
    if (this.#takes('op', ',')) {
      this.#newlines();
      to = this.#expr();
    }
    const body = this.#is('op', '{') ? this.#block() : undefined;
    return { from, ...(to && { to }), ...(body && { body }) };
  }

  #block(): Statement {
    this.#newlines();
    this.#expect('{');
    const body: Statement[] = [];
    for (this.#terminators(); !this.#takes('op', '}'); this.#terminators()) body.push(this.#statement());
    return { type: 'block', body };
  }

  #statement(): Statement {
    if (this.#is('op', '{')) return this.#block();
    if (this.#takes('op', ';')) return { type: 'block', body: [] };
    if (this.#takes('keyword', 'if')) return this.#if();
    if (this.#takes('keyword', 'while')) {
      const test = this.#condition();
      return { type: 'while', test, body: this.#body(), first: true };
    }
    if (this.#takes('keyword', 'do')) {
      const body = this.#body();
      this.#terminators();
      if (!this.#takes('keyword', 'while')) this.#fail();
      const statement: Statement = { type: 'while', test: this.#condition(), body, first: false };
      this.#ends();
      return statement;
    }
    if (this.#takes('keyword', 'for')) return this.#for();
    const simple = this.#simple();
    this.#ends();
    return simple;
  }

  /** A statement ends here: a terminator is taken, a closing brace left. */
  #ends(): void {
    if (this.#is('op', '}') || this.#token.kind === 'end') return;
    if (this.#token.kind !== 'newline' && !this.#is('op', ';')) this.#fail();
    this.#at++;
  }

  #condition(): Expr {
    this.#expect('(');
    const test = this.#expr();
    this.#expect(')');
    return test;
  }

  #body(): Statement {
    this.#newlines();
    return this.#statement();
  }

  #if(): Statement {
    const test = this.#condition();
    const yes = this.#body();
    const before = this.#at;
    this.#terminators();
    if (!this.#takes('keyword', 'else')) {
      this.#at = before;
      return { type: 'if', test, yes };
    }
    return { type: 'if', test, yes, no: this.#body() };
  }

  #for(): Statement {
    this.#expect('(');
    const [name, word, array, close] = this.#tokens.slice(this.#at);
    if (name?.kind === 'name' && word?.value === 'in' && array?.kind === 'name' && close?.value === ')') {
      this.#at += 4;
      return { type: 'each', name: name.value, array: array.value, body: this.#body() };
    }
    const init = this.#is('op', ';') ? undefined : this.#simple();
    this.#expect(';');
    this.#newlines();
    const test = this.#is('op', ';') ? undefined : this.#expr();
    this.#expect(';');
    this.#newlines();
    const step = this.#is('op', ')') ? undefined : this.#simple();
    this.#expect(')');
    return { type: 'for', ...(init && { init }), ...(test && { test }), ...(step && { step }), body: this.#body() };
  }

  #simple(): Statement {
    const { kind, value } = this.#token;
    if (kind !== 'keyword') return { type: 'expr', of: this.#expr() };
    switch (value) {
      case 'print':
      case 'printf':
        this.#at++;
        return this.#print(value === 'printf');
      case 'break':
      case 'continue':
      case 'next':
      case 'nextfile':
        this.#at++;
        return { type: 'leave', how: value };
      case 'exit':
      case 'return': {
        this.#at++;
        const isOver = this.#token.kind === 'newline' || this.#is('op', ';') || this.#is('op', '}');
        return { type: 'end', how: value, ...(isOver ? {} : { value: this.#expr() }) };
      }
      case 'delete': {
        this.#at++;
        const name = this.#name();
        if (!this.#takes('op', '[')) return { type: 'delete', name };
        return { type: 'delete', name, keys: this.#list(']') };
      }
      default:
        return { type: 'expr', of: this.#expr() };
    }
  }

  #print(formatted: boolean): Statement {
    const args: Expr[] = [];
    this.#printing++;
    const isOver = () =>
      this.#token.kind === 'newline' || ['>', '>>', '|', ';', '}'].some((value) => this.#is('op', value));
    while (!isOver()) {
      args.push(this.#expr());
      if (!this.#takes('op', ',')) break;
      this.#newlines();
    }
    this.#printing--;
    const how = ['>', '>>', '|'].find((value) => this.#takes('op', value));
    const to = how === undefined ? undefined : { how, name: this.#concatenation(true) };
    const [only] = args;
    const list = args.length === 1 && only!.type === 'list' ? only.items : args;
    return { type: 'print', formatted, args: list, ...(to && { to }) };
  }

  /** Expressions up to a closing bracket, which is taken. */
  #list(close: string): Expr[] {
    const items: Expr[] = [];
    const printing = this.#printing;
    this.#printing = 0;
    this.#newlines();
    while (!this.#takes('op', close)) {
      items.push(this.#expr());
      this.#newlines();
      if (!this.#is('op', close)) this.#expect(',');
      this.#newlines();
    }
    this.#printing = printing;
    return items;
  }

  #expr(): Expr {
    const left = this.#choice();
    const op = ASSIGNMENTS.find((value) => this.#is('op', value));
    if (op === undefined || !isLvalue(left)) return left;
    this.#at++;
    this.#newlines();
    return { type: 'assign', to: left, op: op.replace('**', '^').slice(0, -1), value: this.#expr() };
  }

  #choice(): Expr {
    const test = this.#or();
    if (!this.#takes('op', '?')) return test;
    this.#newlines();
    const yes = this.#expr();
    this.#newlines();
    this.#expect(':');
    this.#newlines();
    return { type: 'choice', test, yes, no: this.#expr() };
  }

  #or(): Expr {
    let left = this.#and();
    while (this.#takes('op', '||')) {
      this.#newlines();
      left = { type: 'binary', op: '||', left, right: this.#and() };
    }
    return left;
  }

  #and(): Expr {
    let left = this.#membership();
    while (this.#takes('op', '&&')) {
      this.#newlines();
      left = { type: 'binary', op: '&&', left, right: this.#membership() };
    }
    return left;
  }

  #membership(): Expr {
    let left = this.#match();
    while (this.#takes('keyword', 'in'))
      left = { type: 'in', keys: left.type === 'list' ? left.items : [left], name: this.#name() };
    return left;
  }

  #match(): Expr {
    let left = this.#comparison();
    for (;;) {
      const op = ['~', '!~'].find((value) => this.#takes('op', value));
      if (op === undefined) return left;
      left = { type: 'binary', op, left, right: this.#comparison() };
    }
  }

  #comparison(): Expr {
    let left = this.#concatenation(false);
    const op = COMPARISONS.find((value) => this.#is('op', value));
    if (op !== undefined && !(op === '>' && this.#printing > 0)) {
      this.#at++;
      left = { type: 'binary', op, left, right: this.#concatenation(false) };
    }
    while (this.#is('op', '|') && this.#tokens[this.#at + 1]?.value === 'getline') {
      this.#at += 2;
      const to = this.#lvalue();
      left = { type: 'getline', command: left, ...(to && { to }) };
    }
    return left;
  }

  #concatenation(isTarget: boolean): Expr {
    let left = this.#additive();
    while (!isTarget || !this.#is('op', '(')) {
      const { kind, value } = this.#token;
      const begins =
        ['number', 'string', 'name', 'call', 'builtin', 'regex'].includes(kind) ||
        (kind === 'op' && BEGINS.includes(value));
      if (!begins) return left;
      left = { type: 'binary', op: ' ', left, right: this.#additive() };
    }
    return left;
  }

  #additive(): Expr {
    let left = this.#term();
    for (;;) {
      const op = ['+', '-'].find((value) => this.#takes('op', value));
      if (op === undefined) return left;
      left = { type: 'binary', op, left, right: this.#term() };
    }
  }

  #term(): Expr {
    let left = this.#unary();
    for (;;) {
      const op = ['*', '/', '%'].find((value) => this.#takes('op', value));
      if (op === undefined) return left;
      left = { type: 'binary', op, left, right: this.#unary() };
    }
  }

  #unary(): Expr {
    const op = ['!', '-', '+'].find((value) => this.#takes('op', value));
    return op === undefined ? this.#power() : { type: 'unary', op, of: this.#unary() };
  }

  #power(): Expr {
    const left = this.#postfix();
    if (!this.#takes('op', '^') && !this.#takes('op', '**')) return left;
    return { type: 'binary', op: '^', left, right: this.#powerOperand() };
  }

  #powerOperand(): Expr {
    const op = ['-', '+', '!'].find((value) => this.#takes('op', value));
    return op === undefined ? this.#power() : { type: 'unary', op, of: this.#powerOperand() };
  }

  #postfix(): Expr {
    const left = this.#primary();
    if (!isLvalue(left)) return left;
    for (const [op, by] of [
      ['++', 1],
      ['--', -1],
    ] as const)
      if (this.#takes('op', op)) return { type: 'step', to: left, by, before: false };
    return left;
  }

  #primary(): Expr {
    const { kind, value } = this.#token;
    this.#at++;
    switch (kind) {
      case 'number':
        return { type: 'number', value: Number(value) };
      case 'string':
        return { type: 'string', value };
      case 'regex':
        return { type: 'regex', source: value };
      case 'call':
        this.#at++;
        return { type: 'call', name: value, args: this.#list(')'), builtin: false };
      case 'builtin':
        return { type: 'call', name: value, args: this.#takes('op', '(') ? this.#list(')') : [], builtin: true };
      case 'name':
        return this.#takes('op', '[')
          ? { type: 'index', name: value, keys: this.#list(']') }
          : { type: 'var', name: value };
      case 'keyword':
        if (value === 'getline') return this.#getline();
        break;
      case 'op': {
        if (value === '$') return { type: 'field', of: this.#fieldNumber() };
        if (value === '(') {
          const items = this.#list(')');
          return items.length === 1 ? { type: 'group', of: items[0]! } : { type: 'list', items };
        }
        if (value === '++' || value === '--') {
          const to = this.#primary();
          if (isLvalue(to)) return { type: 'step', to, by: value === '++' ? 1 : -1, before: true };
        }
      }
    }
    this.#at--;
    return this.#fail();
  }

  /** What `$` takes: the tightest there is. */
  #fieldNumber(): Expr {
    const op = ['-', '+', '!'].find((value) => this.#takes('op', value));
    return op === undefined ? this.#primary() : { type: 'unary', op, of: this.#fieldNumber() };
  }

  #getline(): Expr {
    const to = this.#lvalue();
    const file = this.#takes('op', '<') ? this.#postfix() : undefined;
    return { type: 'getline', ...(to && { to }), ...(file && { file }) };
  }

  #lvalue(): Lvalue | undefined {
    if (this.#token.kind !== 'name' && !this.#is('op', '$')) return undefined;
    const found = this.#primary();
    return isLvalue(found) ? found : this.#fail();
  }
}

const isLvalue = (expr: Expr): expr is Lvalue => ['var', 'index', 'field'].includes(expr.type);
