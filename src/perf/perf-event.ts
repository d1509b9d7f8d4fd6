import { Errno } from '../abi/errno.ts';
import { type Cpu, type Machine, PAGE_SIZE, type Task } from '../machine/index.ts';
import { compileFilter, type Predicate, type RecordWriter, type TraceEventCall, type Tracing } from '../trace/index.ts';
import { type PerfEventAttr, PerfFormat, PerfSample } from './perf-attr.ts';
import { PerfBuffer } from './perf-buffer.ts';
import { type PerfHit, writeSample } from './perf-sample.ts';
import { TaskClock } from './task-clock.ts';

/** Most data pages of one event. */
const MAX_PAGES = 1 << 16;

/** Where an event counts: in a task, on a cpu, in a task while it is on a cpu. */
export interface PerfTarget {
  readonly task?: Task;
  readonly cpu?: number;
}

/** An open perf event on a trace event, `struct perf_event`. Made by `PerfEvents.open()`. */
export class PerfEvent {
  readonly attr: PerfEventAttr;
  readonly id: number;
  readonly call: TraceEventCall;
  readonly #tracing: Tracing;
  readonly #machine: Machine;
  readonly #cpu: number;
  readonly #clock: TaskClock;
  readonly #release: () => void;
  #enabled = false;
  #closed = false;
  #count = 0;
  #samplePeriod: number;
  /** Hits until the next sample, negative. */
  #periodLeft: number;
  #lostSamples = 0;
  #filter: Predicate | undefined;
  #buffer: PerfBuffer | undefined;

  constructor(options: {
    attr: PerfEventAttr;
    id: number;
    call: TraceEventCall;
    tracing: Tracing;
    target: PerfTarget;
    release: (event: PerfEvent) => void;
  }) {
    const { attr, id, call, tracing, target, release } = options;
    this.attr = attr;
    this.id = id;
    this.call = call;
    this.#tracing = tracing;
    this.#machine = tracing.machine;
    this.#cpu = target.cpu ?? -1;
    this.#clock = new TaskClock(tracing.machine, target.task, this.#cpu, attr.inherit ?? false);
    this.#release = () => release(this);
    this.#samplePeriod = attr.samplePeriod ?? 0;
    this.#periodLeft = -this.#samplePeriod;
    if (!attr.disabled) this.enable();
  }

  /** Starts counting (`PERF_EVENT_IOC_ENABLE`). */
  enable(): void {
    if (this.#enabled || this.#closed) return;
    this.#enabled = true;
    this.#clock.start();
  }

  /** Stops counting (`PERF_EVENT_IOC_DISABLE`). */
  disable(): void {
    if (!this.#enabled) return;
    this.#enabled = false;
    this.#clock.stop();
  }

  /** Makes the count 0; times go on (`PERF_EVENT_IOC_RESET`). */
  reset(): void {
    this.#count = 0;
  }

  /** A sample each that many hits from now on, the first with the next hit. −EINVAL for an event that only counts, or for 0 (`PERF_EVENT_IOC_PERIOD`). */
  setPeriod(period: number): number {
    if (this.#samplePeriod === 0 || period <= 0) return -Errno.EINVAL;
    this.#samplePeriod = period;
    this.#periodLeft = 0;
    return 0;
  }

  /** Lets only hits through whose record passes. −EEXIST when there is a filter already, −EINVAL and others for one that makes no sense (`PERF_EVENT_IOC_SET_FILTER`). */
  setFilter(text: string): number {
    if (this.#filter) return -Errno.EEXIST;
    const test = compileFilter(text, this.call.fields, this.#tracing.filterEnvironment);
    if (typeof test !== 'function') return test.errno;
    this.#filter = test;
    return 0;
  }

  /**
   * The count, and what the read format asks for besides, as `read(2)` gives them. −ENOSPC when `size` bytes are too few for them.
   */
  read(size = Number.POSITIVE_INFINITY): bigint[] | number {
    const { readFormat = 0 } = this.attr;
    const has = (bit: number) => (readFormat & bit) !== 0;
    const times = [
      ...(has(PerfFormat.TOTAL_TIME_ENABLED) ? [this.#clock.enabled] : []),
      ...(has(PerfFormat.TOTAL_TIME_RUNNING) ? [this.#clock.enabled] : []),
    ];
    const rest = [...(has(PerfFormat.ID) ? [this.id] : []), ...(has(PerfFormat.LOST) ? [this.#lostSamples] : [])];
    // Every event is a group of its own.
    const values = has(PerfFormat.GROUP) ? [1, ...times, this.#count, ...rest] : [this.#count, ...times, ...rest];
    return values.length * 8 > size ? -Errno.ENOSPC : values.map(BigInt);
  }

  /** Hits counted. */
  get count(): number {
    return this.#count;
  }

  /**
   * Maps data pages for samples (`mmap(2)`): a power of two of them. −EINVAL for another number, for pages mapped in another size, or
   * for an event that follows forks on every cpu.
   */
  mmap(pages: number): PerfBuffer | number {
    if (pages < 1 || pages > MAX_PAGES || (pages & (pages - 1)) !== 0) return -Errno.EINVAL;
    if (this.attr.inherit && this.#cpu < 0) return -Errno.EINVAL;
    if (this.#buffer && this.#buffer.size !== pages * PAGE_SIZE) return -Errno.EINVAL;
    this.#buffer ??= new PerfBuffer(pages, this.id);
    return this.#buffer;
  }

  /** Ends it: the trace event is no longer held. */
  close(): void {
    if (this.#closed) return;
    this.disable();
    this.#clock.end();
    this.#closed = true;
    this.#release();
  }

  /** For the sink: whether it counts on a cpu now. */
  isActive(cpu: Cpu): boolean {
    return this.#enabled && (this.#cpu < 0 || this.#cpu === cpu.id) && this.#clock.follows(cpu.current);
  }

  /** For the sink: a hit (`kernel/events/core.c:perf_tp_event()`, `perf_swevent_event()`). */
  hit(cpu: Cpu, record: RecordWriter, hit: PerfHit): void {
    if (this.attr.excludeKernel || (this.#filter && !this.#filter(record, cpu))) return;
    this.#count++;
    if (this.#samplePeriod === 0) return;
    // Who asks for the period gets a sample for every hit.
    const each = this.#samplePeriod === 1 || ((this.attr.sampleType ?? 0) & PerfSample.PERIOD) !== 0;
    if (!each && ++this.#periodLeft < 0) return;
    if (!each) this.#periodLeft = -this.#samplePeriod;
    const { sampleType = 0 } = this.attr;
    const sample = { type: sampleType, id: this.id, period: 1, now: this.#machine.clock.now };
    if (this.#buffer && !writeSample(this.#buffer, cpu, hit, sample)) this.#lostSamples++;
  }
}
