import { type CpuBuffer, Stamp } from './cpu-buffer.ts';
import {
  dataOffset,
  EVENT_MIN_SIZE,
  eventLength,
  eventSize,
  eventSpan,
  PAGE_HEADER_SIZE,
  putDataEvent,
  putEnd,
  putExtendedTime,
  putPadding,
  TIME_DELTA_MAX,
  TIME_EXTEND_SIZE,
  TYPE_LEN_BITS,
  TYPE_TIME_EXTEND,
  TYPE_TIME_STAMP,
} from './layout.ts';
import { recursionLock, recursionUnlock } from './recursion.ts';
import { wakeReaders } from './wakeup.ts';

/** Nothing was placed. */
const REFUSED = -1;
/** The writer went to the next sub-buffer: place the record anew. */
const AGAIN = -2;
/** Moves to another sub-buffer that one record may cause, nested writers included. */
const MAX_TRIES = 1000;

/** How a record's time is stored: by its delta, by a longer delta before it, or absolutely before it. */
const DELTA = 0;
const EXTEND = 1;
const ABSOLUTE = 2;

/**
 * Begins a record (`ring_buffer_lock_reserve()`).
 * @param length bytes of data
 * @param context what the cpu is in, as `interruptContextLevel()` counts
 * @returns byte offset of the data in the cpu's storage, or −1: recording is off, the record is too long, the context is recording
 *   already, or the buffer is full
 */
export function reserveRecord(cb: CpuBuffer, length: number, context: number): number {
  const { shared } = cb;
  if (shared.recordDisabled !== 0 || cb.recordDisabled !== 0 || length > shared.maxDataSize) return REFUSED;
  cb.allocate();
  if (!recursionLock(cb, context)) return REFUSED;
  cb.open++;
  const size = shared.timeStampAbs ? eventSize(length) + TIME_EXTEND_SIZE : eventSize(length);
  let at = AGAIN;
  if (shared.timeStampAbs && size > shared.maxDataSize) at = REFUSED;
  for (let tries = 0; at === AGAIN && tries < MAX_TRIES; tries++) at = place(cb, size);
  if (at >= 0) return at;
  endCommit(cb);
  recursionUnlock(cb);
  return REFUSED;
}

/**
 * Places a record of `plainSize` bytes at the tail (`__rb_reserve_next()`). The clock is where a nested writer may come in: then the
 * space behind it is no longer where it was.
 */
function place(cb: CpuBuffer, plainSize: number): number {
  const { shared, subs, stamps } = cb;
  const page = cb.tailPage;
  const written = subs.write[page];
  const before = stamps[Stamp.before];
  const after = stamps[Stamp.write];
  const time = shared.clock();
  let mode = DELTA;
  let size = plainSize;
  if (shared.timeStampAbs) {
    mode = ABSOLUTE;
  } else if (written !== 0) {
    // The last record's time is not known when it was discarded or is still being placed.
    if (before !== after) mode = ABSOLUTE;
    else if (time - after < 0 || time - after > TIME_DELTA_MAX) mode = EXTEND;
    if (mode !== DELTA) size += TIME_EXTEND_SIZE;
  }
  stamps[Stamp.before] = time;
  const end = subs.write[page] + size;
  const tail = end - size;
  subs.write[page] = end;
  if (end > shared.dataSize) return moveTail(cb, page, tail, size);

  if (tail === written) {
    stamps[Stamp.write] = time;
    stamps[Stamp.delta] = mode === ABSOLUTE ? time : Math.max(time - after, 0); // 0: the clock went backwards
  } else {
    if (!shared.timeStampAbs && mode === ABSOLUTE) mode = EXTEND;
    placeInterrupted(cb, page, end, time);
  }
  if (tail === 0) {
    if (mode !== ABSOLUTE) stamps[Stamp.delta] = 0;
    cb.setStamp(page, stamps[Stamp.before]);
  }
  const level = cb.open - 1;
  const start = subs.start[page] + PAGE_HEADER_SIZE + tail;
  cb.openAt[level] = start;
  cb.openPage[level] = page;
  cb.openStamp[level] = stamps[Stamp.before];
  subs.entries[page]++;
  cb.entriesBytes += size;
  return putEvent(cb, start >>> 2, size, mode);
}

/** A nested writer came in while the clock was read: the time is read again, the delta is most often lost. */
function placeInterrupted(cb: CpuBuffer, page: number, end: number, begun: number): void {
  const { stamps } = cb;
  const time = cb.shared.clock();
  stamps[Stamp.before] = time;
  const last = stamps[Stamp.write];
  // Without the delta the record shares the time of the one before it.
  stamps[Stamp.delta] = end === cb.subs.write[page] && last === begun && last < time ? time - last : 0;
}

