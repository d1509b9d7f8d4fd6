export { headerEventText, headerPageText } from './header-text.ts';
export type { RingBufferIterator } from './iterator.ts';
export { MergedIterator, MergedReader } from './merged.ts';
export { RecordRef } from './record-ref.ts';
export { interruptContextLevel } from './recursion.ts';
export { RingBuffer } from './ring-buffer.ts';
export { ALL_CPUS, type RingBufferOptions, type RingBufferStats } from './ring-buffer-control.ts';
