/** What is wrong with a filter, `kernel/trace/trace_events_filter.c` (`FILT_ERR_*`); `ERRNO` and `NO_ERROR` have no text of their own. */
export const FilterErrorText = {
  INVALID_OP: 'Invalid operator',
  TOO_MANY_OPEN: "Too many '('",
  TOO_MANY_CLOSE: "Too few '('",
  MISSING_QUOTE: 'Missing matching quote',
  MISSING_BRACE_OPEN: "Missing '{'",
  MISSING_BRACE_CLOSE: "Missing '}'",
  OPERAND_TOO_LONG: 'Operand too long',
  EXPECT_STRING: 'Expecting string field',
  EXPECT_DIGIT: 'Expecting numeric field',
  ILLEGAL_FIELD_OP: 'Illegal operation for field type',
  FIELD_NOT_FOUND: 'Field not found',
  ILLEGAL_INTVAL: 'Illegal integer value',
  BAD_SUBSYS_FILTER: "Couldn't find or set field in one of a subsystem's events",
  TOO_MANY_PREDS: 'Too many terms in predicate expression',
  INVALID_CPULIST: 'Invalid cpulist',
  INVALID_VALUE: 'Invalid value (did you forget quotes)?',
  NO_FUNCTION: 'Function not found',
  ERRNO: 'Error',
  NO_FILTER: 'No filter found',
} as const;

/** Name of a reason for refusing a filter. */
export type FilterErrorCode = keyof typeof FilterErrorText;

/** A refusal: what the write returns, and what the filter file and `error_log` say when the kernel says anything. */
export interface FilterError {
  /** Negative errno. Some are the parser's own −1, −2, −3, which a caller sees as EPERM, ENOENT, ESRCH. */
  readonly errno: number;
  readonly code?: FilterErrorCode | undefined;
  /** Byte offset in the filter, 0-based. */
  readonly pos: number;
}
