import { fprobeExample } from './fprobe-example.ts';
import { fprobeLatency } from './fprobe-latency.ts';
import type { KernelModule } from './kernel-module.ts';

export {
  type KernelModule,
  loadKernelModule,
  type ModuleInstance,
  type ModuleKernel,
  type ModuleParam,
  type ModuleParams,
} from './kernel-module.ts';

/** The modules that can be loaded by name. */
export const KERNEL_MODULES: readonly KernelModule[] = [fprobeExample, fprobeLatency];
