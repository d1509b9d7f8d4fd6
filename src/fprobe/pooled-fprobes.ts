import { Errno } from '../abi/errno.ts';
import type { Ftrace } from '../ftrace/ftrace.ts';
import { FtraceOps } from '../ftrace/ftrace-ops.ts';
import type { FtraceRegs } from '../ftrace/ftrace-regs.ts';
import { FunctionSet } from '../ftrace/function-set.ts';
import { RecursionStart, recursionTrylock, recursionUnlock } from '../ftrace/recursion.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Task } from '../machine/task.ts';
import { EntryData } from './entry-data.ts';
import { Fprobe, FprobeFlag, type FprobeOptions } from './fprobe.ts';

const WORD_BYTES = 8;
/** Bytes of a `struct fprobe_rethook_node` without data on a 64-bit kernel. */
export const RETHOOK_NODE_BYTES = 64;

/** What a call holds while an fprobe waits for its return, `struct fprobe_rethook_node`. */
class RethookNode {
  readonly owner: PooledFprobe;
  /** Where it goes back to, `rethook`. */
  readonly pool: RethookNode[];
  readonly data: EntryData | null;
  fn = 0;
  /** What the function returned to when this was hooked in: the trampoline, if another node was before it. */
  retLo = 0;
  retHi = 0;
  /** The task's next outer node. */
  outer: RethookNode | null = null;

  constructor(owner: PooledFprobe, pool: RethookNode[]) {
    const size = owner.dataWords;
    this.owner = owner;
    this.pool = pool;
    this.data = size > 0 ? new EntryData().point(new Uint32Array(2 * size), 0, size) : null;
  }
}

/** An fprobe with an ops and a pool of its own. */
export class PooledFprobe extends Fprobe {
  /** Calls that can be held at once, `nr_maxactive`; 0 for two on each cpu for each function. */
  maxactive: number;
  /** Its place among the users of function entries while it is registered. */
  ops: FtraceOps | undefined;
  /** Nodes that no call holds; undefined without an exit handler, or while not registered. */
  pool: RethookNode[] | undefined;

  constructor(options: FprobeOptions & { maxactive?: number } = {}) {
    super(options);
    this.maxactive = options.maxactive ?? 0;
  }
}

/**
 * Fprobes as they were before Linux 6.14, to be compared with: each registers its own ftrace ops and preallocates nodes for the calls that it waits for. A call that finds the
 * pool empty is missed. `kernel/trace/fprobe.c`, `kernel/trace/rethook.c` of 6.13
 */
export class PooledFprobes {
  readonly #ftrace: Ftrace;
  /** Innermost node by task index. */
  readonly #hooked: (RethookNode | null)[] = [];
  readonly #trampolineLo: number;
  readonly #trampolineHi: number;

