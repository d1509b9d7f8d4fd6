import { Errno } from '../abi/errno.ts';
import type { Cpu } from '../machine/cpu.ts';
import { FtraceOffset, FtraceType } from './ftrace-event.ts';
import type { TraceArray } from './trace-array.ts';

/** Most bytes of one marker, `kernel/trace/trace.c:TRACE_MARKER_MAX_SIZE`. */
const TRACE_MARKER_MAX_SIZE = 4096;
/** Bytes of `<faulted>`, for which every marker has room. */
const FAULTED_SIZE = 9;
/** The place in `tracing_mark_write()` that a marker names as its origin, bytes from the function's start. */
const MARK_OFFSET = 0x4an;

function putText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

/**
 * What a write to `trace_marker` does: records the text as a `print` entry, with a newline at its end
 * (`kernel/trace/trace.c:tracing_mark_write()`). Markers of the top level also go to instances with `copy_trace_marker`.
 * @returns bytes taken; −EINVAL when `options/markers` is off, −EBADF when nothing records
 */
export function writeMarker(array: TraceArray, cpu: Cpu, data: string): number {
  if (!array.options.markers) return -Errno.EINVAL;
  const text = data.slice(0, TRACE_MARKER_MAX_SIZE);
  return markWherever(array, (target) => markInto(target, cpu, text));
}

/** Marks a trace array; for the top level, those that get its markers, up to the first that refuses. */
function markWherever(array: TraceArray, mark: (target: TraceArray) => number): number {
  if (!array.isTop) return mark(array);
  let written: number = -Errno.ENODEV;
  for (const target of array.tracing.markerArrays) {
    written = mark(target);
    if (written < 0) break;
  }
  return written;
}

/**
 * Records a text as a `print` entry, from a place in the kernel (`kernel/trace/trace.c:__trace_array_puts()`).
 * @returns bytes of the record's text, or −EBADF when nothing records
 */
export function recordPrint(array: TraceArray, cpu: Cpu, from: bigint, text: string): number {
  const { printIp, printText } = FtraceOffset;
  const record = array.recorder.begin(cpu, FtraceType.PRINT, printText + text.length + 2, 0);
  if (!record) return -Errno.EBADF;
  const { bytes, view, base } = record;
  view.setBigUint64(base + printIp, from, true);
  putText(bytes, base + printText, text.endsWith('\n') ? `${text}\0` : `${text}\n\0`);
  array.recorder.commit(cpu, record);
  return text.length;
}

function markInto(array: TraceArray, cpu: Cpu, data: string): number {
  const { printIp, printText } = FtraceOffset;
  const meta = printText + 2;
  const size = (text: string) => meta + Math.max(text.length, FAULTED_SIZE);
  const most = array.buffer.maxEventSize;
  const text = size(data) > most ? data.slice(0, most - meta) : data;
  const record = array.recorder.begin(cpu, FtraceType.PRINT, size(text), 0);
  if (!record) return -Errno.EBADF;
  const { bytes, view, base } = record;
  const mark = array.tracing.machine.kallsyms.lookupName('tracing_mark_write') ?? 0n;
  view.setBigUint64(base + printIp, mark + MARK_OFFSET, true);
  putText(bytes, base + printText, `${text}\0`);
  // The triggers of ftrace:print see the text as it was written.
  const triggers = array.eventFile('ftrace', 'print')?.triggers;
  const later = triggers?.call(cpu, record) ?? 0;
  if (!text.endsWith('\n')) putText(bytes, base + printText + text.length, '\n\0');
  array.recorder.commit(cpu, record);
  if (later) triggers?.postCall(cpu, later);
  return text.length;
}

/**
 * What a write to `trace_marker_raw` does: records an id of four bytes and what follows (`tracing_mark_raw_write()`).
 * @returns bytes taken; −EINVAL for less than an id or more than fits, −EBADF when nothing records
 */
export function writeRawMarker(array: TraceArray, cpu: Cpu, data: string): number {
  const { rawId, rawData } = FtraceOffset;
  const size = rawData + Math.max(data.length, FAULTED_SIZE + 4);
  if (!array.options.markers || data.length < 4 || size > array.buffer.maxEventSize) return -Errno.EINVAL;
  return markWherever(array, (target) => {
    const record = target.recorder.begin(cpu, FtraceType.RAW_DATA, size, 0);
    if (!record) return -Errno.EBADF;
    putText(record.bytes, record.base + rawId, data);
    target.recorder.commit(cpu, record);
    return data.length;
  });
}
