import { type ProbeErrorCode, ProbeErrorText } from '../abi/probe-errors.ts';
import type { SynthErrorCode } from '../hist/index.ts';

/** One entry for `error_log`. */
export interface CommandError {
  /** Who refuses: `trace_fprobe`. */
  readonly subsystem: string;
  /** Name of the reason. */
  readonly code: ProbeErrorCode | SynthErrorCode;
  /** What `error_log` says. */
  readonly text: string;
  /** The command as the log echoes it: its words with single spaces between them. */
  readonly command: string;
  /** Column of the caret in {@link CommandError.command}, 0-based. */
  readonly position: number;
}

/** Takes what commands log. */
export type ErrorSink = (error: CommandError) => void;

/** Logs the errors of one command (`kernel/trace/trace_probe.c:trace_probe_log`). */
export class CommandLog {
  /** Words of the command. Those that the parser rewrites in place are echoed as rewritten. */
  words: readonly string[];
  readonly #subsystem: string;
  readonly #sink: ErrorSink;

  constructor(subsystem: string, words: readonly string[], sink: ErrorSink) {
    this.#subsystem = subsystem;
    this.words = words;
    this.#sink = sink;
  }

  /**
   * Logs an error.
   * @param word index of the word; past the last one the caret stands behind the command
   * @param offset bytes from the word's start to the caret
   */
  add(code: ProbeErrorCode, word: number, offset = 0): void {
    const command = this.words.join(' ');
    let position = command.length + 1;
    if (word < this.words.length) {
      position = offset + word;
      for (let i = 0; i < word; i++) position += this.words[i]!.length;
    }
    this.#sink({ subsystem: this.#subsystem, code, text: ProbeErrorText[code], command, position });
  }
}
