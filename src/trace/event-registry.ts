import { Errno } from '../abi/errno.ts';
import { EventFileFlag } from '../abi/event-file-flags.ts';
import type { TraceEventCall } from './event-call.ts';
import type { TraceArray } from './trace-array.ts';

/** Highest event id, `include/linux/trace_events.h:TRACE_EVENT_TYPE_MAX`. */
const TRACE_EVENT_TYPE_MAX = 65535;

/** The events that a kernel is born with, looked up by name so that no more of them than needed come to life. */
export interface StaticEventTable {
  /** Names in the order of `available_events`, events that cannot be enabled included. */
  readonly names: readonly { readonly system: string; readonly name: string }[];
  /** The event, always the same object; `undefined` for a name that is not there. */
  get(system: string, name: string): TraceEventCall | undefined;
  /** The event with this id. */
  byId(id: number): TraceEventCall | undefined;
  /** The first id that no static event has. */
  readonly firstFreeId: number;
}

/**
 * All events of the machine and the ids they have, `kernel/trace/trace_events.c` with the id pool of `trace_output.c`.
 * Trace arrays attach to it and get a file for each event.
 */
export class EventRegistry {
  /** Events of the kernel itself. */
  readonly statics: StaticEventTable;
  /** Every trace array, the top level first. */
  readonly arrays: TraceArray[] = [];
  /** Lowest id that events get which are added; that of the last static one plus 1 at least. */
  firstDynamicId = 0;
  readonly #dynamic = new Map<string, TraceEventCall>();
  readonly #byId = new Map<number, TraceEventCall>();
  #lowestId = 0;
  #staticSystems: Set<string> | undefined;

  constructor(statics: StaticEventTable) {
    this.statics = statics;
  }

  /** The event of this system and name. */
  find(system: string, name: string): TraceEventCall | undefined {
    return this.#dynamic.get(`${system}/${name}`) ?? this.statics.get(system, name);
  }

  /** The event whose records carry this `common_type`. */
  byId(id: number): TraceEventCall | undefined {
    return this.#byId.get(id) ?? this.statics.byId(id);
  }

  /** Names of the systems that have events. */
  systems(): Set<string> {
    return new Set([
      ...this.statics.names.map((event) => event.system),
      ...[...this.#dynamic.values()].map((call) => call.system),
    ]);
  }

  /** Whether a system has events. */
  hasSystem(system: string): boolean {
    return this.isStaticSystem(system) || [...this.#dynamic.values()].some((call) => call.system === system);
  }

  /** Whether a system has events of the kernel itself, and so stays. */
  isStaticSystem(system: string): boolean {
    this.#staticSystems ??= new Set(this.statics.names.map((event) => event.system));
    return this.#staticSystems.has(system);
  }

  /** Names of a system's events. */
  namesIn(system: string): string[] {
    const events = [...this.statics.names, ...this.#dynamic.values()];
    return events.filter((event) => event.system === system).map((event) => event.name);
  }

  /** Events added at run time, oldest first. */
  get dynamicEvents(): Iterable<TraceEventCall> {
    return this.#dynamic.values();
  }

  /**
   * Gives an event the lowest free id and a file in every trace array (`trace_add_event_call()`).
   * The caller has checked that system and name are free.
   * @returns 0, or −ENODEV when ids ran out
   */
  add(call: TraceEventCall): number {
    let id = this.#lowestId || Math.max(this.firstDynamicId, this.statics.firstFreeId);
    while (this.#byId.has(id)) id++;
    if (id > TRACE_EVENT_TYPE_MAX) return -Errno.ENODEV;
    call.id = id;
    this.#lowestId = id + 1;
    this.#byId.set(id, call);
    this.#dynamic.set(`${call.system}/${call.name}`, call);
    for (const array of this.arrays) array.addEvent(call);
    // It takes the kernel long enough to make the event's files that other tasks run meanwhile.
    this.arrays[0]?.tracing.synchronize();
    return 0;
  }

  /**
   * Takes an event away, with its files (`trace_remove_event_call()`). Buffers of trace arrays where it was ever enabled are
   * to be emptied: {@link EventRegistry.resetBuffers} does it once the caller is through.
   * @returns 0, or −EBUSY while a trace array has it enabled or perf has it open
   */
  remove(call: TraceEventCall): number {
    const files = this.arrays.map((array) => array.eventFileOf(call));
    if (call.perfRefcnt > 0 || files.some((file) => file.flags & EventFileFlag.ENABLED)) {
      for (const array of this.arrays) array.clearTrace = false;
      return -Errno.EBUSY;
    }
    for (const file of files) {
      if (file.flags & EventFileFlag.WAS_ENABLED) file.array.clearTrace = true;
      file.setEnabled(false);
    }
    for (const array of this.arrays) array.removeEvent(call);
    this.#byId.delete(call.id);
    this.#dynamic.delete(`${call.system}/${call.name}`);
    this.#lowestId = Math.min(this.#lowestId, call.id);
    return 0;
  }

  /** Empties the buffers of trace arrays that a removed event may have written to (`tracing_reset_all_online_cpus()`). */
  resetBuffers(): void {
    for (const array of this.arrays) {
      if (!array.clearTrace) continue;
      array.clearTrace = false;
      array.reset();
    }
  }
}
