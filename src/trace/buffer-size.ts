import { Errno } from '../abi/errno.ts';
import { PAGE_SIZE } from './limits.ts';
import { TRACE_BUF_SIZE_DEFAULT, type TraceArray } from './trace-array.ts';

const KIB = 1024;
/** Largest order of a sub-buffer that can be asked for: 128 pages. */
const MAX_ORDER = 7;

const kib = (bytes: number) => Math.floor(bytes / KIB);

/** Content of `buffer_size_kb`: of each cpu's buffer, `X` when they differ, with the size to come before first use. */
export function bufferSizeText(array: TraceArray): string {
  const sizes = array.shownSizes;
  if (sizes.some((size) => size !== sizes[0])) return 'X\n';
  const expanded = array.expanded ? '' : ` (expanded: ${kib(TRACE_BUF_SIZE_DEFAULT)})`;
  return `${kib(sizes[0]!)}${expanded}\n`;
}

/** Content of `buffer_total_size_kb`. */
export function bufferTotalSizeText(array: TraceArray): string {
  const sizes = array.shownSizes.map(kib);
  const expanded = array.expanded ? '' : ` (expanded: ${kib(TRACE_BUF_SIZE_DEFAULT) * sizes.length})`;
  return `${sizes.reduce((sum, size) => sum + size)}${expanded}\n`;
}

/** What a write to `buffer_size_kb` does, of one cpu or all (`tracing_entries_write()`). Returns 0, −EINVAL for 0, −ENOMEM. */
export function setBufferSize(array: TraceArray, kilobytes: bigint, cpu?: number): number {
  if (kilobytes === 0n) return -Errno.EINVAL;
  return array.resize(Number(BigInt.asUintN(64, kilobytes << 10n)), cpu);
}

/**
 * What a write to `buffer_subbuf_size_kb` does: rounds up to a power of two pages; what was recorded goes
 * (`buffer_subbuf_size_write()`). Returns 0, or −EINVAL for 0 and for more than 128 pages.
 */
export function setSubbufSize(array: TraceArray, kilobytes: bigint): number {
  const bytes = BigInt.asUintN(64, kilobytes * BigInt(KIB));
  const pages = Number(BigInt.asIntN(32, (bytes + BigInt(PAGE_SIZE) - 1n) / BigInt(PAGE_SIZE)));
  const order = 32 - Math.clz32(pages - 1);
  if (order > MAX_ORDER) return -Errno.EINVAL;
  return array.setSubbufOrder(order);
}
