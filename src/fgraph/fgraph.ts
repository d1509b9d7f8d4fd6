import { Errno } from '../abi/errno.ts';
import type { Ftrace } from '../ftrace/ftrace.ts';
import { FtraceOps } from '../ftrace/ftrace-ops.ts';
import type { FtraceRegs } from '../ftrace/ftrace-regs.ts';
import { RecursionStart, recursionTrylock, recursionUnlock } from '../ftrace/recursion.ts';
import type { Arch } from '../machine/arch.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Functions } from '../machine/functions.ts';
import type { Machine } from '../machine/machine.ts';
import type { Memory } from '../machine/memory.ts';
import type { Task } from '../machine/task.ts';
import type { GraphOps } from './graph-ops.ts';
import { IndexPool } from './index-pool.ts';
import { bitmapOf, dataSizeOf, ShadowLayout, ShadowStack } from './shadow-stack.ts';

/** Bit of every live frame's bitmap: marks it for the check of tail calls. */
const TAIL_CALL_BIT = 1;

/** Function entries and returns for up to 16 users, over one shadow stack a task. `kernel/trace/fgraph.c` */
export class Fgraph {
  readonly machine: Machine;
  readonly ftrace: Ftrace;
  /** Words of the data that `retrieveData()` or `retrieveParentData()` found last. */
  size = 0;
  /** Address that a hooked return goes to, `return_to_handler`. */
  readonly returnHandler: bigint;
  #array: (GraphOps | undefined)[] = new Array(ShadowLayout.OPS).fill(undefined);
  /** Bits of the indices in use. */
  #active = 0;
  #activeCount = 0;
  /** Whether a graph ops that is alone is called without a look at its filter; not after there have been two (`fgraph_do_direct`, which nothing sets again). */
  #direct = true;
  #indices = new IndexPool(ShadowLayout.OPS);
  /** The one ops of ftrace that all graph ops share. */
  readonly #ops: FtraceOps;
  /** By task index; undefined until the task has one. */
  #stacks: (ShadowStack | undefined)[] = [];
  #dead = false;
  readonly #arch: Arch;
  readonly #functions: Functions;
  readonly #memory: Memory;
  readonly #pushes: boolean;
  /** Words of the instruction pointer, the link register and the stack pointer. */
  readonly #ip: number;
  readonly #link: number;
  readonly #sp: number;
  /** The frame pointer; −1 where the arch does not test it. */
  readonly #fp: number;
  readonly #handlerLo: number;
  readonly #handlerHi: number;

