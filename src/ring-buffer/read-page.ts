import { type CpuBuffer, Stamp } from './cpu-buffer.ts';
import {
  COMMIT_OFFSET,
  eventSpan,
  MISSED_COUNT_SIZE,
  MISSED_EVENTS,
  MISSED_STORED,
  PAGE_HEADER_SIZE,
  putPageStamp,
} from './layout.ts';
import { advanceReader, readerEvent, takeReaderPage } from './reader.ts';

/** Nothing was copied. */
const NOTHING = -1;
const WORD = 2 ** 32;

/**
 * Consumes a sub-buffer, or as much of it as fits, as a page in the kernel's layout (`ring_buffer_read_page()`).
 *
 * A whole sub-buffer that the writer has left is not copied in the kernel: the spare page takes its place. Otherwise events are copied
 * to the spare page. It is kept here as well, because what is left in it shows in later records' slack bytes and empty pages' times.
 * @param dest at least a sub-buffer's bytes; that many are written
 * @param length bytes that the reader wants, header included
 * @param full only whole sub-buffers that the writer has left, as splice wants them
 * @returns 0, or −1 when there is nothing to copy
 */
export function readPageOf(cb: CpuBuffer, dest: Uint8Array, length: number, full: boolean): number {
  const { subs } = cb;
  const room = length - PAGE_HEADER_SIZE;
  if (room <= 0 || dest.length < subs.bytesEach || !takeReaderPage(cb)) return NOTHING;
  const page = cb.readerPage;
  const missed = cb.lostEvents;
  const unread = cb.commitOf(page) - subs.read[page];
  const begun = subs.read[page] !== 0;
  const fits = room >= unread;
  const busy = page === cb.commitPage;
  if (begun || !fits || busy) {
    if (full && (!begun || !fits || busy)) return NOTHING;
    const stamp = cb.stamps[Stamp.read];
    const copied = copyEvents(cb, Math.min(room, unread));
    if (copied === 0) return NOTHING;
    putPageStamp(cb.words, subs.spareStart >>> 2, stamp);
    finish(cb, copied, missed);
  } else {
    finish(cb, takeWholePage(cb), missed);
  }
  dest.set(cb.bytes.subarray(subs.spareStart, subs.spareStart + subs.bytesEach));
  return 0;
}

/** Copies and consumes events while they fit whole, each with its time extend; returns their bytes. */
function copyEvents(cb: CpuBuffer, room: number): number {
  const { subs } = cb;
  const page = cb.readerPage;
  const from = subs.start[page] + PAGE_HEADER_SIZE + subs.read[page];
  const commit = cb.commitOf(page);
  let copied = 0;
  while (subs.read[page] < commit) {
    const span = eventSpan(cb.words, readerEvent(cb));
    if (copied + span > room) break;
    const end = subs.read[page] + span;
    while (subs.read[page] < end) advanceReader(cb);
    copied += span;
  }
  cb.bytes.copyWithin(subs.spareStart + PAGE_HEADER_SIZE, from, from + copied);
  return copied;
}

/** Exchanges the reader's sub-buffer for the spare page; returns the bytes of its events, without the padding at its end. */
function takeWholePage(cb: CpuBuffer): number {
  const { subs } = cb;
  const page = cb.readerPage;
  const commit = cb.commitOf(page);
  const taken = subs.start[page];
  cb.readEvents += subs.entries[page];
  cb.readBytes += commit;
  subs.write[page] = 0;
  subs.entries[page] = 0;
  subs.start[page] = subs.spareStart;
  subs.spareStart = taken;
  cb.setCommit(page, 0);
  return subs.realEnd[page] || commit;
}

/** Completes the spare page: the commit field, how many records were lost before it, and zeroes to its end. */
function finish(cb: CpuBuffer, size: number, missed: number): void {
  const { words, subs } = cb;
  const start = subs.spareStart;
  const pageEnd = start + subs.bytesEach;
  let end = start + PAGE_HEADER_SIZE + size;
  let commit = size;
  if (missed !== 0) {
    if (pageEnd - end >= MISSED_COUNT_SIZE) {
      words[end >>> 2] = missed >>> 0;
      words[(end >>> 2) + 1] = Math.floor(missed / WORD);
      commit += MISSED_STORED;
      end += MISSED_COUNT_SIZE;
    }
    commit += MISSED_EVENTS;
  }
  const at = (start + COMMIT_OFFSET) >>> 2;
  words[at] = commit;
  words[at + 1] = missed === 0 ? 0 : 0xffffffff; // the flag is an int, and its sign goes on
  cb.bytes.fill(0, end, pageEnd);
  cb.lostEvents = 0;
}
