import { Errno } from '../abi/errno.ts';
import type { Fgraph } from '../fgraph/fgraph.ts';
import { GraphOps } from '../fgraph/graph-ops.ts';
import type { FtraceRegs } from '../ftrace/ftrace-regs.ts';
import { ftraceLocation, functionsByFilter, functionsBySymbols } from '../ftrace/location.ts';
import type { Machine } from '../machine/machine.ts';
import type { Module } from '../machine/module.ts';
import { EntryData } from './entry-data.ts';
import { type Fprobe, FprobeFlag } from './fprobe.ts';
import { FPROBE_HASH_BITS, FprobeTable, IpTable, nodesFor } from './fprobe-tables.ts';
import { HeaderCodec, MAX_FPROBE_DATA_WORDS } from './header.ts';

const WORD_BYTES = 8;
/** Addresses that fprobes can have before the base's low half would overflow. */
const FPROBE_ROOM = 0x10000000;

/** Fprobes of a kernel: all share one graph ops. `kernel/trace/fprobe.c` */
export class FprobeCore {
  readonly machine: Machine;
  readonly ipTable: IpTable;
  readonly fprobeTable: FprobeTable;
  /** The shared graph ops. */
  readonly graphOps: GraphOps;
  readonly #fgraph: Fgraph;
  readonly #header: HeaderCodec;
  /** Words of the link register and of the instruction pointer. */
  readonly #link: number;
  readonly #ip: number;
  /** Registered fprobes. */
  #active = 0;
  #warnedNoData = false;
  /** By FtraceRegs slot. */
  readonly #data: EntryData[] = [];