  constructor(machine: Machine, ftrace: Ftrace) {
    this.machine = machine;
    this.ftrace = ftrace;
    this.#arch = machine.arch;
    this.#functions = machine.functions;
    this.#memory = machine.memory;
    this.#pushes = machine.arch.returnOnStack;
    this.#ip = 2 * machine.arch.ipReg;
    this.#link = 2 * machine.arch.linkReg;
    this.#sp = 2 * machine.arch.spReg;
    this.#fp = machine.arch.framePointerTest ? machine.arch.fpReg : -1;
    this.returnHandler = machine.kallsyms.lookupName('return_to_handler') ?? 0n;
    this.#handlerLo = Number(this.returnHandler & 0xffffffffn);
    this.#handlerHi = Number(this.returnHandler >> 32n);
    this.#ops = new FtraceOps({
      symbol: 'ftrace_graph_func',
      func: (fn, _ops, fregs) => this.functionGraphEnter(fregs.cpu, fn, fregs),
    });
    ftrace.setReturnHandler((cpu, fregs) => this.returnToHandler(cpu, fregs));
    machine.taskListeners.push({
      forked: (task) => this.#taskForked(task),
      exited: (task) => {
        this.#stacks[task.index] = undefined;
      },
    });
  }

  /** Registered graph ops, in index order. */
  get registered(): GraphOps[] {
    return this.#array.filter((ops) => ops !== undefined);
  }

  /** The shadow stack of a task; undefined when no graph ops was registered since the task began. */
  stackOf(task: Task): ShadowStack | undefined {
    return this.#stacks[task.index];
  }

  /**
   * Registers a graph ops, whose filter is set already. The first one gives every task a shadow stack. −EBUSY when it is registered, −ENOSPC
   * when 16 are. `register_ftrace_graph()`
   */
  register(ops: GraphOps): number {
    if (ops.index >= 0) return -Errno.EBUSY;
    const index = this.#indices.allocate();
    if (index < 0) return -Errno.ENOSPC;
    if (++this.#activeCount === 2) this.#direct = false;
    if (this.#activeCount === 1) {
      for (const task of this.machine.tasks) this.#stacks[task.index] ??= new ShadowStack(this.#arch);
    }
    for (const stack of this.#stacks) stack?.setTaskVar(index, 0);
    const result = this.ftrace.startupSubops(this.#ops, ops.ops);
    if (result < 0) {
      this.#activeCount--;
      this.#indices.release(index);
      return result;
    }
    ops.index = index;
    this.#array[index] = ops;
    this.#active |= 1 << index;
    return 0;
  }

  /** Unregisters a graph ops; frames that wait for it are popped without a call. −EINVAL when it is not registered. */
  unregister(ops: GraphOps): number {
    if (ops.index < 0 || this.#array[ops.index] !== ops) return -Errno.EINVAL;
    const index = ops.index;
    this.#array[index] = undefined;
    this.#active &= ~(1 << index);
    this.#activeCount--;
    this.#indices.release(index);
    ops.index = -1;
    return this.ftrace.shutdownSubops(this.#ops, ops.ops);
  }

  /** A function has been entered: pushes a frame and asks each graph ops that wants the function. True when one wants the return. `function_graph_enter_regs()` */
  functionGraphEnter(cpu: Cpu, fn: number, fregs: FtraceRegs): boolean {
    const bit = recursionTrylock(cpu, RecursionStart.FTRACE);
    if (bit < 0) return false;
    const stack = this.#stacks[cpu.current.index];
    const hooked = stack !== undefined && !this.#dead && this.#enterLocked(stack, fn, fregs);
    recursionUnlock(cpu, bit);
    return hooked;
  }

  /** A hooked function has returned: gives the return to the ops that wanted it, and pops the frame. `ftrace_return_to_handler()` */
  returnToHandler(cpu: Cpu, fregs: FtraceRegs): void {
    const stack = this.#stacks[cpu.current.index];
    const frame = stack === undefined ? -1 : stack.frameBelow(stack.current);
    if (stack === undefined || frame < 0) {
      this.#die(stack?.current ?? 0);
      return;
    }
    const words = stack.words;
    const fn = stack.functionAt(frame);
    const bitmapAt = stack.bitmapAt(frame);
    if (this.#fp >= 0 && !stack.hasFramePointer(frame, fregs.words)) {
      this.#dieOfFramePointer(stack, frame, fn, fregs);
      return;
    }
    fregs.fn = fn;
    const ip = this.#ip;
    fregs.words[ip] = words[2 * frame];
    fregs.words[ip + 1] = words[2 * frame + 1];
    const bit = recursionTrylock(cpu, RecursionStart.FTRACE);
    if (bit >= 0) {
      for (let left = bitmapOf(words[2 * bitmapAt]); left !== 0; left &= left - 1) {
        const ops = this.#array[31 - Math.clz32(left & -left)];
        if (ops !== undefined) ops.return(fn, stack.depth, stack.overrun, ops, fregs);
      }
      recursionUnlock(cpu, bit);
    }
    stack.pop(bitmapAt);
    stack.depth--;
  }

  /**
   * Reserves `bytes` of data in the frame that is being entered, in the entry callback of a graph ops. Gives the place of its first word on the
   * task's shadow stack, or −1 when there are more than 32 words or no room.
   */
  reserveData(cpu: Cpu, index: number, bytes: number): number {
    const stack = this.#stacks[cpu.current.index];
    return stack === undefined ? -1 : stack.reserve(index, (bytes + 7) >>> 3);
  }

  /** The data that the same ops reserved at the entry of the function that returns: place of the first word, `size` set; −1 when there is none. */
  retrieveData(cpu: Cpu, index: number): number {
    const stack = this.#stacks[cpu.current.index];
    return stack === undefined ? -1 : this.#retrieveBelow(stack, index, stack.current);
  }

  /** As `retrieveData()`, for the function that many frames further out. `fgraph_retrieve_parent_data()` */
  retrieveParentData(cpu: Cpu, index: number, depth: number): number {
    const stack = this.#stacks[cpu.current.index];
    if (stack === undefined) return -1;
    let offset = stack.current;
    for (let level = 0; ; level++) {
      const frame = stack.frameBelow(offset);
      if (frame < 0) return -1;
      if (level === depth) break;
      offset = frame;
    }
    return this.#retrieveBelow(stack, index, offset);
  }

  /** A task's variable for a graph ops, 32 bits. */
  taskVar(task: Task, ops: GraphOps): number {
    return this.#stacks[task.index]?.taskVar(ops.index) ?? 0;
  }

  setTaskVar(task: Task, ops: GraphOps, value: number): void {
    this.#stacks[task.index]?.setTaskVar(ops.index, value);
  }

  /** The real return address where a stack walk found `ret` at address `retp`: that of the frame, if the return was hooked. `ftrace_graph_ret_addr()` */
  returnAddressAt(task: Task, ret: bigint, retp: bigint): bigint {
    const stack = this.#stacks[task.index];
    if (stack === undefined || ret !== this.returnHandler) return ret;
    for (let frame = stack.frameBelow(stack.current); frame >= 0; frame = stack.frameBelow(frame)) {
      const place = stack.wide[stack.bitmapAt(frame) - 1];
      if (place === retp && stack.wide[frame] !== this.returnHandler) return stack.wide[frame];
    }
    return ret;
  }

  #retrieveBelow(stack: ShadowStack, index: number, offset: number): number {
    const at = stack.dataWordAt(index, offset);
    if (at < 0) return -1;
    this.size = dataSizeOf(stack.words[2 * at]);
    return at - this.size;
  }

  #enterLocked(stack: ShadowStack, fn: number, fregs: FtraceRegs): boolean {
    const depth = ++stack.depth;
    const regs = fregs.words;
    const bitmapAt = stack.push(fn, this.#functions.entryWords, regs);
    if (bitmapAt < 0) {
      stack.depth--;
      return false;
    }
    let bitmap = 0;
    const direct = this.#direct;
    for (let left = this.#active; left !== 0; left &= left - 1) {
      const index = 31 - Math.clz32(left & -left);
      const ops = this.#array[index];
      if (ops === undefined) continue;
      const saved = stack.current;
      if ((direct || ops.ops.test(fn)) && ops.entry(fn, depth, ops, fregs)) bitmap |= 1 << index;
      else stack.current = saved;
    }
    if (bitmap === 0) {
      stack.pop(bitmapAt);
      stack.depth--;
      return false;
    }
    stack.setBitmap(bitmapAt, bitmap | TAIL_CALL_BIT);
    this.#hookReturn(regs);
    return true;
  }

  /** Makes the function return to the handler: in the link register and, on x86, on the stack. */
  #hookReturn(regs: Uint32Array): void {
    regs[this.#link] = this.#handlerLo;
    regs[this.#link + 1] = this.#handlerHi;
    if (this.#pushes) {
      this.#memory.store64(regs[this.#sp], regs[this.#sp + 1], this.#handlerLo, this.#handlerHi);
    }
  }

  #taskForked(task: Task): void {
    this.#stacks[task.index] = this.#activeCount > 0 ? new ShadowStack(this.#arch) : undefined;
  }

  /** What the arch's code did to the frame pointer is not what a function does: the return address may be another's. */
  #dieOfFramePointer(stack: ShadowStack, frame: number, fn: number, fregs: FtraceRegs): void {
    this.#dead = true;
    const { log, functions, kallsyms } = this.machine;
    const expected = stack.framePointerAt(frame).toString(16);
    const received = fregs.wide(this.#fp).toString(16);
    log.warnOnce('fgraph', `Bad frame pointer: expected ${expected}, received ${received}`);
    log.print(`  from func ${functions.name(fn)} return to ${kallsyms.symbolAt(stack.wide[frame])}`);
  }

  #die(current: number): void {
    this.#dead = true;
    this.machine.log.warnOnce('fgraph', `Bad function graph ret_stack pointer: ${current}`);
  }
}
