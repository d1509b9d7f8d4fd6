import type { FetchContext, FetchRegisters } from './fetch-context.ts';
import type { DereferenceStep, FetchSource } from './fetch-step.ts';

/** Leaves a value in the context; false is a fault. */
export type Load = (ctx: FetchContext) => boolean;

function fromRegisters(read: (regs: FetchRegisters) => unknown): Load {
  return (ctx) => {
    const regs = ctx.regs;
    read(regs);
    ctx.lo = regs.lo;
    ctx.hi = regs.hi;
    return true;
  };
}

function constant(value: bigint): Load {
  const lo = Number(value & 0xffff_ffffn);
  const hi = Number(value >> 32n);
  return (ctx) => {
    ctx.lo = lo;
    ctx.hi = hi;
    return true;
  };
}

function entryWord(word: number): Load {
  return (ctx) => {
    const data = ctx.entryData;
    if (data === null) return false;
    ctx.lo = data.lo(word);
    ctx.hi = data.hi(word);
    return true;
  };
}

/**
 * Compiles the first step of a program. A task's name and an immediate string have no value here: their bytes are stored from where they are.
 * @param symbol address that a symbol stands for
 */
export function compileSource(step: FetchSource, symbol: bigint): Load {
  switch (step.op) {
    case 'argument': {
      const { index } = step;
      return fromRegisters((regs) => regs.argument(index));
    }
    case 'stack': {
      const { index } = step;
      return fromRegisters((regs) => regs.stackNth(index));
    }
    case 'stack-pointer':
      return fromRegisters((regs) => regs.stackPointer());
    case 'return-value':
      return fromRegisters((regs) => regs.returnValue());
    case 'entry-data':
      return entryWord(step.offset / 8);
    case 'immediate':
      return constant(step.value);
    case 'symbol':
      return constant(symbol);
    case 'comm':
    case 'text':
      return constant(0n);
  }
}

/** Compiles a dereference behind what loads the address. */
export function compileDereference(load: Load, { offset, user }: DereferenceStep): Load {
  return (ctx) => {
    if (!load(ctx)) return false;
    ctx.advance(offset);
    const memory = user ? ctx.user : ctx.memory;
    if (memory === undefined || !memory.load64(ctx.lo, ctx.hi)) return false;
    ctx.lo = memory.lo;
    ctx.hi = memory.hi;
    return true;
  };
}
