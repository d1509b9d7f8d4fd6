/**
 * The kernel's binary layout of trace data, x86-64: little endian, everything aligned to 4 bytes
 * (`kernel/trace/ring_buffer.c`, `include/linux/ring_buffer.h`).
 *
 * A sub-buffer is 4096 << order bytes: a header, then events one after the other.
 *
 *     | header field | byte | bytes |                                                                    |
 *     |--------------|------|-------|--------------------------------------------------------------------|
 *     | time_stamp   |    0 |     8 | time of the first event                                            |
 *     | commit       |    8 |     8 | bits 0–29: bytes of data; bit 30, bit 31 (sign-extended): see below |
 *     | data         |   16 |       | events                                                             |
 *
 * In a page that was handed to a reader, bit 31 says that events before it were lost, bit 30 that their number (8 bytes) follows the data.
 *
 * An event starts with a word: bits 0–4 `type_len`, bits 5–31 `time_delta` (time since the event before, 0 for the first of a sub-buffer).
 * What follows, `array`, depends on `type_len`:
 *
 *     | kind        | type_len | array                                  | bytes in all   |
 *     |-------------|----------|----------------------------------------|----------------|
 *     | long data   |        0 | bytes of array (itself counted), data   | 4 + array[0]   |
 *     | data        |     1–28 | data                                   | 4 + 4·type_len |
 *     | padding     |       29 | bytes of array; time_delta is never 0  | 4 + array[0]   |
 *     | end         |       29 | time_delta 0: nothing follows          | the rest       |
 *     | time extend |       30 | delta bits 27–58                       | 8              |
 *     | time stamp  |       31 | absolute time bits 27–58               | 8              |
 *
 * A time extend or time stamp belongs to the data event behind it, whose own delta is then 0.
 */

/** Bytes of a system page; a sub-buffer of order n is 2ⁿ of them. */
export const PAGE_SIZE = 4096;
/** Bytes before the first event of a sub-buffer (`BUF_PAGE_HDR_SIZE`). */
export const PAGE_HEADER_SIZE = 16;
/** Where the commit field is, bytes from the sub-buffer's start. */
export const COMMIT_OFFSET = 8;
/** Bit of the commit field: events before this page were lost (`RB_MISSED_EVENTS`). */
export const MISSED_EVENTS = 0x80000000;
/** Bit of the commit field: the number of lost events follows the data (`RB_MISSED_STORED`). */
export const MISSED_STORED = 0x40000000;
/** Bytes of the stored number of lost events. */
export const MISSED_COUNT_SIZE = 8;

/** Bytes of the event word (`RB_EVNT_HDR_SIZE`). */
const EVENT_HEADER_SIZE = 4;
/** Every event and its data start at a multiple of this many bytes (`RB_ALIGNMENT`). */
const EVENT_ALIGNMENT = 4;
/** Bytes of the smallest event (`RB_EVNT_MIN_SIZE`). */
export const EVENT_MIN_SIZE = 8;
/** Bytes of a time extend or time stamp (`RB_LEN_TIME_EXTEND`). */
export const TIME_EXTEND_SIZE = 8;

/** Largest `type_len` of a data event (`RINGBUF_TYPE_DATA_TYPE_LEN_MAX`). */
export const TYPE_DATA_MAX = 28;
/** `type_len` of padding: a discarded event, or what is left of a sub-buffer (`RINGBUF_TYPE_PADDING`). */
export const TYPE_PADDING = 29;
/** `type_len` of a time delta that needs more than 27 bits (`RINGBUF_TYPE_TIME_EXTEND`). */
export const TYPE_TIME_EXTEND = 30;
/** `type_len` of an absolute time (`RINGBUF_TYPE_TIME_STAMP`). */
export const TYPE_TIME_STAMP = 31;
/** Bits of the event word that hold `type_len`. */
export const TYPE_LEN_BITS = 5;
/** Mask of `type_len` in the event word. */
export const TYPE_LEN_MASK = 31;
/** Most bytes of data whose length fits in `type_len` (`RB_MAX_SMALL_DATA`). */
const MAX_SMALL_DATA = EVENT_ALIGNMENT * TYPE_DATA_MAX;

/** Bits of a time delta in the event word (`TS_SHIFT`). */
export const TIME_DELTA_BITS = 27;
/** Largest time delta of an event word (`TS_MASK`). */
export const TIME_DELTA_MAX = 2 ** TIME_DELTA_BITS - 1;
const TIME_DELTA_UNIT = 2 ** TIME_DELTA_BITS;
const WORD = 2 ** 32;

