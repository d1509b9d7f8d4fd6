import { Errno } from '../abi/errno.ts';
import type { ProbeErrorCode } from '../abi/probe-errors.ts';

/** One entry for `error_log`: why, and where. */
export interface ProbeError {
  readonly code: ProbeErrorCode;
  /** Bytes from the start of the word (0-based) to the caret, as the kernel counts them. */
  readonly offset: number;
}

/** Why something was refused. A refusal may log several errors, or none. */
export class Refusal<E extends ProbeError = ProbeError> {
  /** Negative errno that goes back to the writer. */
  readonly errno: number;
  readonly errors: readonly E[];

  constructor(errno: number, errors: readonly E[]) {
    this.errno = errno;
    this.errors = errors;
  }
}

/** A refusal for one reason; −EINVAL unless told. `errno` is negative. */
export function refuse(code: ProbeErrorCode, offset: number, errno: number = -Errno.EINVAL): Refusal {
  return new Refusal(errno, [{ code, offset }]);
}
