import { EventFileFlag } from '../abi/event-file-flags.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { TraceEventCall } from './event-call.ts';
import type { EventFilter } from './filter.ts';
import type { RecordWriter } from './record.ts';
import { recordKernelStack, recordUserStack } from './stack-trace.ts';
import type { TraceArray } from './trace-array.ts';
import { EventTriggers } from './triggers.ts';

/** What makes a hit take the long way: each needs a look before or after the record is filled. */
const SLOW =
  EventFileFlag.TRIGGER_MODE | EventFileFlag.SOFT_DISABLED | EventFileFlag.PID_FILTER | EventFileFlag.FILTERED;

/** What makes it likely that a record is not kept: it is then filled aside. */
const DISCARDING = EventFileFlag.SOFT_DISABLED | EventFileFlag.FILTERED;

/** One event in one trace array: whether it is on, its filter and triggers, and the way its records go (`struct trace_event_file`). */
export class TraceEventFile {
  readonly call: TraceEventCall;
  readonly array: TraceArray;
  /** Bits of {@link EventFileFlag}. */
  flags = 0;
  /** What the `filter` file holds; its program, if it compiled, decides which records are kept. */
  filter: EventFilter | undefined = undefined;
  /** Commands written to the `trigger` file. */
  readonly triggers = new EventTriggers(this);
  /** Users that hold it in soft mode (`sm_ref`). */
  #softModeRefs = 0;

  constructor(call: TraceEventCall, array: TraceArray) {
    this.call = call;
    this.array = array;
  }

  /** Whether hits record: enabled and not soft-disabled. */
  get enabled(): boolean {
    return (this.flags & (EventFileFlag.ENABLED | EventFileFlag.SOFT_DISABLED)) === EventFileFlag.ENABLED;
  }

  /**
   * Switches the event on or off for this trace array (`kernel/trace/trace_events.c:__ftrace_event_enable_disable()`).
   * @param soft on behalf of a trigger or function command: the hook is planted, the soft-disable bit decides
   * @returns 0, or what the event's own `reg` refused with
   */
  setEnabled(on: boolean, soft = false): number {
    return on ? this.#enable(soft) : this.#disable(soft);
  }

  #enable(soft: boolean): number {
    if (!soft) {
      this.flags &= ~EventFileFlag.SOFT_DISABLED;
    } else {
      if (++this.#softModeRefs > 1) return 0;
      this.flags |= EventFileFlag.SOFT_MODE;
    }
    if (this.flags & EventFileFlag.ENABLED) return 0;
    if (soft) this.flags |= EventFileFlag.SOFT_DISABLED;
    const ret = this.call.reg('register', this);
    if (ret !== 0) return ret;
    this.flags |= EventFileFlag.ENABLED | EventFileFlag.WAS_ENABLED;
    this.array.noteEnabled(this);
    return 0;
  }

  #disable(soft: boolean): number {
    let unhook: boolean;
    if (soft) {
      if (--this.#softModeRefs > 0) return 0;
      unhook = (this.flags & EventFileFlag.SOFT_DISABLED) !== 0;
      this.flags &= ~EventFileFlag.SOFT_MODE;
    } else {
      unhook = (this.flags & EventFileFlag.SOFT_MODE) === 0;
    }
    if (unhook && this.flags & EventFileFlag.ENABLED) {
      this.flags &= ~EventFileFlag.ENABLED;
      this.array.noteDisabled(this);
      this.call.reg('unregister', this);
    }
    if (this.flags & EventFileFlag.SOFT_MODE) this.flags |= EventFileFlag.SOFT_DISABLED;
    else this.flags &= ~EventFileFlag.SOFT_DISABLED;
    return 0;
  }

  /** Content of the `enable` file without its newline: `0`, `1`, with `*` in soft mode. */
  enableText(): string {
    const soft = this.flags & (EventFileFlag.SOFT_DISABLED | EventFileFlag.SOFT_MODE);
    return `${this.enabled ? '1' : '0'}${soft ? '*' : ''}`;
  }

  /**
   * Starts a record for a hit on a cpu and fills its common header; the caller fills the rest and calls {@link TraceEventFile.commit}
   * before anything else records on that cpu's level of nesting (`trace_event_buffer_reserve()`).
   * @param size bytes, common header included
   * @returns the cpu's writer, or `undefined` when nothing is to be recorded
   */
  begin(cpu: Cpu, size: number): RecordWriter | undefined {
    const { recorder, noFilterBuffering } = this.array;
    if (!(this.flags & SLOW)) return recorder.begin(cpu, this.call.id, size, 1);
    if (this.#refusedBefore(cpu) || this.#ignoresPid(cpu)) return undefined;
    const forTriggers = (this.flags & EventFileFlag.TRIGGER_COND) !== 0;
    if (this.flags & DISCARDING && noFilterBuffering === 0 && recorder.canLieAside(cpu, size))
      return recorder.beginAside(cpu, this.call.id, size, forTriggers);
    const writer = recorder.begin(cpu, this.call.id, size, 1);
    return writer || !forTriggers ? writer : recorder.beginUnstored(cpu, this.call.id, size);
  }

  /** Ends a record that {@link TraceEventFile.begin} started: filter, triggers, then into the buffer (`trace_event_buffer_commit()`). */
  commit(cpu: Cpu, writer: RecordWriter): void {
    const recorder = this.array.recorder;
    if (!(this.flags & SLOW)) {
      this.#store(cpu, writer);
      return;
    }
    const triggered = this.flags & EventFileFlag.TRIGGER_COND ? this.triggers.call(cpu, writer) : 0;
    const dropped =
      (this.flags & EventFileFlag.SOFT_DISABLED) !== 0 ||
      ((this.flags & EventFileFlag.FILTERED) !== 0 && !this.filter!.match(writer, cpu)) ||
      this.#ignoresPid(cpu);
    if (dropped) recorder.discard(cpu, writer);
    else this.#store(cpu, writer);
    if (triggered) this.triggers.postCall(cpu, triggered);
  }

  /** Commits a record, and the stacks that follow it under `options/stacktrace` and `options/userstacktrace`. */
  #store(cpu: Cpu, writer: RecordWriter): void {
    const { options, recorder } = this.array;
    const buffer = recorder.bufferOf(writer);
    recorder.commit(cpu, writer);
    if (options.stacktrace) recordKernelStack({ array: this.array, buffer, cpu, own: 1 }, this.call, true);
    if (options.userstacktrace) recordUserStack({ array: this.array, buffer, cpu, own: 1 });
  }

  /** Triggers that need no record run here; says whether the hit ends here (`__trace_trigger_soft_disabled()`). */
  #refusedBefore(cpu: Cpu): boolean {
    const flags = this.flags;
    if (flags & EventFileFlag.TRIGGER_COND) return false;
    if (flags & EventFileFlag.TRIGGER_MODE) this.triggers.call(cpu, undefined);
    return (flags & EventFileFlag.SOFT_DISABLED) !== 0;
  }

  #ignoresPid(cpu: Cpu): boolean {
    return (this.flags & EventFileFlag.PID_FILTER) !== 0 && this.array.ignoresPid(cpu.current.pid);
  }
}
