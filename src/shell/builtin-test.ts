import type { Shell } from './shell.ts';
import { ShellError } from './shell-errors.ts';
import type { FileStat } from './stream.ts';

/** `test` and `[`. */
export function testBuiltin(shell: Shell, args: readonly string[], name: string): number {
  const list = [...args];
  if (name === '[' && list.pop() !== ']') throw new ShellError("[: missing `]'", 2);
  return new Test(shell, list, name).run() ? 0 : 1;
}

const BINARY = new Set(['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef']);

class Test {
  readonly #shell: Shell;
  readonly #args: readonly string[];
  readonly #name: string;
  #at = 0;

  constructor(shell: Shell, args: readonly string[], name: string) {
    this.#shell = shell;
    this.#args = args;
    this.#name = name;
  }

  run(): boolean {
    const { length } = this.#args;
    if (length === 0) return false;
    const [first, second, third] = this.#args as [string, string, string];
    if (length === 1) return first !== '';
    if (length === 2 && first === '!') return second === '';
    if (length === 3 && BINARY.has(second)) return this.#binary(first, second, third);
    const value = this.#or();
    if (this.#at < length) this.#fail('too many arguments');
    return value;
  }

  #fail(message: string): never {
    throw new ShellError(`${this.#name}: ${message}`, 2);
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#args[this.#at] === '-o') {
      this.#at++;
      value = this.#and() || value;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#args[this.#at] === '-a') {
      this.#at++;
      value = this.#not() && value;
    }
    return value;
  }

  #not(): boolean {
    if (this.#args[this.#at] === '!' && this.#args.length > this.#at + 1) {
      this.#at++;
      return !this.#not();
    }
    return this.#primary();
  }

  #primary(): boolean {
    const args = this.#args;
    const word = args[this.#at];
    if (word === undefined) this.#fail('argument expected');
    const next = args[this.#at + 1];
    if (next !== undefined && BINARY.has(next) && args.length > this.#at + 2) {
      this.#at += 3;
      return this.#binary(word, next, args[this.#at - 1]!);
    }
    if (word === '(') {
      this.#at++;
      const value = this.#or();
      if (args[this.#at++] !== ')') this.#fail("`)' expected");
      return value;
    }
    if (/^-[a-zA-Z]$/.test(word) && next !== undefined) {
      this.#at += 2;
      return this.#unary(word, next);
    }
    this.#at++;
    return word !== '';
  }

  #unary(op: string, operand: string): boolean {
    const { process } = this.#shell;
    if (op === '-z') return operand === '';
    if (op === '-n') return operand !== '';
    if (op === '-t') return process.fds.get(Number(operand))?.stream.isTerminal === true;
    if (op === '-v') return this.#shell.parameter(operand) !== undefined;
    if (op === '-o') return this.#shell.options.has(operand);
    const stat = process.stat(operand, op !== '-h' && op !== '-L');
    if (typeof stat === 'number') return false;
    return this.#file(op, stat);
  }

  #file(op: string, stat: FileStat): boolean {
    switch (op) {
      case '-e':
      case '-a':
        return true;
      case '-f':
        return stat.kind === 'file';
      case '-d':
        return stat.kind === 'dir';
      case '-h':
      case '-L':
        return stat.kind === 'link';
      case '-c':
        return stat.kind === 'char';
      case '-p':
        return stat.kind === 'pipe';
      case '-s':
        return stat.size > 0;
      // Root may read and write everything, and execute what anybody may.
      case '-r':
      case '-w':
        return true;
      case '-x':
        return stat.kind === 'dir' || (stat.mode & 0o111) !== 0;
      case '-u':
        return (stat.mode & 0o4000) !== 0;
      case '-g':
        return (stat.mode & 0o2000) !== 0;
      case '-k':
        return (stat.mode & 0o1000) !== 0;
      case '-O':
      case '-G':
        return (op === '-O' ? stat.uid : stat.gid) === 0;
      case '-b':
      case '-S':
      case '-N':
        return false;
      default:
        return this.#fail(`${op}: unary operator expected`);
    }
  }

  #binary(left: string, op: string, right: string): boolean {
    switch (op) {
      case '=':
      case '==':
        return left === right;
      case '!=':
        return left !== right;
      case '<':
        return left < right;
      case '>':
        return left > right;
      case '-ef':
      case '-nt':
      case '-ot':
        return this.#compareFiles(left, op, right);
    }
    const [a, b] = [this.#number(left), this.#number(right)];
    return { '-eq': a === b, '-ne': a !== b, '-lt': a < b, '-le': a <= b, '-gt': a > b, '-ge': a >= b }[op]!;
  }

  #compareFiles(left: string, op: string, right: string): boolean {
    const [a, b] = [this.#shell.process.stat(left), this.#shell.process.stat(right)];
    if (typeof a === 'number' || typeof b === 'number') return false;
    if (op === '-ef') return a.ino === b.ino && a.mount === b.mount;
    return op === '-nt' ? a.mtime > b.mtime : a.mtime < b.mtime;
  }

  #number(text: string): bigint {
    if (!/^\s*[-+]?\d+\s*$/.test(text)) this.#fail(`${text}: integer expression expected`);
    return BigInt(text.trim().replace(/^\+/, ''));
  }
}
