import { type EventField, filterTypeOf } from '../trace/event-field.ts';
import type { HistData } from './hist-data.ts';

/** What a field of a histogram is, `kernel/trace/trace_events_hist.c:enum hist_field_flags`. */
export const HistFlag = {
  HITCOUNT: 1 << 0,
  KEY: 1 << 1,
  STRING: 1 << 2,
  HEX: 1 << 3,
  SYM: 1 << 4,
  SYM_OFFSET: 1 << 5,
  EXECNAME: 1 << 6,
  SYSCALL: 1 << 7,
  STACKTRACE: 1 << 8,
  LOG2: 1 << 9,
  TIMESTAMP: 1 << 10,
  TIMESTAMP_USECS: 1 << 11,
  VAR: 1 << 12,
  EXPR: 1 << 13,
  VAR_REF: 1 << 14,
  CPU: 1 << 15,
  ALIAS: 1 << 16,
  BUCKET: 1 << 17,
  CONST: 1 << 18,
  PERCENT: 1 << 19,
  GRAPH: 1 << 20,
  COMM: 1 << 21,
} as const;

/** Addresses of a stack that is a key or a variable. */
export const STACK_DEPTH = 16;
/** Bytes of such a stack. */
export const STACK_SIZE = 8 * STACK_DEPTH;
/** Most bytes of a string that is a key, terminator included, `include/linux/trace_events.h:MAX_FILTER_STR_VAL`. */
export const STRING_SIZE = 256;

/** Operators of expressions. */
export type HistOperator = '+' | '-' | '*' | '/' | 'unary-';

/** Where a field's value comes from. */
type HistSource =
  | 'none'
  | 'one'
  | 'const'
  | 'var-ref'
  | 'timestamp'
  | 'cpu'
  | 'comm'
  | 'execname'
  | 'log2'
  | 'bucket'
  | 'number'
  | 'string'
  | 'dynamic-string'
  | 'relative-string'
  | 'stack'
  | 'expression';

/** A key, a value or a variable of a histogram, or a part of its expression (`struct hist_field`). */
export class HistField {
  /** The histogram that it was made for. */
  hist: HistData;
  /** The event's field that it reads. */
  field: EventField | undefined = undefined;
  /** Bits of {@link HistFlag}. */
  flags = 0;
  source: HistSource = 'none';
  type = '';
  /** Bytes; of a key, rounded up to 8. */
  size = 0;
  /** Bytes from a key's start. */
  offset = 0;
  signed = false;
  operands: HistField[] = [];
  operator: HistOperator | undefined = undefined;
  /** Width of the ranges that `.buckets` counts by; 0 without. */
  buckets = 0n;
  constant = 0n;
  /** Name of the variable that it is. */
  varName: string | undefined = undefined;
  /** The histogram whose variable it is, or refers to, and the variable's number there. */
  varHist: HistData | undefined = undefined;
  varIndex = 0;
  /** Number among the variables that hold texts. */
  textIndex = 0;
  /** Number among the references of its histogram. */
  refIndex = 0;
  /** A reference in an expression: reading the variable unsets it. */
  readOnce = false;
  /** `system.event.` of a reference that names them. */
  system: string | undefined = undefined;
  event: string | undefined = undefined;
  /** Name of an expression or reference. */
  name: string | undefined = undefined;

  constructor(hist: HistData) {
    this.hist = hist;
  }

  is(flags: number): boolean {
    return (this.flags & flags) !== 0;
  }
}

const STRING_SOURCES = {
  string: 'string',
  'dyn-string': 'dynamic-string',
  'rel-string': 'relative-string',
} as const;

const NUMBER_SIZES: ReadonlySet<number> = new Set([1, 2, 4, 8]);

/** Whether filters and keys take a field of an event as text. */
export function isStringField(field: EventField): boolean {
  const type = field.filterType ?? filterTypeOf(field.type);
  return type === 'comm' || type === 'ptr-string' || type in STRING_SOURCES;
}

/**
 * Makes a field (`create_hist_field()`).
 * @param flags of {@link HistFlag}
 * @returns `undefined` for a field of an event whose value cannot be read
 */
