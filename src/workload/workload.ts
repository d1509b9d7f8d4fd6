import type { ScriptTask } from './script.ts';

/** What a step of a workload does. */
export const StepKind = {
  ENTER: 0,
  LEAVE: 1,
  POINT: 2,
  SWITCH: 3,
  SWITCH_DEAD: 4,
  FORK: 5,
  EXEC: 6,
  RENAME: 7,
} as const;

/** Set in `callFlags` when the call's frame is its caller's. */
export const TAIL_CALL = 0x8000;
/** Set in `callPids` when the result is a pid; bit n when argument n is. */
export const PID_RESULT = 0x80;

/** A tracepoint of a workload. */
export interface WorkloadPoint {
  readonly name: string;
  /** Arguments of its prototype, 64 bits each (low word, high word), without the data pointer. */
  readonly words: Uint32Array;
  /** As `step-flags.ts` packs them. */
  readonly flags: number;
  /** Call that it fires in, −1 for none. */
  readonly inside: number;
  /** The first argument is the return address of `inside`, as found on the stack. */
  readonly callSite: boolean;
  /** Bit n: argument n is a pid. */
  readonly pids: number;
}

/**
 * A workload, unpacked: steps in the order of time, and the calls, points and facts that they refer to. 64-bit values are
 * pairs of 32-bit words, low first. Nothing here changes while it is replayed.
 */
export interface Workload {
  readonly name: string;
  readonly tasks: readonly Readonly<ScriptTask>[];
  /** {@link StepKind} by step. */
  readonly stepKind: Uint8Array;
  /** By step: the call entered or left, the point, the task switched to or forked, or the index of the new name. */
  readonly stepValue: Int32Array;
  /** By step: nanoseconds from the start. */
  readonly stepTime: Float64Array;
  /** Names that execs give. */
  readonly names: readonly string[];
  /** Calls of the first task that had begun before the first step, outermost first: these many, from call 0. */
  readonly openCalls: number;
  /** Function id by call. */
  readonly callFn: Uint32Array;
  /** The call that a call is made from, −1 for none. */
  readonly callParent: Int32Array;
  /** First argument of a call in `argWords`, counted in arguments; one more entry than there are calls. */
  readonly callArgs: Uint32Array;
  readonly argWords: Uint32Array;
  /** Return address by call. */
  readonly siteWords: Uint32Array;
  /** Result by call; 0 where there is none. */
  readonly resultWords: Uint32Array;
  /** 1 where a call has a result. */
  readonly hasResult: Uint8Array;
  /** As `step-flags.ts` packs them, and {@link TAIL_CALL}. */
  readonly callFlags: Uint16Array;
  /** Which values of a call are pids: bit n for argument n, and {@link PID_RESULT}. */
  readonly callPids: Uint8Array;
  readonly points: readonly WorkloadPoint[];
  readonly facts: WorkloadFacts;
  /** Pages of kernel memory that arguments point into. */
  readonly pages: BigUint64Array;
}

/** Facts of a workload in the order of their steps. */
export interface WorkloadFacts {
  readonly count: number;
  /** Step before which a fact is stored. */
  readonly at: Int32Array;
  /** Task whose user memory it is in, −1 for the kernel's. */
  readonly space: Int16Array;
  readonly address: BigUint64Array;
  /** Start in `bytes`; one more entry than there are facts. */
  readonly offset: Uint32Array;
  readonly bytes: Uint8Array;
  /** 1 where the bytes are a pid of the recording. */
  readonly pid: Uint8Array;
}
