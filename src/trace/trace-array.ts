import { Errno } from '../abi/errno.ts';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import {
  TRACE_CLOCKS,
  TRACE_OPTIONS,
  TRACERS,
  type TraceClockName,
  type TraceOptionName,
  type TracerName,
} from '../abi/trace-options.ts';
import type { Cpu } from '../machine/index.ts';
import { ALL_CPUS, RingBuffer } from '../ring-buffer/index.ts';
import { type CpuMask, cpuMaskTest, emptyCpuMask } from './cpumask.ts';
import { ErrorLog } from './error-log.ts';
import type { TraceEventCall } from './event-call.ts';
import type { TraceEventFile } from './event-file.ts';
import { EventFiles } from './event-files.ts';
import { Recorder } from './recorder.ts';
import type { WaitingModuleEvents } from './set-event.ts';
import type { Tracer } from './tracer.ts';
import type { Tracing } from './tracing.ts';

/** Bytes that each cpu's buffer gets when tracing starts, `kernel/trace/trace.c:TRACE_BUF_SIZE_DEFAULT`. */
export const TRACE_BUF_SIZE_DEFAULT = 1_441_792;
/** Options that a new instance does not take over from the top level. */
const ZEROED_OPTIONS: ReadonlySet<TraceOptionName> = new Set([
  'event-fork',
  'function-fork',
  'trace_printk_dest',
  'copy_trace_marker',
]);

/** Lists of pids: two that events are held against, two for traced functions. */
export type PidListName = 'pids' | 'noPids' | 'functionPids' | 'functionNoPids';

/**
 * One set of tracing files: the tracefs root or an instance, with its own ring buffer, events, options and errors
 * (`struct trace_array`).
 */
export class TraceArray {
  readonly tracing: Tracing;
  /** Name under `instances/`; empty for the top level. */
  readonly name: string;
  /** Its records. */
  buffer: RingBuffer;
  /** The other buffer, which a snapshot exchanges with {@link TraceArray.buffer}; small until allocated. */
  maxBuffer: RingBuffer;
  snapshotAllocated = false;
  /** Who took the last snapshot: latency-format says so above it. */
  readonly snapshotTaker = { comm: '', pid: 0, cpu: 0, latency: 0n };
  readonly recorder: Recorder;
  readonly errorLog: ErrorLog;
  /** A file for each event. */
  readonly files: EventFiles;
  readonly options: Record<TraceOptionName, boolean>;
  /** Whether the buffer has its full size; before first use it has two sub-buffers a cpu. */
  expanded: boolean;
  /** Time of the last reset, in units of the clock: latency-format counts from here, and `trace` shows nothing older. */
  timeStart = 0;
  /** How many records of each cpu the last reader of `trace` stepped past, because they are older (`skipped_entries`). */
  readonly skipped: Uint32Array;
  /** Bytes that each cpu's buffer holds, as `buffer_size_kb` shows it: noted when the size is set, not when sub-buffers change theirs. */
  readonly shownSizes: number[];
  /** Whether a removed event left records behind. */
  clearTrace = false;
  /** Words of `set_event` that wait for a module, newest first. */
  readonly waitingModules: WaitingModuleEvents[] = [];
  /** Open files of an instance, and its histograms with variables: it stays while there are any. */
  holds = 0;
  /** Cpus whose `trace_pipe` is open, −1 for the one of all; the tracer cannot change meanwhile. */
  readonly pipeCpus = new Set<number>();
  /** What a histogram waits for to take snapshots; others cannot take any meanwhile. */
  snapshotCondition: object | undefined = undefined;
  /** Triggers that want records in the buffer before they are filtered: those that look at their time. */
  noFilterBuffering = 0;
  /** Percentage of the buffer that wakes a blocked reader, content of `buffer_percent`. */
  bufferPercent = 50;
  /** Content of `tracing_max_latency`, nanoseconds. */
  maxLatency = 0n;
  tracer: TracerName = 'nop';
  /** Address of the trampoline that its traced functions call, once it has one: stack traces show it as a tracer's. */
  trampoline: bigint | undefined = undefined;
  #clock: TraceClockName = 'local';
  /** `set_event_pid`, `set_event_notrace_pid`, `set_ftrace_pid`, `set_ftrace_notrace_pid`; none when the list is empty. */
  readonly #pidLists: Partial<Record<PidListName, ReadonlySet<number> | undefined>> = {};
  #cpumask: CpuMask;

