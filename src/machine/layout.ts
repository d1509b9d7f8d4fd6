/** Bytes of a kernel stack. */
export { THREAD_SIZE } from '../abi/limits.ts';

/**
 * Where things lie in the simulated kernel's address space, as x86_64 without KASLR has them. Addresses are unsigned
 * 64-bit, sizes bytes.
 */
export const Layout = {
  /** Kernel stacks: one of THREAD_SIZE a task, with a gap as large after it. */
  STACKS: 0xffffc90000100000n,
  STACK_STRIDE: 0x8000n,
  /** Stacks of interrupts: one a cpu for softirqs and hardirqs, one for NMIs. */
  IRQ_STACKS: 0xffffc8fff0000000n,
  NMI_STACKS: 0xfffffe0000010000n,
  /** Room of one interrupt stack with its gap. */
  IRQ_STACK_STRIDE: 0x10000n,
  /** What `allocate()` hands out, in the direct map of physical memory. */
  HEAP: 0xffff888002000000n,
  /** The task_structs of tasks that were created without an address. */
  TASKS: 0xffff888003400000n,
  TASK_STRUCT_SIZE: 0x2c00n,
  /** Trampolines of ftrace ops, one a page. */
  TRAMPOLINES: 0xffffffffc0201000n,
  /** Modules, page-aligned, one after the other. */
  MODULES: 0xffffffffc0400000n,
  /** Functions defined at run time that belong to no module. */
  DEFINED_TEXT: 0xffffffffbf000000n,
  /** Bytes of pt_regs at the top of a task's stack, below which its stack pointer starts. */
  STACK_HEADROOM: 0xa8n,
} as const;
