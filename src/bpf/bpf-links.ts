import { Errno } from '../abi/errno.ts';
import { type EntryData, Fprobe, type FprobeCore } from '../fprobe/index.ts';
import { type FtraceRegs, functionsBySymbols } from '../ftrace/index.ts';
import type { Machine, Module } from '../machine/index.ts';
import { kernelSort } from '../machine/kernel-sort.ts';
import { BpfContext } from './bpf-context.ts';
import type { BpfAttachType, BpfProg } from './bpf-prog.ts';
import { BPF_F_KPROBE_MULTI_RETURN, KprobeMultiLink } from './kprobe-multi-link.ts';

/** Most functions of one link, `kernel/trace/bpf_trace.c:MAX_KPROBE_MULTI_CNT`. */
const MAX_KPROBE_MULTI_CNT = 1 << 20;
/** Bytes of the longest symbol name, its terminator included. */
const KSYM_NAME_LEN = 512;
const SESSION_COOKIE_SIZE = 8;

/** What `BPF_LINK_CREATE` is given. */
export interface KprobeMultiAttr {
  /** What the program was loaded for unless said otherwise. */
  readonly attachType?: BpfAttachType;
  /** Flags of the link itself; there are none. */
  readonly linkFlags?: number;
  readonly flags?: number;
  /** Functions by symbol, or by address: one of the two. */
  readonly syms?: readonly string[];
  readonly addrs?: readonly bigint[];
  /** A cookie for each. */
  readonly cookies?: readonly bigint[];
  /** How many of them; all unless said otherwise. */
  readonly count?: number;
}

/** The programs that are attached to functions: kprobe_multi and kretprobe_multi links, and sessions of both. `kernel/trace/bpf_trace.c` */
export class BpfLinks {
  readonly #machine: Machine;
  readonly #fprobes: FprobeCore;
  /** By cpu: programs running, `bpf_prog_active`. */
  readonly #active: Int32Array;
  readonly #contexts: readonly BpfContext[];

  constructor(machine: Machine, fprobes: FprobeCore) {
    this.#machine = machine;
    this.#fprobes = fprobes;
    this.#active = new Int32Array(machine.cpus.length);
    this.#contexts = machine.cpus.map((cpu) => new BpfContext(machine, cpu));
  }

  /**
   * Attaches a program to functions (`bpf_kprobe_multi_link_attach()`). The link, or −EINVAL for what makes no sense, −E2BIG for too many functions or too
   * long a name, −EFAULT for lists shorter than the count, −ESRCH for a symbol that is not there (or there twice), −ENOENT for an address without a function,
   * −EOPNOTSUPP where there is no fprobe.
   */
  create(prog: BpfProg, attr: KprobeMultiAttr): KprobeMultiLink | number {
    const attachType = attr.attachType ?? prog.attachType;
    if (attachType === 'none' || attachType !== prog.attachType) return -Errno.EINVAL;
    const { arch, config } = this.#machine;
    if (!config.FPROBE || arch.wordSize !== 8) return -Errno.EOPNOTSUPP;
    const { linkFlags = 0, flags = 0, syms, addrs: given, cookies: givenCookies } = attr;
    if (linkFlags !== 0 || (flags & ~BPF_F_KPROBE_MULTI_RETURN) !== 0) return -Errno.EINVAL;
    if ((syms === undefined) === (given === undefined)) return -Errno.EINVAL;
    const count = attr.count ?? (syms ?? given ?? []).length;
    if (count === 0) return -Errno.EINVAL;
    if (count > MAX_KPROBE_MULTI_CNT) return -Errno.E2BIG;
    if ((givenCookies?.length ?? count) < count || (syms ?? given ?? []).length < count) return -Errno.EFAULT;
    const cookies = givenCookies?.slice(0, count);
    const addrs = given?.slice(0, count) ?? this.#addressesOf(syms!.slice(0, count), cookies);
    if (typeof addrs === 'number') return addrs;
    if (cookies !== undefined) sortTogether(addrs, cookies);
    return this.#attach(prog, addrs, cookies, flags);
  }

  /** Addresses of symbols, in the order of their names; their cookies are put into the same order. */
  #addressesOf(syms: string[], cookies: bigint[] | undefined): bigint[] | number {
    if (syms.some((name) => name.length >= KSYM_NAME_LEN)) return -Errno.E2BIG;
    sortTogether(syms, cookies ?? []);
    const fns = functionsBySymbols(this.#machine, syms);
    return typeof fns === 'number' ? -Errno.ESRCH : fns.map((fn) => this.#machine.functions.symbolAddress(fn));
  }

  #attach(prog: BpfProg, addrs: bigint[], cookies: bigint[] | undefined, flags: number): KprobeMultiLink | number {
    const modules = this.#holdModules(addrs);
    if (typeof modules === 'number') return modules;
    const session = prog.attachType === 'kprobe-session';
    const fprobe = new Fprobe({ entryDataSize: session ? SESSION_COOKIE_SIZE : 0 });
    const link = new KprobeMultiLink({
      prog,
      fprobe,
      addrs,
      cookies,
      flags,
      modules,
      detach: (detached) => this.#fprobes.unregisterFprobe(detached),
    });
    if ((flags & BPF_F_KPROBE_MULTI_RETURN) === 0) {
      fprobe.entryHandler = (_fp, fn, _retLo, _retHi, fregs, data) => {
        const result = this.#run(link, fn, fregs, data);
        return session ? result : 0;
      };
    }
    if (session || (flags & BPF_F_KPROBE_MULTI_RETURN) !== 0) {
      fprobe.exitHandler = (_fp, fn, _retLo, _retHi, fregs, data) => void this.#run(link, fn, fregs, data);
    }
    const ret = this.#fprobes.registerFprobeIps(fprobe, addrs);
    if (ret === 0) return link;
    for (const module of modules) module.put();
    return ret;
  }

  /** Keeps the modules of some addresses from going. `get_modules_for_addrs()` */
  #holdModules(addrs: readonly bigint[]): Module[] | number {
    const held: Module[] = [];
    for (const addr of addrs) {
      const module = this.#machine.moduleAt(addr);
      if (module === undefined || held.includes(module)) continue;
      if (!module.get()) {
        for (const each of held) each.put();
        return -Errno.EINVAL;
      }
      held.push(module);
    }
    return held;
  }

  /** Runs a link's program, unless one runs on the cpu: that counts, and answers 1. `kprobe_multi_link_prog_run()` */
  #run(link: KprobeMultiLink, fn: number, fregs: FtraceRegs, data: EntryData | null): number {
    const { cpu } = fregs;
    const { prog } = link;
    if (++this.#active[cpu.id]! !== 1) {
      prog.recursionMisses++;
      this.#active[cpu.id]!--;
      return 1;
    }
    const task = cpu.current;
    task.migrateDisable++;
    const context = this.#contexts[cpu.id]!;
    const result = prog.run(context.begin(link, fn, fregs, data));
    context.end();
    task.migrateDisable--;
    this.#active[cpu.id]!--;
    return result;
  }
}

/** Sorts keys by their value, and whatever stands beside them with them. */
function sortTogether<T extends string | bigint>(keys: T[], beside: bigint[]): void {
  kernelSort(
    keys.length,
    (a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0),
    (a, b) => {
      [keys[a], keys[b]] = [keys[b]!, keys[a]!];
      if (beside.length > 0) [beside[a], beside[b]] = [beside[b]!, beside[a]!];
    },
  );
}
