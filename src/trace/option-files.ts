import { Errno } from '../abi/errno.ts';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import { TRACE_OPTIONS, TRACERS, type TraceOptionName, type TracerName } from '../abi/trace-options.ts';
import { cString, strip } from './ctype.ts';
import type { TraceArray } from './trace-array.ts';

/** Room for one option in a write, terminator included. */
const OPTION_BUF_SIZE = 64;
/** Options without a file in instances. */
const TOP_LEVEL_OPTIONS: ReadonlySet<string> = new Set(['trace_printk', 'printk-msg-only', 'record-cmd']);

/** Whether a name is that of an option of trace arrays; others belong to tracers. */
export const isTraceOption = (name: string): name is TraceOptionName => Object.hasOwn(TRACE_OPTIONS, name);
const tracerOptionsOf = (tracer: TracerName): Record<string, boolean> => TRACERS[tracer].options;

/** Names of the files under `options/`. */
export function optionFileNames(array: TraceArray): string[] {
  const own = Object.keys(TRACE_OPTIONS).filter((name) => array.isTop || !TOP_LEVEL_OPTIONS.has(name));
  const tracers = (Object.keys(TRACERS) as TracerName[]).filter((name) => array.isTop || TRACERS[name].instances);
  return [...own, ...tracers.flatMap((tracer) => Object.keys(tracerOptionsOf(tracer)))];
}

/** Whether an option of the trace array or of any tracer is on. */
export function optionValue(array: TraceArray, name: string): boolean {
  if (isTraceOption(name)) return array.options[name];
  const changed = array.tracing.tracerOptions.get(name);
  return changed ?? Object.keys(TRACERS).some((tracer) => tracerOptionsOf(tracer as TracerName)[name] === true);
}

/** Content of `trace_options`: the trace array's options, then those of its tracer. */
export function traceOptionsText(array: TraceArray): string {
  const names = [...Object.keys(TRACE_OPTIONS), ...Object.keys(tracerOptionsOf(array.tracer))];
  return names.map((name) => `${optionValue(array, name) ? '' : 'no'}${name}\n`).join('');
}

/**
 * What a write to `trace_options` does: `NAME` or `noNAME` (`kernel/trace/trace.c:trace_set_options()`).
 * @returns 0, or −EINVAL
 */
export function writeTraceOptions(array: TraceArray, data: string): number {
  if (data.length >= OPTION_BUF_SIZE) return -Errno.EINVAL;
  const word = strip(cString(data));
  const off = word.startsWith('no');
  const name = off ? word.slice(2) : word;
  if (isTraceOption(name)) return setTraceOption(array, name, !off);
  return Object.hasOwn(tracerOptionsOf(array.tracer), name) ? setTracerOption(array, name, !off) : -Errno.EINVAL;
}

/** Sets an option by the name of its file. Returns 0 or −EINVAL. */
export function setOption(array: TraceArray, name: string, on: boolean): number {
  if (isTraceOption(name)) return setTraceOption(array, name, on);
  return optionValue(array, name) === on ? 0 : setTracerOption(array, name, on);
}

/** Options of a tracer are one for all trace arrays; only the one where it is set has a say (`kernel/trace/trace.c:__set_tracer_option()`). */
function setTracerOption(array: TraceArray, name: string, on: boolean): number {
  const { tracers, tracerOptions } = array.tracing;
  const owner = (Object.keys(TRACERS) as TracerName[]).find((tracer) => Object.hasOwn(tracerOptionsOf(tracer), name));
  const ret = (owner && tracers.get(owner)?.setOption?.(array, name, on)) ?? 0;
  if (ret === 0) tracerOptions.set(name, on);
  return ret;
}

/** `kernel/trace/trace.c:set_tracer_flag()`. */
function setTraceOption(array: TraceArray, name: TraceOptionName, on: boolean): number {
  if (array.options[name] === on) return 0;
  if (name === 'trace_printk_dest' && !movePrintk(array, on)) return -Errno.EINVAL;
  array.options[name] = on;
  if (name === 'copy_trace_marker') copyMarkers(array, on);
  if (name === 'overwrite') {
    array.buffer.overwrite = on;
    array.maxBuffer.overwrite = on;
  }
  if (name === 'record-cmd') recordTasks(array, 'cmdline', EventFileFlag.RECORDED_CMD, on);
  if (name === 'record-tgid') {
    array.tracing.cmdlines.allocateTgids();
    recordTasks(array, 'tgid', EventFileFlag.RECORDED_TGID, on);
  }
  return 0;
}

/** `trace_printk()` goes to one trace array: setting takes it over, clearing gives it back to the top level, which cannot let go. */
function movePrintk(array: TraceArray, on: boolean): boolean {
  const { tracing } = array;
  if (!on && tracing.printkArray === tracing.top) return false;
  tracing.printkArray.options.trace_printk_dest = false;
  tracing.printkArray = on ? array : tracing.top;
  tracing.printkArray.options.trace_printk_dest = true;
  return true;
}

/** Enabled events of every trace array take or give back their reference, whichever array's option it was. */
function recordTasks(array: TraceArray, what: 'cmdline' | 'tgid', flag: number, on: boolean): void {
  const { cmdlines, arrays } = array.tracing;
  for (const file of arrays.flatMap((each) => [...each.files.enabled])) {
    if (on) {
      cmdlines.start(what);
      file.flags |= flag;
    } else {
      cmdlines.stop(what);
      file.flags &= ~flag;
    }
  }
}

/** `kernel/trace/trace.c:update_marker_trace()` */
function copyMarkers(array: TraceArray, on: boolean): void {
  const { markerArrays } = array.tracing;
  if (on) markerArrays.unshift(array);
  else markerArrays.splice(markerArrays.indexOf(array), 1);
}
