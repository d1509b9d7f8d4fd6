import type { Cpu } from '../machine/index.ts';
import { PerfSample } from './perf-attr.ts';
import { MISC_KERNEL, PERF_HEADER_SIZE, type PerfBuffer, PerfRecord } from './perf-buffer.ts';

/** A hit on its way to perf: the raw record, and the place of the hit. */
export interface PerfHit {
  /** The event's record, the common header included, and the padding that makes it and its 4-byte size a multiple of 8. */
  readonly bytes: Uint8Array;
  rawSize: number;
  /** Instruction pointer in halves. */
  ipLo: number;
  ipHi: number;
}

/** Bytes of a sample of some type, for a raw record of `rawSize` bytes (`perf_event_header__init_id()` and the sizes of what varies). */
function sampleSize(type: number, rawSize: number): number {
  let size = PERF_HEADER_SIZE;
  for (const bit of [
    PerfSample.IP,
    PerfSample.TID,
    PerfSample.TIME,
    PerfSample.ID,
    PerfSample.CPU,
    PerfSample.PERIOD,
  ]) {
    if (type & bit) size += 8;
  }
  return type & PerfSample.RAW ? size + 4 + rawSize : size;
}

/** Writes a sample into a buffer; false when there was no room (`perf_output_sample()`). */
export function writeSample(
  buffer: PerfBuffer,
  cpu: Cpu,
  hit: PerfHit,
  event: { type: number; id: number; period: number; now: number },
): boolean {
  const { type, id, period, now } = event;
  let at = buffer.begin(PerfRecord.SAMPLE, MISC_KERNEL, sampleSize(type, hit.rawSize));
  if (at < 0) return false;
  const put = (lo: number, hi: number): void => {
    buffer.put64(at, lo, hi);
    at += 8;
  };
  const putNumber = (value: number): void => put(value, Math.floor(value / 2 ** 32));
  if (type & PerfSample.IP) put(hit.ipLo, hit.ipHi);
  if (type & PerfSample.TID) put(cpu.current.tgid, cpu.current.pid);
  if (type & PerfSample.TIME) putNumber(now);
  if (type & PerfSample.ID) putNumber(id);
  if (type & PerfSample.CPU) put(cpu.id, 0);
  if (type & PerfSample.PERIOD) putNumber(period);
  if (type & PerfSample.RAW) {
    buffer.put32(at, hit.rawSize);
    for (let i = 0; i < hit.rawSize; i++) buffer.putByte(at + 4 + i, hit.bytes[i]!);
  }
  return true;
}

/** A record taken apart. */
export type PerfRecordValues =
  | { readonly type: 'lost'; readonly id: number; readonly lost: number }
  | {
      readonly type: 'sample';
      readonly ip?: bigint;
      readonly pid?: number;
      readonly tid?: number;
      /** Nanoseconds since boot. */
      readonly time?: number;
      readonly id?: number;
      readonly cpu?: number;
      readonly period?: number;
      /** The event's record, padding included. */
      readonly raw?: Uint8Array;
    };

/** Takes a record apart that an event with this sample type wrote. */
export function readPerfRecord(record: Uint8Array, sampleType: number): PerfRecordValues {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  let at = PERF_HEADER_SIZE;
  const next = (): bigint => {
    at += 8;
    return view.getBigUint64(at - 8, true);
  };
  if (view.getUint32(0, true) === PerfRecord.LOST) return { type: 'lost', id: Number(next()), lost: Number(next()) };
  const has = (bit: number) => (sampleType & bit) !== 0;
  const ip = has(PerfSample.IP) ? { ip: next() } : {};
  const ids = has(PerfSample.TID) ? next() : undefined;
  const time = has(PerfSample.TIME) ? { time: Number(next()) } : {};
  const id = has(PerfSample.ID) ? { id: Number(next()) } : {};
  const cpu = has(PerfSample.CPU) ? { cpu: Number(next() & 0xffffffffn) } : {};
  const period = has(PerfSample.PERIOD) ? { period: Number(next()) } : {};
  const raw = has(PerfSample.RAW) ? { raw: record.subarray(at + 4, at + 4 + view.getUint32(at, true)) } : {};
  const task = ids === undefined ? {} : { pid: Number(ids & 0xffffffffn), tid: Number(ids >> 32n) };
  return { type: 'sample', ...ip, ...task, ...time, ...id, ...cpu, ...period, ...raw };
}