  constructor(tracing: Tracing, name: string) {
    this.tracing = tracing;
    this.name = name;
    const cpus = tracing.machine.cpus.length;
    this.expanded = name !== '';
    const clock = tracing.clocks.source('local');
    this.buffer = RingBuffer.create({ cpus, size: this.expanded ? TRACE_BUF_SIZE_DEFAULT : 0, clock });
    this.maxBuffer = RingBuffer.create({ cpus, size: 0, clock });
    this.skipped = new Uint32Array(cpus);
    this.shownSizes = Array.from({ length: cpus }, (_, cpu) => this.buffer.size(cpu));
    this.recorder = new Recorder(this, cpus);
    this.errorLog = new ErrorLog(() => tracing.machine.clock.now);
    this.options = { ...(name === '' ? TRACE_OPTIONS : tracing.top.options) };
    if (name !== '') for (const option of ZEROED_OPTIONS) this.options[option] = false;
    this.#cpumask = emptyCpuMask(cpus);
    for (let cpu = 0; cpu < cpus; cpu++) this.#cpumask[cpu >>> 5]! |= 1 << (cpu & 31);
    this.files = new EventFiles(this, tracing.events);
    tracing.events.arrays.push(this);
  }

  /** Whether it is the tracefs root. */
  get isTop(): boolean {
    return this.name === '';
  }

  // ---- events ----

  /** The file of an event. */
  eventFileOf(call: TraceEventCall): TraceEventFile {
    return this.files.of(call);
  }

  /** The file of the event of this system and name. */
  eventFile(system: string, name: string): TraceEventFile | undefined {
    const call = this.tracing.events.find(system, name);
    return call && this.files.of(call);
  }

  /** The files of a system's events, newest event first. */
  filesOf(system: string): TraceEventFile[] {
    return this.files.inOrder((candidate) => candidate === system);
  }

  /** A new event came: it gets a file (`trace_create_new_event()`). */
  addEvent(call: TraceEventCall): void {
    const file = this.files.add(call);
    if (this.#pidLists.pids || this.#pidLists.noPids) file.flags |= EventFileFlag.PID_FILTER;
  }

  /** An event goes: its file too. */
  removeEvent(call: TraceEventCall): void {
    this.files.remove(call);
  }

  /** An event was enabled here: names of tasks are wanted. */
  noteEnabled(file: TraceEventFile): void {
    this.files.enabled.add(file);
    if (this.options['record-cmd']) {
      this.tracing.cmdlines.start('cmdline');
      file.flags |= EventFileFlag.RECORDED_CMD;
    }
    if (this.options['record-tgid']) {
      this.tracing.cmdlines.start('tgid');
      file.flags |= EventFileFlag.RECORDED_TGID;
    }
  }

  /** An event was disabled here. */
  noteDisabled(file: TraceEventFile): void {
    this.files.enabled.delete(file);
    if (file.flags & EventFileFlag.RECORDED_CMD) this.tracing.cmdlines.stop('cmdline');
    if (file.flags & EventFileFlag.RECORDED_TGID) this.tracing.cmdlines.stop('tgid');
    file.flags &= ~(EventFileFlag.RECORDED_CMD | EventFileFlag.RECORDED_TGID);
  }

  // ---- pids ----

  /** A pid list. */
  pidList(name: PidListName): ReadonlySet<number> | undefined {
    return this.#pidLists[name];
  }

  /** Replaces a pid list; an empty one is no list. */
  setPidList(name: PidListName, pids: ReadonlySet<number> | undefined): void {
    this.#pidLists[name] = pids;
    const filtered = this.#pidLists.pids !== undefined || this.#pidLists.noPids !== undefined;
    this.files.setPidFilter(filtered);
  }

  /** A task was forked: lists that follow forks take the child with its parent (`trace_event_follow_fork()`). */
  followFork(parent: number | undefined, child: number): void {
    for (const name of this.#followingLists()) {
      const pids = this.#pidLists[name];
      if (parent !== undefined && pids?.has(parent)) this.#pidLists[name] = new Set(pids).add(child);
    }
  }

  /** A task is gone: lists that follow forks drop it, and stay lists when they become empty. */
  followExit(pid: number): void {
    for (const name of this.#followingLists()) {
      const pids = this.#pidLists[name];
      if (pids?.has(pid)) this.#pidLists[name] = new Set([...pids].filter((each) => each !== pid));
    }
  }

  #followingLists(): PidListName[] {
    const events: PidListName[] = this.options['event-fork'] ? ['pids', 'noPids'] : [];
    return this.options['function-fork'] ? [...events, 'functionPids', 'functionNoPids'] : events;
  }

