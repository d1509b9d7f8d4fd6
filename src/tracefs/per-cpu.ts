import { Errno } from '../abi/errno.ts';
import type { Cpu } from '../machine/index.ts';
import { setBufferSize } from '../trace/buffer-size.ts';
import { snapshotHelp, writeSnapshot } from '../trace/snapshot.ts';
import { statsText } from '../trace/stats.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import { traceHeader } from '../trace/trace-header.ts';
import { TracePipe } from '../trace/trace-pipe.ts';
import { TraceRawPipe } from '../trace/trace-pipe-raw.ts';
import { TraceReader } from '../trace/trace-reader.ts';
import { directory, type FileOps, Mode, readOnly, readWrite, type TraceDir, type TraceFile } from './node.ts';
import { numberFile, writeNumber } from './number-file.ts';

/** `per_cpu/` with a directory for each cpu (`kernel/trace/trace.c:tracing_init_tracefs_percpu()`). */
export function perCpuDirectory(array: TraceArray, actor: () => Cpu): TraceDir {
  const cpus = Array.from({ length: array.buffer.cpus }, (_, cpu) => cpu);
  return directory(Object.fromEntries(cpus.map((cpu) => [`cpu${cpu}`, () => cpuDirectory(array, cpu, actor)])));
}

function cpuDirectory(array: TraceArray, cpu: number, actor: () => Cpu): TraceDir {
  return directory({
    buffer_size_kb: () =>
      numberFile(
        () => `${Math.floor(array.shownSizes[cpu]! / 1024)}\n`,
        (value) => setBufferSize(array, value, cpu),
      ),
    snapshot: () => snapshotFile(array, [cpu], actor, cpu),
    snapshot_raw: () => rawFile(array, cpu, true),
    stats: () => readOnly(() => statsText(array, cpu)),
    trace: () => traceFile(array, [cpu], cpu),
    trace_pipe: () => pipeFile(array, cpu),
    trace_pipe_raw: () => rawFile(array, cpu, false),
  });
}

/** A `trace` file: reading leaves the records, a truncating open drops them, writing does nothing. */
export function traceFile(array: TraceArray, cpus: readonly number[], cpu?: number): TraceFile {
  const write = (data: string) => data.length;
  return {
    ...readWrite({
      write,
      truncate: () => {
        array.reset(cpu);
        return 0;
      },
    }),
    open: (how) => {
      if (!how.read) return { write };
      const source = { array, buffer: array.buffer, cpus };
      return { ...readerOps(new TraceReader(source, () => traceHeader(source))), write, moves: 'not' };
    },
  };
}

/** A `snapshot` file; `cpu` when it is that of one, `actor` the cpu whose task uses it. */
export function snapshotFile(array: TraceArray, cpus: readonly number[], actor: () => Cpu, cpu?: number): TraceFile {
  const write = (data: string) =>
    array.expand() || writeNumber((value) => writeSnapshot(array, value, actor(), cpu))(data);
  return {
    ...readWrite({ write }),
    open: ({ read }) => {
      if (!read) return { write };
      const source = { array, buffer: array.maxBuffer, cpus, isSnapshot: true };
      return {
        ...readerOps(new TraceReader(source, () => snapshotHelp(array, cpus, cpu) ?? traceHeader(source))),
        write,
      };
    },
  };
}

function readerOps(reader: TraceReader): FileOps {
  return {
    readSome: (size) => reader.read(size),
    seek: (offset) => reader.seek(offset),
    close: () => reader.close(),
  };
}

/** A `trace_pipe`: reading takes the records. */
export function pipeFile(array: TraceArray, cpu?: number): TraceFile {
  return {
    kind: 'file',
    mode: Mode.READ,
    stream: true,
    open: ({ nonblock }) => {
      const pipe = TracePipe.open(array, cpu);
      if (typeof pipe === 'number') return pipe;
      return {
        readSome: (size) => pipe.read(size, nonblock),
        wait: (wake) => pipe.wait(wake),
        cancelWait: (wake) => pipe.cancelWait(wake),
        ready: () => pipe.ready,
        waitReady: (wake) => pipe.waitReady(wake),
        close: () => pipe.close(),
      };
    },
  };
}

/** `trace_pipe_raw` and `snapshot_raw`: pages of the ring buffer in the kernel's layout. */
function rawFile(array: TraceArray, cpu: number, ofSnapshot: boolean): TraceFile {
  const open = (): FileOps => {
    const pipe = new TraceRawPipe(array, cpu, ofSnapshot);
    return {
      readSome: (size) => pipe.read(size),
      wait: (wake) => pipe.wait(wake),
      cancelWait: (wake) => pipe.cancelWait(wake),
      ready: () => pipe.ready,
      waitReady: (wake) => pipe.waitReady(wake),
      flush: () => pipe.flush(),
    };
  };
  return { kind: 'file', mode: Mode.READ, stream: true, open, write: () => -Errno.EINVAL };
}