  constructor(ftrace: Ftrace) {
    this.#ftrace = ftrace;
    const { machine } = ftrace;
    const trampoline = machine.kallsyms.lookupName('arch_rethook_trampoline') ?? machine.allocate(0x40, 0x10);
    this.#trampolineLo = Number(trampoline & 0xffffffffn);
    this.#trampolineHi = Number(trampoline >> 32n);
    ftrace.setReturnHandler((cpu, fregs) => this.#return(cpu, fregs));
  }

  /** Registers at functions: 0; −EINVAL for none; −EEXIST when it is registered. */
  register(fp: PooledFprobe, fns: readonly number[]): number {
    if (fns.length === 0) return -Errno.EINVAL;
    if (fp.ops) return -Errno.EEXIST;
    fp.nmissed = 0;
    fp.dataWords = Math.ceil(fp.entryDataSize / WORD_BYTES);
    if (fp.exitHandler) {
      const nodes = fp.maxactive || fns.length * this.#ftrace.machine.cpus.length * 2;
      const pool: RethookNode[] = [];
      for (let n = 0; n < nodes; n++) pool.push(new RethookNode(fp, pool));
      fp.pool = pool;
    }
    const ops = new FtraceOps({
      symbol: 'fprobe_handler',
      dynamic: true,
      saveRegs: true,
      func: (fn, _ops, fregs) => this.#entry(fp, fn, fregs),
    });
    ops.hash.filter = FunctionSet.of(fns);
    fp.ops = ops;
    return this.#ftrace.registerFunction(ops);
  }

  /** Unregisters; nodes that calls hold are forgotten when those return. −EINVAL when it is not registered. */
  unregister(fp: PooledFprobe): number {
    if (!fp.ops) return -Errno.EINVAL;
    const result = this.#ftrace.unregisterFunction(fp.ops);
    fp.ops = undefined;
    fp.pool = undefined;
    return result;
  }

  /** Nodes that a task's calls hold. */
  heldBy(task: Task): number {
    let held = 0;
    for (let node = this.#hooked[task.index] ?? null; node !== null; node = node.outer) held++;
    return held;
  }

  /** `fprobe_handler()` */
  #entry(fp: PooledFprobe, fn: number, fregs: FtraceRegs): boolean {
    if ((fp.flags & FprobeFlag.DISABLED) !== 0) return false;
    const { cpu } = fregs;
    const bit = recursionTrylock(cpu, RecursionStart.FTRACE);
    if (bit < 0) {
      fp.nmissed++;
      return false;
    }
    const hooked = this.#entryLocked(fp, fn, fregs, cpu.current);
    recursionUnlock(cpu, bit);
    return hooked;
  }

  #entryLocked(fp: PooledFprobe, fn: number, fregs: FtraceRegs, task: Task): boolean {
    let node: RethookNode | undefined;
    if (fp.pool !== undefined) {
      node = fp.pool.pop();
      if (node === undefined) {
        fp.nmissed++;
        return false;
      }
    }
    const at = 2 * (task.callDepth - 1);
    const { entryHandler } = fp;
    const cancelled =
      entryHandler?.(fp, fn, task.returns[at], task.returns[at + 1], fregs, node === undefined ? null : node.data) ?? 0;
    if (node === undefined) return false;
    if (cancelled !== 0) {
      node.pool.push(node);
      return false;
    }
    this.#hook(node, fn, fregs, task);
    return true;
  }

  /** `rethook_hook()` */
  #hook(node: RethookNode, fn: number, fregs: FtraceRegs, task: Task): void {
    const { arch, memory } = this.#ftrace.machine;
    const regs = fregs.words;
    const link = 2 * arch.linkReg;
    node.fn = fn;
    node.retLo = regs[link];
    node.retHi = regs[link + 1];
    node.outer = this.#hooked[task.index] ?? null;
    this.#hooked[task.index] = node;
    regs[link] = this.#trampolineLo;
    regs[link + 1] = this.#trampolineHi;
    if (arch.returnOnStack) {
      const sp = 2 * arch.spReg;
      memory.store64(regs[sp], regs[sp + 1], this.#trampolineLo, this.#trampolineHi);
    }
  }

  /** `rethook_trampoline_handler()`: every node of the call, newest first; the last one knows where the function really returns to. */
  #return(cpu: Cpu, fregs: FtraceRegs): void {
    const task = cpu.current;
    const first = this.#hooked[task.index] ?? null;
    let last = first;
    while (last !== null && last.retLo === this.#trampolineLo && last.retHi === this.#trampolineHi) last = last.outer;
    if (last === null) return;
    const ip = 2 * this.#ftrace.machine.arch.ipReg;
    fregs.fn = last.fn;
    fregs.words[ip] = last.retLo;
    fregs.words[ip + 1] = last.retHi;
    const outer = last.outer;
    for (let node = first; node !== null && node !== outer; node = node.outer) {
      const fp = node.owner;
      if (fp.pool !== node.pool || (fp.flags & FprobeFlag.DISABLED) !== 0) continue;
      fp.exitHandler?.(fp, node.fn, last.retLo, last.retHi, fregs, node.data);
    }
    this.#hooked[task.index] = outer;
    for (let node = first; node !== null && node !== outer; ) {
      const next: RethookNode | null = node.outer;
      node.pool.push(node);
      node = next;
    }
  }
}