  /** Whether hits of this task are not to be recorded (`trace_ignore_this_task()`). */
  ignoresPid(pid: number): boolean {
    const { pids, noPids } = this.#pidLists;
    return (pids !== undefined && !pids.has(pid)) || (noPids?.has(pid) ?? false);
  }

  /** Whether calls of functions by this task are not to be traced (`set_ftrace_pid`, `set_ftrace_notrace_pid`). */
  ignoresFunctionsOf(pid: number): boolean {
    const { functionPids, functionNoPids } = this.#pidLists;
    return (functionPids !== undefined && !functionPids.has(pid)) || (functionNoPids?.has(pid) ?? false);
  }

  // ---- buffer ----

  /** Gives the buffer its full size, if it was never asked for another (`tracing_update_buffers()`). Returns 0 or −ENOMEM. */
  expand(): number {
    return this.expanded ? 0 : this.resize(TRACE_BUF_SIZE_DEFAULT);
  }

  /** Sets the bytes that each cpu's, or one cpu's, buffer holds at least (`tracing_resize_ring_buffer()`). */
  resize(bytes: number, cpu = ALL_CPUS): number {
    this.expanded = true;
    let ret = this.buffer.resize(bytes, cpu);
    if (ret === 0 && this.snapshotAllocated) ret = this.maxBuffer.resize(bytes, cpu);
    if (ret < 0) return ret;
    this.tracing.synchronize();
    for (let i = 0; i < this.shownSizes.length; i++)
      if (cpu === ALL_CPUS || cpu === i) this.shownSizes[i] = this.buffer.size(i);
    return 0;
  }

  /** Sets the size of sub-buffers to 4096 << order bytes. Returns 0 or a negative errno. */
  setSubbufOrder(order: number): number {
    this.tracing.synchronize();
    const ret = this.buffer.setSubbufOrder(order);
    return ret < 0 || !this.snapshotAllocated ? ret : this.maxBuffer.setSubbufOrder(order);
  }

  /** Exchanges the buffer with the snapshot's, which first gets the same size (`tracing_snapshot_write()`). Returns 0 or −ENOMEM. */
  takeSnapshot(cpu: Cpu): number {
    const ret = this.expand() || this.#sizeSnapshot();
    if (ret === 0) this.swapSnapshot(cpu);
    return ret;
  }

  /** Makes room for a snapshot, if there is none yet (`tracing_alloc_snapshot_instance()`). Returns 0 or −ENOMEM. */
  allocateSnapshot(): number {
    return this.snapshotAllocated ? 0 : this.#sizeSnapshot();
  }

  /** Exchanges the buffer with that of the snapshot, which is allocated; the task that a cpu runs did it (`update_max_tr()`). */
  swapSnapshot(cpu: Cpu): void {
    const taker = this.snapshotTaker;
    taker.comm = cpu.current.comm;
    taker.pid = cpu.current.pid;
    taker.cpu = cpu.id;
    taker.latency = this.maxLatency;
    this.maxBuffer.setRecordOn(this.buffer.isRecordSetOn);
    const { buffer } = this;
    this.buffer = this.maxBuffer;
    this.maxBuffer = buffer;
    this.maxBuffer.wakeWaiters();
  }

