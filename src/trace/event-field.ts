/**
 * How a field takes part in filters, `include/linux/trace_events.h` (`FILTER_*`).
 * `string` is a char array in the record, `dyn-string` a `__data_loc` word, `rel-string` a `__rel_loc` word, `ptr-string` a
 * pointer to a string, `fn` a function address, `cpumask` a `__data_loc` word of a bit map.
 */
export type FilterType =
  | 'other'
  | 'string'
  | 'dyn-string'
  | 'rel-string'
  | 'ptr-string'
  | 'fn'
  | 'cpumask'
  | 'comm'
  | 'cpu'
  | 'stacktrace';

/** One field of a trace record, as the `format` file describes it. */
export interface EventField {
  /** Name, as used in filters and print fmt. */
  readonly name: string;
  /** C type as in `format`: `int`, `u8[4]`, `__data_loc char[]`. */
  readonly type: string;
  /** Bytes from the record's first byte, common header included. */
  readonly offset: number;
  /** Size in bytes; 0 for a dynamic array at the record's end. */
  readonly size: number;
  /** Whether `format` says `signed:1` and filters compare with sign. */
  readonly signed: boolean;
  /** Array length in elements when the type has brackets and a fixed length. */
  readonly len?: number | undefined;
  /** Set when the kernel names the filter type itself; else it follows from {@link EventField.type}. */
  readonly filterType?: FilterType | undefined;
}

/** Bytes of the common header (`struct trace_entry`) at the start of each record. */
export const TRACE_ENTRY_SIZE = 8;

/** The fields of the common header, in `format` order. */
const COMMON_FIELDS: readonly EventField[] = [
  { name: 'common_type', type: 'unsigned short', offset: 0, size: 2, signed: false },
  { name: 'common_flags', type: 'unsigned char', offset: 2, size: 1, signed: false },
  { name: 'common_preempt_count', type: 'unsigned char', offset: 3, size: 1, signed: false },
  { name: 'common_pid', type: 'int', offset: 4, size: 4, signed: true },
];

/** Fields that no record holds but every filter knows, `kernel/trace/trace_events.c:trace_define_generic_fields()`. */
const GENERIC_FIELDS: readonly EventField[] = [
  { name: 'CPU', type: 'int', offset: 0, size: 0, signed: true, filterType: 'cpu' },
  { name: 'cpu', type: 'int', offset: 0, size: 0, signed: true, filterType: 'cpu' },
  { name: 'common_cpu', type: 'int', offset: 0, size: 0, signed: true, filterType: 'cpu' },
  { name: 'COMM', type: 'char *', offset: 0, size: 0, signed: false, filterType: 'comm' },
  { name: 'comm', type: 'char *', offset: 0, size: 0, signed: false, filterType: 'comm' },
  { name: 'stacktrace', type: 'char *', offset: 0, size: 0, signed: false, filterType: 'stacktrace' },
  { name: 'STACKTRACE', type: 'char *', offset: 0, size: 0, signed: false, filterType: 'stacktrace' },
];

/** The filter type that follows from a field's C type, `kernel/trace/trace_events_filter.c:filter_assign_type()`. */
export function filterTypeOf(type: string): FilterType {
  const chars = type.includes('char');
  if (type.includes('__data_loc') && chars) return 'dyn-string';
  if (type.includes('__data_loc') && type.includes('cpumask_t')) return 'cpumask';
  if (type.includes('__rel_loc') && chars) return 'rel-string';
  if (type.includes('[') && chars) return 'string';
  return type === 'char *' || type === 'const char *' ? 'ptr-string' : 'other';
}

/** Finds a field by name: the event's own, then the generic ones, then the common header (`trace_find_event_field()`). */
export function findEventField(fields: readonly EventField[], name: string): EventField | undefined {
  const named = (field: EventField) => field.name === name;
  return fields.find(named) ?? GENERIC_FIELDS.find(named) ?? COMMON_FIELDS.find(named);
}

function fieldLine(field: EventField): string {
  const tail = `;\toffset:${field.offset};\tsize:${field.size};\tsigned:${field.signed ? 1 : 0};\n`;
  const bracket = field.type.startsWith('__data_loc') ? -1 : field.type.indexOf('[');
  if (bracket < 0) return `\tfield:${field.type} ${field.name}${tail}`;
  return `\tfield:${field.type.slice(0, bracket)} ${field.name}[${field.len ? field.len : ''}]${tail}`;
}

/** Text of an event's `format` file, `kernel/trace/trace_events.c:f_show()`. */
export function formatText(event: {
  name: string;
  id: number;
  fields: readonly EventField[];
  printFmt: string;
}): string {
  const lines = (fields: readonly EventField[]) => fields.map(fieldLine).join('');
  return `name: ${event.name}\nID: ${event.id}\nformat:\n${lines(COMMON_FIELDS)}\n${lines(event.fields)}\nprint fmt: ${event.printFmt}\n`;
}
