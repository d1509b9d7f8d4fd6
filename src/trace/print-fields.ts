import { isPrint } from './ctype.ts';
import type { TraceEventCall } from './event-call.ts';
import { type EventField, filterTypeOf } from './event-field.ts';
import type { RecordView } from './record.ts';
import type { TraceSeq } from './trace-seq.ts';

/** Latin1 text of record bytes up to a NUL. */
export function bytesText(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (let i = at; i < at + length && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

const OVERFLOW = '<OVERFLOW>';

/** The bytes that a `__data_loc` or `__rel_loc` word stands for, or `undefined` when they are not in the record. */
function dataAt(rec: RecordView, field: EventField, relative: boolean): { at: number; length: number } | undefined {
  const offset = rec.view.getUint16(rec.base + field.offset, true) + (relative ? field.offset + 4 : 0);
  const length = rec.view.getUint16(rec.base + field.offset + 2, true);
  return offset + length > rec.size ? undefined : { at: rec.base + offset, length };
}

function arrayText(rec: RecordView, field: EventField, relative: boolean): string {
  const data = dataAt(rec, field, relative);
  if (!data) return OVERFLOW;
  return [...rec.bytes.subarray(data.at, data.at + data.length)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(',');
}

function numberText(rec: RecordView, field: EventField, out: TraceSeq): string {
  const at = rec.base + field.offset;
  const { view } = rec;
  if (field.size === 1) {
    const byte = view.getUint8(at);
    return `${isPrint(byte) ? `'${String.fromCharCode(byte)}'` : ''}(${byte})`;
  }
  if (field.size === 2) return `0x${view.getUint16(at, true).toString(16)} (${view.getUint16(at, true)})`;
  if (field.size === 4) {
    if (field.type.includes('__data_loc')) return arrayText(rec, field, false);
    if (field.type.includes('__rel_loc')) return arrayText(rec, field, true);
    return `0x${view.getUint32(at, true).toString(16)} (${view.getInt32(at, true)})`;
  }
  if (field.size !== 8) return '<INVALID-SIZE>';
  const symbol = out.context.symbol(view.getUint32(at, true), view.getUint32(at + 4, true), true);
  return `${symbol ?? `0x${view.getBigUint64(at, true).toString(16)}`} (${view.getBigInt64(at, true)})`;
}

function pointerText(rec: RecordView, field: EventField, out: TraceSeq): string {
  const at = rec.base + field.offset;
  const address = `0x${rec.view.getBigUint64(at, true).toString(16)}`;
  const text = out.context.kernelString(rec.view.getUint32(at, true), rec.view.getUint32(at + 4, true));
  return text === undefined ? `(${address})` : `(${address}:${text})`;
}

function fieldText(rec: RecordView, field: EventField, out: TraceSeq): string {
  if (field.offset + field.size > rec.size) return OVERFLOW;
  const filterType = field.filterType ?? filterTypeOf(field.type);
  switch (filterType) {
    case 'comm':
    case 'string':
      return bytesText(rec.bytes, rec.base + field.offset, field.size);
    case 'dyn-string':
    case 'rel-string': {
      const data = dataAt(rec, field, filterType === 'rel-string');
      return data ? bytesText(rec.bytes, data.at, data.length) : OVERFLOW;
    }
    case 'ptr-string':
      return pointerText(rec, field, out);
    case 'cpumask':
    case 'stacktrace':
      return '<INVALID-TYPE>';
    default:
      return numberText(rec, field, out);
  }
}

/**
 * A record under `options/fields`: every field by its type instead of the event's own text, and the line's end
 * (`kernel/trace/trace_output.c:print_event_fields()`). Entries of ftrace itself have no such print.
 */
export function printEventFields(call: TraceEventCall, rec: RecordView, out: TraceSeq): void {
  if (call.ignoreEnable) {
    out.puts(`UNKNOWN TYPE ${call.id}\n`);
    return;
  }
  out.puts(`${call.name}:`);
  if (call.fields.length === 0) out.puts('No fields found\n');
  else out.puts(`${call.fields.map((field) => ` ${field.name}=${fieldText(rec, field, out)}`).join('')}\n`);
}
