import type { Arch } from './arch.ts';
import { type Cpu, type InterruptKind, Preempt } from './cpu.ts';
import { Layout, THREAD_SIZE } from './layout.ts';

const OFFSET = {
  softirq: Preempt.SOFTIRQ_OFFSET,
  hardirq: Preempt.HARDIRQ_OFFSET,
  nmi: Preempt.NMI_OFFSET,
} as const;

/** A context is interrupted only by a stronger one: softirqs and hardirqs do not nest in themselves, and an NMI holds off the next. */
const STRENGTH = { softirq: 1, hardirq: 2, nmi: 3 } as const;

/** Bytes left below the interrupted stack pointer when an interrupt nests on the stack that it uses itself. */
const RED_ZONE = 0x100n;

/** End of the stack that an interrupt of a kind starts on. */
export function interruptStackTop(cpu: Cpu, kind: InterruptKind): bigint {
  const base = kind === 'nmi' ? Layout.NMI_STACKS : Layout.IRQ_STACKS;
  return base + BigInt(cpu.id) * Layout.IRQ_STACK_STRIDE + BigInt(THREAD_SIZE);
}

/** Saves the registers of what runs on a cpu and goes to the interrupt's stack; false when what runs there is not to be interrupted by this kind. */
export function saveContext(arch: Arch, cpu: Cpu, kind: InterruptKind): boolean {
  if (cpu.nested > 0 && STRENGTH[cpu.interrupted[cpu.nested - 1].kind] >= STRENGTH[kind]) return false;
  const context = cpu.interrupted[cpu.nested++];
  const regs = cpu.current.regs;
  context.regs.copyFrom(regs);
  context.kind = kind;
  context.irqsOff = cpu.irqsOff;
  context.counted = false;
  const top = interruptStackTop(cpu, kind);
  const sp = regs.wide[arch.spReg];
  const onThisStack = sp <= top && sp > top - BigInt(THREAD_SIZE);
  regs.wide[arch.spReg] = onThisStack ? (sp - RED_ZONE) & ~0xfn : top - 0x10n;
  if (kind !== 'softirq') cpu.irqsOff = true;
  return true;
}

/** Lets the preempt count say that the innermost interrupt runs. */
export function countContext(cpu: Cpu): void {
  const context = cpu.interrupted[cpu.nested - 1];
  if (!context || context.counted) return;
  context.counted = true;
  cpu.preemptCount += OFFSET[context.kind];
}

/** Takes the innermost interrupt out of the preempt count. */
export function uncountContext(cpu: Cpu): void {
  const context = cpu.interrupted[cpu.nested - 1];
  if (!context?.counted) return;
  context.counted = false;
  cpu.preemptCount -= OFFSET[context.kind];
}

/** Goes back to what the innermost interrupt interrupted; false when there is none. */
export function restoreContext(cpu: Cpu): boolean {
  if (cpu.nested === 0) return false;
  uncountContext(cpu);
  const context = cpu.interrupted[--cpu.nested];
  cpu.current.regs.copyFrom(context.regs);
  cpu.irqsOff = context.irqsOff;
  return true;
}
