import { Errno } from '../abi/errno.ts';
import type { Fprobe } from '../fprobe/index.ts';
import type { Module } from '../machine/index.ts';
import { kernelSearch } from '../machine/kernel-sort.ts';
import type { BpfProg } from './bpf-prog.ts';

/** Runs at returns, not at entries; the only flag that there is. */
export const BPF_F_KPROBE_MULTI_RETURN = 1;

/** What is asked of a link: for how many functions there is room, and which lists are wanted. */
export interface LinkInfoRequest {
  readonly count?: number;
  readonly addrs?: boolean;
  readonly cookies?: boolean;
}

/** What a link tells of itself, `struct bpf_link_info`. */
export interface KprobeMultiInfo {
  readonly type: 'kprobe_multi';
  /** Functions that it was attached to. */
  readonly count: number;
  readonly flags: number;
  /** Hits that fprobe missed. */
  readonly missed: number;
  /** Addresses as they were given or found; in order when there are cookies. */
  readonly addrs?: readonly bigint[];
  readonly cookies?: readonly bigint[];
}

/** A program attached to functions, `struct bpf_kprobe_multi_link`. */
export class KprobeMultiLink {
  readonly prog: BpfProg;
  readonly fprobe: Fprobe;
  readonly addrs: readonly bigint[];
  readonly cookies: readonly bigint[] | undefined;
  readonly flags: number;
  readonly #modules: readonly Module[];
  readonly #detach: (fprobe: Fprobe) => void;
  #closed = false;

  constructor(options: {
    prog: BpfProg;
    fprobe: Fprobe;
    addrs: readonly bigint[];
    cookies: readonly bigint[] | undefined;
    flags: number;
    modules: readonly Module[];
    detach: (fprobe: Fprobe) => void;
  }) {
    this.prog = options.prog;
    this.fprobe = options.fprobe;
    this.addrs = options.addrs;
    this.cookies = options.cookies;
    this.flags = options.flags;
    this.#modules = options.modules;
    this.#detach = options.detach;
  }

  /** The cookie of an address; of an address that is there more than once, one of its cookies. `bpf_kprobe_multi_cookie()` */
  cookieAt(addr: bigint): bigint {
    const { addrs, cookies } = this;
    if (cookies === undefined) return 0n;
    const at = kernelSearch(addrs.length, (index) => (addr < addrs[index]! ? -1 : addr > addrs[index]! ? 1 : 0));
    return at < 0 ? 0n : cookies[at]!;
  }

  /**
   * Tells of the link (`bpf_kprobe_multi_link_fill_link_info()`). −EINVAL for addresses without a count or a count without addresses, −ENOSPC when the
   * count is too small.
   */
  info(request: LinkInfoRequest = {}): KprobeMultiInfo | number {
    const { count = 0, addrs = false, cookies = false } = request;
    if (addrs !== count > 0 || (cookies && count === 0)) return -Errno.EINVAL;
    if (addrs && count < this.addrs.length) return -Errno.ENOSPC;
    return {
      type: 'kprobe_multi',
      count: this.addrs.length,
      flags: this.flags,
      missed: this.fprobe.nmissed,
      ...(addrs && { addrs: this.addrs }),
      ...(addrs && cookies && { cookies: this.cookies ?? this.addrs.map(() => 0n) }),
    };
  }

  /** Detaches the program: the last descriptor of the link is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#detach(this.fprobe);
    for (const module of this.#modules) module.put();
  }
}
