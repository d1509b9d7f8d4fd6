/** Most arguments of one probe event, `kernel/trace/trace_probe.h:MAX_TRACE_ARGS`. */
export const MAX_TRACE_ARGS = 128;
/** Longest argument expression in bytes, without its name. */
export const MAX_ARGSTR_LEN = 63;
/** Most elements of an array argument. */
export const MAX_ARRAY_LEN = 64;
/** Longest argument name in bytes. */
export const MAX_ARG_NAME_LEN = 32;
/** Bytes that all names made from `$arg*` and `$argN` may take together, terminators included. */
export const MAX_BTF_ARGS_LEN = 128;
/** Bytes that all rewritten `%pd` and `%pD` arguments may take together, terminators included. */
export const MAX_DENTRY_ARGS_LEN = 256;
/** Longest string that a fetch copies, in bytes with its terminator (PATH_MAX). */
export const MAX_STRING_SIZE = 4096;
/** Longest group or event name in bytes with its terminator, `kernel/trace/trace.h:MAX_EVENT_NAME_LEN`. */
export const MAX_EVENT_NAME_LEN = 64;
/** Steps of one fetch program, its end included. */
export const FETCH_INSN_MAX = 16;
/** Longest symbol name in bytes with its terminator. */
export const KSYM_NAME_LEN = 512;
/** Bytes of a kernel stack. */
export const THREAD_SIZE = 16384;
/** Entries that `error_log` keeps. */
export const TRACING_LOG_ERRS_MAX = 8;
/** Longest `who: error: ` of an `error_log` entry, terminator included, `kernel/trace/trace.c:TRACING_LOG_LOC_MAX`. */
export const MAX_LOG_LOC = 128;
