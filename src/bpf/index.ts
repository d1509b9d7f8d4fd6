export { type AttachOptions, attachKprobeMulti } from './attach.ts';
export type { BpfContext } from './bpf-context.ts';
export { BpfLinks, type KprobeMultiAttr } from './bpf-links.ts';
export { type BpfAttachType, BpfProg, type BpfRun } from './bpf-prog.ts';
export {
  BPF_F_KPROBE_MULTI_RETURN,
  type KprobeMultiInfo,
  KprobeMultiLink,
  type LinkInfoRequest,
} from './kprobe-multi-link.ts';
