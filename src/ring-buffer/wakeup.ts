import type { CpuBuffer } from './cpu-buffer.ts';

/** Whether so many percent of a cpu's sub-buffers are full; the one being written counts (`full_hit()`). */
function fullHit(cb: CpuBuffer, percent: number): boolean {
  return percent === 0 || (cb.dirtyPages + 1) * 100 >= percent * cb.subs.count;
}

/**
 * Whether a reader that wants so many percent has what it waits for (`rb_watermark_hit()`). If not, the writer looks for the least
 * percentage asked for.
 */
export function watermarkHit(cb: CpuBuffer, percent: number): boolean {
  if (cb.entriesLeft === 0) return false;
  if (percent === 0) return true;
  if (cb.readerPage !== cb.commitPage && fullHit(cb, percent)) return true;
  if (cb.shortestFull === 0 || cb.shortestFull > percent) cb.shortestFull = percent;
  return false;
}

/** After a commit: wakes readers that wait for data, and, when a sub-buffer was filled, those that wait for more (`rb_wakeups()`). */
export function wakeReaders(cb: CpuBuffer): void {
  if (cb.shared.waiters.pending) cb.shared.waiters.wake();
  if (cb.waiters.pending) cb.waiters.wake();
  if (!cb.fullWaiters.pending || cb.lastPagesTouched === cb.pagesTouched || cb.readerPage === cb.commitPage) return;
  cb.lastPagesTouched = cb.pagesTouched;
  if (fullHit(cb, cb.shortestFull)) wakeFull(cb);
}

/** Wakes those that wait for a percentage. */
export function wakeFull(cb: CpuBuffer): void {
  cb.shortestFull = 0;
  cb.fullWaiters.wake();
}
