import { Errno } from '../abi/errno.ts';
import { MAX_ARGSTR_LEN } from '../abi/limits.ts';
import { Fprobe, FprobeFlag, type FprobeOptions } from '../fprobe/index.ts';
import type { ProbeArg } from '../probe/probe-arg.ts';
import type { ProbeDefinition } from './definition.ts';
import type { DynamicEvent } from './dynamic-events.ts';
import type { HitRecorder } from './hit-recorder.ts';
import type { ProbeEventCall } from './probe-event-call.ts';
import type { ProbeEvents } from './probe-events.ts';

/** How a removal spells an argument; what is longer is cut, so that it is never found. */
const argumentText = ({ name, comm }: ProbeArg): string => `${name}=${comm}`.slice(0, MAX_ARGSTR_LEN);

/** Puts a probe's fprobe where it is to hit. */
export interface ProbeAttachment {
  /** 0 or a negative errno. */
  attach(fprobe: Fprobe): number;
  detach(fprobe: Fprobe): void;
}

/** The handlers of a probe: at the entry, or at the return with the arguments kept from the entry. */
function handlersOf(
  { isReturn, entryArguments }: ProbeDefinition,
  call: ProbeEventCall,
  recorder: HitRecorder,
): FprobeOptions {
  if (!isReturn) {
    return {
      entryHandler: (_, fn, retLo, retHi, regs) => {
        recorder.record(call.sinks, fn, retLo, retHi, regs, null);
        return 0;
      },
    };
  }
  const exitHandler: FprobeOptions['exitHandler'] = (_, fn, retLo, retHi, regs, data) =>
    recorder.record(call.sinks, fn, retLo, retHi, regs, data);
  if (entryArguments.length === 0) return { exitHandler };
  return {
    exitHandler,
    entryHandler: (_fp, _fn, _retLo, _retHi, regs, data) => {
      for (let i = 0; i < entryArguments.length; i++) {
        regs.argument(entryArguments[i]!);
        data?.set(i, regs.lo, regs.hi);
      }
      return 0;
    },
    entryDataSize: 8 * entryArguments.length,
  };
}

/** One probe of an event (`struct trace_fprobe`). */
export class ProbeEvent implements DynamicEvent {
  readonly definition: ProbeDefinition;
  /** The event that it hits; other probes may hit it, too. */
  readonly call: ProbeEventCall;
  readonly fprobe: Fprobe;
  readonly #attachment: ProbeAttachment;
  readonly #owner: ProbeEvents;

  constructor(
    definition: ProbeDefinition,
    call: ProbeEventCall,
    recorder: HitRecorder,
    attachment: ProbeAttachment,
    owner: ProbeEvents,
  ) {
    this.definition = definition;
    this.call = call;
    this.fprobe = new Fprobe({
      ...handlersOf(definition, call, recorder),
      flags: call.isEnabled ? 0 : FprobeFlag.DISABLED,
    });
    this.#attachment = attachment;
    this.#owner = owner;
  }

  /** Registers its fprobe, disabled unless the event is enabled; 0 or a negative errno. */
  attach(): number {
    return this.#attachment.attach(this.fprobe);
  }

  /** Lets its hits through, or keeps them back. */
  setEnabled(on: boolean): void {
    if (on) this.fprobe.flags &= ~FprobeFlag.DISABLED;
    else this.fprobe.flags |= FprobeFlag.DISABLED;
  }

  /** `kernel/trace/trace_fprobe.c:trace_fprobe_show()` */
  show(): string {
    const { isTracepoint, group, event, symbol, isReturn, args } = this.definition;
    const list = args.map(({ name, comm }) => ` ${name}=${comm}`).join('');
    return `${isTracepoint ? 't' : 'f'}:${group}/${event} ${symbol}${isReturn ? '%return' : ''}${list}\n`;
  }

  get path(): string {
    return `${this.definition.group}/${this.definition.event}`;
  }

  get nmissed(): number {
    return this.fprobe.nmissed;
  }

  isBusy(): boolean {
    return this.call.isEnabled;
  }

  /**
   * Takes the probe away, and with the last probe the event (`kernel/trace/trace_fprobe.c:unregister_trace_fprobe()`).
   * −EBUSY while the event is enabled, or a trigger or perf holds it; one of several probes can always go.
   */
  release(): number {
    if (this.call.probes.length === 1) {
      if (this.call.isEnabled || this.call.refcnt !== 0) return -Errno.EBUSY;
      if (this.#owner.removeCall(this.call) !== 0) return -Errno.EBUSY;
    }
    this.#attachment.detach(this.fprobe);
    this.#owner.forget(this);
    return 0;
  }

  /** `kernel/trace/trace_fprobe.c:trace_fprobe_match()`: symbols are told apart by their first 63 bytes. */
  match(system: string | undefined, event: string, words: readonly string[]): boolean {
    const { group, event: name, symbol, args } = this.definition;
    if ((event !== '' && event !== name) || (system !== undefined && system !== group)) return false;
    if (words.length > args.length + 1) return false;
    return words.every((word, i) => word === (i === 0 ? symbol.slice(0, MAX_ARGSTR_LEN) : argumentText(args[i - 1]!)));
  }
}
