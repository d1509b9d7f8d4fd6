import { Errno } from '../abi/errno.ts';
import type { Fprobe } from '../fprobe/index.ts';
import type { Tracepoint } from '../ftrace/index.ts';
import { isAlnum } from '../trace/ctype.ts';
import type { CommandLog } from './command-log.ts';
import { findRetval, type ProbeTarget } from './definition.ts';
import { defaultTprobeName } from './event-name.ts';
import type { ProbeAttachment } from './probe-event.ts';
import type { ProbeKind } from './probe-events.ts';
import type { ProbeKernel } from './probe-kernel.ts';

/** `TRACEPOINT`, with arguments that do not ask for a return value. */
function parseTarget(log: CommandLog): ProbeTarget | undefined {
  const symbol = log.words[1]!;
  const refused = (
    code: 'BAD_ADDR_SUFFIX' | 'BAD_TP_NAME' | 'RETVAL_ON_PROBE',
    word: number,
    offset: number,
  ): undefined => {
    log.add(code, word, offset);
  };
  const percent = symbol.indexOf('%');
  if (percent >= 0) return refused('BAD_ADDR_SUFFIX', 1, percent);
  for (let i = 0; i < symbol.length; i++) {
    if (!isAlnum(symbol.charCodeAt(i)) && symbol[i] !== '_') return refused('BAD_TP_NAME', 1, i);
  }
  for (let i = 2; i < log.words.length; i++) {
    const at = findRetval(log.words[i]!);
    if (at >= 0) return refused('RETVAL_ON_PROBE', i, at);
  }
  return { symbol, isReturn: false };
}

/**
 * An fprobe on the stub that a tracepoint calls, and the stub on the tracepoint. A tracepoint that is not there may come with a module: the
 * probe waits for it. The tracepoint takes its stub once, so a second probe on it fails with −EEXIST.
 */
class TracepointAttachment implements ProbeAttachment {
  readonly #kernel: ProbeKernel;
  readonly #name: string;
  /** The attachments of all probes there are. */
  readonly #live: Map<TracepointAttachment, Fprobe>;
  /** Where the stub is planted; `undefined` while waiting. */
  #tracepoint: Tracepoint | undefined;

  constructor(kernel: ProbeKernel, name: string, live: Map<TracepointAttachment, Fprobe>) {
    this.#kernel = kernel;
    this.#name = name;
    this.#live = live;
  }

  attach(fprobe: Fprobe): number {
    const ret = this.plant(fprobe);
    if (ret === 0) this.#live.set(this, fprobe);
    return ret;
  }

  detach(fprobe: Fprobe): void {
    this.#live.delete(this);
    this.#pull(fprobe);
  }

  /**
   * Plants the stub if the tracepoint is there (`kernel/trace/trace_fprobe.c:__regsiter_tracepoint_fprobe()`). A stub that
   * turns out not to be traceable stays on its tracepoint.
   */
  plant(fprobe: Fprobe): number {
    const tracepoint = this.#tracepoint === undefined ? this.#kernel.tracepoints.find(this.#name) : undefined;
    if (tracepoint === undefined) return 0;
    const ret = tracepoint.registerStub();
    if (ret !== 0) return ret;
    if (tracepoint.stubFn === undefined) return -Errno.ENOENT;
    const { fprobes, machine } = this.#kernel;
    const registered = fprobes.registerFprobeIps(fprobe, [machine.functions.entryIp(tracepoint.stubFn)]);
    if (registered === 0) this.#tracepoint = tracepoint;
    return registered;
  }

  /** The functions of a module are about to go. */
  going(functions: readonly number[], fprobe: Fprobe): void {
    const stub = this.#tracepoint?.stubFn;
    if (stub !== undefined && functions.includes(stub)) this.#pull(fprobe);
  }

  #pull(fprobe: Fprobe): void {
    const { fprobes } = this.#kernel;
    if (this.#tracepoint === undefined || !fprobes.isRegistered(fprobe)) return;
    fprobes.unregisterFprobe(fprobe);
    this.#tracepoint.unregisterStub();
    this.#tracepoint = undefined;
  }
}

/** Probes on tracepoints: `t[:[GROUP/][EVENT]] TRACEPOINT [ARG…]`. */
export function tprobeKind(kernel: ProbeKernel): ProbeKind {
  const live = new Map<TracepointAttachment, Fprobe>();
  kernel.machine.functionListeners.push({
    coming: () => {
      for (const [attachment, fprobe] of live) attachment.plant(fprobe);
    },
    going: (functions) => {
      for (const [attachment, fprobe] of live) attachment.going(functions, fprobe);
    },
  });
  return {
    letter: 't',
    group: 'tracepoints',
    isTracepoint: true,
    parseTarget,
    defaultEvent: ({ symbol }) => defaultTprobeName(symbol),
    functionName: (symbol) => (kernel.tracepoints.find(symbol) === undefined ? symbol : `__probestub_${symbol}`),
    attachment: (symbol) => new TracepointAttachment(kernel, symbol, live),
  };
}
