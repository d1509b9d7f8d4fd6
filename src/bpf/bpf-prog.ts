import type { BpfContext } from './bpf-context.ts';

/** What a program may be attached as, `include/uapi/linux/bpf.h:enum bpf_attach_type`; `none` is a plain kprobe program. */
export type BpfAttachType = 'kprobe-multi' | 'kprobe-session' | 'none';

/** The program itself. In a session a non-zero result of the entry's run skips the return's. */
export type BpfRun = (ctx: BpfContext) => number;

/** A program of the kind BPF_PROG_TYPE_KPROBE, with a handler in TypeScript in the place of its instructions. */
export class BpfProg {
  readonly name: string;
  /** What it was loaded for (`expected_attach_type`). */
  readonly attachType: BpfAttachType;
  readonly run: BpfRun;
  /** Runs that were left out because a program was running on the cpu, `recursion_misses` of its info. */
  recursionMisses = 0;

  constructor(options: { name: string; attachType?: BpfAttachType; run: BpfRun }) {
    this.name = options.name;
    this.attachType = options.attachType ?? 'kprobe-multi';
    this.run = options.run;
  }
}
