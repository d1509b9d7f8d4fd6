/** Where a record lies while it is written. One object per cpu is reused for every record; nothing keeps it. */
export interface RecordWriter {
  /** The bytes around the record. */
  bytes: Uint8Array;
  /** The same bytes, for multi-byte stores (little endian). */
  view: DataView;
  /** Offset in {@link RecordWriter.bytes} of the record's byte 0, the common header. */
  base: number;
  /** Size in bytes that {@link RecordWriter} was asked for, common header included. */
  size: number;
}

/** A record being read: its bytes, and what the ring buffer knows about it. One object is reused while a reader walks. */
export interface RecordView {
  bytes: Uint8Array;
  view: DataView;
  /** Offset in {@link RecordView.bytes} of the record's byte 0, the common header. */
  base: number;
  /** Size in bytes as the ring buffer stored it: what was asked for, rounded up to 4. */
  size: number;
  /** The cpu whose buffer holds it. */
  cpu: number;
  /** Units of the buffer's trace clock, nanoseconds for most. */
  timestamp: number;
}

/** `common_type` of a record: the event's id. */
export function recordType(rec: RecordView): number {
  return rec.view.getUint16(rec.base, true);
}

/** `common_pid` of a record. */
export function recordPid(rec: RecordView): number {
  return rec.view.getInt32(rec.base + 4, true);
}