/**
 * Bytes that an event with so much data takes, its word included (`rb_calculate_event_length()`). Never 12: a time extend and padding
 * must fit where the event was.
 */
export function eventSize(dataLength: number): number {
  const data = dataLength || 1;
  const size = ((data > MAX_SMALL_DATA ? data + 4 : data) + EVENT_HEADER_SIZE + 3) & ~3;
  return size === TIME_EXTEND_SIZE + EVENT_ALIGNMENT ? size + EVENT_ALIGNMENT : size;
}

/**
 * Bytes of the event at a word index (`rb_event_length()`); a time extend or time stamp counts alone.
 * @returns Infinity for the mark that ends a sub-buffer
 */
export function eventLength(words: Uint32Array, at: number): number {
  const word = words[at];
  const type = word & TYPE_LEN_MASK;
  if (type === 0) return words[at + 1] + EVENT_HEADER_SIZE;
  if (type <= TYPE_DATA_MAX) return type * EVENT_ALIGNMENT + EVENT_HEADER_SIZE;
  if (type !== TYPE_PADDING) return TIME_EXTEND_SIZE;
  return word >>> TYPE_LEN_BITS ? words[at + 1] + EVENT_HEADER_SIZE : Number.POSITIVE_INFINITY;
}

/** Bytes of the event at a word index together with the time extend or time stamp it may start with (`rb_event_ts_length()`). */
export function eventSpan(words: Uint32Array, at: number): number {
  if ((words[at] & TYPE_LEN_MASK) < TYPE_TIME_EXTEND) return eventLength(words, at);
  return TIME_EXTEND_SIZE + eventLength(words, at + 2);
}

/** Bytes of data of the data event at a word index: what was asked for, rounded up (`ring_buffer_event_length()`). */
export function dataLength(words: Uint32Array, at: number): number {
  const type = words[at] & TYPE_LEN_MASK;
  return type === 0 ? words[at + 1] - 4 : type * EVENT_ALIGNMENT;
}

/** Bytes from a data event's start to its data (`ring_buffer_event_data()`). */
export function dataOffset(word: number): number {
  return (word & TYPE_LEN_MASK) === 0 ? EVENT_HEADER_SIZE + 4 : EVENT_HEADER_SIZE;
}

/** The time in a time extend (a delta) or time stamp (absolute) at a word index, in units of the buffer's clock (`rb_event_time_stamp()`). */
export function extendedTime(words: Uint32Array, at: number): number {
  return words[at + 1] * TIME_DELTA_UNIT + (words[at] >>> TYPE_LEN_BITS);
}

/** Writes a time extend or time stamp at a word index. */
export function putExtendedTime(words: Uint32Array, at: number, type: number, time: number): void {
  words[at] = ((time % TIME_DELTA_UNIT) << TYPE_LEN_BITS) | type;
  words[at + 1] = Math.floor(time / TIME_DELTA_UNIT);
}

/** Writes a data event's word, and its length where that does not fit in the word; `size` is in bytes, the word included. */
export function putDataEvent(words: Uint32Array, at: number, size: number, timeDelta: number): void {
  const length = size - EVENT_HEADER_SIZE;
  if (length > MAX_SMALL_DATA) {
    words[at] = timeDelta << TYPE_LEN_BITS;
    words[at + 1] = length;
  } else {
    words[at] = (timeDelta << TYPE_LEN_BITS) | (length >>> 2);
  }
}

/** Writes padding of so many bytes, the word included. */
export function putPadding(words: Uint32Array, at: number, size: number, timeDelta: number): void {
  words[at] = (timeDelta << TYPE_LEN_BITS) | TYPE_PADDING;
  words[at + 1] = size - EVENT_HEADER_SIZE;
}

/** Writes the mark that ends a sub-buffer in which not even padding fits. */
export function putEnd(words: Uint32Array, at: number): void {
  words[at] = TYPE_PADDING;
}

/** The time stamp of the sub-buffer that starts at a word index, in units of the buffer's clock; 0 outside the storage. */
export function pageStamp(words: Uint32Array, at: number): number {
  return (words[at + 1] | 0) * WORD + (words[at] >>> 0);
}

/** Sets the time stamp of the sub-buffer that starts at a word index. */
export function putPageStamp(words: Uint32Array, at: number, time: number): void {
  words[at] = time >>> 0;
  words[at + 1] = Math.floor(time / WORD);
}