  constructor(machine: Machine, fgraph: Fgraph) {
    this.machine = machine;
    this.#fgraph = fgraph;
    this.#link = 2 * machine.arch.linkReg;
    this.#ip = 2 * machine.arch.ipReg;
    this.#header = new HeaderCodec(machine.arch.header);
    this.ipTable = new IpTable(machine.functions);
    this.fprobeTable = new FprobeTable(machine.allocate(FPROBE_ROOM, 0x1000));
    this.graphOps = new GraphOps({
      entry: (fn, _depth, _ops, fregs) => this.#entry(fn, fregs),
      return: (fn, _depth, _overrun, _ops, fregs) => this.#return(fn, fregs),
      entrySymbol: 'fprobe_entry',
      returnSymbol: 'fprobe_return',
    });
    for (let slot = 0; slot < fgraph.ftrace.regsSlots; slot++) this.#data.push(new EntryData());
    // Before ftrace's own: the addresses leave the filter while the functions are still known.
    machine.functionListeners.unshift({ going: (functions, module) => this.#moduleGoing(functions, module) });
  }

  /** The registered fprobes, by bucket of their table. */
  registeredFprobes(): Fprobe[] {
    return Array.from({ length: 1 << FPROBE_HASH_BITS }, (_, bucket) => this.fprobeTable.bucket(bucket)).flat();
  }

  /** Number of registered fprobes. */
  get registered(): number {
    return this.#active;
  }

  /**
   * Registers an fprobe at the functions of all symbols that a glob matches and another does not. 0; −ENOENT when there is none; and as
   * `registerFprobeIps()`. `register_fprobe()`
   */
  registerFprobe(fp: Fprobe, filter: string, notfilter?: string): number {
    if (!this.machine.config.FPROBE) return -Errno.EOPNOTSUPP;
    const fns = functionsByFilter(this.machine, filter, notfilter);
    return typeof fns === 'number' ? fns : this.#register(fp, fns);
  }

  /**
   * Registers an fprobe at addresses, each of an entry site or a symbol. 0; −EINVAL for none, −E2BIG when the entry data takes more than 15 words, −ENOENT where no
   * function is, −EEXIST when it is registered, −EOPNOTSUPP where the arch has no fprobe. `register_fprobe_ips()`
   */
  registerFprobeIps(fp: Fprobe, addrs: readonly bigint[]): number {
    if (!this.machine.config.FPROBE) return -Errno.EOPNOTSUPP;
    if (addrs.length === 0) return -Errno.EINVAL;
    const fns: number[] = [];
    for (const addr of addrs) {
      const fn = ftraceLocation(this.machine, addr);
      if (fn === undefined) return this.#tooBig(fp) ? -Errno.E2BIG : -Errno.ENOENT;
      fns.push(fn);
    }
    return this.#register(fp, fns);
  }

  /** Registers an fprobe at symbols, each of which must be traceable and there once. 0; −EINVAL for none; −ENOENT; and as `registerFprobeIps()`. `register_fprobe_syms()` */
  registerFprobeSyms(fp: Fprobe, symbols: readonly string[]): number {
    if (!this.machine.config.FPROBE) return -Errno.EOPNOTSUPP;
    if (symbols.length === 0) return -Errno.EINVAL;
    const fns = functionsBySymbols(this.machine, symbols);
    return typeof fns === 'number' ? fns : this.#register(fp, fns);
  }

  /** Unregisters an fprobe; calls that it has seen enter are not reported to it any more. −EINVAL when it is not registered. `unregister_fprobe()` */
  unregisterFprobe(fp: Fprobe): number {
    if (!this.machine.config.FPROBE) return -Errno.EOPNOTSUPP;
    const nodes = fp.nodes;
    if (!nodes) return -Errno.EINVAL;
    const unused: number[] = [];
    for (const node of nodes) if (!this.ipTable.delete(node)) unused.push(node.fn);
    this.fprobeTable.remove(fp);
    fp.nodes = undefined;
    this.#active--;
    if (this.#active === 0) this.#fgraph.unregister(this.graphOps);
    this.#dropFromFilter(unused);
    return 0;
  }

  /** `fprobe_is_registered()` */
  isRegistered(fp: Fprobe): boolean {
    return fp.nodes !== undefined;
  }

  /** Lets its handlers run again. `enable_fprobe()` */
  enableFprobe(fp: Fprobe): void {
    fp.flags &= ~FprobeFlag.DISABLED;
  }

  /** Keeps its handlers from running; its sites stay patched. `disable_fprobe()` */
  disableFprobe(fp: Fprobe): void {
    fp.flags |= FprobeFlag.DISABLED;
  }

  #tooBig(fp: Fprobe): boolean {
    return Math.ceil(fp.entryDataSize / WORD_BYTES) > MAX_FPROBE_DATA_WORDS;
  }

  #register(fp: Fprobe, fns: readonly number[]): number {
    if (fp.nodes) return -Errno.EEXIST;
    if (this.#tooBig(fp)) return -Errno.E2BIG;
    fp.dataWords = Math.ceil(fp.entryDataSize / WORD_BYTES);
    fp.entryDataSize = fp.dataWords * WORD_BYTES;
    const { ftrace } = this.#fgraph;
    ftrace.setFilterFunctions(this.graphOps.ops, fns);
    if (this.#active === 0) {
      const result = this.#fgraph.register(this.graphOps);
      if (result < 0) {
        ftrace.setFilterFunctions(this.graphOps.ops, new Set(fns), true);
        return result;
      }
    }
    this.#active++;
    fp.nmissed = 0;
    this.fprobeTable.place(fp);
    this.fprobeTable.add(fp);
    fp.nodes = nodesFor(fp, fns);
    for (const node of fp.nodes) this.ipTable.insert(node);
    return 0;
  }

  /** Functions of a module leave the tables and the filter. `fprobe_module_callback()` */
  #moduleGoing(functions: readonly number[], _module: Module): void {
    const gone: number[] = [];
    for (const fn of functions) {
      const had = this.ipTable.first(fn) !== null;
      for (let node = this.ipTable.first(fn); node !== null; node = this.ipTable.first(fn)) this.ipTable.delete(node);
      if (had) gone.push(fn);
    }
    this.#dropFromFilter(gone);
  }

  #dropFromFilter(fns: readonly number[]): void {
    const there = new Set(fns.filter((fn) => this.graphOps.ops.filter.has(fn)));
    if (there.size > 0) this.#fgraph.ftrace.setFilterFunctions(this.graphOps.ops, there, true);
  }

  #dataOf(fregs: FtraceRegs): EntryData {
    while (fregs.slot >= this.#data.length) this.#data.push(new EntryData());
    return this.#data[fregs.slot];
  }

