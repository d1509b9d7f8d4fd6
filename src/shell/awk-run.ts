import { errnoText } from '../abi/errno.ts';
import {
  AWK_FUNCTIONS,
  calculate,
  type FunctionHost,
  fillWith,
  joinKeys,
  sortInto,
  substitute,
} from './awk-functions.ts';
import type { AwkIo } from './awk-io.ts';
import { AwkError } from './awk-lexer.ts';
import type { AwkProgram, Expr, Lvalue, Statement } from './awk-parser.ts';
import { AwkRecord } from './awk-record.ts';
import {
  awkFormat,
  awkRegex,
  compare,
  isTrue,
  outside,
  splitText,
  toNumber,
  toText,
  type Value,
} from './awk-values.ts';

/** Work that waits for promises where it has to. */
type Flow<T> = Generator<Promise<unknown>, T, unknown>;
type Call = Extract<Expr, { type: 'call' }>;
type Getline = Extract<Expr, { type: 'getline' }>;
type Leaving = 'break' | 'continue' | 'next' | 'nextfile' | 'exit' | 'return';

/** A variable: a value or an array. One that was handed to a function while it was neither becomes an array together with it. */
interface Cell {
  value?: Value;
  array?: Map<string, Value>;
  origin?: Cell;
}

/** `next`, `nextfile` and `exit`, out of functions too. */
class Left extends Error {
  readonly how: Leaving;

  constructor(how: Leaving) {
    super(how);
    this.how = how;
  }
}

const DEFAULTS: Readonly<Record<string, Value>> = {
  CONVFMT: '%.6g',
  FS: ' ',
  OFMT: '%.6g',
  OFS: ' ',
  ORS: '\n',
  RS: '\n',
  SUBSEP: '\x1c',
  NR: 0,
  FNR: 0,
  RSTART: 0,
  RLENGTH: -1,
};

function* wait<T>(promise: Promise<T>): Flow<T> {
  return (yield promise) as T;
}

/** Waits for what a piece of work waits for. */
async function drive<T>(flow: Flow<T>): Promise<T> {
  let step = flow.next();
  while (!step.done) {
    let settled: unknown;
    try {
      settled = await step.value;
    } catch (error) {
      step = flow.throw(error);
      continue;
    }
    step = flow.next(settled);
  }
  return step.value;
}

/** Runs an awk program. */
export class AwkRun implements FunctionHost {
  seed = 0;
  readonly #program: AwkProgram;
  readonly #io: AwkIo;
  readonly #globals = new Map<string, Cell>();
  readonly #record = new AwkRecord(() => ({ FS: this.get('FS'), OFS: this.get('OFS'), RS: this.get('RS') }));
  readonly #inRange = new Set<object>();
  #locals: Map<string, Cell> | undefined;
  #returned: Value;
  #status = 0;
  #reader: Exclude<ReturnType<AwkIo['open']>, number> | undefined;
  #operand = 1;
  #failed = false;

  constructor(program: AwkProgram, io: AwkIo, operands: readonly string[]) {
    this.#program = program;
    this.#io = io;
    for (const [name, value] of Object.entries(DEFAULTS)) this.#globals.set(name, { value });
    this.#globals.set('ARGC', { value: operands.length + 1 });
    const words = ['awk', ...operands].map((word, i) => [String(i), outside(word)] as const);
    this.#globals.set('ARGV', { array: new Map(words) });
    const environment = [...io.call.environment].map(([name, value]) => [name, outside(value)] as const);
    this.#globals.set('ENVIRON', { array: new Map(environment) });
  }

  get seconds(): number {
    return this.#io.call.process.system.kernel.machine.clock.now / 1e9;
  }

  /** Sets a variable from outside. */
  assign(name: string, value: Value): void {
    if (name === 'NF') this.#record.count = toNumber(value);
    else this.#cell(name).value = value;
  }

