import { Errno } from '../abi/errno.ts';
import { Glob } from '../abi/glob.ts';
import type { Ftrace } from '../ftrace/index.ts';
import type { BpfLinks } from './bpf-links.ts';
import type { BpfProg } from './bpf-prog.ts';
import { BPF_F_KPROBE_MULTI_RETURN, type KprobeMultiLink } from './kprobe-multi-link.ts';

/** How a program is attached: by a pattern of functions, or by symbols or addresses with their cookies. */
export interface AttachOptions {
  /** Functions as `available_filter_functions` names them; `*` and `?` stand for anything. */
  readonly pattern?: string;
  readonly syms?: readonly string[];
  readonly addrs?: readonly bigint[];
  readonly cookies?: readonly bigint[];
  /** Run at returns (a program for kprobe_multi). */
  readonly retprobe?: boolean;
}

/**
 * Attaches a program as libbpf does, `bpf_program__attach_kprobe_multi_opts()`: a pattern is looked up in the functions that can be traced. The link, or −EINVAL
 * for options that do not go together, −ENOENT when nothing matches, or what the kernel answers.
 */
export function attachKprobeMulti(
  links: BpfLinks,
  ftrace: Ftrace,
  prog: BpfProg,
  options: AttachOptions,
): KprobeMultiLink | number {
  const { pattern, syms, addrs, cookies, retprobe = false } = options;
  if (retprobe && prog.attachType === 'kprobe-session') return -Errno.EINVAL;
  const flags = retprobe ? BPF_F_KPROBE_MULTI_RETURN : 0;
  if (pattern === undefined) {
    if ((syms === undefined) === (addrs === undefined)) return -Errno.EINVAL;
    return links.create(prog, {
      flags,
      ...(syms && { syms }),
      ...(addrs && { addrs }),
      ...(cookies && { cookies }),
    });
  }
  if (syms || addrs || cookies) return -Errno.EINVAL;
  const found = functionsByPattern(ftrace, pattern);
  return found.length === 0 ? -Errno.ENOENT : links.create(prog, { flags, addrs: found });
}

/** Entry sites of the functions that a pattern matches, in the order of `available_filter_functions_addrs`. */
function functionsByPattern({ machine, records }: Ftrace, pattern: string): bigint[] {
  // Only * and ? mean something to libbpf.
  const glob = new Glob(pattern.replace(/[[\]\\]/g, '\\$&'));
  const addrs: bigint[] = [];
  for (const fn of records.live) {
    if (glob.test(machine.functions.name(fn))) addrs.push(machine.functions.entryIp(fn));
  }
  return addrs;
}
