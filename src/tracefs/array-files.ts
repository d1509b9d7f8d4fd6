import { Errno } from '../abi/errno.ts';
import { headerEventText, headerPageText } from '../ring-buffer/index.ts';
import { bufferSizeText, bufferTotalSizeText, setBufferSize, setSubbufSize } from '../trace/buffer-size.ts';
import { cpuMaskText, parseCpuMask } from '../trace/cpumask.ts';
import { cString, strip } from '../trace/ctype.ts';
import { writeMarker, writeRawMarker } from '../trace/marker.ts';
import {
  isTraceOption,
  optionFileNames,
  optionValue,
  setOption,
  traceOptionsText,
  writeTraceOptions,
} from '../trace/option-files.ts';
import { pidsText, writePids } from '../trace/pid-list.ts';
import { clearEvents, setEventText, writeSetEvent } from '../trace/set-event.ts';
import type { PidListName, TraceArray } from '../trace/trace-array.ts';
import { isTraceClock, traceClockText } from '../trace/trace-clock.ts';
import { availableTracersText } from '../trace/tracer-list.ts';
import { eventsDirectory } from './event-dirs.ts';
import { microsecondsFile } from './latency-file.ts';
import { directory, readOnly, readWrite, type TraceFile, type TraceNode } from './node.ts';
import { flagFile, numberFile } from './number-file.ts';
import type { TracefsParts } from './parts.ts';
import { perCpuDirectory, pipeFile, snapshotFile, traceFile } from './per-cpu.ts';

/** Bytes that a tracer's name may have, and a clock's, with their terminators. */
const MAX_TRACER_SIZE = 100;
const CLOCK_BUF_SIZE = 64;

/** The files that the root and each instance have, each made when it is looked up (`kernel/trace/trace.c:init_tracer_tracefs()`). */
export function arrayFiles(parts: TracefsParts, array: TraceArray): Record<string, () => TraceNode> {
  const cpus = Array.from({ length: array.buffer.cpus }, (_, cpu) => cpu);
  return {
    available_tracers: () => readOnly(() => availableTracersText(array)),
    buffer_percent: () => ({
      ...numberFile(
        () => `${array.bufferPercent}\n`,
        (value) => setPercent(array, value),
      ),
      moves: 'one',
    }),
    buffer_size_kb: () =>
      numberFile(
        () => bufferSizeText(array),
        (value) => setBufferSize(array, value),
      ),
    buffer_subbuf_size_kb: () => ({
      ...numberFile(
        () => `${array.buffer.subbufSize / 1024}\n`,
        (value) => setSubbufSize(array, value),
      ),
      moves: 'not',
    }),
    buffer_total_size_kb: () => readOnly(() => bufferTotalSizeText(array)),
    current_tracer: () => readWrite({ read: () => `${array.tracer}\n`, write: (data) => writeTracer(array, data) }),
    error_log: () =>
      readWrite({
        read: () => array.errorLog.text(),
        write: (data) => data.length,
        moves: 'not',
        truncate: () => done(array.errorLog.clear()),
      }),
    events: () =>
      eventsDirectory(array, {
        header_page: () => readOnly(() => headerPageText(array.buffer.subbufSize)),
        header_event: () => readOnly(headerEventText),
      }),
    free_buffer: () => ({
      kind: 'file',
      mode: 0o200,
      stream: true,
      write: (data) => data.length,
      open: () => freeBuffer(array),
    }),
    options: () => optionsDirectory(array),
    per_cpu: () => perCpuDirectory(array, parts.actor),
    set_event: () =>
      readWrite({
        read: () => setEventText(array),
        write: (data) => writeSetEvent(array, data),
        truncate: () => done(clearEvents(array)),
      }),
    set_event_notrace_pid: () => eventPidFile(array, 'noPids'),
    set_event_pid: () => eventPidFile(array, 'pids'),
    ...parts.functionFiles(array),
    snapshot: () => snapshotFile(array, cpus, parts.actor),
    timestamp_mode: () => readOnly(() => (array.buffer.timeStampAbs ? 'delta [absolute]\n' : '[delta] absolute\n')),
    trace: () => traceFile(array, cpus),
    trace_clock: () => readWrite({ read: () => traceClockText(array.clock), write: (data) => writeClock(array, data) }),
    trace_marker: () => markerFile((data) => writeMarker(array, parts.actor(), data)),
    trace_marker_raw: () => markerFile((data) => writeRawMarker(array, parts.actor(), data)),
    trace_options: () =>
      readWrite({
        read: () => traceOptionsText(array),
        write: (data) => writeTraceOptions(array, data) || data.length,
      }),
    trace_pipe: () => pipeFile(array),
    tracing_cpumask: () =>
      readWrite({
        read: (size) => cpumaskText(array, size),
        write: (data) => writeCpumask(array, data),
        moves: 'not',
      }),
    tracing_max_latency: () =>
      microsecondsFile(
        () => array.maxLatency,
        (ns) => setMaxLatency(array, ns),
      ),
    tracing_on: () => ({
      ...numberFile(
        () => (array.buffer.isRecordSetOn ? '1\n' : '0\n'),
        (value) => setTracingOn(array, value !== 0n),
      ),
      moves: 'one',
    }),
  };
}