  /** A variable's text. */
  get(name: string): string {
    return toText(this.#globals.get(name)?.value);
  }

  text(value: Value): string {
    return toText(value, this.get('CONVFMT'));
  }

  setMatch(start: number, length: number): void {
    this.assign('RSTART', start);
    this.assign('RLENGTH', length);
  }

  /** Runs it to its end. Returns its exit status. */
  async run(): Promise<number> {
    const { begin, rules, end } = this.#program;
    let over = await this.#part(() => this.#all(begin));
    const reads = rules.length > 0 || end.length > 0;
    while (reads && !over && (await drive(this.#nextRecord()))) over = await this.#part(() => this.#match());
    if (reads) await this.#part(() => this.#all(end));
    await this.#io.end();
    return this.#status || (this.#failed ? 2 : 0);
  }

  /** Runs a part of it. Returns whether the program is to end. */
  async #part(body: () => Flow<unknown>): Promise<boolean> {
    try {
      await drive(body());
    } catch (error) {
      if (!(error instanceof Left)) throw error;
      if (error.how === 'nextfile') this.#closeReader();
      return error.how === 'exit';
    }
    return false;
  }

  *#all(parts: readonly Statement[]): Flow<void> {
    for (const part of parts) yield* this.#top(part);
  }

  *#top(statement: Statement): Flow<void> {
    const leaving = yield* this.#exec(statement);
    if (leaving === 'next' || leaving === 'nextfile' || leaving === 'exit') throw new Left(leaving);
  }

  *#match(): Flow<void> {
    for (const rule of this.#program.rules) {
      const { from, to, body } = rule;
      if (to && this.#inRange.has(rule)) {
        if (isTrue(yield* this.#eval(to))) this.#inRange.delete(rule);
      } else {
        if (from && !isTrue(yield* this.#eval(from))) continue;
        if (to && !isTrue(yield* this.#eval(to))) this.#inRange.add(rule);
      }
      if (body) yield* this.#top(body);
      else yield* this.#write('', '', this.#record.text + this.get('ORS'));
    }
  }

  /** Reads the next record of the main input. */
  *#nextRecord(): Flow<boolean> {
    const text = yield* this.#nextText();
    if (text === undefined) return false;
    this.#record.text = text;
    return true;
  }

  *#nextText(): Flow<string | undefined> {
    for (;;) {
      this.#reader ??= this.#openNext();
      if (!this.#reader) return undefined;
      const text = yield* wait(this.#reader.next(this.get('RS')));
      if (typeof text === 'string') {
        for (const name of ['NR', 'FNR']) this.assign(name, toNumber(this.#cell(name).value) + 1);
        return text;
      }
      this.#closeReader();
    }
  }

  /** Opens the next file that is named, standard input when none is; does the assignments on the way. */
  #openNext(): Exclude<ReturnType<AwkIo['open']>, number> | undefined {
    const count = toNumber(this.#cell('ARGC').value);
    while (this.#operand < count) {
      const word = toText(this.#array('ARGV').get(String(this.#operand++)));
      const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
      if (assignment) this.assign(assignment[1]!, outside(assignment[2]!));
      else if (word !== '') {
        const opened = this.#open(word);
        if (opened) return opened;
      }
    }
    if (this.#globals.has('FILENAME') || this.#failed) return undefined;
    return this.#open('-');
  }

  #open(name: string) {
    const opened = this.#io.open(name);
    if (typeof opened === 'number') {
      this.#failed = true;
      void this.#io.call.process.write(2, `awk: cannot open "${name}" (${errnoText(opened)})\n`);
      return undefined;
    }
    this.assign('FILENAME', name === '-' ? '' : name);
    this.assign('FNR', 0);
    return opened;
  }

  #closeReader(): void {
    if (this.#reader && this.#reader.fd > 2) this.#io.call.process.close(this.#reader.fd);
    this.#reader = undefined;
  }

  *#exec(statement: Statement): Flow<Leaving | undefined> {
    switch (statement.type) {
      case 'expr':
        yield* this.#eval(statement.of);
        return undefined;
      case 'print':
        yield* this.#print(statement);
        return undefined;
      case 'block':
        for (const each of statement.body) {
          const leaving = yield* this.#exec(each);
          if (leaving) return leaving;
        }
        return undefined;
      case 'if':
        if (isTrue(yield* this.#eval(statement.test))) return yield* this.#exec(statement.yes);
        return statement.no && (yield* this.#exec(statement.no));
      case 'while':
        return yield* this.#loop(statement.test, statement.body, { testsFirst: statement.first });
      case 'for': {
        const { init, test, step, body } = statement;
        if (init) yield* this.#exec(init);
        return yield* this.#loop(test, body, { testsFirst: true, ...(step && { step }) });
      }
      case 'each':
        for (const key of [...this.#array(statement.array).keys()]) {
          this.#store(statement.name, outside(key));
          const leaving = yield* this.#exec(statement.body);
          if (leaving === 'break') break;
          if (leaving && leaving !== 'continue') return leaving;
        }
        return undefined;
      case 'delete': {
        const array = this.#array(statement.name);
        if (statement.keys) array.delete(yield* this.#key(statement.keys));
        else array.clear();
        return undefined;
      }
      case 'leave':
        return statement.how;
      case 'end': {
        const value = statement.value && (yield* this.#eval(statement.value));
        if (statement.how === 'return') this.#returned = value;
        else if (statement.value) this.#status = toNumber(value) & 0xff;
        return statement.how;
      }
    }
  }

  *#loop(
    test: Expr | undefined,
    body: Statement,
    { testsFirst, step }: { testsFirst: boolean; step?: Statement },
  ): Flow<Leaving | undefined> {
    for (let round = 0; ; round++) {
      if (test && (round > 0 || testsFirst) && !isTrue(yield* this.#eval(test))) return undefined;
      if (round % 1000 === 999) yield* wait(this.#io.call.process.system.scheduler.giveWay());
      this.#io.call.process.check();
      const leaving = yield* this.#exec(body);
      if (leaving === 'break') return undefined;
      if (leaving && leaving !== 'continue') return leaving;
      if (step) yield* this.#exec(step);
    }
  }

  *#print({ formatted, args, to }: Extract<Statement, { type: 'print' }>): Flow<void> {
    const values: Value[] = [];
    for (const arg of args) values.push(yield* this.#eval(arg));
    const format = this.get('OFMT');
    const text = formatted
      ? awkFormat(toText(values[0]), values.slice(1))
      : (values.length === 0 ? this.#record.text : values.map((value) => toText(value, format)).join(this.get('OFS'))) +
        this.get('ORS');
    yield* this.#write(to?.how ?? '', to ? this.text(yield* this.#eval(to.name)) : '', text);
  }

  *#write(how: string, name: string, text: string): Flow<void> {
    const written = this.#io.write(how, name, text);
    if (written) yield* wait(written);
  }

  *#eval(expr: Expr): Flow<Value> {
    switch (expr.type) {
      case 'number':
      case 'string':
        return expr.value;
      case 'regex':
        return awkRegex(expr.source).test(this.#record.text) ? 1 : 0;
      case 'group':
        return yield* this.#eval(expr.of);
      case 'var':
      case 'index':
      case 'field':
        return this.#load(expr, yield* this.#place(expr));
      case 'assign': {
        const value = yield* this.#eval(expr.value);
        const place = yield* this.#place(expr.to);
        const now = expr.op === '' ? value : calculate(expr.op, toNumber(this.#load(expr.to, place)), toNumber(value));
        this.#put(expr.to, place, now);
        return now;
      }
      case 'step': {
        const place = yield* this.#place(expr.to);
        const old = toNumber(this.#load(expr.to, place));
        this.#put(expr.to, place, old + expr.by);
        return expr.before ? old + expr.by : old;
      }
      case 'unary': {
        const value = yield* this.#eval(expr.of);
        if (expr.op === '!') return isTrue(value) ? 0 : 1;
        return expr.op === '-' ? -toNumber(value) : toNumber(value);
      }
      case 'choice':
        return yield* this.#eval(isTrue(yield* this.#eval(expr.test)) ? expr.yes : expr.no);
      case 'in':
        return this.#array(expr.name).has(yield* this.#key(expr.keys)) ? 1 : 0;
      case 'list':
        return joinKeys(yield* this.#values(expr.items), this.get('SUBSEP'));
      case 'binary':
        return yield* this.#binary(expr);
      case 'getline':
        return yield* this.#getline(expr);
      case 'call':
        return yield* expr.builtin ? this.#builtin(expr) : this.#call(expr);
    }
  }

  *#values(exprs: readonly Expr[]): Flow<Value[]> {
    const values: Value[] = [];
    for (const expr of exprs) values.push(yield* this.#eval(expr));
    return values;
  }

  *#binary({ op, left, right }: Extract<Expr, { type: 'binary' }>): Flow<Value> {
    const a = yield* this.#eval(left);
    if (op === '&&') return isTrue(a) && isTrue(yield* this.#eval(right)) ? 1 : 0;
    if (op === '||') return isTrue(a) || isTrue(yield* this.#eval(right)) ? 1 : 0;
    if (op === '~' || op === '!~') {
      const source = yield* this.#source(right);
      return awkRegex(source).test(this.text(a)) === (op === '~') ? 1 : 0;
    }
    const b = yield* this.#eval(right);
    switch (op) {
      case ' ':
        return this.text(a) + this.text(b);
      case '<':
        return compare(a, b) < 0 ? 1 : 0;
      case '<=':
        return compare(a, b) <= 0 ? 1 : 0;
      case '>':
        return compare(a, b) > 0 ? 1 : 0;
      case '>=':
        return compare(a, b) >= 0 ? 1 : 0;
      case '==':
        return compare(a, b) === 0 ? 1 : 0;
      case '!=':
        return compare(a, b) === 0 ? 0 : 1;
      default:
        return calculate(op, toNumber(a), toNumber(b));
    }
  }

  /** A regular expression: as it is written, or a value. */
  *#source(expr: Expr): Flow<string> {
    return expr.type === 'regex' ? expr.source : this.text(yield* this.#eval(expr));
  }

  /** Where an lvalue is: an index, or a field's number. */
  *#place(to: Lvalue): Flow<Value> {
    if (to.type === 'index') return yield* this.#key(to.keys);
    return to.type === 'field' ? yield* this.#eval(to.of) : undefined;
  }

  *#key(keys: readonly Expr[]): Flow<string> {
    return joinKeys(yield* this.#values(keys), this.get('SUBSEP'));
  }

  #load(from: Lvalue, place: Value): Value {
    if (from.type === 'field') return this.#record.get(place);
    if (from.type === 'var') return from.name === 'NF' ? this.#record.count : this.#cell(from.name).value;
    const array = this.#array(from.name);
    const key = place as string;
    // To look at an element makes it.
    if (!array.has(key)) array.set(key, undefined);
    return array.get(key);
  }

  #put(to: Lvalue, place: Value, value: Value): void {
    if (to.type === 'field') this.#record.set(place, value);
    else if (to.type === 'var') this.#store(to.name, value);
    else this.#array(to.name).set(place as string, value);
  }

  #store(name: string, value: Value): void {
    const local = this.#locals?.get(name);
    if (local) local.value = value;
    else this.assign(name, value);
  }

  #cell(name: string): Cell {
    const known = this.#locals?.get(name) ?? this.#globals.get(name);
    if (known) return known;
    const cell: Cell = {};
    this.#globals.set(name, cell);
    return cell;
  }

  #array(name: string): Map<string, Value> {
    return arrayOf(this.#cell(name));
  }

  *#getline({ to, file, command }: Getline): Flow<number> {
    let text: string | undefined | number;
    if (!file && !command) text = yield* this.#nextText();
    else {
      const name = this.text(yield* this.#eval((file ?? command)!));
      text = yield* wait(this.#io.getline(name, command !== undefined, this.get('RS')));
      if (typeof text === 'string' && command) this.assign('NR', toNumber(this.#cell('NR').value) + 1);
    }
    if (typeof text !== 'string') return text === undefined ? 0 : -1;
    if (to) this.#put(to, yield* this.#place(to), outside(text));
    else this.#record.text = text;
    return 1;
  }

  *#call({ name, args }: Call): Flow<Value> {
    const called = this.#program.functions.get(name);
    if (!called) throw new AwkError(`function ${name} never defined`);
    const locals = new Map<string, Cell>();
    for (const [i, param] of called.params.entries()) {
      const arg = args[i];
      if (!arg) locals.set(param, {});
      else if (arg.type !== 'var') locals.set(param, { value: yield* this.#eval(arg) });
      else {
        const cell = this.#cell(arg.name);
        const value = arg.name === 'NF' ? this.#record.count : cell.value;
        locals.set(param, cell.array ? { array: cell.array } : { value, origin: cell });
      }
    }
    const before = this.#locals;
    this.#locals = locals;
    this.#returned = undefined;
    try {
      const leaving = yield* this.#exec(called.body);
      if (leaving === 'next' || leaving === 'nextfile' || leaving === 'exit') throw new Left(leaving);
      return this.#returned;
    } finally {
      this.#locals = before;
    }
  }

  *#builtin({ name, args }: Call): Flow<Value> {
    const text = function* (this: AwkRun, arg: Expr | undefined): Flow<string> {
      return arg ? this.text(yield* this.#eval(arg)) : this.#record.text;
    }.bind(this);
    const [first, second, third, fourth] = args;
    const cell = first?.type === 'var' && first.name !== 'NF' ? this.#cell(first.name) : undefined;
    switch (name) {
      case 'length':
        if (cell?.array) return cell.array.size;
        return (yield* text(first)).length;
      case 'split': {
        const parts = yield* text(first);
        const separator = third ? yield* this.#source(third) : this.get('FS');
        return fillWith(arrayOf(this.#cell(nameOf(second))), splitText(parts, separator, third?.type === 'regex'));
      }
      case 'sub':
      case 'gsub': {
        const source = yield* this.#source(first!);
        const replacement = yield* text(second);
        const to: Lvalue = third && isPlace(third) ? third : { type: 'field', of: { type: 'number', value: 0 } };
        const place = yield* this.#place(to);
        const which = name === 'gsub' ? 'g' : 1;
        const made = substitute(this.text(this.#load(to, place)), { source, replacement, which });
        if (made.count > 0) this.#put(to, place, made.text);
        return made.count;
      }
      case 'gensub': {
        const source = yield* this.#source(first!);
        const replacement = yield* text(second);
        const how = yield* text(third);
        const which = /^[gG]/.test(how) ? 'g' : Math.max(1, toNumber(how));
        return substitute(yield* text(fourth), { source, replacement, which, whole: true }).text;
      }
      case 'match': {
        const subject = yield* text(first);
        const source = yield* this.#source(second!);
        const found = AWK_FUNCTIONS.match!(this, [subject, source]);
        if (third) {
          const parts = awkRegex(source).exec(subject) ?? [];
          const array = arrayOf(this.#cell(nameOf(third)));
          array.clear();
          for (const [i, part] of parts.entries()) array.set(String(i), outside(part ?? ''));
        }
        return found;
      }
      case 'asort':
      case 'asorti': {
        const from = arrayOf(this.#cell(nameOf(first)));
        return sortInto(new Map(from), second ? arrayOf(this.#cell(nameOf(second))) : from, name === 'asorti');
      }
      case 'system':
        return yield* wait(this.#io.system(yield* text(first)));
      case 'close':
        return yield* wait(this.#io.close(yield* text(first)));
      case 'fflush':
        yield* wait(this.#io.flush());
        return 0;
      default: {
        const values = yield* this.#values(args.length === 0 && /^to/.test(name) ? [RECORD] : args);
        return AWK_FUNCTIONS[name]!(this, values);
      }
    }
  }
}

const RECORD: Expr = { type: 'field', of: { type: 'number', value: 0 } };

const isPlace = (expr: Expr): expr is Lvalue => ['var', 'index', 'field'].includes(expr.type);

function nameOf(expr: Expr | undefined): string {
  if (expr?.type !== 'var') throw new AwkError('an array is wanted');
  return expr.name;
}

function arrayOf(cell: Cell): Map<string, Value> {
  if (!cell.array) cell.array = cell.origin ? arrayOf(cell.origin) : new Map();
  return cell.array;
}
