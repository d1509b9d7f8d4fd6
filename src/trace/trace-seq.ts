import { secondsAndMicros } from './error-log.ts';

/** The arguments that a record holds, as the registers had them. */
export interface ArgumentWords {
  readonly view: DataView;
  /** Byte offset of the first of six 64-bit words. */
  readonly at: number;
}

/** What a printer of records needs to know beside the record. */
export interface TraceSeqContext {
  /** `name+0x4/0x470`, or `name` alone, of an address given as unsigned halves; `undefined` outside the kernel's text. */
  symbol(lo: number, hi: number, withOffset: boolean): string | undefined;
  /** Name of the task with this pid, as `saved_cmdlines` has it. */
  comm(pid: number): string;
  /** The string at an address of the kernel, `undefined` when it cannot be read. */
  kernelString(lo: number, hi: number): string | undefined;
  /** The arguments of the function at an address, in parentheses; where there are no types to tell them apart, `undefined`. */
  functionArgs?: ((lo: number, hi: number, args: ArgumentWords) => string) | undefined;
}

/** Bytes that one line of output can hold, `include/linux/trace_seq.h:TRACE_SEQ_BUFFER_SIZE`. */
export const TRACE_SEQ_BUFFER_SIZE = 8156;

/** An address that no symbol spans; at least eight digits where the symbol would stand without offset. */
function unknownAddress(lo: number, hi: number, withOffset: boolean): string {
  if (hi !== 0) return `0x${hi.toString(16)}${hexHalf(lo)}`;
  return `0x${withOffset ? lo.toString(16) : hexHalf(lo)}`;
}

const hexHalf = (value: number) => (value >>> 0).toString(16).padStart(8, '0');

/**
 * Text under construction: what printers write to, `include/linux/trace_seq.h`. The text is latin1, one character a byte.
 * A piece that does not fit into {@link TRACE_SEQ_BUFFER_SIZE} is dropped whole and everything after it too.
 */
export class TraceSeq {
  text = '';
  full = false;
  /** `TRACE_ITER_SYM_OFFSET`: symbols with `+0x…/0x…` where the printer leaves the choice. */
  symOffset = false;
  /** `TRACE_ITER_SYM_ADDR`: addresses in angle brackets after symbols. */
  symAddr = false;
  /** `TRACE_ITER_PRINT_PARENT`: the caller of a traced function. */
  printParent = true;
  /** `TRACE_ITER_HASH_PTR`: `%p` shows not the address but a number that stands for it. */
  hashPtr = true;
  /** `TRACE_ITER_VERBOSE`: more than usual, where a printer has more. */
  verbose = false;
  /** Whether times are nanoseconds, and not just numbers. */
  inNs = true;
  readonly context: TraceSeqContext;

  constructor(context: TraceSeqContext) {
    this.context = context;
  }

  /** Forgets the text. */
  clear(): void {
    this.text = '';
    this.full = false;
  }

  /** Appends text, `trace_seq_puts()`. */
  puts(text: string): void {
    if (this.full) return;
    if (this.text.length + text.length > TRACE_SEQ_BUFFER_SIZE) this.full = true;
    else this.text += text;
  }

  /** A time of the trace clock as lines show it, with a space in front (`kernel/trace/trace_output.c:trace_print_time()`). */
  timeText(timestamp: number): string {
    return this.inNs ? ` ${secondsAndMicros(timestamp)}` : ` ${String(timestamp).padStart(12)}`;
  }

  /**
   * Appends the symbol at an address: `0` for a null address, `name`, or `name+0x4/0x470` when the options or `withOffset` say so,
   * with ` <ffffffff81000000>` behind it under sym-addr (`kernel/trace/trace_output.c:seq_print_ip_sym()`).
   */
  putIp(lo: number, hi: number, withOffset = this.symOffset): void {
    if (lo === 0 && hi === 0) {
      this.puts('0');
      return;
    }
    this.puts(this.context.symbol(lo, hi, withOffset) ?? unknownAddress(lo, hi, withOffset));
    if (this.symAddr) this.puts(` <${hexHalf(hi)}${hexHalf(lo)}>`);
  }
}
