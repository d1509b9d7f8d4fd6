import type { Ftrace } from './ftrace.ts';
import type { FtraceOps } from './ftrace-ops.ts';
import { RecordFlag } from './records.ts';

/** The text of `enabled_functions`: a line for each function that an ops is called for, in record order. `kernel/trace/ftrace.c:t_show()` */
export function enabledFunctionsText(ftrace: Ftrace): string {
  if (!ftrace.records.isEnabled) return '';
  return recordsText(ftrace, (fn) => ftrace.records.count(fn) > 0);
}

/** The text of `touched_functions`: the same for each function that was ever wanted. */
export function touchedFunctionsText(ftrace: Ftrace): string {
  return recordsText(ftrace, (fn) => (ftrace.records.flags(fn) & RecordFlag.TOUCHED) !== 0);
}

function recordsText(ftrace: Ftrace, shown: (fn: number) => boolean): string {
  const { functions } = ftrace.machine;
  const printer = new OpsPrinter(ftrace);
  const lines: string[] = [];
  for (const fn of ftrace.records.live) {
    if (!shown(fn)) continue;
    const module = functions.moduleName(fn);
    const name = module ? `${functions.name(fn)} [${module}]` : functions.name(fn);
    lines.push(`${name} (${ftrace.records.count(fn)})${flagColumns(ftrace.records.flags(fn))}${printer.target(fn)}\n`);
  }
  return lines.join('');
}

/** Columns R (full pt_regs), I (changes the ip), D (direct call), O (call ops), M (modified); the last three ops kinds do not occur. */
function flagColumns(flags: number): string {
  return `${flags & RecordFlag.REGS ? ' R' : '  '}         `;
}

/** Prints what sites call, remembering the symbols that it has looked up. */
class OpsPrinter {
  #ftrace: Ftrace;
  #symbols = new Map<string, string>();

  constructor(ftrace: Ftrace) {
    this.#ftrace = ftrace;
  }

  /** What follows the columns in a function's line. */
  target(fn: number): string {
    const ops = this.#ftrace.records.soleOps(fn);
    if (ops?.trampoline === undefined) return ` ->${this.#symbol(this.#ftrace.traceFunction)}`;
    const func = ops.recursion ? 'ftrace_ops_assist_func' : ops.symbol;
    const tramp = `\ttramp: 0x${ops.trampoline.toString(16)} (${this.#symbol(ops.symbol)}) ->${this.#symbol(func)}`;
    return tramp + this.#subops(ops, fn);
  }

  #subops(ops: FtraceOps, fn: number): string {
    const wanting = ops.subops.filter((sub) => sub.test(fn));
    if (wanting.length === 0) return '';
    const texts = wanting.map((sub) =>
      sub.graph
        ? ` {ent:${this.#symbol(sub.graph.entry)} ret:${this.#symbol(sub.graph.return)}}`
        : ` {${this.#symbol(sub.symbol)}}`,
    );
    return `\tsubops:${texts.join('')}`;
  }

  /** A symbol as `%pS` prints its address; the bare name when kallsyms does not have it. */
  #symbol(name: string): string {
    const known = this.#symbols.get(name);
    if (known !== undefined) return known;
    const address = this.#ftrace.machine.kallsyms.lookupName(name);
    const text = address === undefined ? name : this.#ftrace.machine.kallsyms.symbolAt(address);
    this.#symbols.set(name, text);
    return text;
  }
}
