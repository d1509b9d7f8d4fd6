/** A task of a workload. */
export interface ScriptTask {
  /** As recorded; a replay may give it another. */
  readonly pid: number;
  /** Name before the workload changes it. */
  comm: string;
  /** `program`: runs recorded calls; `kthread`, `idle`: scheduled in between; `parent`: the shell that started the program. */
  readonly kind: 'program' | 'kthread' | 'idle' | 'parent';
  /** Index of the parent in the list of tasks, −1 for none. */
  parent: number;
  /** Index of its thread group's leader: itself unless it is a thread of another. */
  leader: number;
  /** Its user memory is its parent's, not a copy. */
  sharesMemory: boolean;
  /** Address of its task_struct; 0 where the recording does not show it. */
  address: bigint;
  /** End of its kernel stack; 0 where the recording does not show it. */
  stackTop: bigint;
  /** Whether it is there from the start; others are forked. */
  fromStart: boolean;
}

/** Context that a step of a workload runs in; what the flag column of a trace shows. */
export interface StepFlags {
  readonly irqsOff: boolean;
  readonly needResched: boolean;
  readonly lazyResched: boolean;
  readonly hardirq: boolean;
  readonly softirq: boolean;
  readonly preemptDepth: number;
}

/** A call of a workload. */
export interface ScriptCall {
  /** Function id. */
  readonly fn: number;
  readonly name: string;
  /** Values of the argument registers, as many as the recording shows. */
  readonly args: readonly bigint[];
  /** Names of the arguments. */
  readonly argNames: readonly string[];
  /** Return address; 0 when unknown. */
  site: bigint;
  /** Its frame is its caller's: a jump, not a call. */
  tail: boolean;
  /** What it returns; undefined for nothing. */
  result: bigint | undefined;
  /** Bit n: argument n is a pid; bit 7: the result is. */
  readonly pids: number;
  readonly flags: StepFlags;
  readonly parent: ScriptCall | undefined;
  /** Index of its first step, −1 for calls that were under way when the recording began. */
  enterAt: number;
  /** Index of its last step, −1 when it does not return. */
  leaveAt: number;
}

/** One step of a workload. Times are nanoseconds from the start of the recording. */
export type ScriptStep =
  | { readonly op: 'enter' | 'leave'; readonly time: number; readonly task: number; readonly call: ScriptCall }
  | {
      readonly op: 'point';
      readonly time: number;
      readonly task: number;
      /** Tracepoint. */
      readonly name: string;
      /** Arguments of its prototype, without the data pointer. */
      args: bigint[];
      /** What its static event printed where it was learnt; empty where nothing is known. */
      readonly text: string;
      /** Bit n: argument n is a pid. */
      readonly pids: number;
      readonly flags: StepFlags;
      /** The first argument is the return address of this call, as it finds it on the stack. */
      readonly callSite: ScriptCall | undefined;
      /** The call that it fires in. */
      readonly inside: ScriptCall | undefined;
    }
  /** Another task runs; with `dead`, the one that ran is gone. */
  | { readonly op: 'switch'; readonly time: number; readonly task: number; readonly to: number; readonly dead: boolean }
  | { readonly op: 'fork'; readonly time: number; readonly task: number; readonly child: number }
  /** A task takes another name; with `exec`, it starts over with empty user memory. */
  | { readonly op: 'exec' | 'rename'; readonly time: number; readonly task: number; readonly comm: string };

/** Something that memory holds from a step on. */
export interface Fact {
  /** Index of the step before which it is stored. */
  at: number;
  /** Task whose user memory it is in, −1 for the kernel's. */
  readonly space: number;
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** The bytes are a pid: a replay puts in the one it gave the task. */
  readonly pid: boolean;
}

/** A workload before it is packed. */
export interface Script {
  readonly name: string;
  readonly tasks: ScriptTask[];
  readonly steps: ScriptStep[];
  /** Calls of the first task that had begun before the recording, outermost first. */
  readonly openCalls: ScriptCall[];
  readonly facts: Fact[];
}
