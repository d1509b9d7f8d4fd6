/**
 * Predicts the values of a call tree. A column is one argument of one function, or its result; the next value of a
 * column is mostly found again in the calls around it. A value is written as the number of the prediction that was
 * right, so that both ends must ask for predictions in the same order.
 *
 *     number   prediction
 *     0        the column's last value
 *     1        the last value and its last step once more
 *     2–7      argument n of the caller, at the distance of the last time when that was the same function
 *     8–13     argument n of the call before, likewise
 *     14       result of the call before
 *     15–20    argument n of the caller's caller
 *     21–25    argument n of the call itself
 *     26–31    argument n of the call entered last
 *     32–39    one of the column's last eight values
 */
export const PREDICTIONS = 40;
const HISTORY = 8;
/** Most arguments of a call. */
const MAX_ARGS = 12;

/** The values of the calls so far, as the coder looks at them. */
interface KnownValues {
  /** Argument n of a call; undefined when it has none. */
  argument(call: number, n: number): bigint | undefined;
  result(call: number): bigint | undefined;
  /** Whether two calls are of one function. */
  alike(a: number, b: number): boolean;
}

/** The calls around the one whose values are coded; −1 for none. */
export interface Around {
  self: number;
  caller: number;
  callersCaller: number;
  before: number;
  entered: number;
  /** Arguments of the call itself that are known already. */
  done: number;
}

/** What one column was like the last time. */
interface Column {
  last: bigint;
  step: bigint;
  caller: number;
  before: number;
  /** Number of the prediction that was right the last time. */
  usual: number;
  history: bigint[];
}

/** The state of all columns; encoder and decoder each have one. */
export class ValuePredictor {
  readonly #columns: Column[] = [];
  readonly #values: KnownValues;

  constructor(values: KnownValues) {
    this.#values = values;
  }

  /** Number of the column of a function's results. */
  static results(fn: number): number {
    return fn * (MAX_ARGS + 1) + MAX_ARGS;
  }

  /** Number of the column of a function's n-th argument. */
  static column(fn: number, argument: number): number {
    return fn * (MAX_ARGS + 1) + argument;
  }

  column(key: number): Column {
    let column = this.#columns[key];
    if (column === undefined) {
      column = { last: 0n, step: 0n, caller: -1, before: -1, usual: 0, history: [] };
      this.#columns[key] = column;
    }
    return column;
  }

  /** One prediction; undefined when there is nothing to predict from. */
  predict(column: Column, number: number, around: Around): bigint | undefined {
    const { last } = column;
    const values = this.#values;
    if (number === 0) return last;
    if (number === 1) return BigInt.asUintN(64, last + column.step);
    if (number < 8) return this.#moved(last, column.caller, around.caller, number - 2);
    if (number < 14) return this.#moved(last, column.before, around.before, number - 8);
    if (number === 14) return values.result(around.before);
    if (number < 21) return values.argument(around.callersCaller, number - 15);
    if (number < 26) return number - 21 < around.done ? values.argument(around.self, number - 21) : undefined;
    if (number < 32) return values.argument(around.entered, number - 26);
    return column.history[number - 32];
  }

  /** Takes note of a value. */
  learn(column: Column, value: bigint, around: Around): void {
    column.step = BigInt.asUintN(64, value - column.last);
    column.last = value;
    column.caller = around.caller;
    column.before = around.before;
    const at = column.history.indexOf(value);
    if (at > 0) column.history.splice(at, 1);
    if (at !== 0) column.history.unshift(value);
    if (column.history.length > HISTORY) column.history.length = HISTORY;
  }

  #moved(last: bigint, from: number, to: number, n: number): bigint | undefined {
    const now = this.#values.argument(to, n);
    if (now === undefined) return undefined;
    const then = this.#values.alike(from, to) ? this.#values.argument(from, n) : undefined;
    return then === undefined ? now : BigInt.asUintN(64, now + last - then);
  }
}
