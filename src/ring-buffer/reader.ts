import { type CpuBuffer, Stamp } from './cpu-buffer.ts';
import {
  dataLength,
  dataOffset,
  eventLength,
  extendedTime,
  PAGE_HEADER_SIZE,
  TYPE_DATA_MAX,
  TYPE_LEN_BITS,
  TYPE_LEN_MASK,
  TYPE_PADDING,
  TYPE_TIME_EXTEND,
  TYPE_TIME_STAMP,
} from './layout.ts';
import type { RecordRef } from './record-ref.ts';

/** Nothing to read. */
const NONE = -1;

/**
 * Makes sure that the reader's sub-buffer has something to read, by exchanging it for the oldest of the list when it is used up
 * (`rb_get_reader_page()`). Notes how many records the writer overwrote since the last exchange.
 * @returns false when there is nothing to read
 */
export function takeReaderPage(cb: CpuBuffer): boolean {
  const { subs } = cb;
  // An exchange may bring an empty sub-buffer, on which the writer is.
  for (let exchanges = 0; ; exchanges++) {
    const page = cb.readerPage;
    if (subs.read[page] < cb.commitOf(page)) {
      if (subs.read[page] === 0) cb.stamps[Stamp.read] = cb.stampOf(page);
      return true;
    }
    if (exchanges === 2 || cb.commitPage === page || cb.entriesLeft === 0) return false;
    exchangeReaderPage(cb);
  }
}

function exchangeReaderPage(cb: CpuBuffer): void {
  const { subs } = cb;
  const old = cb.readerPage;
  const head = cb.headPage;
  subs.write[old] = 0;
  subs.entries[old] = 0;
  subs.realEnd[old] = 0;
  cb.setCommit(old, 0);
  cb.anchor = subs.prev[head];
  subs.replace(head, old);
  cb.headPage = subs.next[head];
  cb.pagesRead++;
  cb.readerPage = head;
  subs.read[head] = 0;
  if (cb.overrun !== cb.lastOverrun) {
    cb.lostEvents = cb.overrun - cb.lastOverrun;
    cb.lastOverrun = cb.overrun;
  }
}

/** Word index of the next event on the reader's sub-buffer. */
export function readerEvent(cb: CpuBuffer): number {
  return (cb.subs.start[cb.readerPage] + PAGE_HEADER_SIZE + cb.subs.read[cb.readerPage]) >>> 2;
}

/** Consumes one event of the reader's sub-buffer: a record, padding, or a time extend (`rb_advance_reader()`). */
export function advanceReader(cb: CpuBuffer): void {
  if (!takeReaderPage(cb)) return;
  const { words, stamps } = cb;
  const at = readerEvent(cb);
  const type = words[at] & TYPE_LEN_MASK;
  if (type <= TYPE_DATA_MAX) {
    cb.readEvents++;
    stamps[Stamp.read] += words[at] >>> TYPE_LEN_BITS;
  } else if (type === TYPE_TIME_EXTEND) {
    stamps[Stamp.read] += extendedTime(words, at);
  } else if (type === TYPE_TIME_STAMP) {
    stamps[Stamp.read] = extendedTime(words, at);
  }
  const length = eventLength(words, at);
  cb.subs.read[cb.readerPage] += length;
  cb.readBytes += length;
}

/**
 * Finds the next record or padding, consuming the time extend before it (`rb_buffer_peek()`).
 * @returns its word index, or −1
 */
function peekEvent(cb: CpuBuffer, into: RecordRef | undefined): number {
  let stamp = Number.NaN;
  for (let extends_ = 0; extends_ < 2; extends_++) {
    if (!takeReaderPage(cb)) return NONE;
    const { words } = cb;
    const at = readerEvent(cb);
    const type = words[at] & TYPE_LEN_MASK;
    if (type === TYPE_PADDING) return at;
    if (type <= TYPE_DATA_MAX) {
      if (into) {
        into.cpu = cb.cpu;
        into.bytes = cb.bytes;
        into.view = cb.view;
        into.base = (at << 2) + dataOffset(words[at]);
        into.size = dataLength(words, at);
        into.timestamp = Number.isNaN(stamp) ? cb.stamps[Stamp.read] + (words[at] >>> TYPE_LEN_BITS) : stamp;
        into.lostEvents = cb.lostEvents;
      }
      return at;
    }
    if (type === TYPE_TIME_STAMP) stamp = extendedTime(words, at);
    advanceReader(cb);
  }
  return NONE;
}

const isPadding = (cb: CpuBuffer, at: number) => (cb.words[at] & TYPE_LEN_MASK) === TYPE_PADDING;

/**
 * Finds the next record without consuming it; passes over discarded ones (`ring_buffer_peek()`).
 * @returns false when there is none
 */
export function peekRecord(cb: CpuBuffer, into: RecordRef): boolean {
  for (;;) {
    const at = peekEvent(cb, into);
    if (at < 0) return false;
    if (!isPadding(cb, at)) return true;
    advanceReader(cb);
  }
}

/**
 * Consumes the next record (`ring_buffer_consume()`); `into` may be left out by who has peeked already. Lost records are told once.
 * @returns false when there is none
 */
export function consumeRecord(cb: CpuBuffer, into?: RecordRef): boolean {
  for (;;) {
    const at = peekEvent(cb, into);
    if (at < 0) return false;
    const padding = isPadding(cb, at);
    cb.lostEvents = 0;
    advanceReader(cb);
    if (!padding) return true;
  }
}
