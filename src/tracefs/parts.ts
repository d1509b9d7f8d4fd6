import { Errno } from '../abi/errno.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import type { Tracing } from '../trace/tracing.ts';
import type { TraceNode } from './node.ts';

/** What a file of commands does: `dynamic_events` and its kin. */
export interface CommandFile {
  /** The file's content. */
  show(): string;
  /** A truncating open: everything goes. Returns 0 or a negative errno. */
  releaseAll(): number;
  /** Runs one line. Returns 0 or a negative errno. */
  run(command: string): number;
}

/** What the tree is made of beside the tracing side itself. */
export interface TracefsParts {
  readonly tracing: Tracing;
  readonly dynamicEvents: CommandFile;
  readonly kprobeEvents: CommandFile;
  readonly uprobeEvents: CommandFile;
  readonly syntheticEvents: CommandFile;
  /** The cpu on which the process runs that uses the files. */
  actor(): Cpu;
  /** Files about traced functions that every trace array has: `set_ftrace_filter` and its kin. */
  functionFiles(array: TraceArray): Record<string, () => TraceNode>;
  /** Files about traced functions that only the root has: `available_filter_functions` and its kin. */
  readonly rootFunctionFiles: Record<string, () => TraceNode>;
}

/** A kind of dynamic events that cannot be made here: the file is empty and takes blank lines only. */
export const NO_COMMANDS: CommandFile = {
  show: () => '',
  releaseAll: () => 0,
  run: (command) => (command.trim() === '' ? 0 : -Errno.EINVAL),
};