/** 0, once the argument has been evaluated: for handlers that cannot fail. */
function done(_effect: unknown): 0 {
  return 0;
}

function setPercent(array: TraceArray, value: bigint): number {
  if (value > 100n) return -Errno.EINVAL;
  array.bufferPercent = Number(value);
  return 0;
}

function setMaxLatency(array: TraceArray, ns: bigint): number {
  array.maxLatency = ns;
  return 0;
}

function setTracingOn(array: TraceArray, on: boolean): number {
  if (array.buffer.isRecordSetOn === on) return 0;
  array.buffer.setRecordOn(on);
  if (!on) array.buffer.wakeWaiters();
  return 0;
}

function writeTracer(array: TraceArray, data: string): number {
  return array.setTracer(strip(cString(data.slice(0, MAX_TRACER_SIZE)))) || data.length;
}

function writeClock(array: TraceArray, data: string): number {
  const name = strip(cString(data));
  if (data.length >= CLOCK_BUF_SIZE || !isTraceClock(name)) return -Errno.EINVAL;
  array.setClock(name);
  return data.length;
}

/** Content of `tracing_cpumask`; a reader without room for more than that is refused. */
function cpumaskText(array: TraceArray, size: number): string | number {
  const text = `${cpuMaskText(array.cpumask, array.buffer.cpus)}\n`;
  return text.length >= size ? -Errno.EINVAL : text;
}

function writeCpumask(array: TraceArray, data: string): number {
  if (data === '') return -Errno.EINVAL;
  const mask = parseCpuMask(cString(data), array.buffer.cpus);
  if (typeof mask === 'number') return mask;
  array.setCpumask(mask);
  return data.length;
}

/** Closing it gives the memory back, but for two sub-buffers, and stops tracing under `disable_on_free`. */
function freeBuffer(array: TraceArray) {
  return {
    write: (data: string) => data.length,
    close: () => {
      if (array.options.disable_on_free) array.buffer.setRecordOn(false);
      array.resize(0);
    },
  };
}

function markerFile(write: (data: string) => number): TraceFile {
  return { kind: 'file', mode: 0o220, stream: true, write };
}

function eventPidFile(array: TraceArray, list: PidListName): TraceFile {
  return readWrite({
    read: () => pidsText(array.pidList(list)),
    write: (data) => {
      if (data === '') return 0;
      const ret = array.expand();
      if (ret < 0) return ret;
      const written = writePids(array.pidList(list), data);
      if (typeof written === 'number') return written;
      array.setPidList(list, written.pids);
      array.tracing.synchronize();
      return written.read;
    },
    truncate: () => done(array.setPidList(list, undefined)),
  });
}

function optionsDirectory(array: TraceArray): TraceNode {
  const file = (name: string): TraceFile => ({
    ...flagFile(
      () => (optionValue(array, name) ? '1\n' : '0\n'),
      (on) => setOption(array, name, on),
    ),
    ...(isTraceOption(name) && { holds: false }),
  });
  return directory(Object.fromEntries(optionFileNames(array).map((name) => [name, () => file(name)])));
}