export function createHistField(
  hist: HistData,
  field: EventField | undefined,
  flags: number,
  varName?: string,
): HistField | undefined {
  const made = new HistField(hist);
  made.field = field;
  made.flags = flags;
  made.varName = varName;
  if (flags & (HistFlag.EXPR | HistFlag.ALIAS)) return made;
  if (flags & HistFlag.VAR_REF) made.source = 'var-ref';
  else if (flags & HistFlag.HITCOUNT) plain(made, 'one', 8, 'u64');
  else if (flags & HistFlag.CONST) plain(made, 'const', 8, 'u64');
  else if (flags & HistFlag.STACKTRACE) plain(made, field ? 'stack' : 'none', STACK_SIZE, 'unsigned long[]');
  else if (flags & (HistFlag.LOG2 | HistFlag.BUCKET)) {
    const operand = createHistField(hist, field, flags & ~(HistFlag.LOG2 | HistFlag.BUCKET));
    if (!operand) return undefined;
    made.operands = [operand];
    plain(made, flags & HistFlag.LOG2 ? 'log2' : 'bucket', operand.size, operand.type);
  } else if (flags & HistFlag.TIMESTAMP) plain(made, 'timestamp', 8, 'u64');
  else if (flags & HistFlag.CPU) plain(made, 'cpu', 4, 'unsigned int');
  else if (flags & HistFlag.COMM) plain(made, 'comm', STRING_SIZE, 'char[]');
  else if (field) return readField(made, field);
  return made;
}

function plain(made: HistField, source: HistSource, size: number, type: string): void {
  made.source = source;
  made.size = size;
  made.type = type;
}

/** Lets a field read one of the event. */
function readField(made: HistField, field: EventField): HistField | undefined {
  const filterType = field.filterType ?? filterTypeOf(field.type);
  if (filterType in STRING_SOURCES) {
    made.flags |= HistFlag.STRING;
    const source = STRING_SOURCES[filterType as keyof typeof STRING_SOURCES];
    plain(made, source, source === 'string' ? field.size : STRING_SIZE, field.type);
    return made;
  }
  plain(made, 'number', field.size, field.type);
  made.signed = field.signed;
  return NUMBER_SIZES.has(field.size) ? made : undefined;
}

const MODIFIER_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [HistFlag.HEX, 'hex'],
  [HistFlag.SYM, 'sym'],
  [HistFlag.SYM_OFFSET, 'sym-offset'],
  [HistFlag.EXECNAME, 'execname'],
  [HistFlag.SYSCALL, 'syscall'],
  [HistFlag.LOG2, 'log2'],
  [HistFlag.BUCKET, 'buckets'],
  [HistFlag.TIMESTAMP_USECS, 'usecs'],
  [HistFlag.PERCENT, 'percent'],
  [HistFlag.GRAPH, 'graph'],
  [HistFlag.STACKTRACE, 'stacktrace'],
];

/** Name of a field's modifier as a trigger shows it; `undefined` without one. */
export function modifierName(field: HistField): string | undefined {
  return MODIFIER_NAMES.find(([flag]) => field.is(flag))?.[1];
}

/** Name of a field as a trigger and its histogram show it (`hist_field_name()`). */
export function histFieldName(field: HistField, level = 0): string {
  if (level > 1) return '';
  if (field.field) return field.field.name;
  if (field.is(HistFlag.LOG2 | HistFlag.ALIAS | HistFlag.BUCKET))
    return field.operands[0] ? histFieldName(field.operands[0], level + 1) : '';
  if (field.is(HistFlag.CPU)) return 'common_cpu';
  if (field.is(HistFlag.COMM)) return 'common_comm';
  if (field.is(HistFlag.EXPR | HistFlag.VAR_REF)) {
    const name = field.name ?? '';
    return field.system === undefined ? name : field.hist.kernel.qualify(`${field.system}.${field.event}.${name}`);
  }
  if (field.is(HistFlag.TIMESTAMP)) return 'common_timestamp';
  if (field.is(HistFlag.STACKTRACE)) return 'common_stacktrace';
  return field.is(HistFlag.HITCOUNT) ? 'hitcount' : '';
}
