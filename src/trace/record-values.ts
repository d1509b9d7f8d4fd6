import { MergedIterator, type RecordRef } from '../ring-buffer/index.ts';
import type { TraceEventCall } from './event-call.ts';
import { type EventField, filterTypeOf } from './event-field.ts';
import { bytesText } from './print-fields.ts';
import type { RecordView } from './record.ts';
import { recordPid, recordType } from './record.ts';
import type { TraceSource } from './trace-header.ts';

/** What a field holds: an integer, or text (latin1), or several of one kind; `null` for a string that could not be fetched. */
export type FieldValue = bigint | string | null | readonly FieldValue[];

/** A record taken apart. */
export interface RecordValues {
  readonly system: string;
  readonly name: string;
  readonly task: string;
  readonly pid: number;
  readonly cpu: number;
  /** Nanoseconds of the trace clock. */
  readonly timestamp: number;
  readonly fields: ReadonlyMap<string, FieldValue>;
}

function integer(rec: RecordView, at: number, size: number, signed: boolean): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(rec.bytes[at + i] ?? 0);
  return signed ? BigInt.asIntN(size * 8, value) : value;
}

/** Text that a `__data_loc` word in the record stands for. */
function located(rec: RecordView, at: number): string | null {
  const length = rec.view.getUint16(at + 2, true);
  return length === 0 ? null : bytesText(rec.bytes, rec.base + rec.view.getUint16(at, true), length);
}

/** Bytes of one element of an array type such as `u32[4]`; `undefined` when the type does not say. */
function elementSize(type: string): number | undefined {
  const bits = /^[us](8|16|32|64)\b/.exec(type)?.[1];
  return bits === undefined ? undefined : Number(bits) / 8;
}

/** What a field of a record holds. */
export function fieldValue(rec: RecordView, field: EventField): FieldValue {
  const at = rec.base + field.offset;
  if (field.type.startsWith('__data_loc char')) {
    if (field.size <= 4) return located(rec, at);
    return Array.from({ length: field.size / 4 }, (_, i) => located(rec, at + 4 * i));
  }
  if (filterTypeOf(field.type) === 'string') return bytesText(rec.bytes, at, field.size);
  const size = field.type.includes('[') ? elementSize(field.type) : field.size;
  if (size === field.size && !field.type.includes('[')) return integer(rec, at, size, field.signed);
  if (size === undefined) return Array.from(rec.bytes.subarray(at, at + field.size), BigInt);
  return Array.from({ length: field.size / size }, (_, i) => integer(rec, at + size * i, size, field.signed));
}

function valuesOf(rec: RecordRef, call: TraceEventCall, comm: (pid: number) => string): RecordValues {
  const pid = recordPid(rec);
  return {
    system: call.system,
    name: call.name,
    task: comm(pid),
    pid,
    cpu: rec.cpu,
    timestamp: rec.timestamp,
    fields: new Map(call.fields.map((field) => [field.name, fieldValue(rec, field)])),
  };
}

/** The records of a `trace` file taken apart, in its order; they stay in the buffer. */
export function* traceRecords({ array, buffer, cpus }: TraceSource): Generator<RecordValues> {
  const { events, cmdlines } = array.tracing;
  const walk = new MergedIterator(buffer, cpus);
  try {
    for (let rec = walk.next(); rec; rec = walk.next()) {
      const call = events.byId(recordType(rec));
      if (call) yield valuesOf(rec, call, (pid) => cmdlines.comm(pid));
    }
  } finally {
    walk.close();
  }
}
