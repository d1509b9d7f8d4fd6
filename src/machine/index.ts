export {
  ARCHES,
  type Arch,
  type ArchName,
  type ArchSelects,
  type FprobeConfig,
  type FprobeHeader,
  fprobeConfig,
} from './arch.ts';
export type { CallContext } from './call-context.ts';
export type { EntryHook } from './call-path.ts';
export { Clock } from './clock.ts';
export { Cpu, type InterruptKind, Preempt } from './cpu.ts';
export { type FunctionBody, type FunctionDefinition, Functions } from './functions.ts';
export { Kallsyms } from './kallsyms.ts';
export { KernelLog } from './kernel-log.ts';
export { Layout, THREAD_SIZE } from './layout.ts';
export { Machine, type MachineOptions, type TaskListener, type TaskOptions } from './machine.ts';
export { Memory } from './memory.ts';
export { type FunctionListener, Module, type ModuleDefinition, type ModuleFunction } from './module.ts';
export { PAGE_SIZE } from './page-table.ts';
export type { FunctionSource, Prototype, SymbolSource, SymbolSpan } from './profile-view.ts';
export { Registers } from './registers.ts';
export { type CallChain, StackTrace } from './stack-trace.ts';
export { Task, type TaskState } from './task.ts';