/** Writes the event's words at a word index (`rb_update_event()`); returns the byte offset of its data. */
function putEvent(cb: CpuBuffer, at: number, size: number, mode: number): number {
  const { words, stamps } = cb;
  if (mode === DELTA) {
    putDataEvent(words, at, size, stamps[Stamp.delta] | 0);
    return (at << 2) + dataOffset(words[at]);
  }
  putExtendedTime(words, at, mode === ABSOLUTE ? TYPE_TIME_STAMP : TYPE_TIME_EXTEND, stamps[Stamp.delta]);
  const data = at + (TIME_EXTEND_SIZE >>> 2);
  putDataEvent(words, data, size - TIME_EXTEND_SIZE, 0);
  return (data << 2) + dataOffset(words[data]);
}

/** Goes on to the next sub-buffer, dropping the oldest when the buffer is full and overwrites (`rb_move_tail()`). */
function moveTail(cb: CpuBuffer, page: number, tail: number, size: number): number {
  const { subs } = cb;
  const next = subs.next[page];
  const full = next === cb.headPage && page !== cb.readerPage;
  const heldByOpen =
    next === cb.commitPage || (full && cb.commitPage === cb.readerPage && cb.commitPage !== cb.tailPage);
  const refused = heldByOpen || (full && cb.commitPage !== cb.readerPage && !cb.shared.overwrite);
  if (heldByOpen) cb.commitOverrun++;
  else if (refused) cb.droppedEvents++;
  if (!refused) {
    if (full && cb.commitPage !== cb.readerPage) dropHead(cb);
    if (page === cb.tailPage) enter(cb, next);
  }
  closePage(cb, page, tail, size);
  if (refused) return REFUSED;
  endCommit(cb);
  cb.open++;
  return AGAIN;
}

/** Gives up the oldest sub-buffer of the list (`rb_handle_head_page()`). */
function dropHead(cb: CpuBuffer): void {
  const head = cb.headPage;
  cb.overrun += cb.subs.entries[head];
  cb.entriesBytes -= cb.commitOf(head);
  cb.pagesLost++;
  cb.headPage = cb.subs.next[head];
}

/** Makes a sub-buffer the tail, empty (`rb_tail_page_update()`). */
function enter(cb: CpuBuffer, page: number): void {
  cb.subs.write[page] = 0;
  cb.subs.entries[page] = 0;
  cb.subs.laps[page]++;
  cb.setCommit(page, 0);
  cb.tailPage = page;
  cb.pagesTouched++;
}

/** Takes back the space that did not fit and fills what is left of the sub-buffer (`rb_reset_tail()`). */
function closePage(cb: CpuBuffer, page: number, tail: number, size: number): void {
  const { subs } = cb;
  const left = cb.shared.dataSize - tail;
  const at = (subs.start[page] + PAGE_HEADER_SIZE + tail) >>> 2;
  subs.write[page] -= size;
  if (left <= 0) {
    if (left === 0) subs.realEnd[page] = 0;
    return;
  }
  subs.realEnd[page] = tail;
  if (left < EVENT_MIN_SIZE) {
    putEnd(cb.words, at);
    return;
  }
  putPadding(cb.words, at, left, 1);
  cb.entriesBytes += left;
  subs.write[page] += left;
}

/** Ends a record; the outermost one makes everything up to the tail readable (`rb_end_commit()`). */
function endCommit(cb: CpuBuffer): void {
  if (cb.open === 1) {
    const { subs } = cb;
    while (cb.commitPage !== cb.tailPage) {
      cb.setCommit(cb.commitPage, subs.write[cb.commitPage]);
      cb.commitPage = subs.next[cb.commitPage];
    }
    cb.setCommit(cb.commitPage, subs.write[cb.commitPage]);
  }
  cb.open--;
}

/** Commits the record that was begun last (`ring_buffer_unlock_commit()`). */
export function commitRecord(cb: CpuBuffer): void {
  if (cb.open === 0) return;
  cb.entries++;
  endCommit(cb);
  wakeReaders(cb);
  recursionUnlock(cb);
}

/**
 * Discards the record that was begun last: gives its space back when nothing was placed behind it, else leaves padding
 * (`ring_buffer_discard_commit()`). Like the kernel it takes only a time extend's 8 bytes off the byte count when the event began with one.
 */
export function discardRecord(cb: CpuBuffer): void {
  if (cb.open === 0) return;
  const { subs, words } = cb;
  const start = cb.openAt[cb.open - 1];
  const page = cb.openPage[cb.open - 1];
  const first = start >>> 2;
  const span = eventSpan(words, first);
  const data = first + (span > eventLength(words, first) ? TIME_EXTEND_SIZE >>> 2 : 0);
  putPadding(words, data, eventLength(words, data), words[data] >>> TYPE_LEN_BITS || 1);
  subs.entries[page]--;
  const tail = start - subs.start[page] - PAGE_HEADER_SIZE;
  if (page === cb.tailPage && subs.write[page] === tail + span) {
    cb.stamps[Stamp.before] = 0; // no longer the last record's time: the next one carries its own
    subs.write[page] = tail;
    cb.entriesBytes -= eventLength(words, first);
  }
  endCommit(cb);
  recursionUnlock(cb);
}
