import type { Cpu } from '../machine/cpu.ts';
import type { RecordWriter } from './record.ts';

/** The commands in an event's `trigger` file at work. */
export interface EventTriggers {
  /**
   * Runs them for a hit (`event_triggers_call()`).
   * @param record the hit's record, or `undefined` when none of them looks at it
   * @returns a mask of those that must run again after the record is stored, 0 for none
   */
  call(cpu: Cpu, record: RecordWriter | undefined): number;
  /** Runs those that come after the record (`event_triggers_post_call()`): stack traces. */
  postCall(cpu: Cpu, mask: number): void;
  /** Content of the `trigger` file. */
  text(): string;
  /** Content of the `hist` file. */
  histText(): string;
}
