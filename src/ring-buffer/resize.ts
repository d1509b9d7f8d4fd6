import type { CpuBuffer } from './cpu-buffer.ts';
import { SubBuffers } from './sub-buffers.ts';

/** Least sub-buffers of a cpu, the reader's not counted. */
const MIN_SUB_BUFFERS = 2;

/** Sub-buffers that so many bytes of events need (`kernel/trace/ring_buffer.c:ring_buffer_resize()`). */
export function subBuffersFor(bytes: number, dataSize: number): number {
  return Math.max(MIN_SUB_BUFFERS, Math.ceil(bytes / dataSize));
}

/**
 * Gives a cpu more or fewer sub-buffers. New ones go between the newest and the oldest; removed are those behind the writer, oldest
 * first, and what they hold counts as overrun (`rb_insert_pages()`, `rb_remove_pages()`).
 */
export function resizeCpuBuffer(cb: CpuBuffer, count: number): void {
  const more = count - cb.subs.count;
  if (more > 0) rebuild(cb, listFrom(cb, cb.headPage), count, cb.anchor);
  else if (more < 0) remove(cb, -more);
}

/** The list's sub-buffers in order. */
function listFrom(cb: CpuBuffer, first: number): number[] {
  const list: number[] = [];
  for (let page = first; list.length < cb.subs.count; page = cb.subs.next[page]) list.push(page);
  return list;
}

function remove(cb: CpuBuffer, count: number): void {
  const { subs } = cb;
  const tail = cb.tailPage === cb.readerPage ? subs.next[cb.tailPage] : cb.tailPage;
  const list = listFrom(cb, subs.next[tail]);
  for (const page of list.splice(0, count)) {
    if (page === cb.headPage) cb.headPage = list[0];
    if (subs.entries[page] === 0) continue;
    cb.overrun += subs.entries[page];
    cb.entriesBytes -= cb.commitOf(page);
    cb.pagesLost++;
  }
  cb.pagesRemoved += count;
  rebuild(cb, list, list.length, list[0]);
}

/** Makes a cpu's sub-buffers anew: first those of `list` as they are, then empty ones up to `count`. Its storage shrinks or grows with it. */
function rebuild(cb: CpuBuffer, list: readonly number[], count: number, anchor: number): void {
  const old = cb.subs;
  const oldBytes = cb.bytes;
  const subs = new SubBuffers(count, old.bytesEach);
  if (oldBytes.length > 0) cb.setStorage(new ArrayBuffer(subs.storageBytes));
  const copy = (to: number, from: number) => {
    if (oldBytes.length > 0) cb.bytes.set(oldBytes.subarray(from, from + old.bytesEach), to);
  };
  const renamed = new Int32Array(old.count + 1);
  const keep = (page: number, was: number) => {
    renamed[was] = page;
    subs.copyState(page, old, was);
    copy(subs.start[page], old.start[was]);
  };
  list.forEach((was, page) => {
    keep(page, was);
  });
  keep(count, cb.readerPage);
  copy(subs.spareStart, old.spareStart);
  subs.next[count] = renamed[old.next[cb.readerPage]];
  cb.subs = subs;
  cb.headPage = renamed[cb.headPage];
  cb.tailPage = renamed[cb.tailPage];
  cb.commitPage = renamed[cb.commitPage];
  cb.readerPage = count;
  cb.anchor = renamed[anchor];
}

/**
 * Gives a cpu sub-buffers of the size that its ring buffer has now, for at least as many bytes as it had. What was recorded is gone, but
 * the counters stay, as in the kernel (`ring_buffer_subbuf_order_set()`).
 * @param oldDataSize bytes of events that one of the old sub-buffers held
 */
export function replaceSubBuffers(cb: CpuBuffer, oldDataSize: number): void {
  const { shared } = cb;
  const count = subBuffersFor(oldDataSize * cb.subs.count, shared.dataSize);
  cb.subs = new SubBuffers(count, shared.subbufBytes);
  cb.setStorage(new ArrayBuffer(0));
  cb.headPage = cb.tailPage = cb.commitPage = cb.anchor = 0;
  cb.readerPage = count;
  cb.pagesRemoved++;
}
