import { Fprobe, pushHandlerStack } from '../fprobe/index.ts';
import type { FtraceRegs } from '../ftrace/index.ts';
import { StackTrace } from '../machine/index.ts';
import { recordPrint } from '../trace/index.ts';
import {
  hashedPointer,
  type KernelModule,
  type ModuleInstance,
  type ModuleKernel,
  type ModuleParams,
} from './kernel-module.ts';

/** Addresses of one dump. */
const BACKTRACE_DEPTH = 16;
const MAX_SYMBOL_LEN = 4096;
/** Columns before each address of a dump. */
const DUMP_INDENT = 25;

/** What the sample does once it is loaded: tells of each entry and each return of the functions that it probes. */
class FprobeExample implements ModuleInstance {
  readonly #kernel: ModuleKernel;
  readonly #symbol: string;
  readonly #stackdump: boolean;
  readonly #useTrace: boolean;
  readonly #fprobe: Fprobe;
  readonly #trace = new StackTrace();
  #hits = 0;

  constructor(kernel: ModuleKernel, params: ModuleParams) {
    this.#kernel = kernel;
    this.#symbol = params.text('symbol');
    this.#stackdump = params.flag('stackdump');
    this.#useTrace = params.flag('use_trace');
    this.#fprobe = new Fprobe({
      entryHandler: (_fp, fn, _retLo, _retHi, fregs) => {
        this.#tell('sample_entry_handler', fregs, `Enter <${this.#place(fn)}> ip = ${this.#pointer(fn)}`);
        return 0;
      },
      exitHandler: (_fp, fn, retLo, retHi, fregs) => {
        const ret = (BigInt(retHi) << 32n) | BigInt(retLo);
        const to = `rip = 0x${hashedPointer(ret)} (${kernel.machine.kallsyms.symbolAt(ret)})`;
        this.#tell('sample_exit_handler', fregs, `Return from <${this.#place(fn)}> ip = ${this.#pointer(fn)} to ${to}`);
      },
    });
  }

  /** `fprobe_init()`: 0 or a negative errno. */
  register(nosymbol: string): number {
    const { fprobes } = this.#kernel;
    const symbol = this.#symbol;
    if (symbol.includes('*'))
      return fprobes.registerFprobe(this.#fprobe, symbol, nosymbol === '' ? undefined : nosymbol);
    const symbols = symbol.split(',');
    if (symbols.length > 1) this.#print('fprobe_init', `${symbols.length} symbols found`);
    return fprobes.registerFprobeSyms(this.#fprobe, symbols);
  }

  /** Says how the registration went. */
  announce(ret: number): void {
    const text = ret < 0 ? `register_fprobe failed, returned ${ret}` : `Planted fprobe at ${this.#symbol}`;
    this.#print('fprobe_init', text);
  }

  exit(): void {
    this.#kernel.fprobes.unregisterFprobe(this.#fprobe);
    const counts = `${this.#hits} times hit, ${this.#fprobe.nmissed} times missed`;
    this.#print('fprobe_exit', `fprobe at ${this.#symbol} unregistered. ${counts}`);
  }

  #print(handler: string, text: string): void {
    this.#kernel.machine.log.print(`${handler}: ${text}`);
  }

  #place(fn: number): string {
    const { functions, kallsyms } = this.#kernel.machine;
    return kallsyms.symbolAt(functions.entryIp(fn));
  }

  #pointer(fn: number): string {
    return `0x${hashedPointer(this.#kernel.machine.functions.entryIp(fn))}`;
  }

  #tell(handler: string, fregs: FtraceRegs, text: string): void {
    const { machine, tracing } = this.#kernel;
    if (this.#useTrace) {
      recordPrint(tracing.printkArray, fregs.cpu, machine.kallsyms.lookupName(handler) ?? 0n, `${text}\n`);
    } else this.#print(handler, text);
    this.#hits++;
    if (this.#stackdump) this.#dump(fregs);
  }

  #dump({ cpu, atReturn }: FtraceRegs): void {
    const { machine } = this.#kernel;
    const trace = this.#trace;
    trace.clear();
    pushHandlerStack(machine, cpu, trace, atReturn);
    for (let i = 0; i < Math.min(trace.count, BACKTRACE_DEPTH); i++) {
      const address = (BigInt(trace.words[2 * i + 1]!) << 32n) | BigInt(trace.words[2 * i]!);
      machine.log.print(`${' '.repeat(DUMP_INDENT)}${machine.kallsyms.symbolAt(address)}`);
    }
  }
}

/** `samples/fprobe/fprobe_example.c`: an fprobe on some functions that tells of each hit, with the stack. */
export const fprobeExample: KernelModule = {
  name: 'fprobe_example',
  description: 'an fprobe that tells of each entry and return of functions, with the stack',
  params: [
    {
      name: 'symbol',
      type: 'string',
      value: 'kernel_clone',
      maxLength: MAX_SYMBOL_LEN,
      description: 'probed functions: a symbol, symbols with commas between them, or a pattern with *',
    },
    {
      name: 'nosymbol',
      type: 'string',
      value: '',
      maxLength: MAX_SYMBOL_LEN,
      description: 'functions of the pattern that are not probed: a pattern',
    },
    { name: 'stackdump', type: 'bool', value: true, description: 'dump the stack of each hit' },
    { name: 'use_trace', type: 'bool', value: false, description: 'tell of hits with trace_printk, not printk' },
  ],
  functions: ['show_backtrace', 'sample_entry_handler', 'sample_exit_handler', 'fprobe_init', 'fprobe_exit'],
  tracePrintk: true,
  init(kernel, params) {
    const example = new FprobeExample(kernel, params);
    const ret = example.register(params.text('nosymbol'));
    example.announce(ret);
    return ret < 0 ? ret : example;
  },
};
