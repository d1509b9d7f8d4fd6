import { expect, test } from 'vitest';
import { Ftrace } from '../ftrace/ftrace.ts';
import type { Machine } from '../machine/machine.ts';
import { testMachine } from '../machine/test-kernel.ts';
import { Fgraph } from './fgraph.ts';
import { GraphOps } from './graph-ops.ts';
import { ShadowLayout } from './shadow-stack.ts';

/*
 * What the graph-storage tests of `kernel/trace/trace_selftest.c` test on a booting kernel, written anew: users of the graph that reserve some words at an entry, fill
 * them, and must find them again at the return, alone and together, nested, and up to the end of the stack.
 */

const TARGET = 'trace_selftest_target';

function boot() {
  const machine = testMachine({ functions: ['start_kernel'], symbols: ['return_to_handler'] });
  const ftrace = new Ftrace(machine);
  const fgraph = new Fgraph(machine, ftrace);
  const [cpu] = machine.cpus;
  const target = machine.defineFunction(TARGET, undefined, (call) => call.argument(0) + 1n);
  /** Calls the target from itself, so that its frames nest. */
  const nest = machine.defineFunction('trace_selftest_nest', undefined, (call) => {
    const left = call.argument(0);
    return left === 0n ? call.call(TARGET, 0n) : call.call('trace_selftest_nest', left - 1n);
  });
  return { machine, ftrace, fgraph, cpu, target, nest };
}

type Kernel = ReturnType<typeof boot>;

/** A user of the graph that keeps words at the given functions, and what became of them. */
class Fixture {
  readonly ops: GraphOps;
  entries = 0;
  returns = 0;
  refused = 0;
  /** Returns that did not find what the entry kept. */
  wrong = 0;
  readonly #machine: Machine;
  readonly #fgraph: Fgraph;

  constructor(kernel: Kernel, words: number, fns: readonly number[], store = true) {
    const { machine, fgraph, ftrace } = kernel;
    this.#machine = machine;
    this.#fgraph = fgraph;
    this.ops = new GraphOps({
      entrySymbol: 'store_entry',
      returnSymbol: 'store_return',
      entry: (fn, depth, ops, { cpu }) => {
        this.entries++;
        if (!store) return true;
        const at = fgraph.reserveData(cpu, ops.index, 8 * words);
        if (at < 0) {
          this.refused++;
          return false;
        }
        for (let n = 0; n < words; n++) this.#stack[at + n] = this.#value(fn, depth, n);
        return true;
      },
      return: (fn, depth, _overrun, ops, { cpu }) => {
        this.returns++;
        const at = fgraph.retrieveData(cpu, ops.index);
        if (!store) {
          if (at >= 0) this.wrong++;
          return;
        }
        if (at < 0 || fgraph.size !== words) {
          this.wrong++;
          return;
        }
        for (let n = 0; n < words; n++) if (this.#stack[at + n] !== this.#value(fn, depth, n)) this.wrong++;
      },
    });
    ftrace.setFilterFunctions(this.ops.ops, fns);
    expect(fgraph.register(this.ops)).toBe(0);
  }

  get counts(): number[] {
    return [this.entries, this.returns, this.refused, this.wrong];
  }

  get #stack(): BigUint64Array {
    return this.#fgraph.stackOf(this.#machine.cpus[0].current)?.wide ?? new BigUint64Array();
  }

  /** Tells the user, the function, its depth and the word apart. */
  #value(fn: number, depth: number, word: number): bigint {
    return (BigInt(this.ops.index + 1) << 48n) | (BigInt(fn) << 32n) | BigInt(depth * 64 + word);
  }
}

test.each([1, 2, 4, 8])('one user with %i words', (words) => {
  const kernel = boot();
  const fixture = new Fixture(kernel, words, [kernel.target]);
  for (let i = 0; i < 3; i++) expect(kernel.machine.call(kernel.cpu, TARGET, [41n])).toBe(42n);
  expect(fixture.counts).toEqual([3, 3, 0, 0]);
  expect(kernel.fgraph.unregister(fixture.ops)).toBe(0);
  kernel.machine.call(kernel.cpu, TARGET, [41n]);
  expect(fixture.entries).toBe(3);
});

test('users with 1, 2, 4 and 8 words at once; one goes, the others still find theirs', () => {
  const kernel = boot();
  const fixtures = [1, 2, 4, 8].map((words) => new Fixture(kernel, words, [kernel.target]));
  kernel.machine.call(kernel.cpu, TARGET, [0n]);
  expect(fixtures.map(({ counts }) => counts)).toEqual(new Array(4).fill([1, 1, 0, 0]));
  kernel.fgraph.unregister(fixtures[1].ops);
  kernel.machine.call(kernel.cpu, TARGET, [0n]);
  expect(fixtures.map(({ entries }) => entries)).toEqual([2, 1, 2, 2]);
  expect(fixtures.map(({ wrong }) => wrong)).toEqual([0, 0, 0, 0]);
});

test('sixteen users at once, every other one without data', () => {
  const kernel = boot();
  const fixtures = Array.from(
    { length: ShadowLayout.OPS },
    (_, n) => new Fixture(kernel, n + 1, [kernel.target], n % 2 === 0),
  );
  kernel.machine.call(kernel.cpu, TARGET, [0n]);
  expect(fixtures.map(({ counts }) => counts)).toEqual(new Array(ShadowLayout.OPS).fill([1, 1, 0, 0]));
});

test.each([
  [1, 20],
  [4, 20],
  [8, 10],
])('nested reserves of %i words, %i deep, of two users', (words, depth) => {
  const kernel = boot();
  const { machine, cpu, target, nest } = kernel;
  const everywhere = new Fixture(kernel, words, [target, nest]);
  const innermost = new Fixture(kernel, words * 2, [target]);
  expect(machine.call(cpu, 'trace_selftest_nest', [BigInt(depth)])).toBe(1n);
  expect(everywhere.counts).toEqual([depth + 2, depth + 2, 0, 0]);
  expect(innermost.counts).toEqual([1, 1, 0, 0]);
});

test('a reserve that does not fit is refused, those below are whole', () => {
  const kernel = boot();
  const { machine, cpu, target, nest, fgraph } = kernel;
  // A frame with its bitmap, 31 words and their data word: 36 words; thirteen end at 468, where another frame still fits.
  const fixture = new Fixture(kernel, 31, [target, nest]);
  machine.call(cpu, 'trace_selftest_nest', [40n]);
  expect(fixture.counts).toEqual([42, 13, 29, 0]);
  expect(fgraph.stackOf(cpu.current)?.overrun).toBe(0);
  expect(fgraph.stackOf(cpu.current)?.current).toBe(0);
});

test('frames without data fill the stack to the last one, then are refused and counted', () => {
  const kernel = boot();
  const { machine, cpu, nest, fgraph } = kernel;
  const fixture = new Fixture(kernel, 1, [nest], false);
  machine.call(cpu, 'trace_selftest_nest', [199n]);
  expect(fixture.counts).toEqual([122, 122, 0, 0]);
  expect(fgraph.stackOf(cpu.current)?.overrun).toBe(78);
});
