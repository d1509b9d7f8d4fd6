import { Errno } from '../abi/errno.ts';

/** What is wrong with a synthetic event, `kernel/trace/trace_events_synth.c` (`SYNTH_ERR_*`). */
const SynthErrorText = {
  BAD_NAME: 'Illegal name',
  INVALID_CMD: 'Command must be of the form: <name> field[;field] ...',
  INVALID_DYN_CMD: 'Command must be of the form: s or -:[synthetic/]<name> field[;field] ...',
  EVENT_EXISTS: 'Event already exists',
  TOO_MANY_FIELDS: 'Too many fields',
  INCOMPLETE_TYPE: 'Incomplete type',
  INVALID_TYPE: 'Invalid type',
  INVALID_FIELD: 'Invalid field',
  INVALID_ARRAY_SPEC: 'Invalid array specification',
} as const;

/** Name of a reason for refusing a synthetic event. */
export type SynthErrorCode = keyof typeof SynthErrorText;

/** One entry for `error_log`. */
interface SynthError {
  readonly subsystem: 'synthetic_events';
  readonly code: SynthErrorCode;
  readonly text: string;
  readonly command: string;
  /** Column of the caret in the command, 0-based. */
  readonly position: number;
}

/** Takes what commands log. */
export type SynthErrorSink = (error: SynthError) => void;

/** Logs what is wrong with one command. Errors point at the first place in it that reads like what is wrong. */
export class SynthLog {
  readonly #sink: SynthErrorSink;
  readonly #command: string;

  constructor(sink: SynthErrorSink, command: string) {
    this.#sink = sink;
    this.#command = command;
  }

  /**
   * Logs an error.
   * @param piece what is wrong; without one the caret stands at the start
   * @returns −EINVAL unless another errno is given
   */
  refuse(code: SynthErrorCode, piece = '', errno: number = Errno.EINVAL): number {
    const at = Math.max(0, this.#command.indexOf(piece));
    this.#sink({
      subsystem: 'synthetic_events',
      code,
      text: SynthErrorText[code],
      command: this.#command,
      position: at,
    });
    return -errno;
  }
}