  #sizeSnapshot(): number {
    const ret = this.maxBuffer.setSubbufOrder(this.buffer.subbufOrder);
    if (ret < 0) return ret;
    for (let cpu = 0; cpu < this.buffer.cpus; cpu++) {
      const resized = this.maxBuffer.resize(this.shownSizes[cpu]!, cpu);
      if (resized < 0) return resized;
    }
    this.snapshotAllocated = true;
    this.tracing.synchronize();
    return 0;
  }

  /** Gives the snapshot's memory back (`free_snapshot()`). */
  freeSnapshot(): void {
    this.tracing.synchronize();
    this.maxBuffer.setSubbufOrder(0);
    this.maxBuffer.resize(1);
    this.maxBuffer.reset();
    this.snapshotAllocated = false;
  }

  /** Empties the buffer, or one cpu's (`tracing_reset_online_cpus()`). */
  reset(cpu = ALL_CPUS): void {
    this.tracing.synchronize();
    this.buffer.reset(cpu);
    if (cpu === ALL_CPUS) this.timeStart = this.buffer.timeStamp();
  }

  /** Name of the clock that records carry. */
  get clock(): TraceClockName {
    return this.#clock;
  }

  /** Whether that clock counts nanoseconds. */
  get clockInNs(): boolean {
    return TRACE_CLOCKS[this.#clock];
  }

  /** Chooses the clock; what is in the buffer goes (`tracing_set_clock()`). */
  setClock(name: TraceClockName): void {
    this.#clock = name;
    const source = this.tracing.clocks.source(name);
    this.buffer.setClock(source);
    this.maxBuffer.setClock(source);
    this.reset();
    this.maxBuffer.reset();
  }

  /** Cpus that record. */
  get cpumask(): CpuMask {
    return this.#cpumask;
  }

  /** Chooses the cpus that record (`tracing_set_cpumask()`). */
  setCpumask(mask: CpuMask): void {
    for (let cpu = 0; cpu < this.buffer.cpus; cpu++) {
      const [before, after] = [cpuMaskTest(this.#cpumask, cpu), cpuMaskTest(mask, cpu)];
      for (const buffer of [this.buffer, this.maxBuffer]) {
        if (before && !after) buffer.disableRecord(cpu);
        if (!before && after) buffer.enableRecord(cpu);
      }
    }
    this.#cpumask = mask;
  }

  /** Ends an instance: its events go off, pids and tracer are forgotten (`__remove_instance()`). Returns 0. */
  destroy(): number {
    const { tracing } = this;
    tracing.synchronize();
    this.#leaveTracer();
    for (const listener of tracing.arrayListeners) listener.going(this);
    for (const file of this.files.known()) for (const trigger of file.triggers) file.triggers.remove(trigger);
    this.setPidList('pids', undefined);
    this.setPidList('noPids', undefined);
    for (const file of this.files.enabledInOrder()) file.setEnabled(false);
    this.files.free();
    if (tracing.printkArray === this) {
      tracing.printkArray = tracing.top;
      tracing.top.options.trace_printk_dest = true;
    }
    const marked = tracing.markerArrays.indexOf(this);
    if (marked >= 0) tracing.markerArrays.splice(marked, 1);
    tracing.events.arrays.splice(tracing.events.arrays.indexOf(this), 1);
    return 0;
  }

  // ---- tracer ----

  /**
   * Chooses the tracer by name; what is in the buffer goes (`tracing_set_tracer()`).
   * @returns 0, −EINVAL for a name that is none or not for instances, −EBUSY while somebody reads `trace_pipe`, or what the tracer refused
   *   with: then there is none
   */
  setTracer(name: string): number {
    const ret = this.expand();
    if (ret < 0) return ret;
    if (!Object.hasOwn(TRACERS, name)) return -Errno.EINVAL;
    const tracer = name as TracerName;
    if (tracer === this.tracer) return 0;
    if (!this.isTop && !TRACERS[tracer].instances) return -Errno.EINVAL;
    if (this.pipeCpus.size > 0) return -Errno.EBUSY;
    this.#leaveTracer();
    this.reset();
    const started = this.tracing.tracers.get(tracer)?.init?.(this) ?? 0;
    if (started < 0) return started;
    this.tracer = tracer;
    return 0;
  }

  /** What its tracer does. */
  get currentTracer(): Tracer | undefined {
    return this.tracing.tracers.get(this.tracer);
  }

  #leaveTracer(): void {
    this.currentTracer?.reset?.(this);
    this.tracer = 'nop';
  }
}
