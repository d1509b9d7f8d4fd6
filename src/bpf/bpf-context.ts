import type { EntryData } from '../fprobe/index.ts';
import { type FtraceRegs, ftraceGetSymaddr } from '../ftrace/index.ts';
import { type Cpu, type Machine, Registers, type Task } from '../machine/index.ts';
import type { KprobeMultiLink } from './kprobe-multi-link.ts';

/**
 * What a program sees while it runs: a pt_regs with what ftrace_regs holds, and the helpers of kprobe_multi. One for each cpu, used again and again: valid only
 * while the program runs. Values are unsigned 64-bit.
 */
export class BpfContext {
  readonly machine: Machine;
  readonly cpu: Cpu;
  /** `bpf_kprobe_multi_pt_regs` of the cpu, by the arch's register index. */
  readonly regs: Registers;
  #link: KprobeMultiLink | undefined;
  #fregs: FtraceRegs | undefined;
  #fn = 0;
  #isReturn = false;
  #session: EntryData | null = null;

  constructor(machine: Machine, cpu: Cpu) {
    this.machine = machine;
    this.cpu = cpu;
    this.regs = new Registers(machine.arch.registers.length);
  }

  /** For links: what the next run is about. */
  begin(link: KprobeMultiLink, fn: number, fregs: FtraceRegs, session: EntryData | null): this {
    this.#link = link;
    this.#fregs = fregs;
    this.#fn = fn;
    this.#isReturn = fregs.atReturn;
    this.#session = session;
    fregs.partialRegs(this.regs);
    return this;
  }

  /** For links: the run is over. */
  end(): void {
    this.#link = undefined;
    this.#fregs = undefined;
    this.#session = null;
  }

  /** The task that runs, `bpf_get_current_task()`. */
  get task(): Task {
    return this.cpu.current;
  }

  /** A register by the arch's name; one that ftrace_regs does not hold here reads as poison, and the kernel log says so once. */
  register(name: string): bigint {
    return this.#register(this.machine.arch.registers.indexOf(name));
  }

  /** The n-th argument from 0, by its register (`PT_REGS_PARM1()`…); what no register has is 0. */
  argument(n: number): bigint {
    return this.#register(this.machine.arch.argRegs[n] ?? -1);
  }

  /** `PT_REGS_RC()`. */
  get returnValue(): bigint {
    return this.#register(this.machine.arch.retReg);
  }

  /** `PT_REGS_IP()`. */
  get instructionPointer(): bigint {
    return this.#register(this.machine.arch.ipReg);
  }

  /** Address of the function's symbol where `ftrace_get_symaddr()` knows it, of its entry site elsewhere. `bpf_get_func_ip()` */
  getFuncIp(): bigint {
    const ip = this.machine.functions.entryIp(this.#fn);
    return ftraceGetSymaddr(this.machine, ip) || ip;
  }

  /** The cookie of the function that is hit; 0 when the link has none, or none for this address. `bpf_get_attach_cookie()` */
  getAttachCookie(): bigint {
    return this.#link?.cookieAt(this.getFuncIp()) ?? 0n;
  }

  /** Whether a function returns. `bpf_session_is_return()` */
  sessionIsReturn(): boolean {
    return this.#isReturn;
  }

  /** The word that a session's entry hands to its return; not set before the entry sets it. 0 outside of sessions. `bpf_session_cookie()` */
  get sessionCookie(): bigint {
    return this.#session?.get(0) ?? 0n;
  }

  set sessionCookie(value: bigint) {
    this.#session?.set(0, Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn));
  }

  #register(reg: number): bigint {
    if (reg < 0) return 0n;
    // Says so in the log when it is not there.
    if (this.#fregs?.holds(reg) === false) this.#fregs.register(reg);
    return this.regs.wide[reg]!;
  }
}
