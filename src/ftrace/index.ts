export { Ftrace, type ReturnHandler } from './ftrace.ts';
export { type FtraceFunc, FtraceOps, type FtraceOpsOptions } from './ftrace-ops.ts';
export { FtraceRegs, POISON } from './ftrace-regs.ts';
export { FunctionSet } from './function-set.ts';
export { ftraceHashOrder, hash64 } from './hash-order.ts';
export { ftraceGetSymaddr, ftraceLocation, functionsByFilter, functionsBySymbols } from './location.ts';
export { RecordFlag } from './records.ts';
export { RecursionStart, recursionTrylock, recursionUnlock } from './recursion.ts';
export { Tracepoint, type TracepointCallback, Tracepoints } from './tracepoint.ts';
