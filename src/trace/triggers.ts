import { EventFileFlag } from '../abi/event-file-flags.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { TraceEventFile } from './event-file.ts';
import type { Predicate } from './filter-compare.ts';
import type { RecordWriter } from './record.ts';

/** Kinds of triggers, `include/linux/trace_events.h:enum event_trigger_type`: of most an event has one at a time. */
export const TriggerType = {
  TRACE_ONOFF: 1,
  SNAPSHOT: 2,
  STACKTRACE: 4,
  EVENT_ENABLE: 8,
  EVENT_HIST: 16,
  HIST_ENABLE: 32,
} as const;

/** When a trigger runs: before anything is recorded, once the record is filled, or behind the record. Those with a filter wait for the record. */
export type TriggerTime = 'at-once' | 'with-record' | 'after-record';

/** A command in an event's `trigger` file at work (`struct event_trigger_data`). */
export interface Trigger {
  /** One of {@link TriggerType}. */
  readonly type: number;
  readonly time: TriggerTime;
  /** Which hits run it; without one all do. */
  readonly filter: Predicate | undefined;
  /** Whether hits leave it alone. */
  paused: boolean;
  /** A hit. `record` is `undefined` for triggers that run at once or behind the record. */
  run(cpu: Cpu, record: RecordWriter | undefined): void;
  /** Its line in the `trigger` file, without the newline. */
  text(): string;
  /** Its part of the `hist` file; only histograms have one. */
  histText?(): string;
  /** Gives back what it holds: it has been taken off the event. */
  free(): void;
}

/** The triggers of one event in one trace array, in the order of its `trigger` file. */
export class EventTriggers {
  readonly #file: TraceEventFile;
  #list: readonly Trigger[] = [];

  constructor(file: TraceEventFile) {
    this.#file = file;
  }

  [Symbol.iterator](): Iterator<Trigger> {
    return this.#list[Symbol.iterator]();
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  /**
   * Adds a trigger and with the first lets the event hit in soft mode (`register_trigger()`, `hist_trigger_enable()`).
   * @returns 0, or what the event refused with; nothing is added then
   */
  add(trigger: Trigger, where: 'first' | 'last'): number {
    const before = this.#list;
    this.#set(where === 'first' ? [trigger, ...before] : [...before, trigger]);
    if (before.length > 0) return 0;
    this.#file.flags |= EventFileFlag.TRIGGER_MODE;
    const ret = this.#file.setEnabled(true, true);
    if (ret < 0) this.#set(before);
    return ret;
  }

  /** Takes a trigger off the event, and with the last one the soft mode; then frees it. */
  remove(trigger: Trigger): void {
    const left = this.#list.filter((other) => other !== trigger);
    if (left.length === this.#list.length) return;
    this.#set(left);
    if (left.length === 0) {
      this.#file.flags &= ~EventFileFlag.TRIGGER_MODE;
      this.#file.setEnabled(false, true);
    }
    trigger.free();
    this.#file.array.tracing.synchronize();
  }

  /**
   * Runs them for a hit (`event_triggers_call()`).
   * @param record the hit's record, or `undefined` when none of them looks at it
   * @returns a mask of those that must run again after the record is stored, 0 for none
   */
  call(cpu: Cpu, record: RecordWriter | undefined): number {
    const list = this.#list;
    let later = 0;
    for (let i = 0; i < list.length; i++) {
      const trigger = list[i]!;
      if (trigger.paused) continue;
      if (record && trigger.filter && !trigger.filter(record, cpu)) continue;
      if (record && trigger.time === 'after-record') later |= trigger.type;
      else trigger.run(cpu, record);
    }
    return later;
  }

  /** Runs those that come after the record (`event_triggers_post_call()`). */
  postCall(cpu: Cpu, mask: number): void {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) {
      const trigger = list[i]!;
      if (!trigger.paused && trigger.type & mask) trigger.run(cpu, undefined);
    }
  }

  /** Notes whether hits must fill a record for them (`update_cond_flag()`). */
  #set(list: readonly Trigger[]): void {
    this.#list = list;
    if (list.some(({ filter, time }) => filter || time !== 'at-once')) this.#file.flags |= EventFileFlag.TRIGGER_COND;
    else this.#file.flags &= ~EventFileFlag.TRIGGER_COND;
  }
}
