/**
 * Where a record was found. Owned by the caller and filled again by every read: use it before the next one.
 * Its bytes stay the record's until the next consuming read of the cpu, whatever the writer does meanwhile.
 */
export class RecordRef {
  /** The bytes around the record. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes. */
  view: DataView = new DataView(this.bytes.buffer);
  /** Offset in {@link RecordRef.bytes} of the record's first byte. */
  base = 0;
  /** Bytes of the record, rounded up to 4 as the buffer stores it. */
  size = 0;
  /** The cpu that recorded it. */
  cpu = 0;
  /** Its time, in units of the buffer's clock. */
  timestamp = 0;
  /** Records lost before it; for iterators −1 when it is not known how many. */
  lostEvents = 0;
}