  /** `fprobe_entry()` */
  #entry(fn: number, fregs: FtraceRegs): boolean {
    const first = this.ipTable.first(fn);
    if (first === null) return false;
    const headerWords = this.#header.words;
    let reserved = 0;
    for (let node: typeof first | null = first; node !== null && node.fn === fn; node = node.next) {
      const fp = node.fp;
      if (fp !== null && fp.exitHandler !== undefined) reserved += headerWords + fp.dataWords;
    }
    const cpu = fregs.cpu;
    let at = -1;
    if (reserved > 0) {
      at = this.#fgraph.reserveData(cpu, this.graphOps.index, reserved * WORD_BYTES);
      if (at < 0) {
        for (let node: typeof first | null = first; node !== null && node.fn === fn; node = node.next) {
          const fp = node.fp;
          if (fp !== null && (fp.flags & FprobeFlag.DISABLED) === 0) fp.nmissed++;
        }
        return false;
      }
    }
    const ret = this.#link;
    const retLo = fregs.words[ret];
    const retHi = fregs.words[ret + 1];
    const stack = this.#fgraph.stackOf(cpu.current);
    if (stack === undefined) return false;
    const words = stack.words;
    let used = 0;
    for (let node: typeof first | null = first; node !== null && node.fn === fn; node = node.next) {
      const fp = node.fp;
      if (fp === null || (fp.flags & FprobeFlag.DISABLED) !== 0) continue;
      const exits = fp.exitHandler !== undefined;
      // One that appeared since the sum was made has no room.
      if (exits && used + headerWords + fp.dataWords > reserved) continue;
      const data =
        exits && fp.dataWords > 0 ? this.#dataOf(fregs).point(words, at + used + headerWords, fp.dataWords) : null;
      if (this.#callEntry(fp, fn, retLo, retHi, fregs, data) !== 0 || !exits) continue;
      if (this.#header.write(words, at + used, fp.addressLo, fp.addressHi, fp.dataWords)) {
        used += headerWords + fp.dataWords;
      } else this.#warnHeader(fp);
    }
    for (let word = 2 * (at + used); word < 2 * (at + reserved); word++) words[word] = 0;
    return used !== 0;
  }

  /** Result of the entry handler. A miss counts as 0, as in Linux: the exit handler runs, with data that nobody wrote. `__fprobe_kprobe_handler()` */
  #callEntry(fp: Fprobe, fn: number, retLo: number, retHi: number, fregs: FtraceRegs, data: EntryData | null): number {
    const handler = fp.entryHandler;
    if ((fp.flags & FprobeFlag.KPROBE_SHARED) === 0) {
      return handler === undefined ? 0 : handler(fp, fn, retLo, retHi, fregs, data);
    }
    // Shared with kprobes: not to be called while one of their handlers runs on this cpu.
    const cpu = fregs.cpu;
    if (cpu.kprobeRunning) {
      fp.nmissed++;
      return 0;
    }
    cpu.kprobeRunning = true;
    const result = handler === undefined ? 0 : handler(fp, fn, retLo, retHi, fregs, data);
    cpu.kprobeRunning = false;
    return result;
  }

  /** `fprobe_return()` */
  #return(fn: number, fregs: FtraceRegs): void {
    const fgraph = this.#fgraph;
    const first = fgraph.retrieveData(fregs.cpu, this.graphOps.index);
    const stack = fgraph.stackOf(fregs.cpu.current);
    if (first < 0 || stack === undefined) {
      this.#warnNoData(fn);
      return;
    }
    const end = first + fgraph.size;
    const ret = this.#ip;
    const retLo = fregs.words[ret];
    const retHi = fregs.words[ret + 1];
    const words = stack.words;
    const header = this.#header;
    for (let at = first; at < end; ) {
      header.read(words, at);
      if (header.lo === 0 && header.hi === 0) break;
      const size = header.size;
      at += header.words;
      const fp = this.fprobeTable.find(header.lo, header.hi);
      if (fp !== null && (fp.flags & FprobeFlag.DISABLED) === 0 && fp.exitHandler !== undefined) {
        if (at + size > end) break;
        fp.exitHandler(fp, fn, retLo, retHi, fregs, size > 0 ? this.#dataOf(fregs).point(words, at, size) : null);
      }
      at += size;
    }
  }

  /** As graph op 0 it is called for frames that it did not ask for. */
  #warnNoData(fn: number): void {
    if (this.#warnedNoData) return;
    this.#warnedNoData = true;
    this.machine.log.print(`WARNING: fprobe_return has no data for ${this.machine.functions.name(fn)}`);
  }

  #warnHeader(fp: Fprobe): void {
    this.machine.log.warnOnce(
      'fprobe header',
      `fprobe at 0x${fp.address.toString(16)} with ${fp.dataWords} words of data cannot be encoded in an fprobe_header`,
    );
  }
}
