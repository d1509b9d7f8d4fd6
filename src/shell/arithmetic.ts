/** Variables that an arithmetic expression reads and sets. */
interface ArithmeticScope {
  get(name: string): string;
  set(name: string, value: string): void;
}

/** What is wrong with an arithmetic expression. */
export class ArithmeticError extends Error {}

type Token =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'name' | 'op'; readonly text: string };

const OPS = /^(<<=|>>=|\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|\/=|%=|&=|\|=|\^=|[-+*/%<>=!~&|^?:(),])/;
const BINARY: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const ASSIGNS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);
const wrap = (value: bigint) => BigInt.asIntN(64, value);

/** Evaluates an arithmetic expression of the shell on 64-bit integers. Throws {@link ArithmeticError}. */
export function evaluateArithmetic(text: string, scope: ArithmeticScope): bigint {
  return new Evaluator(tokens(text), scope).run();
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const number = /^(0[xX][0-9a-fA-F]+|\d+#[0-9a-zA-Z]+|\d+)/.exec(rest);
    const name = /^[A-Za-z_]\w*/.exec(rest);
    const op = OPS.exec(rest);
    if (number) found.push({ kind: 'number', value: parseNumber(number[0]) });
    else if (name) found.push({ kind: 'name', text: name[0] });
    else if (op) found.push({ kind: 'op', text: op[0] });
    else throw new ArithmeticError(`syntax error: invalid arithmetic operator (error token is "${rest}")`);
    rest = rest.slice((number ?? name ?? op)![0].length).trimStart();
  }
  return found;
}

function parseNumber(text: string): bigint {
  const based = /^(\d+)#(\w+)$/.exec(text);
  if (based) {
    let value = 0n;
    for (const digit of based[2]!.toLowerCase()) {
      const number = Number.parseInt(digit, 36);
      if (number >= Number(based[1])) throw new ArithmeticError(`${text}: value too great for base`);
      value = value * BigInt(based[1]!) + BigInt(number);
    }
    return value;
  }
  if (/^0[xX]/.test(text)) return BigInt(text);
  if (/^0\d/.test(text)) {
    if (/[89]/.test(text)) throw new ArithmeticError(`${text}: value too great for base (error token is "${text}")`);
    return BigInt(`0o${text.slice(1)}`);
  }
  return BigInt(text);
}

class Evaluator {
  readonly #tokens: readonly Token[];
  readonly #scope: ArithmeticScope;
  #at = 0;

  constructor(list: readonly Token[], scope: ArithmeticScope) {
    this.#tokens = list;
    this.#scope = scope;
  }

  run(): bigint {
    if (this.#tokens.length === 0) return 0n;
    const value = this.#comma();
    if (this.#at < this.#tokens.length) throw new ArithmeticError('syntax error in expression');
    return value;
  }

  #comma(): bigint {
    let value = this.#assign();
    while (this.#take(',')) value = this.#assign();
    return value;
  }

  #assign(): bigint {
    const target = this.#tokens[this.#at];
    const op = this.#tokens[this.#at + 1];
    if (target?.kind !== 'name' || op?.kind !== 'op' || !ASSIGNS.has(op.text)) return this.#ternary();
    this.#at += 2;
    const right = this.#assign();
    const value = op.text === '=' ? right : this.#apply(op.text.slice(0, -1), this.#variable(target.text), () => right);
    return this.#store(target.text, value);
  }

  #ternary(): bigint {
    const condition = this.#binary(0);
    if (!this.#take('?')) return condition;
    const yes = this.#assign();
    if (!this.#take(':')) throw new ArithmeticError("expression expected `:'");
    const no = this.#assign();
    return condition !== 0n ? yes : no;
  }

  #binary(level: number): bigint {
    const ops = BINARY[level];
    if (!ops) return this.#power();
    let left = this.#binary(level + 1);
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token?.kind !== 'op' || !ops.includes(token.text)) return left;
      this.#at++;
      left = this.#apply(token.text, left, () => this.#binary(level + 1));
    }
  }

  #power(): bigint {
    const base = this.#unary();
    if (!this.#take('**')) return base;
    const exponent = this.#power();
    if (exponent < 0n) throw new ArithmeticError('exponent less than 0');
    return wrap(base ** exponent);
  }

  #unary(): bigint {
    for (const step of ['++', '--'] as const) {
      const name = this.#tokens[this.#at + 1];
      if (this.#is(step) && name?.kind === 'name') {
        this.#at += 2;
        return this.#store(name.text, this.#variable(name.text) + (step === '++' ? 1n : -1n));
      }
    }
    if (this.#take('-')) return wrap(-this.#unary());
    if (this.#take('+')) return this.#unary();
    if (this.#take('!')) return this.#unary() === 0n ? 1n : 0n;
    if (this.#take('~')) return ~this.#unary();
    return this.#primary();
  }

  #primary(): bigint {
    const token = this.#tokens[this.#at++];
    if (token?.kind === 'number') return wrap(token.value);
    if (token?.kind === 'name') {
      const value = this.#variable(token.text);
      if (this.#take('++')) this.#store(token.text, value + 1n);
      else if (this.#take('--')) this.#store(token.text, value - 1n);
      return value;
    }
    if (token?.text === '(') {
      const value = this.#comma();
      if (!this.#take(')')) throw new ArithmeticError("missing `)'");
      return value;
    }
    throw new ArithmeticError('syntax error: operand expected');
  }

  #apply(op: string, left: bigint, rest: () => bigint): bigint {
    const right = rest();
    const truth = (value: boolean) => (value ? 1n : 0n);
    switch (op) {
      case '+':
        return wrap(left + right);
      case '-':
        return wrap(left - right);
      case '*':
        return wrap(left * right);
      case '/':
      case '%':
        if (right === 0n) throw new ArithmeticError(`division by 0 (error token is "${this.#rest()}")`);
        return wrap(op === '/' ? left / right : left % right);
      case '<<':
        return wrap(left << (right & 63n));
      case '>>':
        return left >> (right & 63n);
      case '&':
        return left & right;
      case '|':
        return left | right;
      case '^':
        return left ^ right;
      case '&&':
        return truth(left !== 0n && right !== 0n);
      case '||':
        return truth(left !== 0n || right !== 0n);
      case '==':
        return truth(left === right);
      case '!=':
        return truth(left !== right);
      case '<':
        return truth(left < right);
      case '>':
        return truth(left > right);
      case '<=':
        return truth(left <= right);
      default:
        return truth(left >= right);
    }
  }

  #variable(name: string): bigint {
    const text = this.#scope.get(name).trim();
    if (text === '') return 0n;
    return /^[-+]?\s*(0[xX][0-9a-fA-F]+|\d+#\w+|\d+)$/.test(text)
      ? new Evaluator(tokens(text), this.#scope).run()
      : evaluateArithmetic(text, this.#scope);
  }

  #store(name: string, value: bigint): bigint {
    const wrapped = wrap(value);
    this.#scope.set(name, String(wrapped));
    return wrapped;
  }

  /** The operand behind the operator, as messages quote it. */
  #rest(): string {
    const token = this.#tokens[this.#at - 1];
    return token === undefined ? '' : token.kind === 'number' ? String(token.value) : token.text;
  }

  #is(text: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'op' && token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }
}
