import { type ProbeErrorCode, ProbeErrorText } from '../abi/probe-errors.ts';
import { ERRNO_GUIDE, ERROR_GUIDE } from './error-guide.ts';

/** What is known of a reason or an errno. */
export interface ExplainedError {
  readonly name: string;
  /** What `error_log` says; `undefined` for an errno. */
  readonly text?: string;
  readonly means: string;
  readonly instead: string;
  /** Definitions, the last of which gives it. */
  readonly example?: readonly string[];
  /** Who logs it, where that is not f or t. */
  readonly of?: string;
}

/** A reason by its name. */
export function explainCode(code: ProbeErrorCode): ExplainedError {
  const { means, instead, example, of } = ERROR_GUIDE[code];
  return {
    name: code,
    text: ProbeErrorText[code],
    means,
    instead,
    ...(example !== undefined && { example }),
    ...(of !== undefined && { of }),
  };
}

/** An errno that came without an entry in `error_log`; `undefined` when nothing is known of it. */
export function explainErrno(name: string): ExplainedError | undefined {
  const guide = Object.hasOwn(ERRNO_GUIDE, name) ? ERRNO_GUIDE[name] : undefined;
  return guide && { name, ...guide };
}

const plain = (text: string) =>
  text
    .trim()
    .replace(/[.:]+$/, '')
    .toLowerCase();

/** What a word or text means: the name of a reason (with or without TP_ERR_), its text in `error_log`, an errno. */
export function findError(text: string): ExplainedError | undefined {
  const upper = text
    .trim()
    .toUpperCase()
    .replace(/^(?:TP_ERR_|-)/, '');
  if (Object.hasOwn(ERROR_GUIDE, upper)) return explainCode(upper as ProbeErrorCode);
  const errno = explainErrno(upper);
  if (errno !== undefined) return errno;
  const said = plain(text.replace(/^.*error:\s*/, ''));
  const code = (Object.keys(ProbeErrorText) as ProbeErrorCode[]).find((each) => plain(ProbeErrorText[each]) === said);
  return code && explainCode(code);
}
